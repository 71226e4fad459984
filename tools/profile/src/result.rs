//! The result of a profile: one typed object.
//!
//! Numbers are finite or absent, never `NaN`. A number is exact unless its column's `inexact` (or its own `basis`) says how
//! it was found and how far it may be off.

mod column;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use column::{ColumnProfile, ColumnType, DistinctCount, Histogram, Lengths, Outliers, TopValue, TypeEvidence};

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
    /// What it is: `csv`, `tsv`, `json`, `jsonl`, `parquet`, `arrow`, `excel`, `table` or `query`. What is not text was
    /// written as text first: encoding, delimiter, quote and lines are that text's, whose header is line 1.
    pub format: String,
    /// `gzip`, `zstd` or `zip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// The file in the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The sheet of the workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The files that were read as one, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<FileSet>,
    /// Its size as stored; of a table or query, as text.
    pub bytes: u64,
    /// Its size as text, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_bytes: Option<u64>,
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
    /// Before a quote within a quoted field, where quotes are not only doubled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<String>,
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

/// Several files read as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileSet {
    /// How many.
    pub count: u64,
    /// The first of them, in order.
    pub files: Vec<FilePart>,
}

/// One of several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FilePart {
    /// Where it lies.
    pub path: String,
    /// Its size as stored.
    pub bytes: u64,
    /// The line at which its rows begin: lines count through all files, with one header.
    pub first_line: u64,
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
