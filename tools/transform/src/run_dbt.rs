//! `run_dbt`: build, test and look at models.

mod input;
mod output;
mod verdict;

use data_stack_core::ports::dbt::{Dbt, DbtCommand, DbtEntry, DbtReport, DbtStatus, LineageJob};
use data_stack_core::{Code, Ctx, Effect, Example, Limits, Port, Reply, ResourceLink, Spec, Tool, ToolError, Truncated, junit, text};
use serde_json::json;

use crate::{columns, rows, summary};
use input::Direction;
pub use input::RunDbtInput;
pub use output::RunDbtOutput;
pub(crate) use output::{Counts, Failure, Sample};

/// Rows of `show`, entries of `list`.
const ROWS: usize = 20;
const ENTRIES: usize = 500;

/// Runs dbt.
#[derive(Debug, Clone, Copy)]
pub struct RunDbt;

impl Tool for RunDbt {
    type Input = RunDbtInput;
    type Output = RunDbtOutput;

    const SPEC: Spec = Spec {
        name: "run_dbt",
        title: "Run dbt",
        description: include_str!("run_dbt.md"),
        effect: Effect::Read,
        max_effect: Effect::Destroy,
        idempotent: false,
        open_world: true,
        ports: &[Port::Dbt],
        limits: Limits::seconds(2 * 3_600),
        examples: &[
            Example {
                title: "What a build would make",
                arguments: r#"{"command": "build", "dry_run": true, "select": ["country_sales"]}"#,
                expect: &[("/entries/0/name", "\"country_sales\""), ("/entries/0/action", "\"create or replace the table\"")],
            },
            Example {
                title: "Models and their tests, built",
                arguments: r#"{"command": "build"}"#,
                expect: &[("/summary/failed", "0"), ("/summary/skipped", "0")],
            },
            Example {
                title: "The first rows of a query over models",
                arguments: r#"{"command": "show", "inline_sql": "select count(*) as countries from {{ ref('country_sales') }}"}"#,
                expect: &[("/columns/0/name", "\"countries\"")],
            },
        ],
    };

    fn effect(&self, input: &RunDbtInput) -> Effect {
        if input.dry_run { Effect::Read } else { input.job("").effect() }
    }

    fn consequence(&self, input: &RunDbtInput) -> String {
        let what = if input.select.is_empty() { "everything".to_owned() } else { text::clean(&input.select.join(" "), 200) };
        let project =
            input.project.as_deref().map_or_else(|| "the workspace's dbt project".to_owned(), |project| text::clean(project, 200));
        let command = input.command.as_str();
        match self.effect(input) {
            Effect::Destroy => format!(
                "dbt {command} of {what} in {project} with full refresh: incremental tables are dropped with the rows gathered so far, and built anew."
            ),
            _ => format!("dbt {command} of {what} in {project}: tables and views of the models are made or replaced."),
        }
    }

    async fn run(&self, input: RunDbtInput, ctx: &Ctx) -> Result<Reply<RunDbtOutput>, ToolError> {
        let dbt = ctx.ports.dbt()?;
        match input.command {
            DbtCommand::Lineage => lineage(&input, dbt, ctx).await,
            DbtCommand::List => list(&input, dbt, ctx).await,
            _ if input.dry_run => list(&input, dbt, ctx).await,
            DbtCommand::Show => show(&input, dbt, ctx).await,
            _ => run(&input, dbt, ctx).await,
        }
    }
}

async fn lineage(input: &RunDbtInput, dbt: &dyn Dbt, ctx: &Ctx) -> Result<Reply<RunDbtOutput>, ToolError> {
    let direction = input.direction.unwrap_or_default();
    let job = LineageJob {
        project: input.project.clone(),
        names: input.select.clone(),
        upstream: direction != Direction::Downstream,
        downstream: direction != Direction::Upstream,
        depth: input.depth,
        sql: input.columns,
    };
    let found = dbt.lineage(job, &ctx.control).await?;
    let column_lineage = if input.columns { columns::of(&found, ctx.ports.warehouse()?, &ctx.control).await? } else { Vec::new() };
    let text = summary::lineage(&found, &column_lineage);
    Ok(Reply::new(RunDbtOutput { lineage: Some(found), column_lineage, ..RunDbtOutput::of(input) }, text))
}

async fn list(input: &RunDbtInput, dbt: &dyn Dbt, ctx: &Ctx) -> Result<Reply<RunDbtOutput>, ToolError> {
    let mut entries = dbt.list(input.job(&ctx.request_id), &ctx.control).await?;
    if entries.is_empty() {
        let message = format!("`{}` comes to no node of the project", input.command.as_str());
        return Err(ToolError::new(Code::NotFound, message, "Call with `command: \"list\"` and no selection for what there is."));
    }
    let text = summary::entries(&entries, input.dry_run);
    let limit = input.limit.map_or(ENTRIES, |limit| limit as usize);
    let dropped = entries.len().saturating_sub(limit);
    entries.truncate(limit);
    if !input.dry_run {
        entries = entries.into_iter().map(|entry| DbtEntry { unique_id: String::new(), relation: None, ..entry }).collect();
    }
    let mut reply = Reply::new(RunDbtOutput { entries, ..RunDbtOutput::of(input) }, text);
    reply.truncated = (dropped > 0).then(|| Truncated {
        rows_dropped: Some(dropped as u64),
        reason: format!("the answer holds {limit} nodes (`limit`); select fewer"),
        ..Truncated::default()
    });
    Ok(reply)
}

async fn show(input: &RunDbtInput, dbt: &dyn Dbt, ctx: &Ctx) -> Result<Reply<RunDbtOutput>, ToolError> {
    let report = dbt.run(input.job(&ctx.request_id), &ctx.control).await?;
    let Some(sql) = report.compiled.clone().filter(|_| report.succeeded) else {
        let only_one = report.succeeded.then(|| {
            ToolError::invalid(
                "select",
                "`show` shows one model, and the selection means none or several",
                "Name exactly one model in `select`.",
            )
        });
        let reply = answer(input, report, Vec::new());
        return only_one.map_or(Ok(reply), Err);
    };
    let limit = input.limit.map_or(ROWS, |limit| limit as usize);
    let page = rows::first(ctx.ports.warehouse()?, &sql, limit, &ctx.control).await?;
    let text = format!("{} rows of {} column(s).", page.rows.len(), page.columns.len());
    let output = RunDbtOutput { columns: page.columns, rows: page.rows, compiled: Some(sql), ..RunDbtOutput::of(input).ran(&report) };
    let mut reply = Reply::new(output, text);
    reply.warnings = page.warnings;
    Ok(reply)
}

async fn run(input: &RunDbtInput, dbt: &dyn Dbt, ctx: &Ctx) -> Result<Reply<RunDbtOutput>, ToolError> {
    let report = dbt.run(input.job(&ctx.request_id), &ctx.control).await?;
    let mut failures = Vec::new();
    for node in report.nodes.iter().filter(|node| matches!(node.status, DbtStatus::Error | DbtStatus::Fail | DbtStatus::Warn)) {
        failures.push(Failure { sample: rows::failing(node, failures.len(), ctx).await, node: node.clone() });
    }
    let artifacts = artifacts(&report, ctx);
    let mut reply = answer(input, report, failures);
    reply.links = artifacts;
    Ok(reply)
}

/// The answer to a run, failed if anything in it failed.
fn answer(input: &RunDbtInput, report: DbtReport, failures: Vec<Failure>) -> Reply<RunDbtOutput> {
    let failure = verdict::failure(&report);
    let output = RunDbtOutput { failures, compiled: report.compiled.clone(), ..RunDbtOutput::of(input).ran(&report) };
    let text = summary::report(input.command.as_str(), &report, &output.failures);
    let mut reply = Reply::new(output, text);
    if let Some(error) = failure {
        if report.nodes.iter().any(|node| matches!(node.status, DbtStatus::Error | DbtStatus::Fail)) && input.command.can_be_retried() {
            let arguments = json!({ "command": "retry", "project": input.project.clone().unwrap_or(report.folder) });
            reply = reply.next("run_dbt", arguments, "goes on from what failed, once it is mended");
        }
        reply = reply.fail(error);
    }
    reply
}

/// The run as JUnit, and the files that dbt made for others.
fn artifacts(report: &DbtReport, ctx: &Ctx) -> Vec<ResourceLink> {
    let Ok(store) = ctx.ports.artifacts() else { return Vec::new() };
    let mut links = Vec::new();
    if !report.nodes.is_empty() {
        let xml = junit::render(&format!("dbt {}", report.project), &verdict::cases(report));
        links.extend(store.put("dbt.junit.xml", "application/xml", xml.as_bytes()).ok());
    }
    links.extend(report.files.iter().cloned());
    links
}

#[cfg(test)]
mod tests;
