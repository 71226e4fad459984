//! What stands in the file: some values of each column, masked where they seem personal, and the lines that were left out.

use data_stack_charts::page::{Block, Cell, Section, Table, TableColumn};
use serde_json::json;

use crate::result::Profile;

/// Columns beyond which the values stand with each column only.
const COLUMNS: usize = 80;
/// Values of a column.
const VALUES: usize = 5;

pub(super) fn values(profile: &Profile) -> Option<Section> {
    let known: Vec<_> = profile.columns.iter().filter(|column| !column.examples.is_empty()).collect();
    if known.is_empty() || profile.columns.len() > COLUMNS {
        return None;
    }
    let most = known.iter().map(|column| column.examples.len().min(VALUES)).max().unwrap_or(0);
    let mut columns = vec![TableColumn::text("column"), TableColumn::text("type")];
    columns.extend((1..=most).map(|at| TableColumn::text(&format!("example {at}"))));
    let rows = known.iter().map(|column| {
        let mut row = vec![json!(column.name), json!(column.kind.as_str())];
        row.extend((0..most).map(|at| json!(column.examples.get(at))));
        row
    });
    let table = Table { title: "Samples".to_owned(), columns, rows: rows.collect(), search: known.len() > 15 };
    Some(framed("samples", "Samples", "some values as they are written; personal ones masked", table))
}

pub(super) fn rejects(profile: &Profile) -> Option<Section> {
    if profile.rejects.is_empty() {
        return None;
    }
    let columns =
        vec![TableColumn::number("line", "integer"), TableColumn::text("why"), TableColumn { code: true, ..TableColumn::text("text") }];
    let rows = profile.rejects.iter().map(|reject| vec![json!(reject.line), json!(reject.reason), json!(reject.raw)]).collect();
    let table = Table { title: "Rejected lines".to_owned(), columns, rows, search: profile.rejects.len() > 20 };
    Some(framed("rejects", "Rejected lines", "the first lines that were left out", table))
}

fn framed(id: &str, title: &str, note: &str, table: Table) -> Section {
    let cell = Cell::new(12, "", vec![Block::Table(table)]);
    Section::new(id, title, note, vec![Block::Grid { compact: false, items: vec![cell] }])
}
