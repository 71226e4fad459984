//! What the official conformance suite calls by name, beside the product: served through the same guards and transports, so that
//! passing the suite says something about the product.

mod lists;
mod rounds;
mod tasks;
mod tools;

use std::sync::{Arc, OnceLock};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse, GetTaskResult, InputResponses, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, ReadResourceResult, ServerCapabilities, SubscriptionFilter,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use tokio::sync::broadcast;

use super::product;
use super::server::Server;
use crate::pipeline::Pipeline;

/// A list that a fixture has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Tools,
    Prompts,
}

fn changes() -> &'static broadcast::Sender<Changed> {
    static CHANGES: OnceLock<broadcast::Sender<Changed>> = OnceLock::new();
    CHANGES.get_or_init(|| broadcast::channel(16).0)
}

/// What the server offers: all that the suite asks for.
pub(super) fn capabilities() -> ServerCapabilities {
    let product = product::capabilities();
    #[expect(deprecated, reason = "the suite still asks older revisions for it")]
    let mut all = ServerCapabilities::builder()
        .enable_logging()
        .enable_tools()
        .enable_tool_list_changed()
        .enable_prompts()
        .enable_prompts_list_changed()
        .build();
    all.completions = product.completions;
    all.resources = product.resources;
    all.extensions = product.extensions;
    all
}

/// `tools/list`.
pub(super) fn tools(pipeline: &Pipeline) -> ListToolsResult {
    let mut result = product::tools(pipeline);
    result.tools.extend(lists::tools());
    result
}

/// `tools/call`.
pub(super) async fn call(
    server: &Server,
    params: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    if params.name.starts_with("test_input_required") {
        return rounds::call(server, &params, &context);
    }
    if let Some(response) = tasks::call(&params, &context) {
        return response;
    }
    match tools::call(&params, &context).await {
        Some(response) => response,
        None => product::call(server, params, context).await,
    }
}

/// `prompts/list`.
pub(super) fn prompts(pipeline: &Pipeline) -> Result<ListPromptsResult, ErrorData> {
    let mut result = product::prompts(pipeline)?;
    result.prompts.extend(lists::prompts());
    Ok(result)
}

/// `prompts/get`.
pub(super) fn prompt(server: &Server, params: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    lists::prompt(params).unwrap_or_else(|| product::prompt(server, params))
}

/// `resources/list`.
pub(super) async fn resources(pipeline: &Pipeline, cursor: Option<&str>) -> Result<ListResourcesResult, ErrorData> {
    let mut result = product::resources(pipeline, cursor).await?;
    result.resources.extend(lists::resources());
    Ok(result)
}

/// `resources/templates/list`.
pub(super) fn templates() -> ListResourceTemplatesResult {
    let mut result = product::templates();
    result.resource_templates.push(lists::template());
    result
}

/// `resources/read`.
pub(super) async fn read(pipeline: &Pipeline, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    match lists::read(uri) {
        Some(result) => Ok(result),
        None => product::read(pipeline, uri).await,
    }
}

/// What of a filter is served: the product's part, and the lists that fixtures change.
pub(super) fn accepted(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let mut accepted = product::accepted(requested);
    accepted.tools_list_changed = requested.tools_list_changed;
    accepted.prompts_list_changed = requested.prompts_list_changed;
    accepted
}

/// `subscriptions/listen`.
pub(super) async fn listen(pipeline: Arc<Pipeline>, context: SubscriptionContext) {
    let mut changed = changes().subscribe();
    let sink = context.sink().clone();
    let told = async move {
        while let Ok(what) = changed.recv().await {
            // A change that this subscription did not ask for is refused by the sink.
            let _ = match what {
                Changed::Tools => sink.notify_tool_list_changed().await,
                Changed::Prompts => sink.notify_prompt_list_changed().await,
            };
        }
    };
    tokio::select! {
        () = product::listen(pipeline, context) => {}
        () = told => {}
    }
}

/// `tasks/get`.
pub(super) async fn get_task(server: &Server, id: &str) -> Result<GetTaskResult, ErrorData> {
    match tasks::manager().get_task(id) {
        Ok(task) => Ok(GetTaskResult::new(task)),
        Err(_) => product::get_task(server, id).await,
    }
}

/// `tasks/update`.
pub(super) async fn update_task(server: &Server, id: &str, responses: InputResponses) -> Result<(), ErrorData> {
    match tasks::manager().get_task(id) {
        Ok(_) => tasks::manager().update_task(id, responses),
        Err(_) => product::update_task(server, id, responses).await,
    }
}

/// `tasks/cancel`.
pub(super) async fn cancel_task(server: &Server, id: &str) -> Result<(), ErrorData> {
    match tasks::manager().get_task(id) {
        Ok(_) => tasks::manager().cancel_task(id),
        Err(_) => product::cancel_task(server, id).await,
    }
}
