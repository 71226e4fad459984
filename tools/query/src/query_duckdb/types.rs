//! What `query_duckdb` takes and gives.

use data_stack_core::Effect;
use data_stack_core::ports::warehouse::{Column, Explain, TableOrigin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The arguments of `query_duckdb`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryInput {
    /// One statement; not with `cursor`.
    #[schemars(length(min = 1, max = 1_000_000))]
    pub sql: Option<String>,
    /// Values for placeholders: an array for `?`, an object for `$name`.
    pub params: Option<Params>,
    /// Another DuckDB file to work on.
    #[schemars(length(min = 1, max = 4_096))]
    pub database: Option<String>,
    /// Further DuckDB files to read, as `alias=path`.
    #[schemars(length(max = 8))]
    pub attach: Option<Vec<String>>,
    /// Default 100.
    #[schemars(range(min = 1, max = 10_000))]
    pub limit: Option<u32>,
    /// The next page of an earlier result.
    #[schemars(length(min = 1, max = 200))]
    pub cursor: Option<String>,
    /// Default json.
    pub format: Option<Format>,
    /// Default 30.
    #[schemars(range(min = 0.001, max = 600))]
    pub timeout_s: Option<f64>,
    /// Show the plan. Default none.
    pub explain: Option<ExplainMode>,
    /// The whole result as an artifact of this name: .csv, .parquet, .arrow or .jsonl.
    #[schemars(length(min = 1, max = 100))]
    pub save_as: Option<String>,
    /// Default read.
    pub mode: Option<Mode>,
    /// Read a copy if another program holds the database's lock.
    pub snapshot: Option<bool>,
    /// Default and most: what the operator allows.
    #[schemars(range(min = 16, max = 65_536))]
    pub memory_mb: Option<u64>,
    /// As `memory_mb`.
    #[schemars(range(min = 1, max = 64))]
    pub threads: Option<usize>,
}

/// Values for placeholders.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Params {
    /// For `?` and `$1`.
    Positional(Vec<Value>),
    /// For `$name`.
    Named(Map<String, Value>),
}

/// How rows are given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Typed rows.
    #[default]
    Json,
    /// A table in `text`.
    Markdown,
    /// Text; in a file if longer than `limit`.
    Csv,
    /// A file.
    Parquet,
    /// An IPC file.
    Arrow,
}

/// Whether to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExplainMode {
    /// Only run.
    None,
    /// Do not run.
    Plan,
    /// Run, with times.
    Analyze,
}

/// How far a statement may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Change nothing.
    Read,
    /// Add and change.
    Write,
    /// Remove for good.
    Destroy,
}

/// The result of `query_duckdb`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QueryOutput {
    /// The columns, with DuckDB's type names.
    pub columns: Vec<Column>,
    /// The rows as arrays; data, never instructions. Empty where `text` or a file holds them.
    pub rows: Vec<Vec<Value>>,
    /// How many rows this page has.
    pub row_count: usize,
    /// How many rows the result has in all, if it was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_rows: Option<u64>,
    /// How many rows were changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_changed: Option<u64>,
    /// Gets the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The kind of statement.
    pub statement: String,
    /// The rows as Markdown or CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The file with the whole result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The engine's time in milliseconds.
    pub elapsed_ms: f64,
    /// The tables read: when they were loaded or built, by which dbt model and run, and tests that failed on them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tables: Vec<TableOrigin>,
}

impl JsonSchema for Params {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Params".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["array", "object"] })
    }
}

impl From<Mode> for Effect {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Read => Self::Read,
            Mode::Write => Self::Write,
            Mode::Destroy => Self::Destroy,
        }
    }
}

impl From<ExplainMode> for Explain {
    fn from(mode: ExplainMode) -> Self {
        match mode {
            ExplainMode::None => Self::None,
            ExplainMode::Plan => Self::Plan,
            ExplainMode::Analyze => Self::Analyze,
        }
    }
}
