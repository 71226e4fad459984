//! What can be seen in a specification without its data.

use data_stack_core::nearest::nearest;
use serde_json::Value;

use super::contrast::pale;
use super::{Finding, Severity};
use crate::parameters::asked;
use crate::spec::{Dashboard, DataSet, Origin, Tile, TileKind};

/// The statements that a tile runs, as far as they are written down.
fn queries<'a>(dashboard: &'a Dashboard, tile: &'a Tile) -> impl Iterator<Item = &'a str> {
    let set = tile.data.as_ref().and_then(|name| dashboard.data.get(name)).and_then(|set| match set {
        DataSet::Sql(sql) | DataSet::From(Origin::Sql(sql)) => Some(sql),
        DataSet::From(_) => None,
    });
    tile.sql.iter().chain(set).chain(&tile.total).map(String::as_str)
}

/// What can be seen without data.
pub(crate) fn of_specification(dashboard: &Dashboard) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !dashboard.tiles.is_empty() && !dashboard.pages.is_empty() {
        let fix = "Move the tiles into the first page.";
        findings.push(Finding::new(Severity::Error, "tiles", "there are both `tiles` and `pages`", fix));
    }
    let pages = dashboard.all_pages();
    if pages.iter().all(|(_, tiles, _)| tiles.is_empty()) {
        let fix = "Add one, such as `{type: bar, sql: \"SELECT …\", x: country, y: revenue}`.";
        findings.push(Finding::new(Severity::Error, "tiles", "the dashboard has no tiles", fix));
    }
    let mut used = std::collections::BTreeSet::new();
    for (_, tiles, path) in &pages {
        for (at, tile) in tiles.iter().enumerate() {
            of_tile(dashboard, tile, &format!("{path}[{at}]"), &mut findings);
            used.extend(queries(dashboard, tile).flat_map(asked).map(str::to_owned));
        }
    }
    unused(dashboard, &pages, &mut findings);
    for name in dashboard.parameters.keys().filter(|name| !used.contains(*name)) {
        let message = format!("no query uses the parameter `{name}`");
        findings.push(Finding::new(
            Severity::Warning,
            format!("parameters.{name}"),
            message,
            format!("Use `${name}` in a query, or remove it."),
        ));
    }
    findings
}

fn of_tile(dashboard: &Dashboard, tile: &Tile, path: &str, findings: &mut Vec<Finding>) {
    let mut error =
        |field: &str, message: String, fix: String| findings.push(Finding::new(Severity::Error, format!("{path}.{field}"), message, fix));
    if tile.kind == TileKind::Markdown {
        if tile.text.is_none() {
            error("text", "a markdown tile needs `text`".into(), "Write it there.".into());
        }
        return;
    }
    if let Some((field, message, fix)) = rows(dashboard, tile) {
        error(field, message, fix);
    }
    for name in queries(dashboard, tile).flat_map(asked).filter(|name| !dashboard.parameters.contains_key(*name)) {
        let near = nearest(name, dashboard.parameters.keys().map(String::as_str), 1);
        let fix = near.first().map_or_else(|| format!("Add `{name}` to `parameters`."), |near| format!("Did you mean `${near}`?"));
        error("sql", format!("the query asks for `${name}`, which is no parameter"), fix);
    }
    if tile.width.is_some_and(|width| !(1..=12).contains(&width)) {
        error("width", "the width is not between 1 and 12".into(), "A row has twelve parts: 6 is half of it.".into());
    }
    look(tile, path, findings);
}

/// What is wrong with where a tile's rows come from: the field, a sentence, and what to do.
fn rows(dashboard: &Dashboard, tile: &Tile) -> Option<(&'static str, String, String)> {
    match (&tile.sql, &tile.data, &tile.promql) {
        (None, None, None) => Some(("sql", "the tile has neither `sql` nor `data`".into(), "Give it a query.".into())),
        (Some(_), Some(_), _) => Some(("data", "the tile has both `sql` and `data`".into(), "Leave one of them out.".into())),
        (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            Some(("promql", "the tile asks both the warehouse and Prometheus".into(), "Leave one of them out.".into()))
        }
        (None, Some(name), _) if !dashboard.data.contains_key(name) => {
            let near = nearest(name, dashboard.data.keys().map(String::as_str), 1);
            let fix = near.first().map_or_else(|| "Add it to `data`.".to_owned(), |near| format!("Did you mean `{near}`?"));
            Some(("data", format!("there is no query `{name}` in `data`"), fix))
        }
        _ => None,
    }
}

/// What in a tile's options misleads or cannot be seen.
fn look(tile: &Tile, path: &str, findings: &mut Vec<Finding>) {
    let mut warn = |field: &str, message: String, fix: &str| {
        findings.push(Finding::new(Severity::Warning, format!("{path}.{field}"), message, fix));
    };
    for (field, axis) in [("options.yAxis.min", "yAxis"), ("options.xAxis.min", "xAxis")] {
        let least = tile.options.get(axis).and_then(|axis| axis.get("min")).and_then(Value::as_f64);
        let of_values = (axis == "xAxis") == tile.horizontal;
        if of_values && matches!(tile.kind, TileKind::Bar | TileKind::Area) && least.is_some_and(|least| least != 0.0) {
            warn(field, "the axis does not begin at zero, so that lengths mislead".into(), "Leave it out, or draw a line.");
        }
    }
    for (field, color) in pale(&tile.options) {
        let message = format!("the colour `{color}` cannot be told from the page's ground, light or dark");
        warn(&format!("options{field}"), message, "Choose one with a contrast of at least 3 : 1, or leave it out.");
    }
}

/// Data sets that no tile shows.
fn unused(dashboard: &Dashboard, pages: &[(&str, &[Tile], String)], findings: &mut Vec<Finding>) {
    let shown = |name: &&String| pages.iter().flat_map(|(_, tiles, _)| *tiles).any(|tile| tile.data.as_ref() == Some(*name));
    for name in dashboard.data.keys().filter(|name| !shown(name)) {
        let fix = format!("Use it as `data: {name}` in a tile, or remove it.");
        findings.push(Finding::new(Severity::Warning, format!("data.{name}"), format!("no tile shows the data set `{name}`"), fix));
    }
}
