//! `completion/complete`: what may stand for an argument of a prompt or for a part of a resource address.

use data_stack_core::ports::warehouse::{Catalog, CatalogJob};
use data_stack_core::{Control, Ports};
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionContext, CompletionInfo, Reference};
use std::time::Duration;

use super::{prompts, uri};
use crate::pipeline::Pipeline;
use crate::prompts::Completes;

/// Most values in an answer; the protocol's limit.
const MAX: usize = CompletionInfo::MAX_VALUES;
/// Longest that a completion may look things up.
const LIMIT: Duration = Duration::from_secs(2);
/// Tables looked through.
const TABLES: usize = 1_000;

/// Completes an argument; what is not known here has no values.
pub(super) async fn complete(pipeline: &Pipeline, params: CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let typed = params.argument.value.as_str();
    let ports = pipeline.ports();
    let values = match &params.r#ref {
        Reference::Prompt(prompt) => match argument(pipeline, &prompt.name, &params.argument.name)? {
            Completes::Nothing => Vec::new(),
            Completes::File => ports.files.as_ref().map(|files| files.complete(typed, MAX + 1)).unwrap_or_default(),
            Completes::Table => tables(ports, None, typed).await,
            Completes::Column => columns(ports, given(params.context.as_ref(), "table"), typed).await,
        },
        Reference::Resource(template) => part(ports, &template.uri, &params).await,
        _ => Vec::new(),
    };
    answer(values)
}

async fn part(ports: &Ports, template: &str, params: &CompleteRequestParams) -> Vec<String> {
    let typed = params.argument.value.as_str();
    match (template, params.argument.name.as_str()) {
        (uri::TABLE_TEMPLATE, "schema") => starting(catalog(ports, CatalogJob { limit: 1, ..CatalogJob::default() }).await.schemas, typed),
        (uri::TABLE_TEMPLATE, "table") => tables(ports, given(params.context.as_ref(), "schema"), typed).await,
        (uri::ARTIFACT_TEMPLATE, "id") => starting(artifacts(ports), typed),
        (uri::JOB_TEMPLATE, "id") => starting(jobs(ports), typed),
        _ => Vec::new(),
    }
}

fn argument(pipeline: &Pipeline, prompt: &str, name: &str) -> Result<Completes, ErrorData> {
    let personas = prompts::personas(pipeline)?;
    let workflow = personas.iter().flat_map(|persona| &persona.workflows).find(|workflow| workflow.name == prompt);
    let argument = workflow.and_then(|workflow| workflow.arguments.iter().find(|argument| argument.name == name));
    Ok(argument.map_or(Completes::Nothing, |argument| argument.completes))
}

fn given<'a>(context: Option<&'a CompletionContext>, name: &str) -> Option<&'a str> {
    context?.get_argument(name).map(String::as_str)
}

async fn tables(ports: &Ports, schema: Option<&str>, typed: &str) -> Vec<String> {
    let found = catalog(ports, CatalogJob { schema: schema.map(str::to_owned), limit: TABLES, ..CatalogJob::default() }).await;
    let names = found.tables.into_iter().map(|table| match (schema, table.schema.as_str()) {
        (Some(_), _) | (None, "main") => table.name,
        (None, other) => format!("{other}.{}", table.name),
    });
    starting(names.collect(), typed)
}

async fn columns(ports: &Ports, table: Option<&str>, typed: &str) -> Vec<String> {
    let Some(table) = table else { return Vec::new() };
    let (schema, table) = table.split_once('.').map_or((None, table), |(schema, table)| (Some(schema.to_owned()), table));
    let job = CatalogJob { schema, table: Some(table.to_owned()), limit: 1, ..CatalogJob::default() };
    let found = catalog(ports, job).await.tables.into_iter().next().unwrap_or_default();
    starting(found.columns.into_iter().map(|column| column.name).collect(), typed)
}

/// The catalogue, or nothing: a completion that cannot be had is not worth an error.
async fn catalog(ports: &Ports, job: CatalogJob) -> Catalog {
    let Some(warehouse) = &ports.warehouse else { return Catalog::default() };
    let control = Control::unlimited().within(LIMIT);
    let looked_up = tokio::time::timeout(LIMIT, warehouse.catalog(job, &control)).await;
    match looked_up {
        Ok(Ok(catalog)) => catalog,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no completion from the catalogue");
            Catalog::default()
        }
        Err(_) => Catalog::default(),
    }
}

fn artifacts(ports: &Ports) -> Vec<String> {
    let links = ports.artifacts.as_ref().and_then(|artifacts| artifacts.list(TABLES).ok()).unwrap_or_default();
    links.into_iter().filter_map(|link| link.uri.strip_prefix("artifact://").map(str::to_owned)).collect()
}

fn jobs(ports: &Ports) -> Vec<String> {
    let jobs = ports.jobs.as_ref().and_then(|jobs| jobs.list(None, TABLES).ok()).unwrap_or_default();
    jobs.into_iter().map(|job| job.job_id).collect()
}

fn starting(names: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    names.into_iter().filter(|name| name.to_lowercase().starts_with(&typed)).collect()
}

fn answer(mut values: Vec<String>) -> Result<CompleteResult, ErrorData> {
    let more = values.len() > MAX;
    let total = (!more).then_some(values.len() as u32);
    values.truncate(MAX);
    let values = values.into_iter().map(|value| data_stack_core::text::clean(&value, 1_000)).collect();
    let completion = CompletionInfo::with_pagination(values, total, more).map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(completion))
}
