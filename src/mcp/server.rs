//! The protocol's methods, each answered by the module that knows its matter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult, CustomRequest,
    CustomResult, DiscoverResult, ErrorCode, GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;
use tokio::task::AbortHandle;

use super::consent::{Answers, Approvals};
#[cfg(feature = "conformance-fixtures")]
use super::fixtures as content;
use super::guard::{caught, guarded};
#[cfg(not(feature = "conformance-fixtures"))]
use super::product as content;
use super::{calls, completion, instructions, listing, resources, watch};
use crate::pipeline::Pipeline;

/// One connection's server; cheap to make and to clone.
#[derive(Clone)]
pub struct Server {
    host: Arc<Host>,
    watchers: Arc<Watchers>,
}

/// What all connections share.
struct Host {
    pipeline: Arc<Pipeline>,
    frontend: &'static str,
    approvals: Arc<Approvals>,
    tools: ListToolsResult,
    config: ServerConfig,
}

/// The watching tasks of a connection, by what they watch; they end with it.
#[derive(Default)]
struct Watchers(Mutex<HashMap<String, AbortHandle>>);

impl Watchers {
    fn start(&self, what: &str, task: impl Future<Output = ()> + Send + 'static) -> Result<(), ErrorData> {
        let Ok(mut running) = self.0.lock() else { return Ok(()) };
        if running.len() >= watch::MAX_WATCHED && !running.contains_key(what) {
            return Err(ErrorData::invalid_params(format!("a connection watches at most {} resources", watch::MAX_WATCHED), None));
        }
        let handle = tokio::spawn(task).abort_handle();
        if let Some(earlier) = running.insert(what.to_owned(), handle) {
            earlier.abort();
        }
        Ok(())
    }

    fn stop(&self, what: &str) {
        if let Some(task) = self.0.lock().ok().and_then(|mut running| running.remove(what)) {
            task.abort();
        }
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        if let Ok(running) = self.0.get_mut() {
            running.values().for_each(AbortHandle::abort);
        }
    }
}

impl Server {
    /// A server over the pipeline; `frontend` names the transport in the audit record.
    pub(super) fn new(pipeline: Arc<Pipeline>, frontend: &'static str) -> Self {
        Self::with_approvals(pipeline, frontend, Approvals::new())
    }

    /// A server with the given seals.
    pub(super) fn with_approvals(pipeline: Arc<Pipeline>, frontend: &'static str, approvals: Approvals) -> Self {
        let tools = content::tools(&pipeline);
        let config = config(&pipeline);
        Self { host: Arc::new(Host { pipeline, frontend, approvals: Arc::new(approvals), tools, config }), watchers: Arc::default() }
    }

    /// The same server for another connection.
    pub(super) fn another(&self) -> Self {
        Self { host: self.host.clone(), watchers: Arc::default() }
    }

    /// The pipeline.
    pub(super) fn pipeline(&self) -> &Arc<Pipeline> {
        &self.host.pipeline
    }

    /// The transport's name in the audit record.
    pub(super) fn frontend(&self) -> &'static str {
        self.host.frontend
    }

    /// The seals of questions.
    pub(super) fn approvals(&self) -> &Arc<Approvals> {
        &self.host.approvals
    }
}

fn config(pipeline: &Pipeline) -> ServerConfig {
    ServerConfig::new(content::capabilities()).with_server_info(about()).with_instructions(instructions::instructions(pipeline))
}

fn about() -> Implementation {
    Implementation::new("data-stack", env!("CARGO_PKG_VERSION"))
        .with_title("data-stack")
        .with_description("A modern data stack for agents: warehouse, ingestion, profiling and queries behind one policy")
}

/// A list that has one page takes no cursor.
fn first_page(params: Option<&PaginatedRequestParams>) -> Result<(), ErrorData> {
    match params.and_then(|params| params.cursor.as_deref()) {
        None => Ok(()),
        Some(_) => Err(resources::bad_cursor()),
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.host.config.clone()
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let result = DiscoverResult::from_server_info(versions, self.get_info());
        Ok(result.with_ttl_ms(listing::STATIC_TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        params: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        first_page(params.as_ref())?;
        Ok(self.host.tools.clone())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.host.tools.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(&self, params: CallToolRequestParams, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        caught("tools/call", content::call(self, params, context)).await
    }

    async fn list_prompts(
        &self,
        params: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        first_page(params.as_ref())?;
        guarded("prompts/list", context.ct, async { content::prompts(self.pipeline()) }).await
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        guarded("prompts/get", context.ct, async { content::prompt(self, &params) }).await
    }

    async fn complete(&self, params: CompleteRequestParams, context: RequestContext<RoleServer>) -> Result<CompleteResult, ErrorData> {
        guarded("completion/complete", context.ct, completion::complete(self.pipeline(), params)).await
    }

    async fn list_resources(
        &self,
        params: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = params.and_then(|params| params.cursor);
        guarded("resources/list", context.ct, content::resources(self.pipeline(), cursor.as_deref())).await
    }

    async fn list_resource_templates(
        &self,
        params: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        first_page(params.as_ref())?;
        Ok(content::templates())
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        guarded("resources/read", context.ct, async { content::read(self.pipeline(), &params.uri).await.map(Into::into) }).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(content::accepted(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        caught("subscriptions/listen", async {
            content::listen(self.pipeline().clone(), context).await;
            Ok(())
        })
        .await
    }

    async fn subscribe(&self, params: SubscribeRequestParams, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        let task = watch::tell(self.pipeline().clone(), context.peer, Some(params.uri.clone()));
        self.watchers.start(&params.uri, task)
    }

    async fn unsubscribe(&self, params: UnsubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.watchers.stop(&params.uri);
        Ok(())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        // The empty name is no resource's: it stands for the list.
        let _ = self.watchers.start("", watch::tell(self.pipeline().clone(), context.peer, None));
    }

    #[cfg(feature = "conformance-fixtures")]
    #[expect(deprecated, reason = "the suite still asks older revisions for it")]
    async fn set_level(&self, _: rmcp::model::SetLevelRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn get_task(&self, params: GetTaskParams, context: RequestContext<RoleServer>) -> Result<GetTaskResult, ErrorData> {
        guarded("tasks/get", context.ct, content::get_task(self, &params.task_id)).await
    }

    async fn update_task(&self, params: UpdateTaskParams, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        guarded("tasks/update", context.ct, content::update_task(self, &params.task_id, params.input_responses)).await
    }

    async fn cancel_task(&self, params: CancelTaskParams, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        guarded("tasks/cancel", context.ct, content::cancel_task(self, &params.task_id)).await
    }

    /// Requests whose parameters did not have the shape of their method arrive here, with those of no known method.
    async fn on_custom_request(&self, request: CustomRequest, context: RequestContext<RoleServer>) -> Result<CustomResult, ErrorData> {
        let params = request.params.unwrap_or_default();
        if request.method == "tools/call"
            && let Some(tool) = params["name"].as_str()
        {
            let (tool, arguments) = (tool.to_owned(), params["arguments"].clone());
            let response = caught("tools/call", calls::make(self, tool, arguments, Answers::default(), context)).await?;
            return custom(response);
        }
        if knows(&request.method, context.protocol_version().as_ref()) {
            let message = format!("the parameters of `{}` are missing or do not have its shape", request.method);
            return Err(ErrorData::invalid_params(message, None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, data_stack_core::text::clean(&request.method, 100), None))
    }
}

/// Methods that take parameters, in every revision.
const METHODS: [&str; 8] = [
    "tools/call",
    "prompts/get",
    "resources/read",
    "completion/complete",
    "subscriptions/listen",
    "tasks/get",
    "tasks/update",
    "tasks/cancel",
];
/// Those that the revision of 2026-07-28 has removed.
const REMOVED: [&str; 3] = ["initialize", "resources/subscribe", "resources/unsubscribe"];

fn knows(method: &str, version: Option<&ProtocolVersion>) -> bool {
    let legacy = version.is_none_or(|version| *version < ProtocolVersion::V_2026_07_28);
    METHODS.contains(&method) || legacy && REMOVED.contains(&method)
}

fn custom(response: CallToolResponse) -> Result<CustomResult, ErrorData> {
    let value = match response {
        CallToolResponse::Complete(result) => serde_json::to_value(result),
        CallToolResponse::InputRequired(result) => serde_json::to_value(result),
        CallToolResponse::Task(result) => serde_json::to_value(result),
        _ => Ok(Value::Null),
    };
    value.map(CustomResult::new).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}
