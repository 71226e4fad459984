//! What a reader of a page may choose: filters over rows that the page carries, and values that its queries were made with.

use serde::Serialize;
use serde_json::Value;

use crate::{Aggregate, ChartKind, Sort, Stack};

/// A column by whose values a reader narrows the page down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// The column's name in the page's rows.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Whether its values are times, which are chosen as a span.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub time: bool,
}

/// A value that the page's queries were made with. Where the page is served, a reader chooses another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// Its name in the queries.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// `text`, `number`, `date` or `boolean`.
    pub kind: &'static str,
    /// The value.
    pub value: Value,
    /// What it may be; anything when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

/// Rows that several cells of the page are made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rows {
    /// Names.
    pub columns: Vec<String>,
    /// Values in their order.
    pub rows: Vec<Vec<Value>>,
}

/// How a cell follows from the page's rows. The page makes the cell anew from the rows that pass its filters, by the same
/// steps as [`Chart::figure`](crate::Chart::figure).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recipe {
    /// The page's rows by name.
    pub data: String,
    /// What the cell is.
    pub kind: Shape,
    /// The column along it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The columns of numbers.
    pub y: Vec<String>,
    /// The column of series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// How rows of the same place become one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// The order of categories.
    pub sort: Sort,
    /// Most categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// How several series share a place.
    pub stack: Stack,
}

/// What a cell with a recipe is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// One number.
    Number,
    /// Rows.
    Table,
    /// Bars: their categories stand as they come.
    Bars,
    /// Lines and areas: along their axis.
    Lines,
    /// Pies and donuts: the smallest parts put together.
    Parts,
    /// Funnels: steps in their order.
    Steps,
    /// Heat maps.
    Cells,
}

impl Shape {
    /// What a chart is, where the page can make it anew.
    pub const fn of(kind: ChartKind) -> Option<Self> {
        Some(match kind {
            ChartKind::Bar => Self::Bars,
            ChartKind::Line | ChartKind::Area => Self::Lines,
            ChartKind::Pie | ChartKind::Donut => Self::Parts,
            ChartKind::Funnel => Self::Steps,
            ChartKind::Heatmap => Self::Cells,
            _ => return None,
        })
    }
}
