//! The tool `render_dashboard`.

mod deliver;
mod describe;
mod draw;
mod types;

use data_stack_core::{Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError, text};
use serde_json::json;

use crate::lint::{self, Finding, Severity};
use crate::load::{self, Loaded};
use crate::parameters;
use crate::query::Runner;
pub(crate) use deliver::slug;
pub use types::{Action, Input, Look, Output, Target, TileReport};

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
        let renders = input.action.unwrap_or_default() == Action::Render && input.dry_run != Some(true);
        let writes = input.save_as.is_some() || input.target.unwrap_or_default().published().is_some();
        if renders && writes { Effect::Write } else { Effect::Read }
    }

    fn consequence(&self, input: &Input) -> String {
        let kept =
            input.save_as.as_ref().map(|name| format!("Write the dashboard's specification to dashboards/{}.yaml", text::clean(name, 80)));
        let page = input.target.unwrap_or_default().published().map(|app| format!("Write a page into {}/", app.folder()));
        kept.into_iter().chain(page).collect::<Vec<_>>().join(". ")
    }

    async fn run(&self, input: Input, ctx: &Ctx) -> Result<Reply<Output>, ToolError> {
        match input.action.unwrap_or_default() {
            Action::List => list(ctx),
            Action::Show => show(load::load(&input, ctx).await?),
            Action::Describe => Ok(describe::reference()),
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
    let Loaded { dashboard, why, text } = load::load(&input, ctx).await?;
    let mut findings = lint::of_specification(&dashboard);
    refuse(&mut findings, text.as_deref())?;
    let values = parameters::values(&dashboard.parameters, &input.parameters.clone().unwrap_or_default())?;
    let mut runner = Runner::new(ctx, values.clone()).await?;
    let sets = runner.data_sets(&dashboard)?;
    let chosen = input.spec.is_none() && input.dashboard.is_none();
    let mut output = Output { title: Some(dashboard.title.clone()), why, parameters: values, ..Output::default() };
    output.spec = chosen.then(|| json!(dashboard));
    if let Some(name) = input.save_as.as_ref().or(input.dashboard.as_ref().filter(|_| input.patch.is_some())) {
        output.changes = deliver::changes(name, &dashboard, ctx)?;
    }
    if input.dry_run == Some(true) {
        findings.extend(draw::check(&dashboard, &sets, &runner).await?);
        refuse(&mut findings, text.as_deref())?;
        let count: usize = dashboard.all_pages().iter().map(|(_, tiles, _)| tiles.len()).sum();
        output.findings = findings;
        return Ok(Reply::new(output, format!("{}: {}, nothing wrong that would stop it.", dashboard.title, deliver::counted(count))));
    }
    let drawn = draw::draw(&dashboard, &sets, &mut runner, ctx, &mut findings).await?;
    refuse(&mut findings, text.as_deref())?;
    output.findings = findings;
    let as_of = runner.catalog().modified_at.clone();
    let made = deliver::Made { dashboard: &dashboard, sets: &sets, as_of: as_of.as_deref() };
    let mut reply = deliver::finish(output, drawn, &input, ctx, &made).await?;
    if let Some(name) = &input.save_as {
        deliver::keep(&mut reply, name, &dashboard, ctx)?;
    }
    Ok(reply)
}

/// Everything that stops the dashboard, as one error that names the first and holds all. `text` is its file, if it is one: each
/// finding then has a line and a column.
fn refuse(findings: &mut [Finding], text: Option<&str>) -> Result<(), ToolError> {
    for finding in findings.iter_mut().filter(|finding| finding.line.is_none()) {
        let place = text.and_then(|text| lint::place(text, &finding.path));
        (finding.line, finding.column) = place.unzip();
    }
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let more = if errors.len() > 1 { format!(" ({} more, see `details`)", errors.len() - 1) } else { String::new() };
    let line = first.line.map_or_else(String::new, |line| format!("line {line}, column {}: ", first.column.unwrap_or(1)));
    let message = format!("{line}{}: {}{more}", first.path, first.message);
    let error = ToolError::invalid(format!("spec.{}", first.path), message, first.fix.clone());
    Err(error.details(json!({ "findings": errors })))
}
