//! What a profile hands on: comparison with an earlier one, and files for other tools.

use schemars::JsonSchema;
use serde::Serialize;

use super::Basis;

/// Whether what was checked is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is.
    Pass,
    /// Somebody should look.
    Warn,
    /// It is not.
    Fail,
}

/// How a file differs from an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Drift {
    /// What it was compared with.
    pub baseline: String,
    /// The worst of all verdicts below.
    pub verdict: Verdict,
    /// Rows of the earlier file.
    pub rows_before: u64,
    /// Rows of this one.
    pub rows_now: u64,
    /// Reasons that are not about one column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Columns that the earlier file did not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Columns that only the earlier file had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// Columns that seem to have another name now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<Renamed>,
    /// Columns that have another type now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retyped: Vec<Retyped>,
    /// The columns that changed, the most changed first.
    pub columns: Vec<ColumnDrift>,
    /// Columns that did not change in a way that matters.
    pub stable: u64,
}

/// A column that seems to have another name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Renamed {
    /// Before.
    pub from: String,
    /// Now.
    pub to: String,
    /// What speaks for it.
    pub why: String,
}

/// A column that has another type now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Retyped {
    /// The column.
    pub column: String,
    /// Before.
    pub from: String,
    /// Now.
    pub to: String,
}

/// How a column changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ColumnDrift {
    /// Its name now.
    pub column: String,
    /// Whether it changed too much.
    pub verdict: Verdict,
    /// The population stability index over ten bins of the earlier values, or over the categories: from 0.1 a change, from 0.25 a
    /// great one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psi: Option<f64>,
    /// Kolmogorov and Smirnov's greatest distance of the cumulative distributions, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ks: Option<f64>,
    /// Jensen and Shannon's distance with logarithms to base 2, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub js: Option<f64>,
    /// How far `ks` may be off, where the distributions are sketches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The share of missing values before and now.
    pub nulls: (f64, f64),
    /// Categories that were not there before, the most frequent first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_values: Vec<String>,
    /// Categories that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone_values: Vec<String>,
    /// What decided the verdict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// A file made for another tool. Every check in it was run and holds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Suggestion {
    /// `dbt`, `gx`, `json_schema`, `ddl`, `pandera`, `ingest` or `cleaning`.
    pub kind: String,
    /// Checks in it.
    pub checks: u64,
    /// Rows that every one of them was run on and held for.
    pub verified_rows: u64,
    /// Whether these are all rows of the file.
    pub verified_all: bool,
    /// As a resource.
    pub uri: String,
    /// On disk.
    pub path: String,
    /// The text itself, where it is short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
