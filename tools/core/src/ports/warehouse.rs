//! The warehouse: SQL over tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BoxFuture, Control, Effect, ResourceLink, ToolError};

/// A statement to run and the limits it runs within.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryJob {
    /// Exactly one statement.
    pub sql: String,
    /// Values for its placeholders.
    pub parameters: Parameters,
    /// The greatest effect that the statement may have; checked against the parsed statement.
    pub effect: Effect,
    /// Another DuckDB file to work on, below the granted roots; the workspace's own when absent.
    pub database: Option<String>,
    /// Further DuckDB files to attach read-only, as `alias=path`.
    pub attach: Vec<(String, String)>,
    /// Rows in the first page.
    pub limit: usize,
    /// Whether to explain instead of only running.
    pub explain: Explain,
    /// Write the whole result to a file instead of paging it.
    pub export: Option<Export>,
    /// Read a copy when another process holds the file's lock.
    pub snapshot: bool,
    /// What the statement may use.
    pub limits: QueryLimits,
}

impl QueryJob {
    /// Reads the first `limit` rows from the workspace's warehouse.
    pub fn reading(sql: impl Into<String>, limit: usize) -> Self {
        Self {
            sql: sql.into(),
            parameters: Parameters::Positional(Vec::new()),
            effect: Effect::Read,
            database: None,
            attach: Vec::new(),
            limit,
            explain: Explain::None,
            export: None,
            snapshot: false,
            limits: QueryLimits::MOST,
        }
    }
}

/// Values for placeholders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Parameters {
    /// For `?` and `$1`.
    Positional(Vec<Value>),
    /// For `$name`.
    Named(serde_json::Map<String, Value>),
}

/// Whether to explain a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Explain {
    /// Run it.
    #[default]
    None,
    /// Show the plan, run nothing.
    Plan,
    /// Run it and show the plan with times and row counts.
    Analyze,
}

/// A file format for whole results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Comma-separated with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC file.
    Arrow,
    /// One JSON object a line.
    Jsonl,
}

/// A whole result to be written as an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The format.
    pub format: ExportFormat,
    /// A name for people; its extension follows the format.
    pub name: String,
}

/// What one statement asks to use; a backend gives at most what its operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Memory in bytes.
    pub memory: u64,
    /// Temporary files in bytes.
    pub temporary: u64,
    /// Threads.
    pub threads: usize,
    /// Bytes of result kept for paging.
    pub output: u64,
}

impl QueryLimits {
    /// As much as the operator allows.
    pub const MOST: Self = Self { memory: u64::MAX, temporary: u64::MAX, threads: usize::MAX, output: u64::MAX };

    /// The lower of the two in every respect.
    #[must_use]
    pub fn at_most(self, other: Self) -> Self {
        Self {
            memory: self.memory.min(other.memory),
            temporary: self.temporary.min(other.temporary),
            threads: self.threads.min(other.threads),
            output: self.output.min(other.output),
        }
    }
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The DuckDB type, such as `DECIMAL(18,3)`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A page of a result.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryPage {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, values in the lossless JSON form that `query_duckdb` documents.
    pub rows: Vec<Vec<Value>>,
    /// How many rows the result has in all, where it was read to its end.
    pub total_rows: Option<u64>,
    /// How many rows the statement changed, for one that changes rows.
    pub rows_changed: Option<u64>,
    /// Gets the next page of the same result, unchanged by later writes.
    pub cursor: Option<String>,
    /// The kind of statement, such as `SELECT`.
    pub statement: String,
    /// The plan, if it was asked for.
    pub plan: Option<String>,
    /// The exported file, if one was asked for.
    pub export: Option<ResourceLink>,
    /// Time spent by the engine, in milliseconds.
    pub elapsed_ms: f64,
    /// What the caller should know, as code and sentence.
    pub warnings: Vec<crate::Warning>,
    /// The tables that were read, and what is known of where their rows come from.
    pub origins: Vec<TableOrigin>,
}

/// A table that an answer was read from, and where its rows come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableOrigin {
    /// As `schema.name`.
    pub table: String,
    /// `table` or `view`.
    pub kind: String,
    /// When it was last loaded from files, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loaded_at: Option<String>,
    /// What it was loaded from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The dbt model that makes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// When dbt last built it, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub built_at: Option<String>,
    /// The dbt run that did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub built_by: Option<String>,
    /// Tests that last found something in it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failing_tests: Vec<String>,
    /// Tests that last found something in what it is built from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failing_upstream: Vec<String>,
}

/// What to look up in the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogJob {
    /// Only tables and columns whose name, comment or schema contains this, ignoring case.
    pub search: Option<String>,
    /// Only this schema.
    pub schema: Option<String>,
    /// Only this table, with its columns, sample values and sizes.
    pub table: Option<String>,
    /// Rows of sample values for each column of a single table.
    pub samples: usize,
    /// Tables in the page.
    pub limit: usize,
    /// Tables to pass over.
    pub offset: usize,
}

/// A part of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Catalog {
    /// The database's name.
    pub database: String,
    /// The database file.
    pub path: String,
    /// Its size in bytes; 0 when it does not exist yet.
    pub bytes: u64,
    /// When it last changed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
    /// The schemas that hold tables.
    pub schemas: Vec<String>,
    /// How many tables match.
    pub total_tables: u64,
    /// The tables of this page.
    pub tables: Vec<Table>,
}

/// A table or view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `table` or `view`.
    pub kind: String,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Rows; exact for tables, absent for views.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// When it was last loaded by data-stack, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_at: Option<String>,
    /// What it was loaded from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<TableColumn>,
    /// The statement that would make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ddl: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its DuckDB type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Some of its values, as data; only for a single table.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub samples: Vec<Value>,
}

/// A database that runs SQL.
///
/// One writer at a time may have the file; an implementation takes the lock for a call and gives it back with the answer,
/// so that other programs can write between calls.
pub trait Warehouse: Send + Sync {
    /// Runs one statement.
    fn query<'a>(&'a self, job: QueryJob, control: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>>;
    /// The next page of an earlier result.
    fn page<'a>(&'a self, cursor: &'a str, limit: usize, control: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>>;
    /// Looks up tables and columns.
    fn catalog<'a>(&'a self, job: CatalogJob, control: &'a Control) -> BoxFuture<'a, Result<Catalog, ToolError>>;
}
