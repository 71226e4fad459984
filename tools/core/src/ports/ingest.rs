//! Getting files into tables: preview, load, verify.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::warehouse::Column;
use crate::{BoxFuture, Control, ResourceLink, ToolError, Warning};

/// What to load, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestJob {
    /// A path, a glob, or an `http(s)://` or `s3://` address that the operator allows.
    pub source: String,
    /// How to read it; found out when absent.
    pub format: Option<SourceFormat>,
    /// The table, as `table` or `schema.table`.
    pub table: String,
    /// What to do with rows that are already there.
    pub mode: LoadMode,
    /// What to do when the columns differ from the table's.
    pub schema_policy: SchemaPolicy,
    /// What to do with lines that cannot be read.
    pub on_error: OnError,
    /// Load files again that were loaded before.
    pub force: bool,
    /// Types to give columns, as name and DuckDB type.
    pub types: Vec<(String, String)>,
    /// Readings of the dialect that the caller knows better.
    pub dialect: Dialect,
    /// The sheet of a workbook; the first when absent.
    pub sheet: Option<String>,
    /// Names the call in the ledger of loads.
    pub request_id: String,
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = crate::schema::names_only)]
pub enum SourceFormat {
    /// Comma- or otherwise separated text.
    Csv,
    /// Tab-separated text.
    Tsv,
    /// A JSON array or object.
    Json,
    /// One JSON value a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// xlsx, xls, xlsb or ods.
    Excel,
}

/// What happens to rows that are already there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoadMode {
    /// The table must not exist yet.
    #[default]
    Create,
    /// Add to it; make it if it is not there.
    Append,
    /// New contents; the old ones are kept as `_data_stack_previous.<table>`.
    Replace,
}

/// What happens when the columns of source and table differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SchemaPolicy {
    /// Refuse to load.
    #[default]
    Fail,
    /// Add new columns; leave missing ones empty.
    Evolve,
    /// Load the table's columns only; leave out new ones.
    Discard,
    /// Refuse new columns and changed types; leave missing ones empty.
    Freeze,
}

/// What happens to lines that cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// Refuse to load and show the lines.
    #[default]
    Fail,
    /// Load the rest and write the lines to a rejects file.
    Reject,
}

/// How separated text is written, where the caller knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// One character, or `\t`.
    pub delimiter: Option<String>,
    /// One character.
    pub quote: Option<String>,
    /// The first row names the columns.
    pub header: Option<bool>,
    /// Lines before the header.
    pub skip_rows: Option<u64>,
    /// Such as `windows-1252`.
    pub encoding: Option<String>,
    /// Texts that mean missing.
    pub null_values: Option<Vec<String>>,
}

/// What a load would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// The files, in order.
    pub files: Vec<SourceFile>,
    /// The columns that the table would have, with the types found.
    pub columns: Vec<Column>,
    /// The first rows, as data.
    pub rows: Vec<Vec<Value>>,
    /// Rows that would be read from the files.
    pub rows_read: u64,
    /// Lines that would be rejected.
    pub rows_rejected: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Reject>,
    /// How the columns differ from the table's, if it exists.
    pub changes: Vec<SchemaChange>,
    /// What would happen, in a sentence.
    pub outcome: String,
    /// What the caller should know before loading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A source file and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFile {
    /// Path or address, without credentials.
    pub source: String,
    /// Its format.
    pub format: SourceFormat,
    /// Size in bytes as stored.
    pub bytes: u64,
    /// BLAKE3 of its content, hex.
    pub blake3: String,
    /// When the same content was loaded into this table before, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_at: Option<String>,
}

/// A difference between source and table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchemaChange {
    /// The column.
    pub column: String,
    /// `added`, `missing` or `retyped`.
    pub change: String,
    /// The table's type, if it has the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_type: Option<String>,
    /// The source's type, if it has the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reject {
    /// The file.
    pub source: String,
    /// Its line, from 1.
    pub line: u64,
    /// Where it begins, in bytes from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_offset: Option<u64>,
    /// The column at fault, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// The line's text, at most 200 characters.
    pub raw: String,
}

/// What a load did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadReport {
    /// The table, as `schema.table`.
    pub table: String,
    /// The files loaded.
    pub files: Vec<SourceFile>,
    /// The files passed over because the same content was loaded before.
    pub skipped: Vec<SourceFile>,
    /// Rows read from the files.
    pub rows_read: u64,
    /// Rows added.
    pub rows_loaded: u64,
    /// Lines rejected; `rows_read + rows_rejected` is what the files hold.
    pub rows_rejected: u64,
    /// Rows in the table afterwards.
    pub rows_total: u64,
    /// The table's columns afterwards.
    pub columns: Vec<Column>,
    /// How the columns differed.
    pub changes: Vec<SchemaChange>,
    /// The first rejected lines.
    pub rejects: Vec<Reject>,
    /// All rejected lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejects_file: Option<ResourceLink>,
    /// Checks made after the load, with what was found.
    pub checks: Vec<LoadCheck>,
    /// Where the previous contents are kept, for `replace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What the caller should know before trusting the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A check of source against table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadCheck {
    /// What was compared.
    pub check: String,
    /// Whether it held.
    pub passed: bool,
    /// What was found, in a sentence.
    pub found: String,
}

/// Loads files into tables.
pub trait Ingest: Send + Sync {
    /// What a load would do; changes nothing.
    fn preview<'a>(&'a self, job: IngestJob, control: &'a Control) -> BoxFuture<'a, Result<Preview, ToolError>>;
    /// Loads; all or nothing.
    fn load<'a>(&'a self, job: IngestJob, control: &'a Control) -> BoxFuture<'a, Result<LoadReport, ToolError>>;
}
