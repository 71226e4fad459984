//! The one report of a run: as data, as text, and as a page.

use std::fmt::Write as _;

use data_stack_charts::Page;
use data_stack_charts::page::{Block, Section, Table, TableColumn};
use data_stack_core::{Ctx, Reply, ResourceLink, ToolError, text};
use serde_json::json;

use super::types::{State, TransformOutput};

/// Characters of a step's words in the text.
const WORDS: usize = 350;

/// The answer, with the report as its first artifact.
pub(super) fn reply(
    output: TransformOutput,
    links: Vec<ResourceLink>,
    failure: Option<ToolError>,
    ctx: &Ctx,
) -> Result<Reply<TransformOutput>, ToolError> {
    let summary = summary(&output, failure.as_ref());
    let page =
        ctx.ports.artifacts().ok().map(|store| store.put("transform-report.html", "text/html", page(&output, &links).html().as_bytes()));
    let page = page.transpose()?;
    let mut reply = Reply::new(output, summary);
    reply.links = page.into_iter().chain(links).collect();
    Ok(match failure {
        Some(error) => reply.fail(error),
        None => reply,
    })
}

fn summary(output: &TransformOutput, failure: Option<&ToolError>) -> String {
    let total: f64 = output.steps.iter().map(|step| step.elapsed_s).sum();
    let ended = if failure.is_some() { "failed" } else { "done" };
    let mut text = format!("{} of {}: {ended} in {total:.1} s.", super::PIPELINES[0], output.source);
    if !output.placed.is_empty() {
        let _ = write!(text, " Placed in the workspace: {}.", output.placed.join(", "));
    }
    for step in &output.steps {
        let _ = write!(text, "\n{}: {}", step.step, step.state.as_str());
        if step.state != State::NotReached {
            let _ = write!(text, ", {:.1} s. {}", step.elapsed_s, text::clean(&step.summary.replace('\n', " "), WORDS));
        }
    }
    text
}

fn page(output: &TransformOutput, links: &[ResourceLink]) -> Page {
    let steps =
        output.steps.iter().map(|step| vec![json!(step.step), json!(step.state.as_str()), json!(step.elapsed_s), json!(step.summary)]);
    let columns = vec![
        TableColumn::text("step"),
        TableColumn::text("state"),
        TableColumn::number("seconds", "number:1"),
        TableColumn::text("what it came to"),
    ];
    let mut sections = vec![table("steps", "Steps", columns, steps.collect())];
    if !output.tables.is_empty() {
        let rows = output
            .tables
            .iter()
            .map(|table| vec![json!(table.table), json!(table.rows), json!(table.dashboards.join(", ")), json!(table.uri)]);
        let columns = vec![
            TableColumn::text("table"),
            TableColumn::number("rows", "integer"),
            TableColumn::text("dashboards"),
            TableColumn::text("file"),
        ];
        sections.push(table("tables", "Tables for dashboards", columns, rows.collect()));
    }
    let files = links.iter().map(|link| vec![json!(link.name), json!(link.path)]).collect();
    sections.push(table("files", "Files", vec![TableColumn::text("name"), TableColumn::text("where")], files));
    let placed = if output.placed.is_empty() { String::new() } else { format!(" Placed in the workspace: {}.", output.placed.join(", ")) };
    Page {
        kicker: "Pipeline".to_owned(),
        title: super::PIPELINES[0].to_owned(),
        subtitle: format!("From {} to {}.{placed}", output.source, output.table.as_deref().unwrap_or("no table")),
        sections,
        footer: vec!["Made by data-stack; every step is a call in the record of the workspace.".to_owned()],
        ..Page::default()
    }
}

fn table(id: &str, title: &str, columns: Vec<TableColumn>, rows: Vec<Vec<serde_json::Value>>) -> Section {
    Section::new(id, title, "", vec![Block::Table(Table { title: title.to_owned(), columns, rows, search: false })])
}
