//! A client of any MCP server, in the words of JSON: what scripted sessions and the demonstration talk to the server with.
//!
//! ```no_run
//! # async fn example() -> Result<(), data_stack::mcp::client::ClientError> {
//! use std::time::Duration;
//! use data_stack::mcp::client::{Client, Connect, ServerCommand, Target, Watch};
//!
//! let server = ServerCommand::new(std::env::current_exe().unwrap_or_default()).args(["--effects", "write", "mcp"]);
//! let client = Client::connect(&Target::Command(server), Connect::default()).await?;
//! let arguments = serde_json::json!({"sql": "select 42 as answer"});
//! let answer = client
//!     .call("query_duckdb", &arguments, Watch::within(Duration::from_secs(30)).on_progress(|step| eprintln!("{}", step.message)))
//!     .await?;
//! assert!(!answer.is_error());
//! eprintln!("{}", answer.structured()["data"]["rows"]);
//! client.close().await;
//! # Ok(()) }
//! ```
//!
//! A server that was started here ends with its client: asked first (its input is closed), killed with everything it started if it
//! does not listen.

mod answer;
mod error;
mod face;
mod server;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{
    ArgumentInfo, CallToolRequest, CallToolRequestParams, ClientRequest, CompleteRequestParams, CompletionContext, GetPromptRequestParams,
    InputRequest, InputRequiredResult, ProtocolVersion, ReadResourceRequestParams, Reference, ServerResult,
};
use rmcp::service::{ClientCacheConfig, ClientLifecycleMode, ClientServiceExt, PeerRequestOptions, RequestHandle, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;

pub use answer::{Answer, Listing, Subject};
pub use error::ClientError;
use face::Face;
use server::Server;
pub use server::{Log, ServerCommand};
pub use watch::{Step, Watch};

/// How often a server may ask back within one call.
const MAX_QUESTIONS: usize = 10;

/// Which server to talk to.
#[derive(Debug, Clone)]
pub enum Target {
    /// A program that is started and spoken to over its standard input and output.
    Command(ServerCommand),
    /// A server that runs already, spoken to over Streamable HTTP.
    Url {
        /// The endpoint, such as `http://127.0.0.1:8931/mcp`.
        url: String,
        /// The bearer token.
        token: Option<String>,
    },
}

/// Which generation of the protocol to speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28: every request stands alone.
    #[default]
    Modern,
    /// 2025-11-25: a session that begins with `initialize`.
    Legacy,
}

/// What the client answers when the server asks a person for consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Person {
    /// There is nobody to ask: the client does not declare that it can.
    #[default]
    Absent,
    /// Yes, to everything.
    Agrees,
    /// No, to everything.
    Declines,
}

/// How to connect.
#[derive(Debug, Clone, Copy)]
pub struct Connect {
    /// The protocol's generation.
    pub era: Era,
    /// Who answers questions.
    pub person: Person,
    /// How long the server may take to say who it is.
    pub limit: Duration,
}

impl Default for Connect {
    fn default() -> Self {
        Self { era: Era::default(), person: Person::default(), limit: Duration::from_secs(20) }
    }
}

/// A connection to an MCP server.
pub struct Client {
    service: RunningService<RoleClient, Face>,
    server: Option<Server>,
    person: Person,
}

impl Client {
    /// Starts or reaches the server and agrees on the protocol.
    pub async fn connect(target: &Target, how: Connect) -> Result<Self, ClientError> {
        let face = Face::new(how);
        let lifecycle = match how.era {
            Era::Modern => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
            Era::Legacy => ClientLifecycleMode::Initialize,
        };
        let (server, service) = match target {
            Target::Command(command) => {
                let (server, pipes) = command.start()?;
                (Some(server), tokio::time::timeout(how.limit, face.serve_with_lifecycle(pipes, lifecycle)).await)
            }
            Target::Url { url, token } => {
                let config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
                let config = token.iter().fold(config, |config, token| config.auth_header(token.as_str()));
                let transport = StreamableHttpClientTransport::from_config(config);
                (None, tokio::time::timeout(how.limit, face.serve_with_lifecycle(transport, lifecycle)).await)
            }
        };
        let service = service.map_err(|_| ClientError::Timeout(how.limit))?.map_err(|error| ClientError::Unreachable(error.to_string()))?;
        // What is asked again is wanted as it is now.
        service.set_response_cache_config(ClientCacheConfig::disabled()).await;
        Ok(Self { service, server, person: how.person })
    }

    /// The process id of the server that was started here.
    pub fn server_pid(&self) -> Option<u32> {
        self.server.as_ref().and_then(Server::pid)
    }

    /// Who the server says it is: protocol version, capabilities, name, instructions.
    pub fn introduction(&self) -> Value {
        self.service.peer_info().map(|info| value(&*info)).unwrap_or_default()
    }

    /// Everything of one kind that the server lists, over all pages.
    pub async fn list(&self, listing: Listing) -> Result<Vec<Value>, ClientError> {
        match listing {
            Listing::Tools => Ok(values(&self.service.list_all_tools().await?)),
            Listing::Prompts => Ok(values(&self.service.list_all_prompts().await?)),
            Listing::Resources => Ok(values(&self.service.list_all_resources().await?)),
            Listing::Templates => Ok(values(&self.service.list_all_resource_templates().await?)),
        }
    }

    /// Calls a tool. Questions of the server are answered as [`Person`] says; cancelling the watch, or its limit, cancels the call.
    pub async fn call(&self, tool: &str, arguments: &Value, mut watch: Watch<'_>) -> Result<Answer, ClientError> {
        let mut params = CallToolRequestParams::new(tool.to_owned());
        params.arguments = arguments.as_object().cloned();
        for _ in 0..MAX_QUESTIONS {
            let request = ClientRequest::CallToolRequest(CallToolRequest::new(params.clone()));
            match self.send(request, &mut watch).await? {
                ServerResult::CallToolResult(result) => return Ok(Answer::new(value(&result))),
                ServerResult::InputRequiredResult(question) => self.reply(&mut params, question),
                other => return Err(ClientError::Unexpected(value(&other))),
            }
        }
        Err(ClientError::Unreachable(format!("`{tool}` asked back more than {MAX_QUESTIONS} times")))
    }

    /// The messages of a prompt.
    pub async fn prompt(&self, name: &str, arguments: &Value) -> Result<Value, ClientError> {
        let mut params = GetPromptRequestParams::new(name);
        params.arguments = arguments.as_object().cloned();
        Ok(value(&self.service.get_prompt(params).await?))
    }

    /// The contents of a resource.
    pub async fn read(&self, uri: &str) -> Result<Value, ClientError> {
        Ok(value(&self.service.read_resource(ReadResourceRequestParams::new(uri)).await?))
    }

    /// The values that the server proposes for a partly written argument.
    pub async fn complete(&self, subject: &Subject, argument: &str, written: &str, others: &Value) -> Result<Value, ClientError> {
        let reference = match subject {
            Subject::Prompt(name) => Reference::for_prompt(name),
            Subject::Resource(template) => Reference::for_resource(template),
        };
        let mut params = CompleteRequestParams::new(reference, ArgumentInfo::new(argument, written));
        let others = others.as_object().into_iter().flatten();
        let others = others.map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect();
        params.context = Some(CompletionContext::with_arguments(others));
        Ok(value(&self.service.complete(params).await?.completion))
    }

    /// Ends the connection, and with it the server that was started here.
    pub async fn close(mut self) {
        // The transport's end closes the server's input, which asks it to go.
        let _ = self.service.close_with_timeout(Duration::from_secs(5)).await;
        if let Some(server) = self.server.take() {
            server.end().await;
        }
    }

    /// Kills the server that was started here without any warning, as a crash would.
    pub async fn kill(mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
        let _ = self.service.close_with_timeout(Duration::from_secs(5)).await;
    }

    async fn send(&self, request: ClientRequest, watch: &mut Watch<'_>) -> Result<ServerResult, ClientError> {
        let mut steps = self.service.service().steps();
        let mut handle: RequestHandle<RoleClient> =
            self.service.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
        let token = handle.progress_token.clone();
        let deadline = tokio::time::sleep(watch.limit);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                biased;
                answer = &mut handle.rx => {
                    // Steps that arrived before the answer are handed on before it.
                    tokio::task::yield_now().await;
                    while let Ok(step) = steps.try_recv() {
                        watch.see(&token, &step);
                    }
                    return Ok(answer.map_err(|_| ClientError::Gone)??);
                }
                Ok(step) = steps.recv() => watch.see(&token, &step),
                () = watch.cancel.cancelled() => {
                    handle.cancel(Some("the caller no longer wants it".into())).await?;
                    return Err(ClientError::Cancelled);
                }
                () = &mut deadline => {
                    handle.cancel(Some("the caller waits no longer".into())).await?;
                    return Err(ClientError::Timeout(watch.limit));
                }
            }
        }
    }

    /// Answers what the server asked, for the next attempt of the same call.
    fn reply(&self, params: &mut CallToolRequestParams, question: InputRequiredResult) {
        let questions = question.input_requests.unwrap_or_default().into_iter();
        let answers = questions.filter_map(|(key, request)| match request {
            InputRequest::Elicitation(elicitation) => Some((key, value(&face::answer(self.person, &elicitation.params)))),
            _ => None,
        });
        params.input_responses = Some(answers.collect());
        params.request_state = question.request_state;
    }
}

fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn values<T: serde::Serialize>(of: &[T]) -> Vec<Value> {
    of.iter().map(value).collect()
}

/// Shared by every call of a client.
type Steps = Arc<tokio::sync::broadcast::Sender<rmcp::model::ProgressNotificationParam>>;
