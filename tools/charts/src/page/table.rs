//! Rows as a table.

use serde::Serialize;
use serde_json::Value;

/// Rows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    /// Its heading, read by screen readers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// Values in the order of the columns; a list of numbers is drawn as a spark line.
    pub rows: Vec<Vec<Value>>,
    /// Whether it has a search box.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub search: bool,
}

/// A column of a table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TableColumn {
    /// Its heading.
    pub name: String,
    /// `end` for numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub align: String,
    /// How its values are written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// The value that fills a cell's bar; no bars without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<f64>,
    /// Whether its values are set in fixed width.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
    /// `bar` or `line`, for lists of numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub spark: String,
}

impl TableColumn {
    /// A column of text.
    pub fn text(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A column of numbers in a format.
    pub fn number(name: &str, format: &str) -> Self {
        Self { name: name.to_owned(), align: "end".to_owned(), format: format.to_owned(), ..Self::default() }
    }
}
