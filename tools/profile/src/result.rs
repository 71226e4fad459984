//! The result of a profile: one typed object.
//!
//! Numbers are finite or absent, never `NaN`. A number is exact unless its column's `inexact` (or its own `basis`) says how
//! it was found and how far it may be off.

mod column;
mod facts;
mod handover;
mod judgement;
mod relations;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use column::{ColumnProfile, ColumnType, DistinctCount, Histogram, Lengths, Outliers, TopValue, TypeEvidence};
pub use facts::{DateFacts, DateGap, Pattern, TextFacts, WordCounts};
pub use handover::{ColumnDrift, Drift, Renamed, Retyped, Suggestion, Verdict};
pub use judgement::{Dimensions, Issue, PersonalData, Quality, Severity};
pub use relations::{
    Association, Compared, CompositeKey, Correlation, Dependency, Inclusion, Leak, MissingPattern, MissingPatterns, SeriesMeasure,
    TargetAnalysis, TimeSeries,
};

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
    /// What the relations between columns stand on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
    /// How each column bears on the `target` that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetAnalysis>,
    /// The file as a series over time, where a column says when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_series: Option<TimeSeries>,
    /// Which columns are missing together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_patterns: Option<MissingPatterns>,
    /// Columns whose value decides another's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// Columns that refer to another column of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inclusions: Vec<Inclusion>,
    /// Rows that repeat an earlier row, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<DuplicateRows>,
    /// Columns that identify a row: no value missing, none twice.
    pub key_candidates: Vec<String>,
    /// Sets of columns that do so only together, where no single column does; and single columns of which that is likely.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub composite_keys: Vec<CompositeKey>,
    /// Columns that seem to hold personal data. A column that is not named here is not proved to be free of it.
    pub personal_data: Vec<PersonalData>,
    /// The first lines that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Reject>,
    /// Whether the comparison with the `baseline` is in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What changed since the `baseline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// Files for other tools, as `suggest` asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// The whole profile as it was stored: give its `uri` as `baseline` later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredLink>,
    /// The HTML report, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<StoredLink>,
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

/// A file that the call left in the artifact store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoredLink {
    /// As a resource.
    pub uri: String,
    /// On disk.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}
