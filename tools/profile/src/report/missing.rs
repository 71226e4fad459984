//! Where values are missing.

use data_stack_charts::page::{Block, Cell, Section};
use data_stack_charts::{Chart, ChartKind, Data, Format, grouped};
use serde_json::json;

use crate::result::{ColumnProfile, Profile};

/// Columns drawn, those with most missing first.
const DRAWN: usize = 30;

pub(super) fn section(profile: &Profile) -> Option<Section> {
    let mut columns: Vec<&ColumnProfile> = profile.columns.iter().filter(|column| column.nulls > 0).collect();
    if columns.is_empty() {
        let block = Block::Text { text: "No value is missing.".to_owned() };
        return Some(Section::new("missing", "Missing values", "", vec![block]));
    }
    columns.sort_by_key(|column| std::cmp::Reverse(column.nulls));
    let note = format!("in {} of {} columns", grouped(columns.len() as u64), grouped(profile.columns.len() as u64));
    let rows = columns.iter().take(DRAWN).map(|column| vec![json!(column.name), json!(column.null_ratio)]).collect();
    let data = Data::of_values(&["column", "missing"], rows);
    let mut chart = Chart::new(ChartKind::Bar, "column", &["missing"]);
    chart.horizontal = true;
    chart.format = Format::parse("percent", "format").unwrap_or_default();
    let mut figure = chart.figure(&data).ok()?.titled("Share of rows without a value");
    if columns.len() > DRAWN {
        figure.subtitle = format!("the {DRAWN} columns with most missing, of {}", columns.len());
    }
    let cell = Cell::new(12, "", vec![Block::Chart(Box::new(figure))]);
    Some(Section::new("missing", "Missing values", note, vec![Block::Grid { compact: false, items: vec![cell] }]))
}
