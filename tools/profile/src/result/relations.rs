//! How columns go together.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Basis;

/// What was compared to find relations between columns, and what was not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Compared {
    /// Columns compared with one another.
    pub columns: u64,
    /// Columns that were left out, because pairs grow with the square.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub left_out: u64,
    /// Rows that every comparison stands on.
    pub rows: u64,
    /// Whether these are all rows.
    pub all_rows: bool,
}

/// How two columns go together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Correlation {
    /// One column.
    pub a: String,
    /// The other.
    pub b: String,
    /// `pearson` for two columns of numbers or dates, `cramers_v` (bias-corrected) for two of categories, `correlation_ratio`
    /// (corrected for the number of groups) for one of each.
    pub method: String,
    /// From −1 to 1; from 0 for categories.
    pub value: f64,
    /// Spearman's rank correlation, for numbers and dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
    /// Mutual information as a share of the smaller entropy, 0 to 1: any dependence, also one that is not monotonic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_information: Option<f64>,
    /// Rows with both values that it stands on.
    pub rows: u64,
    /// Absent where every row counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

impl Correlation {
    /// The strongest of its measures, from 0 to 1.
    pub fn strength(&self) -> f64 {
        self.value.abs().max(self.spearman.unwrap_or(0.0).abs()).max(self.mutual_information.unwrap_or(0.0))
    }
}

/// Columns that together identify a row as far as the compared rows show.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CompositeKey {
    /// The columns; none can be left out.
    pub columns: Vec<String>,
    /// Absent where every row was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// A column whose value decides another's.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Dependency {
    /// The column that decides.
    pub from: String,
    /// The column that is decided.
    pub to: String,
    /// Whether `to` decides `from` too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub both_ways: bool,
    /// Whether both hold the same value in every row.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub equal: bool,
    /// The share of rows for which it holds; where it holds both ways, of the way in which it holds less.
    pub holds: f64,
    /// Lines of rows for which it does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
    /// Absent where every row was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// A column whose every value occurs in another, unique column: a reference within the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inclusion {
    /// The column that refers.
    pub from: String,
    /// The column referred to.
    pub to: String,
    /// Different values of `from`, all found in `to`.
    pub values: u64,
}

/// Columns that are missing in the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MissingPatterns {
    /// The most frequent sets of columns that are missing together; the empty set are the complete rows.
    pub patterns: Vec<MissingPattern>,
    /// Groups of columns that are missing in exactly the same rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Vec<String>>,
    /// Absent where every row was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// A set of columns that are missing in the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MissingPattern {
    /// The columns, the first twenty.
    pub columns: Vec<String>,
    /// How many columns it is.
    pub count: u64,
    /// Of the compared rows.
    pub rows: u64,
    /// Of the compared rows.
    pub share: f64,
}

/// How every column bears on the column that is to be predicted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TargetAnalysis {
    /// The column to predict.
    pub column: String,
    /// `classification` or `regression`.
    pub task: String,
    /// For classification: the share of the rarest and of the most frequent class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_shares: Option<(f64, f64)>,
    /// The other columns, the most telling first.
    pub associations: Vec<Association>,
    /// Columns that would give the answer away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leaks: Vec<Leak>,
    /// Absent where every row was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// How a column bears on the target.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Association {
    /// The column.
    pub column: String,
    /// As in `correlations`.
    pub method: String,
    /// As in `correlations`.
    pub value: f64,
    /// The share of the target's entropy that the column explains (Theil's U), 0 to 1.
    pub explained: f64,
}

/// A column that would give the target away.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Leak {
    /// The column.
    pub column: String,
    /// What it looks like.
    pub reason: String,
}

/// The file as a series over time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimeSeries {
    /// The column that says when.
    pub column: String,
    /// The period that is summed over: `hour`, `day`, `week`, `month`, `quarter` or `year`.
    pub period: String,
    /// The first period.
    pub first: Value,
    /// The last period.
    pub last: Value,
    /// Periods from the first to the last.
    pub periods: u64,
    /// Those without a row.
    pub empty_periods: u64,
    /// The count of rows, then columns of numbers, summed over each period.
    pub measures: Vec<SeriesMeasure>,
    /// Absent where every row was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// A number summed over each period.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SeriesMeasure {
    /// The column; `rows` in the first measure counts rows.
    pub column: String,
    /// The rank correlation of sum and time, −1 to 1.
    pub trend: f64,
    /// The correlation of each period's sum with the one before, the trend taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autocorrelation: Option<f64>,
    /// The number of periods after which it repeats, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<u64>,
    /// The autocorrelation at that distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season_strength: Option<f64>,
    /// The sums, at most 60 of them: the last ones.
    pub recent: Vec<f64>,
}
