//! The tool `render_dashboard`.

mod deliver;
mod types;

use data_stack_charts::Figure;
use data_stack_charts::page::Cell;
use data_stack_core::{Code, Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError, text};
use serde_json::json;

use crate::compose;
use crate::lint::{self, Finding, Severity};
use crate::load::{self, Loaded};
use crate::query::{self, Runner, statement};
use crate::spec::{Dashboard, Tile};
pub use types::{Action, Input, Look, Output, Target, Template, TileReport};

/// Renders a dashboard.
#[derive(Debug, Clone, Copy)]
pub struct RenderDashboard;

impl Tool for RenderDashboard {
    type Input = Input;
    type Output = Output;

    const SPEC: Spec = Spec {
        name: "render_dashboard",
        title: "Render a dashboard",
        description: include_str!("render_dashboard.md"),
        effect: Effect::Read,
        max_effect: Effect::Write,
        idempotent: true,
        open_world: false,
        ports: &[Port::Warehouse, Port::Artifacts, Port::Dashboards],
        limits: Limits::seconds(600),
        examples: &[
            Example {
                title: "A dashboard of a table that nobody prepared",
                arguments: r#"{"table": "transactions"}"#,
                expect: &[("/title", "\"transactions\""), ("/tiles/0/title", "\"Rows\"")],
            },
            Example {
                title: "The chart that fits a question, as a picture in the answer",
                arguments: r#"{"sql": "SELECT Country, sum(Quantity * UnitPrice) AS revenue FROM transactions GROUP BY 1 ORDER BY 2 DESC LIMIT 8", "title": "Revenue by country", "target": "png"}"#,
                expect: &[("/tiles/0/type", "\"bar\""), ("/tiles/0/rows", "8")],
            },
        ],
    };

    fn effect(&self, input: &Input) -> Effect {
        if input.save_as.is_some() && input.dry_run != Some(true) { Effect::Write } else { Effect::Read }
    }

    fn consequence(&self, input: &Input) -> String {
        let name = text::clean(input.save_as.as_deref().unwrap_or_default(), 80);
        format!("Write the dashboard's specification to dashboards/{name}.yaml")
    }

    async fn run(&self, input: Input, ctx: &Ctx) -> Result<Reply<Output>, ToolError> {
        match input.action.unwrap_or_default() {
            Action::List => list(ctx),
            Action::Show => show(load::load(&input, ctx).await?),
            Action::Render => render(input, ctx).await,
        }
    }
}

fn list(ctx: &Ctx) -> Result<Reply<Output>, ToolError> {
    let dashboards = ctx.ports.dashboards()?.list()?;
    let names: Vec<&str> = dashboards.iter().map(|one| one.name.as_str()).collect();
    let summary = if names.is_empty() { "No dashboard is kept yet; `save_as` keeps one.".to_owned() } else { names.join(", ") };
    Ok(Reply::new(Output { dashboards, ..Output::default() }, summary))
}

fn show(loaded: Loaded) -> Result<Reply<Output>, ToolError> {
    let summary = load::to_yaml(&loaded.dashboard)?;
    let output =
        Output { title: Some(loaded.dashboard.title.clone()), spec: Some(json!(loaded.dashboard)), why: loaded.why, ..Output::default() };
    Ok(Reply::new(output, text::clean(&summary, deliver::SUMMARY)))
}

async fn render(input: Input, ctx: &Ctx) -> Result<Reply<Output>, ToolError> {
    let Loaded { dashboard, why } = load::load(&input, ctx).await?;
    let mut findings = lint::of_specification(&dashboard);
    refuse(&findings)?;
    let values = query::values(&dashboard.parameters, &input.parameters.clone().unwrap_or_default())?;
    let mut runner = Runner::new(ctx, values.clone()).await?;
    let chosen = input.spec.is_none() && input.dashboard.is_none();
    let mut output = Output { title: Some(dashboard.title.clone()), why, parameters: values.clone(), ..Output::default() };
    output.spec = chosen.then(|| json!(dashboard));
    if input.dry_run == Some(true) {
        findings.extend(check(&dashboard, &runner).await?);
        refuse(&findings)?;
        let count: usize = dashboard.all_pages().iter().map(|(_, tiles, _)| tiles.len()).sum();
        output.findings = findings;
        return Ok(Reply::new(output, format!("{}: {count} tiles, nothing wrong that would stop it.", dashboard.title)));
    }
    let drawn = draw(&dashboard, &mut runner, ctx, &mut findings).await?;
    refuse(&findings)?;
    output.findings = findings;
    let as_of = runner.catalog().modified_at.clone();
    let mut reply = deliver::finish(output, drawn, &input, ctx, &dashboard, as_of.as_deref()).await?;
    if let Some(name) = &input.save_as {
        deliver::keep(&mut reply, name, &dashboard, ctx)?;
    }
    Ok(reply)
}

/// Everything that stops the dashboard, as one error that names the first and holds all.
fn refuse(findings: &[Finding]) -> Result<(), ToolError> {
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let more = if errors.len() > 1 { format!(" ({} more, see `details`)", errors.len() - 1) } else { String::new() };
    let error = ToolError::invalid(format!("spec.{}", first.path), format!("{}: {}{more}", first.path, first.message), first.fix.clone());
    Err(error.details(json!({ "findings": errors })))
}

/// Plans each query.
async fn check(dashboard: &Dashboard, runner: &Runner<'_>) -> Result<Vec<Finding>, ToolError> {
    let mut findings = Vec::new();
    for (_, tiles, path) in dashboard.all_pages() {
        for (at, tile) in tiles.iter().enumerate() {
            let Some(sql) = statement(dashboard, tile) else { continue };
            if let Err(error) = runner.check(sql).await {
                findings.push(Finding::of_error(&format!("{path}[{at}].sql"), &error));
            }
        }
    }
    Ok(findings)
}

/// The tiles, page by page.
struct Drawn {
    pages: Vec<(String, Vec<Cell>)>,
    figures: Vec<Figure>,
    tiles: Vec<TileReport>,
}

async fn draw(dashboard: &Dashboard, runner: &mut Runner<'_>, ctx: &Ctx, findings: &mut Vec<Finding>) -> Result<Drawn, ToolError> {
    let mut drawn = Drawn { pages: Vec::new(), figures: Vec::new(), tiles: Vec::new() };
    let pages = dashboard.all_pages();
    let total: usize = pages.iter().map(|(_, tiles, _)| tiles.len()).sum();
    for (title, tiles, path) in pages {
        let mut cells = Vec::new();
        for (at, tile) in tiles.iter().enumerate() {
            ctx.control.check()?;
            let message = format!("tile {}/{total} {}", drawn.tiles.len() + 1, tile.title);
            ctx.control.progress(drawn.tiles.len() as f64, Some(total as f64), message);
            match one(dashboard, tile, &format!("{path}[{at}]"), runner, findings).await {
                Ok((shown, report)) => {
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

async fn one(
    dashboard: &Dashboard,
    tile: &Tile,
    path: &str,
    runner: &mut Runner<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(compose::Shown, TileReport), ToolError> {
    let answer = match statement(dashboard, tile) {
        Some(sql) => Some(runner.rows(sql).await.map_err(|error| if error.field.is_some() { error } else { error.at("sql") })?),
        None => None,
    };
    findings.extend(answer.iter().flat_map(|answer| lint::of_data(tile, answer, path)));
    let shown = compose::tile(tile, answer.as_ref())?;
    let elapsed_ms = answer.as_ref().map_or(0.0, |answer| (answer.elapsed_ms * 100.0).round() / 100.0);
    let truth = answer.map(|answer| answer.truth).unwrap_or_default();
    let report = TileReport {
        path: path.to_owned(),
        title: tile.title.clone(),
        kind: tile.kind.as_str().to_owned(),
        alt: shown.alt.clone(),
        sql: truth.sql,
        rows: truth.rows,
        hash: truth.hash,
        as_of: truth.as_of,
        fresh_as_of: truth.fresh_as_of,
        elapsed_ms,
    };
    Ok((shown, report))
}
