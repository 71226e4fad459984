//! Pages for other people's apps, made from the same specification and readable by whoever takes over.

mod evidence;
mod grafana;
mod sql;
mod streamlit;

use std::collections::BTreeMap;

use data_stack_core::ToolError;
use data_stack_core::ports::dashboards::App;
use serde_json::{Map, Value};

use crate::query::statement;
use crate::render_dashboard::slug;
use crate::spec::{Dashboard, Tile};

/// What a page is made of.
pub(crate) struct Source<'a> {
    /// The page's file name, without its ending.
    pub(crate) name: &'a str,
    pub(crate) dashboard: &'a Dashboard,
    /// The statements of the data sets.
    pub(crate) sets: &'a BTreeMap<String, String>,
    /// The values of the parameters.
    pub(crate) values: &'a Map<String, Value>,
}

/// The files of the dashboard in an app, as paths in its folder with their text.
pub(crate) fn files(app: App, source: &Source<'_>) -> Result<Vec<(String, String)>, ToolError> {
    match app {
        App::Streamlit => Ok(vec![(format!("pages/{}.py", source.name), streamlit::page(source))]),
        App::Evidence => evidence::files(source),
        App::Grafana => Ok(vec![(format!("dashboards/{}.json", source.name), grafana::file(source)?)]),
    }
}

/// A query of the page under a name of its own.
struct Named<'a> {
    name: String,
    sql: &'a str,
}

/// Every statement once, in the order of the tiles: data sets under their own names, others named after their tile.
fn named<'a>(source: &Source<'a>) -> Vec<Named<'a>> {
    let mut found: Vec<Named<'a>> = Vec::new();
    for (_, tiles, _) in source.dashboard.all_pages() {
        for tile in tiles {
            let Some(sql) = statement(source.sets, tile) else { continue };
            if found.iter().any(|known| known.sql == sql) {
                continue;
            }
            // No page has a word of its own that ends so.
            let wanted = format!("{}_rows", slug(tile.data.as_deref().unwrap_or(&tile.title), '_'));
            let wanted = if wanted.starts_with(|c: char| c.is_ascii_digit()) { format!("q_{wanted}") } else { wanted };
            let taken = |name: &str| found.iter().any(|known| known.name == name);
            let name = (1..=found.len() + 1)
                .map(|count| if count == 1 { wanted.clone() } else { format!("{wanted}_{count}") })
                .find(|name| !taken(name));
            found.push(Named { name: name.unwrap_or(wanted), sql });
        }
    }
    found
}

/// The name under which the tile's query stands.
fn query_of<'a>(source: &Source<'_>, queries: &'a [Named<'_>], tile: &Tile) -> Option<&'a str> {
    let sql = statement(source.sets, tile)?;
    queries.iter().find(|known| known.sql == sql).map(|known| known.name.as_str())
}

/// Tiles in rows of twelve columns.
fn rows(tiles: &[Tile], usual: impl Fn(&Tile) -> u8) -> Vec<Vec<(&Tile, u8)>> {
    let mut rows: Vec<Vec<(&Tile, u8)>> = Vec::new();
    let mut room = 0;
    for tile in tiles {
        let width = tile.width.unwrap_or_else(|| usual(tile)).clamp(1, 12);
        if width > room {
            rows.push(Vec::new());
            room = 12;
        }
        room -= width;
        if let Some(row) = rows.last_mut() {
            row.push((tile, width));
        }
    }
    rows
}
