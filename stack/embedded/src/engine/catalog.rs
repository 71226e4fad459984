//! What the database holds: schemas, tables, views, columns, comments, counts, samples and freshness.

use std::time::UNIX_EPOCH;

use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Table, TableColumn};
use data_stack_core::{Code, ToolError, nearest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::handle::{Connection, EngineError};
use super::query::rows_of;
use super::session::{Session, Target, identifier, literal};

/// Rows that are looked at for sample values.
const SAMPLED_ROWS: usize = 1_000;
/// Characters of a sample value.
const SAMPLE_LENGTH: usize = 200;
/// Schemas of data-stack's own.
const OWN_SCHEMA: &str = "_data_stack";

/// A look into the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogRequest {
    /// The database file.
    pub target: Target,
    /// Only what contains this, ignoring case.
    pub search: Option<String>,
    /// Only this schema.
    pub schema: Option<String>,
    /// Only this table, with samples and DDL.
    pub table: Option<String>,
    /// Sample values of each column.
    pub samples: usize,
    /// Tables in the page.
    pub limit: usize,
    /// Tables to pass over.
    pub offset: usize,
    /// Read a copy and leave the file itself alone: another program has the warehouse's lease.
    pub copy: bool,
}

impl CatalogRequest {
    /// The job on a database file.
    pub fn new(target: Target, job: CatalogJob) -> Self {
        let CatalogJob { search, schema, table, samples, limit, offset } = job;
        Self { target, search, schema, table, samples, limit, offset, copy: false }
    }
}

/// Looks it up on a file attached for this alone.
pub fn run(session: &Session, request: &CatalogRequest) -> Result<Catalog, ToolError> {
    let attached = if request.copy { session.attach_copy(&request.target)? } else { session.attach(&request.target)? };
    let connection = attached.connect().map_err(|error| ToolError::internal(error.message))?;
    let reader = Reader { connection: &connection, database: attached.catalog(), request };
    let failed = |error: EngineError| super::failure::plain(&error, session.sandbox());
    let tables = reader.matching().map_err(failed)?;
    if tables.is_empty() && request.table.is_some() {
        return Err(reader.no_such_table());
    }
    let mut catalog = reader.overview(tables.len()).map_err(failed)?;
    catalog.tables = tables.into_iter().skip(request.offset).take(request.limit).collect();
    for table in &mut catalog.tables {
        reader.fill(table).map_err(failed)?;
    }
    Ok(catalog)
}

struct Reader<'a> {
    connection: &'a Connection,
    database: &'a str,
    request: &'a CatalogRequest,
}

impl Reader<'_> {
    fn overview(&self, total: usize) -> Result<Catalog, EngineError> {
        let path = &self.request.target.path;
        let metadata = std::fs::metadata(path).ok();
        let modified =
            metadata.as_ref().and_then(|metadata| metadata.modified().ok()).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| jiff::Timestamp::from_second(since.as_secs() as i64).ok());
        Ok(Catalog {
            database: self.database.to_owned(),
            path: path.display().to_string(),
            bytes: metadata.map_or(0, |metadata| metadata.len()),
            modified_at: modified.map(|time| time.to_string()),
            schemas: self.schemas()?,
            total_tables: total as u64,
            tables: Vec::new(),
        })
    }

    fn schemas(&self) -> Result<Vec<String>, EngineError> {
        let sql = format!("SELECT DISTINCT schema_name FROM ({}) ORDER BY 1", self.objects());
        Ok(rows_of(self.connection, &sql)?.iter().map(|row| text(&row[0])).collect())
    }

    /// All tables and views but data-stack's own.
    fn objects(&self) -> String {
        let database = literal(self.database);
        let own = literal(OWN_SCHEMA);
        format!(
            "SELECT schema_name, table_name AS name, 'table' AS kind, comment, sql FROM duckdb_tables() WHERE database_name = {database} AND NOT \
             internal AND NOT starts_with(schema_name, {own}) UNION ALL SELECT schema_name, view_name, 'view', comment, sql FROM duckdb_views() \
             WHERE database_name = {database} AND NOT internal AND NOT starts_with(schema_name, {own})"
        )
    }

    fn matching(&self) -> Result<Vec<Table>, EngineError> {
        let sql = format!(
            "SELECT schema_name, name, kind, comment, sql FROM ({}) AS o WHERE {} ORDER BY 1, 2",
            self.objects(),
            self.conditions()
        );
        let found = rows_of(self.connection, &sql)?;
        Ok(found
            .iter()
            .map(|row| Table { ddl: optional(&row[4]), comment: optional(&row[3]), ..named(&row[0], &row[1], &row[2]) })
            .collect())
    }

    fn conditions(&self) -> String {
        let mut conditions = vec!["true".to_owned()];
        if let Some(schema) = &self.request.schema {
            conditions.push(format!("schema_name = {}", literal(schema)));
        }
        if let Some(table) = &self.request.table {
            let wanted = literal(&table.to_lowercase());
            conditions.push(format!("(lower(name) = {wanted} OR lower(schema_name || '.' || name) = {wanted})"));
        }
        if let Some(search) = &self.request.search {
            conditions.push(search_condition(self.database, &search.to_lowercase()));
        }
        conditions.join(" AND ")
    }

    fn fill(&self, table: &mut Table) -> Result<(), EngineError> {
        let relation = format!("{}.{}", identifier(&table.schema), identifier(&table.name));
        table.columns = self.columns(table)?;
        if table.kind == "table" {
            let count = rows_of(self.connection, &format!("SELECT count(*) FROM {relation}"))?;
            table.rows = count.first().and_then(|row| row[0].as_u64());
            self.freshness(table);
        }
        if self.request.table.is_none() {
            table.ddl = None;
        } else if self.request.samples > 0 {
            self.sample(table, &relation)?;
        }
        Ok(())
    }

    fn columns(&self, table: &Table) -> Result<Vec<TableColumn>, EngineError> {
        let sql = format!(
            "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE database_name = {} AND schema_name = {} AND \
             table_name = {} ORDER BY column_index",
            literal(self.database),
            literal(&table.schema),
            literal(&table.name)
        );
        let column = |row: &Vec<Value>| TableColumn {
            name: text(&row[0]),
            kind: text(&row[1]),
            nullable: row[2].as_bool().unwrap_or(true),
            comment: optional(&row[3]),
            samples: Vec::new(),
        };
        Ok(rows_of(self.connection, &sql)?.iter().map(column).collect())
    }

    /// The first distinct values of each column, from the table's first rows.
    fn sample(&self, table: &mut Table, relation: &str) -> Result<(), EngineError> {
        let rows = rows_of(self.connection, &format!("SELECT * FROM {relation} LIMIT {SAMPLED_ROWS}"))?;
        for (index, column) in table.columns.iter_mut().enumerate() {
            for value in rows.iter().filter_map(|row| row.get(index)).filter(|value| !value.is_null()) {
                let value = short(value);
                if !column.samples.contains(&value) {
                    column.samples.push(value);
                }
                if column.samples.len() >= self.request.samples {
                    break;
                }
            }
        }
        Ok(())
    }

    /// When and from what the table was loaded, where the load ledger knows.
    fn freshness(&self, table: &mut Table) {
        let sql = format!(
            "SELECT strftime(max(loaded_at), '%Y-%m-%dT%H:%M:%SZ'), arg_max(source, loaded_at) FROM {}.loads WHERE table_schema = {} AND table_name = {}",
            identifier(OWN_SCHEMA),
            literal(&table.schema),
            literal(&table.name)
        );
        if let Some(row) = rows_of(self.connection, &sql).ok().and_then(|rows| rows.into_iter().next()) {
            table.loaded_at = optional(&row[0]);
            table.source = optional(&row[1]);
        }
    }

    fn no_such_table(&self) -> ToolError {
        let wanted = self.request.table.clone().unwrap_or_default();
        let everything = format!("SELECT if(schema_name = 'main', name, schema_name || '.' || name) FROM ({}) ORDER BY 1", self.objects());
        let known: Vec<String> = rows_of(self.connection, &everything).unwrap_or_default().iter().map(|row| text(&row[0])).collect();
        let near = nearest::nearest(&wanted, known.iter().map(String::as_str), 3);
        let hint = match (near.as_slice(), known.as_slice()) {
            ([], []) => "The database holds no tables yet; load a file with `ingest`.".to_owned(),
            ([], _) => "Call `describe_data` without `table` for the list of tables.".to_owned(),
            (near, _) => format!("Did you mean {}?", near.join(", ")),
        };
        ToolError::new(Code::NotFound, format!("there is no table `{wanted}`"), hint).at("table").valid(near)
    }
}

fn search_condition(database: &str, search: &str) -> String {
    let (database, search) = (literal(database), literal(search));
    format!(
        "(contains(lower(schema_name || '.' || name), {search}) OR contains(lower(comment), {search}) OR EXISTS (SELECT 1 FROM duckdb_columns() AS c \
         WHERE c.database_name = {database} AND c.schema_name = o.schema_name AND c.table_name = o.name AND (contains(lower(c.column_name), \
         {search}) OR contains(lower(c.comment), {search}))))"
    )
}

fn named(schema: &Value, name: &Value, kind: &Value) -> Table {
    Table { schema: text(schema), name: text(name), kind: text(kind), ..Table::default() }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn optional(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn short(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > SAMPLE_LENGTH => Value::String(data_stack_core::text::clean(text, SAMPLE_LENGTH)),
        other => other.clone(),
    }
}
