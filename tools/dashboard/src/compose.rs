//! A tile with its rows becomes a block of the page.

use data_stack_charts::page::{Block, Cell, Change, Number, Section, Table, TableColumn, Tone, prose};
use data_stack_charts::{Figure, Format, Kind, Page};
use data_stack_core::ToolError;
use serde_json::{Map, Value, json};

use crate::query::Answer;
use crate::spec::{Dashboard, Tile, TileKind};

/// Rows of a table that names no limit.
const ROWS: usize = 200;

/// A tile as it is shown.
pub(crate) struct Shown {
    pub(crate) cell: Cell,
    /// The figure, where it is a chart.
    pub(crate) figure: Option<Figure>,
    /// What it shows, in words.
    pub(crate) alt: String,
}

/// The tile with its rows.
pub(crate) fn tile(tile: &Tile, answer: Option<&Answer>) -> Result<Shown, ToolError> {
    let Some(answer) = answer else {
        let text = tile.text.as_deref().unwrap_or_default();
        return Ok(framed(tile, 12, Block::Prose { nodes: prose(text) }, None, text.chars().take(200).collect()));
    };
    if answer.data.rows.is_empty() {
        let text = format!("{}The query gives no rows.", heading(tile));
        return Ok(framed(tile, 6, Block::Text { text: text.clone() }, None, text));
    }
    match tile.kind.chart() {
        Some(kind) => {
            let mut figure = tile.chart(kind)?.figure(&answer.data)?.titled(&tile.title);
            figure.truth = Some(answer.truth.clone());
            if let Some(height) = tile.height {
                figure.height = height;
            }
            let alt = figure.alt.clone();
            Ok(framed(tile, 6, Block::Chart(Box::new(figure.clone())), Some(figure), alt))
        }
        None if tile.kind == TileKind::Number => number(tile, answer),
        None => table(tile, answer),
    }
}

fn heading(tile: &Tile) -> String {
    if tile.title.is_empty() { String::new() } else { format!("{}: ", tile.title) }
}

fn framed(tile: &Tile, width: u8, block: Block, figure: Option<Figure>, alt: String) -> Shown {
    let titled = !matches!(block, Block::Chart(_) | Block::Number(_) | Block::Prose { .. });
    let heading = if titled { tile.title.as_str() } else { "" };
    Shown { cell: Cell::new(tile.width.unwrap_or(width).clamp(1, 12), heading, vec![block]), figure, alt }
}

fn number(tile: &Tile, answer: &Answer) -> Result<Shown, ToolError> {
    let data = &answer.data;
    let at = match tile.y.list() {
        [] => data.columns.iter().position(|column| column.kind == Kind::Number).unwrap_or(0),
        [name, ..] => data.find(name, "y")?,
    };
    let value = data.rows[0][at].clone();
    let name = tile.format.as_ref().and_then(|format| format.of(data.name(at))).unwrap_or("compact");
    let format = Format::parse(name, "format")?;
    let before = tile.compare.as_ref().map(|name| data.find_number(name, "compare")).transpose()?;
    let change = before.and_then(|before| change(value.as_f64()?, data.rows[0][before].as_f64()?, data.name(before)));
    let label = if tile.title.is_empty() { data.name(at).to_owned() } else { tile.title.clone() };
    let written = value.as_f64().map_or_else(|| value.as_str().unwrap_or("–").to_owned(), |value| format.write(value));
    let alt = format!("{label}: {written}.");
    // The query's further rows are how the number was before.
    let spark: Vec<Option<f64>> =
        if data.rows.len() > 2 { data.rows.iter().rev().map(|row| row[at].as_f64()).collect() } else { Vec::new() };
    let block = Number { label, value, format: name.to_owned(), change, spark, ..Number::default() };
    Ok(framed(tile, 3, Block::Number(block), None, alt))
}

fn change(now: f64, before: f64, label: &str) -> Option<Change> {
    let share = (before != 0.0).then(|| (now - before) / before.abs())?;
    let tone = if share > 0.0 {
        Tone::Good
    } else if share < 0.0 {
        Tone::Poor
    } else {
        Tone::Flat
    };
    Some(Change { value: share, format: "percent".to_owned(), label: format!("against {label}"), tone })
}

fn table(tile: &Tile, answer: &Answer) -> Result<Shown, ToolError> {
    let data = &answer.data;
    let mut columns = Vec::new();
    for column in &data.columns {
        let given =
            tile.format.as_ref().and_then(|format| format.of(&column.name)).map(|name| Format::parse(name, "format")).transpose()?;
        let name = given.as_ref().map_or("", Format::name);
        columns.push(match column.kind {
            Kind::Number => TableColumn::number(&column.name, name),
            Kind::Time => TableColumn { format: "date".to_owned(), ..TableColumn::text(&column.name) },
            Kind::Text => TableColumn::text(&column.name),
        });
    }
    let rows: Vec<Vec<Value>> = data.rows.iter().take(tile.limit.map_or(ROWS, |limit| limit as usize)).cloned().collect();
    let names: Vec<&str> = data.columns.iter().map(|column| column.name.as_str()).collect();
    let alt = format!("{}table of {} rows: {}.", heading(tile), rows.len(), names.join(", "));
    let search = rows.len() > 20;
    let block = Table { title: tile.title.clone(), columns, rows, search };
    Ok(framed(tile, 12, Block::Table(block), None, alt))
}

/// The page of all tiles.
pub(crate) fn page(dashboard: &Dashboard, pages: Vec<(String, Vec<Cell>)>, values: &Map<String, Value>, as_of: Option<&str>) -> Page {
    let many = pages.len() > 1;
    let sections = pages.into_iter().enumerate().map(|(at, (title, cells))| {
        let title = if title.is_empty() && many { format!("Page {}", at + 1) } else { title };
        Section::new(&format!("page-{}", at + 1), &title, "", vec![Block::Grid { compact: false, items: cells }])
    });
    let sections = sections.collect();
    let mut subtitle = dashboard.description.clone().unwrap_or_default();
    let chosen: Vec<String> = values.iter().map(|(name, value)| chosen(dashboard, name, value)).collect();
    if !chosen.is_empty() {
        subtitle = if subtitle.is_empty() { chosen.join(" · ") } else { format!("{subtitle} · {}", chosen.join(" · ")) };
    }
    let fresh =
        as_of.map_or_else(String::new, |time| format!("The warehouse last changed {}. ", time.get(..16).unwrap_or(time).replace('T', " ")));
    let footer = vec![format!(
        "{fresh}Each tile tells its query, rows and data hash. This page holds all it shows and asks nothing of the network."
    )];
    Page { kicker: "Dashboard".to_owned(), title: dashboard.title.clone(), subtitle, sections, footer }
}

fn chosen(dashboard: &Dashboard, name: &str, value: &Value) -> String {
    let label = dashboard.parameters.get(name).and_then(|parameter| parameter.label.as_deref()).unwrap_or(name);
    let value = value.as_str().map_or_else(|| json!(value).to_string(), str::to_owned);
    format!("{label}: `{}`", value.replace('`', "'"))
}
