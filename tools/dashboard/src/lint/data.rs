//! What its data shows about a tile.

use data_stack_charts::page::{Checked, Tone};
use data_stack_charts::{Data, Kind, plain};

use super::{Finding, Severity};
use crate::query::Answer;
use crate::spec::{Tile, TileKind};

/// Series beyond which lines cannot be told apart.
const SERIES: usize = 10;
/// Slices beyond which a pie says nothing.
const SLICES: usize = 12;
/// How much larger one series may be than another on one axis.
const APART: f64 = 1000.0;
/// How far a sum may be from its total: what adding in another order changes.
const ROUNDING: f64 = 1e-9;
/// Words by which a column's unit is known.
const UNITS: [(&str, &[&str]); 3] = [
    ("a share", &["percent", "pct", "rate", "ratio", "share"]),
    ("money", &["revenue", "price", "amount", "cost", "sales", "eur", "usd"]),
    ("a duration", &["seconds", "minutes", "hours", "days", "duration", "ms"]),
];

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
        warn(
            "sql",
            format!("{} values are infinite, not a number or beyond the calendar and are left out", data.undrawable),
            "Filter them with isfinite(…).",
        );
    }
    for name in tile.y.list() {
        if let Some(at) = data.columns.iter().position(|column| column.name == *name)
            && data.rows.iter().all(|row| row[at].is_null())
        {
            warn("y", format!("`{name}` has no value in any row"), "Choose another column, or leave the tile out.");
        }
    }
    if let Some(message) = apart(tile, data) {
        warn("y", message, "Draw them in two tiles, or use `log: true`.");
    }
    if let Some(message) = mixed(tile) {
        warn("y", message, "Draw them in two tiles.");
    }
    let count = tile.series.as_ref().map_or(tile.y.list().len(), |series| distinct(data, series));
    if matches!(tile.kind, TileKind::Line | TileKind::Area | TileKind::Bar | TileKind::Scatter) && count > SERIES {
        warn("series", format!("{count} series cannot be told apart"), "Keep the largest in SQL and sum up the others.");
    }
    let parts = match (&tile.x, tile.aggregate) {
        (Some(name), Some(_)) => distinct(data, name),
        _ => data.rows.len(),
    };
    if matches!(tile.kind, TileKind::Pie | TileKind::Donut) && parts > SLICES {
        let message = format!("a {} of {parts} parts is hard to read; the smallest are put together", tile.kind.as_str());
        warn("x", message, "Draw bars.");
    }
    findings
}

fn distinct(data: &Data, name: &str) -> usize {
    let Some(at) = data.columns.iter().position(|column| column.name == name) else { return 0 };
    data.rows.iter().map(|row| row[at].to_string()).collect::<std::collections::HashSet<_>>().len()
}

/// Columns of very different size on one axis: the smaller is a flat line.
fn apart(tile: &Tile, data: &Data) -> Option<String> {
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

/// Columns of different units on one axis, as far as their names tell.
fn mixed(tile: &Tile) -> Option<String> {
    if !matches!(tile.kind, TileKind::Line | TileKind::Area | TileKind::Bar) {
        return None;
    }
    let unit = |name: &String| {
        let lower = name.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphanumeric());
        words.find_map(|word| UNITS.iter().find(|(_, known)| known.contains(&word))).map(|(unit, _)| (*unit, name.clone()))
    };
    let known: Vec<(&str, String)> = tile.y.list().iter().filter_map(unit).collect();
    let (first, other) = (known.first()?, known.iter().find(|(unit, _)| *unit != known[0].0)?);
    Some(format!("`{}` is {} and `{}` is {}, on one axis", first.1, first.0, other.1, other.0))
}

/// Whether the tile's numbers come to the total that they should.
pub(crate) fn reconciled(tile: &Tile, data: &Data, total: f64) -> Checked {
    let name = tile.y.list().first().cloned().unwrap_or_default();
    let at = data
        .columns
        .iter()
        .position(|column| column.name == name)
        .or_else(|| data.columns.iter().position(|column| column.kind == Kind::Number));
    let sum: f64 = at.map_or(0.0, |at| data.numbers(at).sum());
    let fits = (sum - total).abs() <= ROUNDING * sum.abs().max(total.abs()).max(1.0);
    let (sum, total) = (plain(sum), plain(total));
    if fits {
        return Checked { tone: Tone::Good, text: format!("The sum of {name}, {sum}, is the total.") };
    }
    Checked { tone: Tone::Poor, text: format!("The sum of {name} is {sum} and the total is {total}.") }
}
