//! What the product serves: each of the protocol's matters with the module that knows it.
//!
//! A build with `conformance-fixtures` has `fixtures` in this place, which adds what the official suite calls
//! by name and hands the rest on to here; what surrounds it, guards and transports, is the same.

use rmcp::ErrorData;
use rmcp::model::{GetPromptRequestParams, GetPromptResponse, ServerCapabilities};

pub(super) use super::calls::call;
pub(super) use super::listing::result as tools;
pub(super) use super::prompts::list as prompts;
pub(super) use super::resources::{list as resources, read, templates};
use super::server::Server;
pub(super) use super::tasks::{cancel as cancel_task, get as get_task, update as update_task};
pub(super) use super::watch::{accepted, listen};

/// What the server offers.
pub(super) fn capabilities() -> ServerCapabilities {
    ServerCapabilities::builder()
        .enable_completions()
        .enable_prompts()
        .enable_resources()
        .enable_resources_list_changed()
        .enable_resources_subscribe()
        .enable_tools()
        .enable_tasks()
        .build()
}

/// `prompts/get`.
pub(super) fn prompt(server: &Server, params: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    super::prompts::get(server.pipeline(), params).map(Into::into)
}
