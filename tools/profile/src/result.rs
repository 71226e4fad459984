//! The result of a profile: one typed object.
//!
//! Numbers are finite or absent, never `NaN`. A number is exact unless its column's `inexact` (or its own `basis`) says how
//! it was found and how far it may be off.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Everything that was found out about a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Profile {
    /// The file and how it is written.
    pub file: FileInfo,
    /// What was read, and how.
    pub scan: ScanInfo,
    /// A score from 0 to 100.
    pub quality: Quality,
    /// What to know before using the data, most severe first.
    pub issues: Vec<Issue>,
    /// The columns in the order of the file.
    pub columns: Vec<ColumnProfile>,
    /// Columns left out to keep the answer small.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folded: Option<Folded>,
    /// How columns go together, strongest first.
    pub correlations: Vec<Correlation>,
    /// Rows that repeat an earlier row, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<DuplicateRows>,
    /// Columns that identify a row: no value missing, none twice.
    pub key_candidates: Vec<String>,
    /// Columns that seem to hold personal data. A column that is not named here is not proved to be free of it.
    pub personal_data: Vec<PersonalData>,
    /// The first lines that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Reject>,
    /// The HTML report, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportLink>,
}

/// A file and how it is written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileInfo {
    /// Where it lies.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last changed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Rows of data; `rows` + `rejected_rows` is what the file holds.
    pub rows: u64,
    /// Whether `rows` was estimated from a part of the file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rows_estimated: bool,
    /// Columns.
    pub columns: u64,
    /// The encoding's name.
    pub encoding: String,
    /// Between fields.
    pub delimiter: String,
    /// Around fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Whether the first row names the columns.
    pub has_header: bool,
    /// Lines before the header.
    #[serde(skip_serializing_if = "is_zero")]
    pub preamble_lines: u64,
    /// `lf`, `crlf`, `cr` or `mixed`.
    pub line_endings: String,
    /// Whether it begins with a byte order mark.
    pub bom: bool,
    /// Rows kept although they had too few fields, or surplus empty ones.
    pub ragged_rows: u64,
    /// Rows left out because they had too many or too few fields.
    pub rejected_rows: u64,
    /// Blank lines passed over.
    #[serde(skip_serializing_if = "is_zero")]
    pub blank_lines: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// What was read, and how.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScanInfo {
    /// `quick`, `standard` or `deep`.
    pub mode: String,
    /// Rows that the numbers stand on.
    pub rows: u64,
    /// Whether the whole file was read.
    pub complete: bool,
    /// Chunks that polars split, and those that our own splitter repaired.
    pub chunks: ChunkCounts,
    /// Columns read a second time because their first values misled.
    #[serde(skip_serializing_if = "is_zero")]
    pub columns_read_twice: u64,
}

/// Who split the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChunkCounts {
    /// Clean chunks.
    pub polars: u64,
    /// Chunks with something to repair or reject, and files of one column.
    pub own: u64,
}

/// How a number that is not exact was found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Basis {
    /// `sampled` or `sketch`.
    pub method: Exactness,
    /// How far it may be off: of ranks for quantiles, of the value for distinct counts, in rows for counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

/// How a number was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Exactness {
    /// From every value.
    Exact,
    /// From some rows.
    Sampled,
    /// From every value, in bounded memory, with a stated error.
    Sketch,
}

/// A column's type over the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Whole numbers.
    Integer,
    /// Numbers with a fraction.
    Float,
    /// Two words for true and false.
    Boolean,
    /// Dates.
    Date,
    /// Dates with a time of day.
    Timestamp,
    /// A few texts that recur.
    Categorical,
    /// Identifiers and codes, kept as text: zero-padded, too long for a number, or of letters and digits.
    Code,
    /// Any other text.
    Text,
    /// No value at all.
    Empty,
}

impl ColumnType {
    /// The name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Categorical => "categorical",
            Self::Code => "code",
            Self::Text => "text",
            Self::Empty => "empty",
        }
    }

    /// Whether its values are numbers.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    /// Whether its values are points in time.
    pub const fn is_moment(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

/// A column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ColumnProfile {
    /// Its name; made up or numbered where the header's was blank or taken.
    pub name: String,
    /// From 1.
    pub position: u64,
    /// Over the whole file.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What the values are about, where that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic_type: Option<String>,
    /// Why it has this type, where not every value fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<TypeEvidence>,
    /// Rows without a value.
    pub nulls: u64,
    /// Of all rows.
    pub null_ratio: f64,
    /// Of the nulls, those written as an empty pair of quotes.
    #[serde(skip_serializing_if = "is_zero")]
    pub empty_strings: u64,
    /// Different values.
    pub distinct: DistinctCount,
    /// Different values of all values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_ratio: Option<f64>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// The arithmetic mean; for dates a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Value>,
    /// The middle value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median: Option<Value>,
    /// The sample standard deviation; for dates in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stddev: Option<f64>,
    /// The percentiles asked for, such as `p25`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub quantiles: Map<String, Value>,
    /// Adjusted Fisher-Pearson skewness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skew: Option<f64>,
    /// Adjusted excess kurtosis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kurtosis: Option<f64>,
    /// Values equal to zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zeros: Option<u64>,
    /// Values below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negatives: Option<u64>,
    /// Values far from the middle half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outliers: Option<Outliers>,
    /// Characters of text values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Lengths>,
    /// How often true and false occur.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trues: Option<u64>,
    /// How often false occurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub falses: Option<u64>,
    /// `ascending`, `strictly_ascending`, `descending` or `strictly_descending`, where the rows are so ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sorted: Option<String>,
    /// The most frequent values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub top_values: Vec<TopValue>,
    /// How the values spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// Some values as they are written; masked where they seem personal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// The numbers above that are not exact, by field; `*` stands for all others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inexact: BTreeMap<String, Basis>,
}

/// Why a column has its type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct TypeEvidence {
    /// The share of values that fit the type, texts that stand for nothing left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Values that do not fit.
    #[serde(skip_serializing_if = "is_zero")]
    pub exceptions: u64,
    /// The line of the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_exception_line: Option<u64>,
    /// The first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_exception: Option<String>,
    /// Texts such as `N/A` that stand for nothing, and how often.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_tokens: Vec<TopValue>,
    /// `day_first` or `month_first`, for dates that do not begin with the year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<String>,
    /// Of those dates, the share that would be valid in the other order too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ambiguous_share: Option<f64>,
    /// Further facts that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A count of different values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct DistinctCount {
    /// How many.
    pub value: u64,
    /// How it was found.
    pub exactness: Exactness,
    /// The relative error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

/// Values outside Tukey's fences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Outliers {
    /// Beyond 1.5 interquartile ranges from the middle half, the extreme ones included.
    pub mild: u64,
    /// Beyond 3 interquartile ranges.
    pub extreme: u64,
    /// The lower 1.5-range fence.
    pub below: f64,
    /// The upper 1.5-range fence.
    pub above: f64,
}

/// Characters of text values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Lengths {
    /// Fewest.
    pub min: u64,
    /// Most.
    pub max: u64,
    /// On average.
    pub mean: f64,
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TopValue {
    /// As it is written, at most 100 characters; masked where it seems personal.
    pub value: String,
    /// Rows.
    pub count: u64,
    /// Of all rows with a value.
    pub share: f64,
}

/// How values spread: at most 20 bins of equal width, over the whole range or, where a few far values would hide the rest,
/// over the 1st to the 99th percentile with the others counted beside it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Histogram {
    /// One more than `counts`; a bin holds its lower edge, the last one its upper edge too.
    pub edges: Vec<Value>,
    /// Values per bin.
    pub counts: Vec<u64>,
    /// Values below the first edge.
    #[serde(skip_serializing_if = "is_zero")]
    pub below: u64,
    /// Values above the last edge.
    #[serde(skip_serializing_if = "is_zero")]
    pub above: u64,
}

/// How two columns go together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Correlation {
    /// One column.
    pub a: String,
    /// The other.
    pub b: String,
    /// `pearson`.
    pub method: String,
    /// From −1 to 1.
    pub value: f64,
    /// Rows with both values that it stands on.
    pub rows: u64,
    /// Absent where every row counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// Rows that repeat an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct DuplicateRows {
    /// How many; the first of each is not counted.
    pub rows: u64,
    /// Of all rows.
    pub ratio: f64,
    /// How it was found.
    pub exactness: Exactness,
}

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
    /// Rows that it touches; for several columns, cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_affected: Option<u64>,
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

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reject {
    /// From 1.
    pub line: u64,
    /// Where it begins, in bytes from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_offset: Option<u64>,
    /// Why.
    pub reason: String,
    /// Its text, at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Columns left out of an answer, the least interesting ones.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Folded {
    /// How many.
    pub columns: u64,
    /// How many of each type.
    pub types: BTreeMap<String, u64>,
    /// Their names, as many as fit.
    pub names: Vec<String>,
    /// How to see them.
    pub how: String,
}

/// The HTML report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportLink {
    /// As a resource.
    pub uri: String,
    /// On disk.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}
