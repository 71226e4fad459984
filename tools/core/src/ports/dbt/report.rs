//! What dbt did and found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ResourceLink, ToolError};

/// What a command found and did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbtReport {
    /// The project's name.
    pub project: String,
    /// Its folder.
    pub folder: String,
    /// dbt's own name of the run.
    pub run_id: String,
    /// dbt's version.
    pub version: String,
    /// From the start of the process to its end, in seconds.
    pub elapsed_s: f64,
    /// What kept dbt from working at all, such as a model that cannot be parsed.
    pub problems: Vec<DbtProblem>,
    /// Every node that dbt came to or passed over, failures first.
    pub nodes: Vec<DbtNode>,
    /// Nodes that dbt would have come to, had it not been stopped.
    pub unfinished: u64,
    /// What `compile` and `show` made of their input.
    pub compiled: Option<String>,
    /// What dbt said besides, its last lines.
    pub log: Vec<String>,
    /// Bytes that dbt printed.
    pub printed_bytes: u64,
    /// Files that the command made for others to read.
    pub files: Vec<ResourceLink>,
    /// Why dbt was stopped before its end.
    pub stopped: Option<ToolError>,
    /// Whether dbt ended with success.
    pub succeeded: bool,
}

/// Something that is wrong with the project as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DbtProblem {
    /// dbt's own words.
    pub message: String,
    /// The file, below the project's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// How a node ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DbtStatus {
    /// It could not be run.
    Error,
    /// A test found rows that should not be there.
    Fail,
    /// A test found such rows and is only a warning.
    Warn,
    /// Something that it depends on failed, or dbt stopped before.
    Skipped,
    /// It was built, or a test found nothing.
    #[default]
    Ok,
}

/// A node and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbtNode {
    /// dbt's unique name, such as `model.shop.orders`.
    pub unique_id: String,
    /// Its short name.
    pub name: String,
    /// `model`, `test`, `unit_test`, `seed`, `snapshot`, `source`, …
    pub kind: String,
    /// How it ended.
    pub status: DbtStatus,
    /// dbt's own words about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Seconds.
    pub elapsed_s: f64,
    /// How a model is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub materialized: Option<String>,
    /// The relation that it makes, as SQL names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Its file, below the project's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1, where the message names one of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The line of `compiled_sql`, from 1, where the message names one of the compiled text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiled_line: Option<u64>,
    /// `error` or `warn`: what a test's failure counts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Rows changed, where the adapter says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows that failed a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_rows: Option<u64>,
    /// The compiled SQL; of failures only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiled_sql: Option<String>,
    /// The node that a test is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<String>,
    /// The column that a test is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Failed nodes that it depends on; of skipped ones.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub blocked_by: Vec<String>,
    /// Everything that is built on it, by name; of failures only.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub affects: Vec<String>,
    /// Dashboards and other uses that are built on it; of failures only.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exposures: Vec<String>,
}

/// A finished run, as the run ledger keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbtRun {
    /// dbt's own name of the run.
    pub run_id: String,
    /// The call that made it.
    pub request_id: String,
    /// The project.
    pub project: String,
    /// The command.
    pub command: String,
    /// When it ended, RFC 3339.
    pub ended_at: String,
    /// Nodes that were built or passed.
    pub ok: u64,
    /// Nodes that failed, in every way.
    pub failed: u64,
}
