//! `tools/call`: the request into the pipeline, what comes out of it into a protocol result.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_stack_core::{Code, Image, ResourceLink};
use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CreateTaskResult, RequestMetaObject, Resource};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::apps;
use super::consent::{self, Answers, Asker};
use super::frontend::McpFrontend;
use super::server::Server;
use super::tasks;
use crate::pipeline::{Answer, Caller, Outcome, Request};

/// Key of a request's `_meta` under which a client names a call, so that sending it again does not do it again.
const IDEMPOTENCY_KEY: &str = "data-stack/idempotency-key";
/// What an envelope calls a tool that was never found.
const UNKNOWN: &str = "unknown";
/// Longest idempotency key.
const MAX_KEY: usize = 200;

/// Makes the call that a client asked for.
pub(super) async fn call(
    server: &Server,
    params: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let CallToolRequestParams { name, arguments, input_responses, request_state, .. } = params;
    let answers = Answers { state: request_state, responses: input_responses };
    make(server, name.into_owned(), arguments.map_or(Value::Null, Value::Object), answers, context).await
}

/// Makes a call whose arguments may be anything: what is not an object, the pipeline refuses in its own words.
pub(super) async fn make(
    server: &Server,
    tool: String,
    arguments: Value,
    answers: Answers,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let caller = caller(server, &context);
    let principal = format!("{} {}", caller.frontend, caller.client.as_deref().unwrap_or_default());
    let asker = Asker::of(&context, server.approvals(), &principal, answers);
    let (frontend, reporter) = McpFrontend::new(&tool, asker, context.meta.get_progress_token(), &context.peer);
    let cancel = CancellationToken::new();
    let request = Request { tool, arguments, caller, cancel: cancel.clone(), wait: None, idempotency_key: idempotency_key(&context.meta) };
    let outcome = until_cancelled(server.pipeline().call(request, frontend.clone()), &context.ct, &cancel).await;
    if let Some(reporter) = reporter {
        reporter.finish().await;
    }
    match outcome {
        Outcome::NeedsInput(confirmation) => Ok(consent::question(server.approvals(), &principal, &confirmation)?.into()),
        Outcome::Answered(answer) => respond(answer, frontend.was_refused(), &context),
    }
}

/// Hands a cancellation on to the call for as long as the request is open. The library also cancels a request's token when its
/// answer has left, and that must not end a call that goes on as a job.
async fn until_cancelled(call: impl Future<Output = Outcome>, request: &CancellationToken, cancel: &CancellationToken) -> Outcome {
    tokio::pin!(call);
    tokio::select! {
        biased;
        outcome = &mut call => return outcome,
        () = request.cancelled() => cancel.cancel(),
    }
    call.await
}

fn respond(answer: Answer, refused: bool, context: &RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
    if let Some(error) = &answer.envelope.error
        && (refused || error.code == Code::NotFound && answer.envelope.tool == UNKNOWN)
    {
        let message = format!("{}; {}", error.message, error.hints.join(" "));
        return Err(ErrorData::invalid_params(message, serde_json::to_value(error).ok()));
    }
    if let Some(job) = &answer.envelope.job
        && tasks::declared(context)
    {
        return Ok(CreateTaskResult::new(tasks::seed(job, &answer.envelope.started_at)).into());
    }
    Ok(result(answer).into())
}

/// An answer as a result: the whole envelope for models, the same facts as text, links and pictures for people.
pub(super) fn result(answer: Answer) -> CallToolResult {
    let mut content = vec![ContentBlock::text(answer.summary)];
    content.extend(answer.envelope.links.iter().map(|link| ContentBlock::resource_link(resource(link))));
    content.extend(answer.images.iter().map(picture));
    let mut result = if answer.envelope.ok { CallToolResult::success(content) } else { CallToolResult::error(content) };
    result.structured_content = serde_json::to_value(&answer.envelope).ok();
    result.meta = answer.app.map(apps::content);
    result
}

/// An artifact as a resource.
pub(super) fn resource(link: &ResourceLink) -> Resource {
    Resource::new(link.uri.clone(), link.name.clone()).with_mime_type(link.mime_type.clone()).with_size(link.bytes)
}

fn picture(image: &Image) -> ContentBlock {
    ContentBlock::image(STANDARD.encode(&image.bytes), image.mime_type.clone())
}

fn caller(server: &Server, context: &RequestContext<RoleServer>) -> Caller {
    let client = context.client_info().map(|client| data_stack_core::text::clean(&format!("{} {}", client.name, client.version), 100));
    let traceparent = context.meta.get_traceparent().map(str::to_owned);
    Caller { frontend: server.frontend(), client, traceparent }
}

fn idempotency_key(meta: &RequestMetaObject) -> Option<String> {
    let key = meta.get(IDEMPOTENCY_KEY)?.as_str()?;
    (!key.is_empty() && key.len() <= MAX_KEY).then(|| key.to_owned())
}
