//! The Tasks extension: the same jobs under the protocol's own names, for clients that declared it and for no others.

use data_stack_core::ports::Jobs;
use data_stack_core::ports::jobs::{JobState, JobStatus};
use data_stack_core::{Control, ToolError};
use rmcp::model::{
    CallToolResult, ContentBlock, DetailedTask, GetTaskResult, InputResponses, JsonObject, ProtocolVersion, Task, TaskPayload, TaskStatus,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use super::server::Server;
use crate::pipeline::JobHandle;

/// Whether this request's client understands a task in place of a result.
pub(super) fn declared(context: &RequestContext<RoleServer>) -> bool {
    let modern = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
    modern && context.client_capabilities().is_some_and(|capabilities| capabilities.supports_tasks())
}

/// The task that a call has become.
pub(super) fn seed(job: &JobHandle, started_at: &str) -> Task {
    Task::new(job.job_id.clone(), TaskStatus::Working, started_at, crate::clock::now()).with_poll_interval_ms(job.poll_after_ms)
}

/// `tasks/get`: where the job stands, and its result when it has ended.
pub(super) async fn get(server: &Server, id: &str) -> Result<GetTaskResult, ErrorData> {
    let jobs = jobs(server)?;
    let status = jobs.status(id, 0.0, &Control::unlimited()).await.map_err(|error| unknown(&error))?;
    let payload = match status.state {
        JobState::Running => TaskPayload::Working,
        JobState::Cancelled => TaskPayload::Cancelled,
        JobState::Lost => TaskPayload::Failed { error: lost(&status) },
        JobState::Succeeded | JobState::Failed => TaskPayload::Completed { result: ended(jobs.result(id))? },
    };
    Ok(GetTaskResult::new(DetailedTask::new(task(status), payload)))
}

/// `tasks/update`: no task here asks anything, so there is nothing to take.
pub(super) async fn update(server: &Server, id: &str, _: InputResponses) -> Result<(), ErrorData> {
    jobs(server)?.status(id, 0.0, &Control::unlimited()).await.map(|_| ()).map_err(|error| unknown(&error))
}

/// `tasks/cancel`: asks the job to stop; `tasks/get` tells when it has.
pub(super) async fn cancel(server: &Server, id: &str) -> Result<(), ErrorData> {
    jobs(server)?.cancel(id).await.map(|_| ()).map_err(|error| unknown(&error))
}

fn jobs(server: &Server) -> Result<&dyn Jobs, ErrorData> {
    server.pipeline().ports().jobs().map_err(|error| super::guard::protocol_error(&error))
}

fn unknown(error: &ToolError) -> ErrorData {
    ErrorData::invalid_params(data_stack_core::text::clean(&error.message, 500), serde_json::to_value(error).ok())
}

fn task(status: JobStatus) -> Task {
    let mut task = Task::new(status.job_id, TaskStatus::Working, status.started_at, status.heartbeat_at);
    task.poll_interval_ms = status.poll_after_ms;
    task.status_message = status.message.map(|message| data_stack_core::text::clean(&message, 300));
    task
}

/// The result that the call would have had, from its kept envelope.
fn ended(envelope: Result<Value, ToolError>) -> Result<JsonObject, ErrorData> {
    let envelope = envelope.map_err(|error| super::guard::protocol_error(&error))?;
    let failed = envelope["ok"] != json!(true);
    let content = vec![ContentBlock::text(envelope.to_string())];
    let mut result = if failed { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = Some(envelope);
    match serde_json::to_value(result) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(ErrorData::internal_error("the result of the job cannot be written", None)),
    }
}

fn lost(status: &JobStatus) -> JsonObject {
    let mut error = JsonObject::new();
    error.insert("code".into(), json!(-32603));
    error.insert("message".into(), json!(format!("the job was lost: the process that ran `{}` ended; call it again", status.tool)));
    error
}
