//! Runs a dashboard's queries and makes its tiles.

use std::collections::BTreeMap;

use data_stack_charts::page::{Cell, Tone};
use data_stack_charts::{Data, Figure};
use data_stack_core::{Code, Ctx, ToolError};

use super::types::TileReport;
use crate::compose;
use crate::lint::{self, Finding, Severity};
use crate::query::{Answer, Runner, statement};
use crate::spec::{Dashboard, Tile};

/// The tiles, page by page.
pub(super) struct Drawn {
    pub(super) pages: Vec<(String, Vec<Cell>)>,
    pub(super) figures: Vec<Figure>,
    pub(super) tiles: Vec<TileReport>,
    /// The rows of the data sets that filters work on.
    pub(super) data: BTreeMap<String, Data>,
}

/// Plans each query without running it.
pub(super) async fn check(dashboard: &Dashboard, sets: &BTreeMap<String, String>, runner: &Runner<'_>) -> Result<Vec<Finding>, ToolError> {
    let mut findings = Vec::new();
    for (_, tiles, path) in dashboard.all_pages() {
        for (at, tile) in tiles.iter().enumerate() {
            let statements = [("sql", statement(sets, tile)), ("total", tile.total.as_deref())];
            for (field, sql) in statements.into_iter().filter_map(|(field, sql)| Some((field, sql?))) {
                match runner.check(sql).await {
                    Ok(()) => {}
                    Err(error) if matches!(error.code, Code::Cancelled | Code::Timeout) => return Err(error),
                    Err(error) => findings.push(Finding::of_error(&format!("{path}[{at}].{field}"), &error)),
                }
            }
        }
    }
    Ok(findings)
}

/// Runs each query once and draws each tile; what stops a tile is a finding.
pub(super) async fn draw(
    dashboard: &Dashboard,
    sets: &BTreeMap<String, String>,
    runner: &mut Runner<'_>,
    ctx: &Ctx,
    findings: &mut Vec<Finding>,
) -> Result<Drawn, ToolError> {
    let mut drawn = Drawn { pages: Vec::new(), figures: Vec::new(), tiles: Vec::new(), data: BTreeMap::new() };
    let pages = dashboard.all_pages();
    let total: usize = pages.iter().map(|(_, tiles, _)| tiles.len()).sum();
    for (title, tiles, path) in pages {
        let mut cells = Vec::new();
        for (at, tile) in tiles.iter().enumerate() {
            ctx.control.check()?;
            let message = format!("tile {}/{total} {}", drawn.tiles.len() + 1, tile.title);
            ctx.control.progress(drawn.tiles.len() as f64, Some(total as f64), message);
            match one(dashboard, sets, tile, &format!("{path}[{at}]"), runner, findings).await {
                Ok(Made { shown, report, data }) => {
                    if let (Some(name), Some(_), Some(data)) = (&tile.data, &shown.cell.recipe, data) {
                        drawn.data.entry(name.clone()).or_insert(data);
                    }
                    cells.push(shown.cell);
                    drawn.figures.extend(shown.figure);
                    drawn.tiles.push(report);
                }
                Err(error) if matches!(error.code, Code::Cancelled | Code::Timeout) => return Err(error),
                Err(error) => findings.push(Finding::of_error(&format!("{path}[{at}]"), &error)),
            }
        }
        drawn.pages.push((title.to_owned(), cells));
    }
    Ok(drawn)
}

/// A tile that was made.
struct Made {
    shown: compose::Shown,
    report: TileReport,
    data: Option<Data>,
}

async fn one(
    dashboard: &Dashboard,
    sets: &BTreeMap<String, String>,
    tile: &Tile,
    path: &str,
    runner: &mut Runner<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Made, ToolError> {
    let mut answer = match statement(sets, tile) {
        Some(sql) => Some(runner.rows(sql).await.map_err(|error| if error.field.is_some() { error } else { error.at("sql") })?),
        None => None,
    };
    if let Some(answer) = &mut answer {
        findings.extend(lint::of_data(tile, answer, path));
        reconcile(tile, answer, path, runner, findings).await?;
    }
    let empty =
        tile.promql.as_ref().map_or_else(String::new, |query| format!("**{}** is asked of Prometheus, in Grafana: `{query}`", tile.title));
    let shown = compose::tile(dashboard, tile, answer.as_ref(), &empty)?;
    let report = report(tile, path, answer.as_ref(), &shown.alt);
    Ok(Made { shown, report, data: answer.map(|answer| answer.data) })
}

/// Compares the tile's sum with its total, where it names one.
async fn reconcile(
    tile: &Tile,
    answer: &mut Answer,
    path: &str,
    runner: &mut Runner<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ToolError> {
    let Some(sql) = &tile.total else { return Ok(()) };
    let total = runner.rows(sql).await.map_err(|error| error.at("total"))?;
    let Some(total) = total.data.rows.first().and_then(|row| row.first()).and_then(serde_json::Value::as_f64) else {
        let hint = "Such as `SELECT sum(amount) FROM sales`.";
        return Err(ToolError::invalid("total", "`total` gives no number in its first row", hint));
    };
    let checked = lint::reconciled(tile, &answer.data, total);
    if checked.tone == Tone::Poor {
        let fix = "Look for rows that a condition, a join or a limit leaves out.";
        findings.push(Finding::new(Severity::Warning, format!("{path}.total"), checked.text.clone(), fix));
    }
    answer.truth.checks.push(checked);
    Ok(())
}

fn report(tile: &Tile, path: &str, answer: Option<&Answer>, alt: &str) -> TileReport {
    let truth = answer.map(|answer| answer.truth.clone()).unwrap_or_default();
    TileReport {
        path: path.to_owned(),
        title: tile.title.clone(),
        kind: tile.kind.as_str().to_owned(),
        alt: alt.to_owned(),
        sql: truth.sql,
        rows: truth.rows,
        sources: truth.sources,
        failed_checks: truth.checks.into_iter().filter(|check| check.tone == Tone::Poor).map(|check| check.text).collect(),
        hash: truth.hash,
        as_of: truth.as_of,
        fresh_as_of: truth.fresh_as_of,
        elapsed_ms: answer.map_or(0.0, |answer| (answer.elapsed_ms * 100.0).round() / 100.0),
    }
}
