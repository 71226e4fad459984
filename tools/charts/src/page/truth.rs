//! Where numbers come from.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Tone;

/// Where a figure's numbers come from.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Truth {
    /// The statement that was run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sql: String,
    /// Rows that it gave.
    pub rows: u64,
    /// When it was run, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// When the tables it reads were last loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_as_of: Option<String>,
    /// The tables that it read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// A hash of its rows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// Checks of the numbers, and how they ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Checked>,
}

/// A check of a figure's numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// `good` or `poor`.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
}

/// Formats of values by the name of their column.
pub type Formats = Map<String, Value>;
