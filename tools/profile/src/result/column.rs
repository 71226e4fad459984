//! A column of the result.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Basis, DateFacts, Exactness, Pattern, TextFacts, is_zero};

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
    /// Times of day.
    Time,
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
            Self::Time => "time",
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
    /// The type that the source declares, where it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_type: Option<String>,
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
    /// The sum of all values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// The sample standard deviation; for dates in days, for times of day in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stddev: Option<f64>,
    /// The median absolute deviation from the median, not scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mad: Option<f64>,
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
    /// Shannon's entropy of the values in bits, where every value was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    /// Characters of text values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Lengths>,
    /// The most frequent shapes of the values: `9` a digit, `A` and `a` letters, anything else as it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
    /// Words, scripts and blanks of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextFacts>,
    /// Granularity and gaps of dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateFacts>,
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
    /// Values such as 999 or 1900-01-01 that seem to stand for nothing. The numbers above include them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<TopValue>,
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
    /// How numbers are written that a plain reader takes for text, such as `decimal comma, thousands separators, currency €`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// The share of values that mean something else in the other order of day and month, or with points and commas exchanged.
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
    /// More than 3.5 from the median in modified z-scores (Iglewicz and Hoaglin: by the median absolute deviation).
    pub robust: u64,
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
