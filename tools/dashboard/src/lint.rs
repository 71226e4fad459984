//! What is wrong or misleading in a dashboard, with the path to it.

use data_stack_charts::{Data, Kind};
use data_stack_core::ToolError;
use data_stack_core::nearest::nearest;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::query::{Answer, asked, statement};
use crate::spec::{Dashboard, Tile, TileKind};

/// Series beyond which lines cannot be told apart.
const SERIES: usize = 10;
/// Slices beyond which a pie says nothing.
const SLICES: usize = 12;
/// How much larger one series may be than another on one axis.
const APART: f64 = 1000.0;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The tile cannot be shown.
    Error,
    /// The tile may mislead.
    Warning,
    /// Good to know.
    Info,
}

/// Something wrong or misleading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where, such as `tiles[2].x`.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl Finding {
    pub(crate) fn new(severity: Severity, path: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity, path: path.into(), message: message.into(), fix: fix.into() }
    }

    /// A failure of a tile, with the field that it names.
    pub(crate) fn of_error(path: &str, error: &ToolError) -> Self {
        let path = error.field.as_ref().map_or_else(|| path.to_owned(), |field| format!("{path}.{field}"));
        let valid = if error.valid_values.is_empty() { String::new() } else { format!(" It may be: {}.", error.valid_values.join(", ")) };
        Self::new(Severity::Error, path, error.message.clone(), format!("{}{valid}", error.hints.join(" ")))
    }
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
            used.extend(statement(dashboard, tile).into_iter().flat_map(asked).map(str::to_owned));
        }
    }
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
    match (&tile.sql, &tile.data) {
        (None, None) => error("sql", "the tile has neither `sql` nor `data`".into(), "Give it a query.".into()),
        (Some(_), Some(_)) => error("data", "the tile has both `sql` and `data`".into(), "Leave one of them out.".into()),
        (None, Some(name)) if !dashboard.data.contains_key(name) => {
            let near = nearest(name, dashboard.data.keys().map(String::as_str), 1);
            let fix = near.first().map_or_else(|| "Add it to `data`.".to_owned(), |near| format!("Did you mean `{near}`?"));
            error("data", format!("there is no query `{name}` in `data`"), fix);
        }
        _ => {}
    }
    for name in statement(dashboard, tile).into_iter().flat_map(asked).filter(|name| !dashboard.parameters.contains_key(*name)) {
        let near = nearest(name, dashboard.parameters.keys().map(String::as_str), 1);
        let fix = near.first().map_or_else(|| format!("Add `{name}` to `parameters`."), |near| format!("Did you mean `${near}`?"));
        error("sql", format!("the query asks for `${name}`, which is no parameter"), fix);
    }
    if tile.width.is_some_and(|width| !(1..=12).contains(&width)) {
        error("width", "the width is not between 1 and 12".into(), "A row has twelve parts: 6 is half of it.".into());
    }
    let axis = &tile.options.get("yAxis").and_then(|axis| axis.get("min")).and_then(Value::as_f64);
    if tile.kind == TileKind::Bar && axis.is_some_and(|least| least != 0.0) {
        let message = "the bars do not begin at zero, so that their lengths mislead";
        findings.push(Finding::new(Severity::Warning, format!("{path}.options.yAxis.min"), message, "Leave it out, or draw a line."));
    }
}

/// What its data shows about a tile.
pub(crate) fn of_data(tile: &Tile, answer: &Answer, path: &str) -> Vec<Finding> {
    let data = &answer.data;
    let mut findings = Vec::new();
    let mut warn =
        |field: &str, message: String, fix: &str| findings.push(Finding::new(Severity::Warning, format!("{path}.{field}"), message, fix));
    if data.rows.is_empty() {
        warn("sql", "the query gives no rows".into(), "Check its conditions and the parameters.");
        return findings;
    }
    if answer.cut {
        warn("sql", format!("only the first {} rows are shown", data.rows.len()), "Aggregate in SQL, for example by month.");
    }
    if data.undrawable > 0 {
        warn("sql", format!("{} values are infinite or not a number and are left out", data.undrawable), "Filter them with isfinite(…).");
    }
    for name in tile.y.list() {
        if let Some(at) = data.columns.iter().position(|column| column.name == *name)
            && data.rows.iter().all(|row| row[at].is_null())
        {
            warn("y", format!("`{name}` has no value in any row"), "Choose another column, or leave the tile out.");
        }
    }
    if let Some(message) = mixed(tile, data) {
        warn("y", message, "Draw them in two tiles, or use `log: true`.");
    }
    let count = tile.series.as_ref().map_or(tile.y.list().len(), |series| distinct(data, series));
    if matches!(tile.kind, TileKind::Line | TileKind::Area | TileKind::Bar | TileKind::Scatter) && count > SERIES {
        warn("series", format!("{count} series cannot be told apart"), "Keep the largest in SQL and sum up the others.");
    }
    if matches!(tile.kind, TileKind::Pie | TileKind::Donut) && data.rows.len() > SLICES {
        warn(
            "x",
            format!("a {} of {} parts is hard to read; the smallest are put together", tile.kind.as_str(), data.rows.len()),
            "Draw bars.",
        );
    }
    findings
}

fn distinct(data: &Data, name: &str) -> usize {
    let Some(at) = data.columns.iter().position(|column| column.name == name) else { return 0 };
    data.rows.iter().map(|row| row[at].to_string()).collect::<std::collections::HashSet<_>>().len()
}

/// Columns of very different size on one axis: the smaller is a flat line.
fn mixed(tile: &Tile, data: &Data) -> Option<String> {
    if tile.log || !matches!(tile.kind, TileKind::Line | TileKind::Area | TileKind::Bar) {
        return None;
    }
    let largest = |name: &str| {
        let at = data.columns.iter().position(|column| column.name == name && column.kind == Kind::Number)?;
        Some(data.numbers(at).map(f64::abs).fold(0.0, f64::max)).filter(|most| *most > 0.0)
    };
    let sizes: Vec<(f64, &String)> = tile.y.list().iter().filter_map(|name| Some((largest(name)?, name))).collect();
    let least = sizes.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let greatest = sizes.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (greatest.0 / least.0 > APART).then(|| format!("`{}` is so much smaller than `{}` that it cannot be seen", least.1, greatest.1))
}
