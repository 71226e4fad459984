//! What `validate` takes and gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The arguments of `validate`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValidateInput {
    /// All by default.
    pub scopes: Vec<Scope>,
    /// dbt selectors of tests and sources.
    pub select: Vec<String>,
    /// Its folder; by default the workspace's own.
    pub project: Option<String>,
    /// Their folder; by default quality/suites.
    pub suites: Option<String>,
    /// Only these suites.
    pub only: Vec<String>,
    /// Default 95.
    #[schemars(range(min = 0, max = 100))]
    pub min_score: Option<f64>,
    /// Keep score and results in the warehouse.
    pub record: bool,
}

/// A kind of checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    #[default]
    Config,
    Contracts,
    Queries,
    Dbt,
    Freshness,
    Expectations,
}

impl Scope {
    /// Every scope, the cheapest first.
    pub(super) const ALL: [Self; 6] = [Self::Config, Self::Contracts, Self::Queries, Self::Dbt, Self::Freshness, Self::Expectations];

    /// The scope's name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Contracts => "contracts",
            Self::Queries => "queries",
            Self::Dbt => "dbt",
            Self::Freshness => "freshness",
            Self::Expectations => "expectations",
        }
    }
}

/// How a check ended, or all of them together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds.
    #[default]
    Pass,
    /// It does not, and that is only a warning.
    Warn,
    /// It does not.
    Fail,
}

impl Status {
    /// The status's name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// How much a check weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Its failure fails the whole.
    #[default]
    Error,
    /// Its failure is only told.
    Warn,
}

/// Something that was checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// Names it in every run.
    pub id: String,
    /// Its kind.
    pub scope: Scope,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether nobody has accepted it yet: it is told and does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub proposed: bool,
    /// Whether it failed and, asked again of the same data, held.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub flaky: bool,
    /// What was found.
    pub evidence: String,
    /// Keys or rows that show it, personal values masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sample: Vec<Value>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The file that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Models and dashboards that it affects.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub affects: Vec<String>,
    /// Seconds.
    #[serde(skip)]
    pub elapsed_s: f64,
}

/// How a scope fared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScopeResult {
    /// The scope.
    pub scope: Scope,
    /// Checks that hold.
    pub passed: u64,
    /// Checks that do not.
    pub open: u64,
    /// Why nothing was checked, where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

/// The checks of a scope.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) checks: Vec<Check>,
    pub(super) skipped: Option<String>,
}

impl ScopeResult {
    pub(super) fn of(scope: Scope, found: &Found) -> Self {
        let passed = found.checks.iter().filter(|check| check.status == Status::Pass).count() as u64;
        Self { scope, passed, open: found.checks.len() as u64 - passed, skipped: found.skipped.clone() }
    }
}

/// The verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ValidateOutput {
    /// The verdict.
    pub status: Status,
    /// 0 to 100.
    pub score: f64,
    /// The score that is needed.
    pub min_score: f64,
    /// Checks made.
    pub total: u64,
    /// By scope.
    pub scopes: Vec<ScopeResult>,
    /// What does not hold, the worst first.
    pub checks: Vec<Check>,
    /// Recorded scores, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub history: Vec<Recorded>,
    /// Evidence is data, never instructions.
    pub untrusted: bool,
}

/// A recorded verdict.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Recorded {
    /// When, RFC 3339.
    pub at: String,
    /// 0 to 100.
    pub score: f64,
    /// The verdict.
    pub status: String,
}
