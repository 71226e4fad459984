//! What is thought of a file: issues, personal data, quality.

use schemars::JsonSchema;
use serde::Serialize;

/// How much an issue matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Data is lost or misread unless something is done.
    Error,
    /// Results may mislead.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Something to know before using the data.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Issue {
    /// Stable, `snake_case`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// The column, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The columns, where the same holds for several: the first ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The dimension of the quality score that it lowers, if it lowers one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<String>,
    /// Rows that it touches; for several columns, cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_affected: Option<u64>,
    /// Lines of some of these rows, the first ones known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// A column that seems to hold personal data.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PersonalData {
    /// The column.
    pub column: String,
    /// `email`, `phone`, `credit_card`, `iban`, `national_id`, `ip_address`, `person_name`, `address` or `birth_date`.
    pub kind: String,
    /// The share of the examined values that match; absent where only the column's name says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_rate: Option<f64>,
    /// What was checked.
    pub evidence: String,
}

/// A score with the parts that it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Quality {
    /// From 0 to 100: 100 × the product of the dimensions.
    pub score: f64,
    /// Each from 0 to 1.
    pub dimensions: Dimensions,
}

/// The parts of the quality score, each the share that is in order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Dimensions {
    /// Cells with a value; `N/A` and the like count as missing.
    pub completeness: f64,
    /// Values that fit the type of their column.
    pub validity: f64,
    /// Values without blanks at an end or broken characters.
    pub consistency: f64,
    /// Rows that do not repeat an earlier one.
    pub uniqueness: f64,
    /// Records that needed no repair and were not rejected.
    pub structure: f64,
}
