//! What a request must show before anything reads it: a host and an origin that are ours, the token, and room for it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::token::Token;
use crate::config::HttpSettings;

/// Requests to `/mcp` that are open at once, streams included.
const MAX_OPEN: usize = 256;
/// First revision that has no sessions.
const STATELESS: &str = "2026-07-28";

/// What is compared with each request.
pub(super) struct Gate {
    hosts: Vec<String>,
    origins: Vec<String>,
    token: Token,
    room: Arc<Semaphore>,
    sessions: Arc<LocalSessionManager>,
    max_sessions: usize,
}

impl Gate {
    /// The gate of a server that listens on `port`, or on no port but a socket file.
    pub(super) fn new(http: &HttpSettings, port: Option<u16>, token: Token, sessions: Arc<LocalSessionManager>) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>();
        let mut origins = lower(&http.allowed_origins);
        let own = |port| ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
        origins.extend(port.into_iter().flat_map(own));
        let room = Arc::new(Semaphore::new(MAX_OPEN));
        Self { hosts: lower(&http.allowed_hosts), origins, token, room, sessions, max_sessions: http.max_sessions }
    }

    /// Loopback by any of its names, or a name that the operator allowed: a page whose name was made to point here has another.
    fn knows_host(&self, host: &Authority) -> bool {
        let name = host.host().to_ascii_lowercase();
        let bare = name.trim_matches(['[', ']']);
        let loopback = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        loopback || self.hosts.iter().any(|allowed| *allowed == name || *allowed == bare || *allowed == host.as_str().to_ascii_lowercase())
    }

    /// A browser's page may send only from an origin that was named; who is no browser sends none.
    fn knows_origin(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = sent.next() else { return true };
        let origin = origin.to_str().map(str::to_ascii_lowercase);
        sent.next().is_none() && origin.is_ok_and(|origin| self.origins.contains(&origin))
    }

    fn knows_token(&self, headers: &HeaderMap) -> Option<bool> {
        let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = given.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| self.token.is(token.trim()))
    }

    /// Whether this request may begin a session when there is no room for another.
    async fn is_one_too_many(&self, method: &Method, headers: &HeaderMap) -> bool {
        let stateless = headers.get("mcp-protocol-version").is_some_and(|version| version.as_bytes() >= STATELESS.as_bytes());
        let begins = *method == Method::POST && !stateless && !headers.contains_key("mcp-session-id");
        begins && self.sessions.sessions.read().await.len() >= self.max_sessions
    }
}

/// Every route: the host and the origin.
pub(super) async fn check_names(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let host = host.or_else(|| request.uri().authority().cloned());
    if !host.is_some_and(|host| gate.knows_host(&host)) {
        tracing::warn!(host = ?request.headers().get(header::HOST), "a request with a foreign host was refused");
        return (StatusCode::FORBIDDEN, "this host is not served here\n").into_response();
    }
    if !gate.knows_origin(request.headers()) {
        tracing::warn!(origin = ?request.headers().get(header::ORIGIN), "a request from a foreign origin was refused");
        return (StatusCode::FORBIDDEN, "this origin is not allowed\n").into_response();
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Every route but the health check: the token.
pub(super) async fn authorize(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let challenge = match gate.knows_token(request.headers()) {
        Some(true) => return next.run(request).await,
        Some(false) => "Bearer realm=\"data-stack\", error=\"invalid_token\"",
        None => "Bearer realm=\"data-stack\"",
    };
    let body = "send the token as `Authorization: Bearer …`; `data-stack doctor` says where it is kept\n";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], body).into_response()
}

/// `/mcp`: room for one more request, and for one more session if it begins one.
pub(super) async fn admit(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if gate.is_one_too_many(request.method(), request.headers()).await {
        return full("too many sessions are open; end one, or wait until an idle one has ended\n");
    }
    let Ok(permit) = gate.room.clone().try_acquire_owned() else { return full("too many requests are open\n") };
    let mut response = next.run(request).await;
    // Proxies would hold an event stream back until it ends.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.map(|body| hold(body, permit))
}

fn full(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], why).into_response()
}

/// The body, which keeps its place until it has been sent or dropped.
fn hold(body: Body, permit: OwnedSemaphorePermit) -> Body {
    Body::from_stream(body.into_data_stream().map(move |part| {
        let _held = &permit;
        part
    }))
}
