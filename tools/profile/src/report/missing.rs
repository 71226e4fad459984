//! Where values are missing.

use data_stack_charts::page::{Block, Cell, Section, Table, TableColumn};
use data_stack_charts::{Chart, ChartKind, Data, Format, grouped};
use serde_json::json;

use crate::result::{ColumnProfile, MissingPattern, MissingPatterns, Profile};

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
    let patterns = profile.missing_patterns.as_ref().filter(|found| found.patterns.len() > 1);
    let mut items = vec![Cell::new(if patterns.is_some() { 6 } else { 12 }, "", vec![Block::Chart(Box::new(figure))])];
    items.extend(patterns.map(|found| Cell::new(6, "Missing together", vec![together(found)])));
    Some(Section::new("missing", "Missing values", note, vec![Block::Grid { compact: false, items }]))
}

/// The sets of columns that are missing in the same rows.
fn together(found: &MissingPatterns) -> Block {
    let row = |pattern: &MissingPattern| {
        let more = pattern.count.saturating_sub(pattern.columns.len() as u64);
        let names = if pattern.columns.is_empty() { "none: complete rows".to_owned() } else { pattern.columns.join(", ") };
        vec![json!(if more > 0 { format!("{names} and {more} more") } else { names }), json!(pattern.rows), json!(pattern.share)]
    };
    let share = TableColumn { bar: Some(1.0), ..TableColumn::number("share", "percent") };
    let columns = vec![TableColumn::text("missing columns"), TableColumn::number("rows", "integer"), share];
    Block::Table(Table { title: "Missing together".to_owned(), columns, rows: found.patterns.iter().map(row).collect(), search: false })
}
