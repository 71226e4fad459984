//! A tile of one number.

use data_stack_charts::page::{Block, Change, Number, Tone};
use data_stack_charts::{Data, Format, Kind};
use data_stack_core::ToolError;
use serde_json::Value;

use super::{Shown, framed};
use crate::spec::Tile;

pub(super) fn cell(tile: &Tile, data: &Data) -> Result<Shown, ToolError> {
    let at = match tile.y.list() {
        [] => data.columns.iter().position(|column| column.kind == Kind::Number).unwrap_or(0),
        [name, ..] => data.find(name, "y")?,
    };
    let value = tile.aggregate.map_or_else(|| data.rows[0][at].clone(), |how| how.of(data.numbers(at)));
    let name = tile.format.as_ref().and_then(|format| format.of(data.name(at))).unwrap_or("compact");
    let format = Format::parse(name, "format")?;
    let before = tile.compare.as_ref().map(|name| data.find_number(name, "compare")).transpose()?;
    let change = before.and_then(|before| change(tile, value.as_f64()?, data.rows[0][before].as_f64()?, data.name(before)));
    let label = if tile.title.is_empty() { data.name(at).to_owned() } else { tile.title.clone() };
    let written = value.as_f64().map_or_else(|| value.as_str().unwrap_or("–").to_owned(), |value| format.write(value));
    let compared = change.as_ref().map_or_else(String::new, |change| {
        let share = Format::parse("percent", "format").map(|percent| percent.write(change.value)).unwrap_or_default();
        format!(", {}{share} {}", if change.value > 0.0 { "+" } else { "" }, change.label)
    });
    let alt = format!("{label}: {written}{compared}.");
    // The query's further rows are how the number was before.
    let further = tile.aggregate.is_none() && data.rows.len() > 2;
    let spark: Vec<Option<f64>> = if further { data.rows.iter().rev().map(|row| row[at].as_f64()).collect() } else { Vec::new() };
    let block = Number { label, value: shown(value), format: name.to_owned(), change, spark, ..Number::default() };
    Ok(framed(tile, 3, Block::Number(block), None, alt))
}

/// No value is shown as a dash.
fn shown(value: Value) -> Value {
    if value.is_null() { Value::from("–") } else { value }
}

fn change(tile: &Tile, now: f64, before: f64, label: &str) -> Option<Change> {
    let share = (before != 0.0).then(|| (now - before) / before.abs())?;
    let tone = match share {
        0.0 => Tone::Flat,
        share if (share > 0.0) == tile.less_is_better => Tone::Poor,
        _ => Tone::Good,
    };
    Some(Change { value: share, format: "percent".to_owned(), label: format!("against {}", label.replace('_', " ")), tone })
}
