//! HTTP: Streamable HTTP on `/mcp`, numbers for operators, and on request the older HTTP+SSE.

mod gate;
mod listen;
mod sse;
mod token;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::serve::{Listener, ListenerExt};
use axum::{Router, middleware};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use super::runtime;
use super::server::Server;
use crate::config::{HttpSettings, Settings};
use crate::pipeline::Pipeline;
use gate::Gate;
use listen::Door;
pub use listen::Place;
pub(super) use token::Token;

/// How long open answers may take to end once the server stops.
const ANSWERS: Duration = Duration::from_secs(1);
/// How long jobs may take to end.
const JOBS: Duration = Duration::from_millis(500);

/// Serves clients until a signal comes.
pub(super) async fn serve(pipeline: Arc<Pipeline>, ready: impl FnOnce(&Place, &Path) + Send) -> anyhow::Result<()> {
    let settings = pipeline.settings();
    let path = token_path(settings);
    let token = Token::at(&path)?;
    let (door, place) = listen::open(&settings.http).await?;
    let end = CancellationToken::new();
    let app = app(&pipeline, place.port(), token, &end);
    ready(&place, &path);
    match door {
        // Without this each small answer waits for the client's delayed acknowledgement: 40 ms instead of 40 µs.
        Door::Tcp(listener) => run(listener.tap_io(|stream| undelayed(stream)), app, end).await?,
        Door::Unix(listener, _file) => run(listener, app, end).await?,
    }
    pipeline.shutdown(JOBS).await;
    Ok(())
}

fn undelayed(stream: &tokio::net::TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays with Nagle's algorithm");
    }
}

/// Serves until a signal; then what is open has a moment to end.
async fn run<L: Listener<Addr: std::fmt::Debug>>(listener: L, app: Router, end: CancellationToken) -> anyhow::Result<()> {
    let served = axum::serve(listener, app).with_graceful_shutdown(end.clone().cancelled_owned()).into_future();
    tokio::pin!(served);
    tokio::select! {
        ended = &mut served => return ended.context("the HTTP server ended"),
        () = runtime::stopped() => {}
    }
    end.cancel();
    let _ = tokio::time::timeout(ANSWERS, served).await;
    Ok(())
}

/// All routes with their gates.
pub(super) fn app(pipeline: &Arc<Pipeline>, port: Option<u16>, token: Token, end: &CancellationToken) -> Router {
    let http = &pipeline.settings().http;
    let sessions = Arc::new(LocalSessionManager::default());
    let gate = Arc::new(Gate::new(http, port, token, sessions.clone()));
    let mut guarded = Router::new()
        .route("/metrics", get(metrics).with_state(pipeline.clone()))
        .merge(streamable(pipeline, sessions, http, end).layer(middleware::from_fn_with_state(gate.clone(), gate::admit)));
    if http.legacy_sse {
        let server = Server::new(pipeline.clone(), "mcp-sse");
        guarded = guarded.merge(sse::routes(server, http.max_sessions, end.clone()).layer(DefaultBodyLimit::max(http.max_body)));
    }
    guarded
        .layer(middleware::from_fn_with_state(gate.clone(), gate::authorize))
        .merge(Router::new().route("/healthz", get(|| async { "ok\n" })))
        .layer(middleware::from_fn_with_state(gate, gate::check_names))
}

fn streamable(pipeline: &Arc<Pipeline>, sessions: Arc<LocalSessionManager>, http: &HttpSettings, end: &CancellationToken) -> Router {
    let server = Server::new(pipeline.clone(), "mcp-http");
    let config = StreamableHttpServerConfig::default()
        .with_cancellation_token(end.child_token())
        .with_max_request_body_bytes(http.max_body)
        // Names are checked by the gate, for every route alike.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    Router::new().route_service("/mcp", StreamableHttpService::new(move || Ok(server.another()), sessions, config))
}

async fn metrics(State(pipeline): State<Arc<Pipeline>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], pipeline.metrics())
}

/// Where the token lies: outside the workspace, whose files SQL may read, in a folder of the workspace's own.
fn token_path(settings: &Settings) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    let workspace = blake3::hash(settings.workspace.as_os_str().as_encoded_bytes()).to_hex();
    let own = home.map(|home| home.join("data-stack").join(&workspace[..16]).join("http-token"));
    settings.http.token_file.clone().or(own).unwrap_or_else(|| settings.state().join("http-token"))
}
