//! Personas and their workflows as prompts.

use rmcp::ErrorData;
use rmcp::model::{CacheScope, GetPromptRequestParams, GetPromptResult, ListPromptsResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use super::guard::protocol_error;
use super::listing::STATIC_TTL_MS;
use crate::pipeline::Pipeline;
use crate::prompts::{self, Argument, Persona, Workflow};

/// The persona in force, or all of them.
pub(super) fn personas(pipeline: &Pipeline) -> Result<Vec<Persona>, ErrorData> {
    match pipeline.persona() {
        Some(persona) => Ok(vec![persona.clone()]),
        None => prompts::personas().map_err(|error| protocol_error(&error)),
    }
}

/// `prompts/list`.
pub(super) fn list(pipeline: &Pipeline) -> Result<ListPromptsResult, ErrorData> {
    let mut all = Vec::new();
    for persona in personas(pipeline)? {
        all.push(Prompt::new(persona.name, Some(persona.description), None).with_title(persona.title));
        all.extend(persona.workflows.iter().map(describe));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ListPromptsResult::with_all_items(all).with_ttl_ms(STATIC_TTL_MS).with_cache_scope(CacheScope::Private))
}

/// `prompts/get`.
pub(super) fn get(pipeline: &Pipeline, params: &GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let personas = personas(pipeline)?;
    if let Some(persona) = personas.iter().find(|persona| persona.name == params.name) {
        return Ok(message(&persona.description, persona.body.clone()));
    }
    let workflow = personas.iter().flat_map(|persona| &persona.workflows).find(|workflow| workflow.name == params.name);
    let workflow = workflow.ok_or_else(|| unknown(&params.name, &personas))?;
    let given = params.arguments.clone().unwrap_or_default();
    check(workflow, &given)?;
    let text = workflow.render(&given).map_err(|error| protocol_error(&error))?;
    Ok(message(&workflow.description, text))
}

fn check(workflow: &Workflow, given: &Map<String, Value>) -> Result<(), ErrorData> {
    let known: Vec<&str> = workflow.arguments.iter().map(|argument| argument.name.as_str()).collect();
    match given.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let name = data_stack_core::text::clean(name, 80);
            Err(ErrorData::invalid_params(format!("`{}` has no argument `{name}`; it takes: {}", workflow.name, known.join(", ")), None))
        }
    }
}

fn describe(workflow: &Workflow) -> Prompt {
    let arguments = (!workflow.arguments.is_empty()).then(|| workflow.arguments.iter().map(argument).collect());
    Prompt::new(workflow.name.clone(), Some(workflow.description.clone()), arguments).with_title(workflow.title.clone())
}

fn argument(argument: &Argument) -> PromptArgument {
    PromptArgument::new(argument.name.clone()).with_description(argument.description.clone()).with_required(argument.required)
}

fn message(description: &str, text: String) -> GetPromptResult {
    GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).with_description(description)
}

fn unknown(name: &str, personas: &[Persona]) -> ErrorData {
    let names: Vec<&str> = personas
        .iter()
        .flat_map(|persona| std::iter::once(&persona.name).chain(persona.workflows.iter().map(|workflow| &workflow.name)))
        .map(String::as_str)
        .collect();
    let near = data_stack_core::nearest::nearest(name, names.iter().copied(), 3);
    let offered = if near.is_empty() { names.join(", ") } else { near.join(", ") };
    ErrorData::invalid_params(format!("there is no prompt `{}`; there is: {offered}", data_stack_core::text::clean(name, 80)), None)
}
