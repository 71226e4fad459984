//! The HTTP+SSE transport of 2024-11-05, for clients that know nothing newer: an event stream out, posts in.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::ServiceExt;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::mcp::server::Server;
use crate::mcp::transport::{self, Channel, Parsed, QUEUE};

/// The open streams.
struct Streams {
    server: Server,
    open: Mutex<HashMap<String, mpsc::Sender<ClientJsonRpcMessage>>>,
    limit: usize,
    end: CancellationToken,
}

/// One open stream; when it goes, its session ends.
struct Open {
    id: String,
    streams: Arc<Streams>,
    messages: mpsc::Receiver<ServerJsonRpcMessage>,
    greeted: bool,
    _end: DropGuard,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Ok(mut open) = self.streams.open.lock() {
            open.remove(&self.id);
        }
    }
}

/// `/sse` and `/messages`.
pub(super) fn routes(server: Server, limit: usize, end: CancellationToken) -> Router {
    let streams = Arc::new(Streams { server, open: Mutex::default(), limit, end });
    Router::new().route("/sse", get(begin)).route("/messages", post(receive)).with_state(streams)
}

async fn begin(State(streams): State<Arc<Streams>>) -> Response {
    let id = crate::clock::random_id("");
    let (deliver, incoming) = mpsc::channel(QUEUE);
    {
        let Ok(mut open) = streams.open.lock() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
        if open.len() >= streams.limit {
            return (StatusCode::SERVICE_UNAVAILABLE, "too many sessions are open\n").into_response();
        }
        open.insert(id.clone(), deliver);
    }
    let (outgoing, messages) = mpsc::channel(QUEUE);
    let end = streams.end.child_token();
    tokio::spawn(session(streams.server.another(), Channel::new(incoming, outgoing, None), end.clone()));
    let open = Open { id, streams, messages, greeted: false, _end: end.drop_guard() };
    let events = Sse::new(stream::unfold(open, next)).keep_alive(KeepAlive::default());
    ([("x-accel-buffering", "no")], events).into_response()
}

async fn session(server: Server, channel: Channel, end: CancellationToken) {
    match Box::pin(server.serve_with_ct(channel, end)).await {
        Ok(running) => drop(running.waiting().await),
        Err(error) => tracing::debug!(%error, "the session could not begin"),
    }
}

/// First where to post to, then every message.
async fn next(mut open: Open) -> Option<(Result<Event, Infallible>, Open)> {
    if !open.greeted {
        open.greeted = true;
        let address = format!("/messages?sessionId={}", open.id);
        return Some((Ok(Event::default().event("endpoint").data(address)), open));
    }
    let message = open.messages.recv().await?;
    let text = serde_json::to_string(&message).unwrap_or_default();
    Some((Ok(Event::default().event("message").data(text)), open))
}

async fn receive(State(streams): State<Arc<Streams>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let id = session_id(query.as_deref().unwrap_or_default());
    let deliver = id.and_then(|id| streams.open.lock().ok()?.get(&id).cloned());
    let Some(deliver) = deliver else { return (StatusCode::NOT_FOUND, "there is no such session\n").into_response() };
    match transport::parse(&body) {
        Parsed::Message(message) => match deliver.send(*message).await {
            Ok(()) => StatusCode::ACCEPTED.into_response(),
            Err(_) => StatusCode::GONE.into_response(),
        },
        Parsed::Ignored => StatusCode::ACCEPTED.into_response(),
        Parsed::Refused(answer) => (StatusCode::BAD_REQUEST, serde_json::to_string(&answer).unwrap_or_default()).into_response(),
    }
}

fn session_id(query: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "sessionId").map(|(_, value)| value.into_owned())
}
