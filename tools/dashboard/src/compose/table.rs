//! A tile of rows.

use data_stack_charts::page::{Block, Table, TableColumn};
use data_stack_charts::{Data, Format, Kind};
use data_stack_core::ToolError;
use serde_json::Value;

use super::{Shown, framed};
use crate::spec::Tile;

/// Rows of a table that names no limit.
pub(super) const ROWS: usize = 200;
/// Rows from which a table has a search box.
const SEARCHED: usize = 20;

pub(super) fn cell(tile: &Tile, data: &Data) -> Result<Shown, ToolError> {
    let columns = data.columns.iter().map(|column| of_column(tile, data, column)).collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<Vec<Value>> = data.rows.iter().take(tile.limit.map_or(ROWS, |limit| limit as usize)).cloned().collect();
    let names: Vec<&str> = data.columns.iter().map(|column| column.name.as_str()).collect();
    let heading = if tile.title.is_empty() { "Table".to_owned() } else { format!("{}: table", tile.title) };
    let alt = format!("{heading} of {} rows: {}.", rows.len(), names.join(", "));
    let search = rows.len() > SEARCHED;
    let block = Table { title: tile.title.clone(), columns, rows, search };
    Ok(framed(tile, 12, Block::Table(block), None, alt))
}

fn of_column(tile: &Tile, data: &Data, column: &data_stack_charts::Field) -> Result<TableColumn, ToolError> {
    let given = tile.format.as_ref().and_then(|format| format.of(&column.name));
    let format = given.map(|name| Format::parse(name, "format")).transpose()?.unwrap_or_default();
    Ok(match column.kind {
        Kind::Number => TableColumn { bar: bar(tile, data, &column.name), ..TableColumn::number(&column.name, format.name()) },
        Kind::Time => TableColumn { format: "date".to_owned(), ..TableColumn::text(&column.name) },
        Kind::Numbers => TableColumn { spark: "line".to_owned(), ..TableColumn::text(&column.name) },
        Kind::Text => TableColumn::text(&column.name),
    })
}

/// The largest number of a column that the tile names in `y`: those have bars behind their numbers.
fn bar(tile: &Tile, data: &Data, name: &str) -> Option<f64> {
    let at = data.columns.iter().position(|column| column.name == name)?;
    let most = data.numbers(at).fold(0.0, f64::max);
    (tile.y.list().iter().any(|known| known == name) && most > 0.0).then_some(most)
}
