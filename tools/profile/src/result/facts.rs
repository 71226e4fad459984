//! What texts and dates of a column show.

use schemars::JsonSchema;
use serde::Serialize;

/// A frequent shape of values.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pattern {
    /// Such as `A99-999`; at most 40 characters.
    pub mask: String,
    /// Values of this shape; of the sample where `inexact` says so.
    pub count: u64,
    /// Of all values.
    pub share: f64,
}

/// What texts are made of.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TextFacts {
    /// Words of a value.
    pub words: WordCounts,
    /// The share of letters in each script, such as `latin`; the most frequent first.
    pub scripts: Vec<(String, f64)>,
    /// The share of values in `lower`, `upper` or `title` case, where that is most of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<(String, f64)>,
    /// The share of values with two blanks in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub double_blanks: Option<f64>,
    /// The share of values over several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_breaks: Option<f64>,
    /// The most frequent words of three letters or more, with the share of values that hold them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frequent_words: Vec<(String, f64)>,
}

/// Words of a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct WordCounts {
    /// Fewest.
    pub min: u64,
    /// On average.
    pub mean: f64,
    /// Most.
    pub max: u64,
}

/// How dates follow one another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DateFacts {
    /// The finest unit that is used: `year`, `quarter`, `month`, `week`, `day`, `hour`, `minute`, `second` or `subsecond`.
    pub granularity: String,
    /// From the first to the last, in days.
    pub span_days: f64,
    /// Periods of that unit, but at least days, from the first to the last; absent where the known values are too few to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periods: Option<u64>,
    /// Those without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_periods: Option<u64>,
    /// The longest runs of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<DateGap>,
    /// Values after the file was last changed: in the future, when it was written.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub future: u64,
    /// The share of values that fall on a Saturday or Sunday.
    pub weekend_share: f64,
}

/// A run of periods without a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DateGap {
    /// The last date before it.
    pub after: String,
    /// The first date behind it.
    pub before: String,
    /// Periods without a value.
    pub periods: u64,
}
