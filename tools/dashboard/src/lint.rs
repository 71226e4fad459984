//! What is wrong or misleading in a dashboard, with the path to it, and its line and column where it is a file.

mod contrast;
mod data;
mod place;
mod specification;

use data_stack_core::ToolError;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use data::{of_data, reconciled};
pub(crate) use place::place;
pub(crate) use specification::of_specification;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The tile cannot be shown.
    Error,
    /// The tile may mislead.
    Warning,
    /// Good to know.
    Info,
}

/// Something wrong or misleading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where, such as `tiles[2].x`.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// The line in the dashboard's file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl Finding {
    pub(crate) fn new(severity: Severity, path: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity, path: path.into(), message: message.into(), fix: fix.into(), line: None, column: None }
    }

    /// A failure of a tile, with the field that it names.
    pub(crate) fn of_error(path: &str, error: &ToolError) -> Self {
        let path = error.field.as_ref().map_or_else(|| path.to_owned(), |field| format!("{path}.{field}"));
        let valid = if error.valid_values.is_empty() { String::new() } else { format!(" It may be: {}.", error.valid_values.join(", ")) };
        Self::new(Severity::Error, path, error.message.clone(), format!("{}{valid}", error.hints.join(" ")))
    }
}
