//! Rows as separated text in a private file: what is not text is profiled so.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use arrow::ffi_stream::FFI_ArrowArrayStream;
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::record_batch::RecordBatchReader;
use data_stack_core::ports::warehouse::Column;
use data_stack_core::{Code, Effect, ToolError};
use duckdb::ffi;
use serde::{Deserialize, Serialize};

use super::failure;
use super::gate::{Explaining, Refusal, admit};
use super::handle::{Connection, EngineError, c_text};
use super::query::described;
use super::session::{Session, Target, identifier, literal};
use super::types::{Kind, Type};

/// The name under which an Arrow file is read.
const ARROW_ROWS: &str = "arrow_rows";

/// What to write where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlattenRequest {
    /// The rows.
    pub relation: Relation,
    /// The new file.
    pub path: PathBuf,
}

/// Rows of any origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A private copy of a Parquet file.
    Parquet(PathBuf),
    /// A private copy of an Arrow IPC file or stream.
    Arrow(PathBuf),
    /// A table or view of the target.
    Table {
        /// The database.
        target: Target,
        /// Its schema.
        schema: String,
        /// Its name.
        name: String,
    },
    /// One `SELECT` on the target.
    Query {
        /// The database.
        target: Target,
        /// The statement.
        sql: String,
    },
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flattened {
    /// The columns with their types.
    pub columns: Vec<Column>,
    /// How many rows.
    pub rows: u64,
    /// Whether a copy of the database was read because another process holds its lock.
    pub copied: bool,
}

/// Writes the rows.
pub(crate) fn run(session: &Session, request: &FlattenRequest) -> Result<Flattened, ToolError> {
    match &request.relation {
        Relation::Table { target, schema, name } => on_database(session, target, &request.path, |_, catalog| {
            Ok(format!("FROM {}.{}.{}", identifier(catalog), identifier(schema), identifier(name)))
        }),
        Relation::Query { target, sql } => on_database(session, target, &request.path, |connection, _| judged(connection, sql)),
        Relation::Parquet(file) => on_files(session, |connection| {
            write(connection, &format!("FROM read_parquet({})", literal(&file.to_string_lossy())), &request.path)
        }),
        Relation::Arrow(file) => on_files(session, |connection| from_arrow(connection, file, &request.path)),
    }
}

fn on_database(
    session: &Session,
    target: &Target,
    path: &Path,
    rows: impl FnOnce(&Connection, &str) -> Result<String, Refusal>,
) -> Result<Flattened, ToolError> {
    let (attached, copied) = session.attach_or_copy(target)?;
    let connection = attached.connect().map_err(|error| ToolError::internal(error.message))?;
    match rows(&connection, attached.catalog()).and_then(|rows| write(&connection, &rows, path)) {
        Ok(flattened) => Ok(Flattened { copied, ..flattened }),
        Err(Refusal::Policy(error)) => Err(*error),
        Err(Refusal::Engine(error)) => Err(failure::translate(&error, &connection, attached.catalog(), session.sandbox())),
    }
}

/// Files need no database, and none is locked for them.
fn on_files(session: &Session, work: impl FnOnce(&Connection) -> Result<Flattened, Refusal>) -> Result<Flattened, ToolError> {
    let connection = session.bare().map_err(|error| ToolError::internal(error.message))?;
    work(&connection).map_err(|refusal| match refusal {
        Refusal::Policy(error) => *error,
        Refusal::Engine(error) => unreadable(&error, failure::plain(&error, session.sandbox())),
    })
}

/// An error of reading a file is the file's and not the statement's.
fn unreadable(error: &EngineError, plain: ToolError) -> ToolError {
    if matches!(plain.code, Code::Cancelled | Code::Limit | Code::Internal) {
        return plain;
    }
    let message = format!("the file cannot be read: {}", error.message);
    ToolError::new(Code::InvalidInput, message, "Check that the file is whole and of the format that its name says.").at("path")
}

/// The rows of the caller's statement, which has to be one that only reads.
fn judged(connection: &Connection, sql: &str) -> Result<String, Refusal> {
    let admitted = admit(connection, sql, Effect::Read, Explaining::No).map_err(only_reads)?;
    if admitted.kind != "SELECT" {
        let message = format!("only the rows of a SELECT can be profiled, and this is {}", admitted.kind);
        return Err(ToolError::invalid("sql", message, "Give the SELECT itself.").into());
    }
    Ok(if admitted.shows { format!("FROM (\n{}\n)", admitted.sql) } else { admitted.sql.clone() })
}

fn only_reads(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Policy(error) if error.field.as_deref() == Some("mode") => {
            let message = "only the rows of a SELECT can be profiled, and this statement would change data";
            ToolError::new(Code::Denied, message, "Change data with `query_duckdb`, then profile the table by `table`.").at("sql").into()
        }
        other => other,
    }
}

/// Lets DuckDB write the rows. `rows` is trusted, or was found to be one `SELECT`, which cannot end the parenthesis.
fn write(connection: &Connection, rows: &str, path: &Path) -> Result<Flattened, Refusal> {
    let columns = connection.extract(rows)?.prepare()?.columns();
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("c{place}")).collect();
    let values: Vec<String> =
        columns.iter().zip(&places).map(|((name, kind), place)| format!("{} AS {}", value(kind, place), identifier(name))).collect();
    let sql = format!(
        "COPY (SELECT {} FROM (\n{rows}\n) AS flat({})) TO {} (FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', \
         USE_TMP_FILE false)",
        values.join(", "),
        places.join(", "),
        literal(&path.to_string_lossy())
    );
    let rows = connection.extract(&sql)?.prepare()?.execute()?.rows_changed().unwrap_or_default();
    Ok(Flattened { columns: described(&columns), rows, copied: false })
}

/// SQL for a value in a form that text keeps: nested values as JSON, bytes as base64, moments in UTC.
fn value(kind: &Type, place: &str) -> String {
    match &kind.kind {
        Kind::List(_) | Kind::Array(..) | Kind::Struct(_) | Kind::Map(..) | Kind::Union(_) => {
            format!("CASE WHEN {place} IS NOT NULL THEN CAST(to_json({place}) AS VARCHAR) END")
        }
        Kind::Plain(ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB) => format!("base64({place})"),
        Kind::Plain(ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ) => {
            format!("coalesce(CAST(make_timestamp(epoch_us({place})) AS VARCHAR) || '+00', CAST({place} AS VARCHAR))")
        }
        Kind::Plain(_) | Kind::Decimal { .. } | Kind::Enum { .. } => place.to_owned(),
    }
}

fn from_arrow(connection: &Connection, file: &Path, path: &Path) -> Result<Flattened, Refusal> {
    let reader = arrow_reader(file).map_err(|error| EngineError::new(error.to_string()))?;
    let mut stream = FFI_ArrowArrayStream::new(reader);
    let name = c_text(ARROW_ROWS)?;
    // SAFETY: the connection is open, the name ends with NUL, and the stream outlives the view, which is dropped below.
    let state = unsafe { ffi::duckdb_arrow_scan(connection.raw, name.as_ptr(), (&raw mut stream).cast()) };
    if state != ffi::DuckDBSuccess {
        return Err(EngineError::new("the columns of the Arrow file cannot be read").into());
    }
    let written = write(connection, &format!("FROM {ARROW_ROWS}"), path);
    connection.run(&format!("DROP VIEW {ARROW_ROWS}"))?;
    drop(stream);
    written
}

fn arrow_reader(path: &Path) -> Result<Box<dyn RecordBatchReader + Send>, arrow::error::ArrowError> {
    let mut file = File::open(path)?;
    let mut magic = [0; 6];
    let is_file = file.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
    std::io::Seek::rewind(&mut file)?;
    let file = BufReader::with_capacity(1 << 20, file);
    Ok(if is_file { Box::new(FileReader::try_new(file, None)?) } else { Box::new(StreamReader::try_new(file, None)?) })
}
