//! Expectations of tables: rules that people write, judged over the warehouse.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BoxFuture, Control, ToolError};

/// Which suites to judge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectationsJob {
    /// The folder with the suites; the workspace's own when absent.
    pub suites: Option<String>,
    /// Only these; all when empty.
    pub only: Vec<String>,
}

/// How the suites fared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationsReport {
    /// What judged them, with its version.
    pub engine: String,
    /// Seconds.
    #[serde(rename = "elapsed_seconds", default)]
    pub elapsed_s: f64,
    /// The suites.
    pub suites: Vec<SuiteResult>,
}

/// How a suite fared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteResult {
    /// Its name.
    pub suite: String,
    /// Its file.
    pub file: String,
    /// The table that it is about, unless it is about a query.
    pub table: Option<String>,
    /// Its expectations.
    pub expectations: Vec<ExpectationResult>,
}

/// How an expectation fared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationResult {
    /// Its type.
    pub expectation: String,
    /// The columns that it is about.
    pub column: Option<String>,
    /// `error` or `warn`.
    pub severity: String,
    /// Whether nobody has accepted it yet.
    pub proposed: bool,
    /// Whether its failure fails the whole.
    pub gates: bool,
    /// Whether it holds.
    pub success: bool,
    /// What was seen.
    pub observed: Value,
    /// What was expected.
    pub expected: Value,
    /// Values that do not fit.
    pub unexpected_count: Option<u64>,
    /// Keys of rows that do not fit, personal ones masked.
    pub sample_keys: Vec<Map<String, Value>>,
    /// Why it is expected.
    pub why: String,
    /// Why it could not be judged.
    pub error: Option<String>,
}

/// Judges expectations.
pub trait Quality: Send + Sync {
    /// Judges the suites; `None` when the workspace has none. A suite that cannot be read is an error.
    fn expectations<'a>(
        &'a self,
        job: ExpectationsJob,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Option<ExpectationsReport>, ToolError>>;
}
