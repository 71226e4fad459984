//! One number, large.

use serde::Serialize;
use serde_json::Value;

use super::Tone;

/// One number.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Number {
    /// What it is.
    pub label: String,
    /// A number, or text that is shown as it is.
    pub value: Value,
    /// How it is written: the name of a [`Format`](crate::Format).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// How it compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// A few words below it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// How it was over time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spark: Vec<Option<f64>>,
    /// Why it is an estimate, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx: Option<String>,
}

/// How a number compares with another.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The difference, as a share unless `format` says otherwise.
    pub value: f64,
    /// How it is written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// With what.
    pub label: String,
    /// Whether it is welcome.
    pub tone: Tone,
}
