//! Whole results as files. The text inside is the caller's, judged before; the file and its format are ours.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_stack_core::ports::warehouse::ExportFormat;
use data_stack_core::{Code, ToolError};
use serde_json::{Map, Value};

use super::arrow_stream::ArrowStream;
use super::gate::{Admitted, Refusal};
use super::handle::Connection;
use super::outcome::Outcome;
use super::query::{QueryAnswer, QueryRequest, described};
use super::session::literal;
use super::{bind, encode};

/// Writes the statement's result to `path`, which must not exist.
pub(crate) fn run(
    connection: &Connection,
    admitted: &Admitted<'_>,
    request: &QueryRequest,
    format: ExportFormat,
    path: &Path,
) -> Result<QueryAnswer, Refusal> {
    if admitted.kind != "SELECT" {
        let message =
            format!("only the rows of a SELECT can be written to a file, and this is {} {}", article(admitted.kind), admitted.kind);
        return Err(ToolError::invalid("format", message, "Use `format` json or markdown.").into());
    }
    let rows = if admitted.shows { format!("FROM (\n{}\n)", admitted.sql) } else { admitted.sql.clone() };
    let copy = |options: &str| format!("COPY (\n{rows}\n) TO {} ({options})", literal(&path.to_string_lossy()));
    match format {
        ExportFormat::Csv => by_copy(connection, admitted, request, &copy("FORMAT csv, HEADER")),
        ExportFormat::Parquet => by_copy(connection, admitted, request, &copy("FORMAT parquet, COMPRESSION zstd")),
        ExportFormat::Arrow => by_rows(connection, admitted, request, |outcome| to_arrow(outcome, path)),
        ExportFormat::Jsonl => by_rows(connection, admitted, request, |outcome| to_jsonl(outcome, path)),
    }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" }
}

/// Lets DuckDB write the file. The statement alone was found to be one `SELECT`, so it cannot end the parenthesis.
fn by_copy(connection: &Connection, admitted: &Admitted<'_>, request: &QueryRequest, sql: &str) -> Result<QueryAnswer, Refusal> {
    let mut prepared = connection.extract(sql)?.prepare()?;
    bind::bind(&prepared, &request.parameters)?;
    let total_rows = prepared.execute()?.rows_changed();
    Ok(QueryAnswer { columns: described(&admitted.prepared.columns()), total_rows, statement: "SELECT".into(), ..QueryAnswer::default() })
}

fn by_rows(
    connection: &Connection,
    admitted: &Admitted<'_>,
    request: &QueryRequest,
    write: impl FnOnce(&mut Outcome) -> Result<u64, Refusal>,
) -> Result<QueryAnswer, Refusal> {
    let mut prepared = connection.extract(&admitted.sql)?.prepare()?;
    bind::bind(&prepared, &request.parameters)?;
    let mut outcome = prepared.stream()?;
    let columns = described(&outcome.columns());
    let total_rows = Some(write(&mut outcome)?);
    Ok(QueryAnswer { columns, total_rows, statement: "SELECT".into(), ..QueryAnswer::default() })
}

fn to_jsonl(outcome: &mut Outcome, path: &Path) -> Result<u64, Refusal> {
    let columns = outcome.columns();
    let mut file = create(path).map_err(|error| unwritten(&error))?;
    let mut total = 0;
    while let Some(chunk) = outcome.next_chunk()? {
        for row in 0..chunk.len() {
            let values = encode::row(&chunk, &columns, row);
            let object: Map<String, Value> = columns.iter().map(|(name, _)| name.clone()).zip(values).collect();
            write_line(&mut file, &object).map_err(|error| unwritten(&error))?;
        }
        total += chunk.len() as u64;
    }
    file.flush().map_err(|error| unwritten(&error))?;
    Ok(total)
}

fn write_line(file: &mut impl Write, object: &Map<String, Value>) -> io::Result<()> {
    serde_json::to_writer(&mut *file, object)?;
    file.write_all(b"\n")
}

fn to_arrow(outcome: &mut Outcome, path: &Path) -> Result<u64, Refusal> {
    let mut stream = ArrowStream::new(outcome)?;
    let file = create(path).map_err(|error| unwritten(&error))?;
    let arrow_failed = |error: arrow::error::ArrowError| unwritten(&io::Error::other(error));
    let mut writer = arrow::ipc::writer::FileWriter::try_new(file, stream.schema()).map_err(arrow_failed)?;
    let mut total = 0;
    while let Some(batch) = stream.next()? {
        total += batch.num_rows() as u64;
        writer.write(&batch).map_err(arrow_failed)?;
    }
    writer.finish().map_err(arrow_failed)?;
    Ok(total)
}

fn create(path: &Path) -> io::Result<BufWriter<File>> {
    File::options().write(true).create_new(true).mode(0o600).open(path).map(BufWriter::new)
}

fn unwritten(error: &io::Error) -> ToolError {
    ToolError::new(Code::Failed, format!("the result cannot be written to a file: {error}"), "Check the space left on the disk.")
}
