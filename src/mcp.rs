//! The Model Context Protocol face: the only place that knows the protocol and the only one that names its library.
//!
//! One [`Server`] answers every revision from 2024-11-05 to 2026-07-28, on standard input and output, on Streamable HTTP and on the
//! older HTTP+SSE. It lists what the pipeline lists, calls nothing but the pipeline, and turns what comes back into protocol
//! results. Requests of the 2026 revision are answered from themselves alone; older ones within their session.

mod calls;
pub mod client;
mod completion;
mod consent;
#[cfg(feature = "conformance-fixtures")]
mod fixtures;
mod frontend;
mod guard;
mod http;
mod instructions;
mod listing;
mod product;
mod prompts;
mod resources;
mod runtime;
mod server;
mod stdio;
mod tasks;
mod transport;
mod uri;
mod watch;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::pipeline::Pipeline;
pub use http::Place;
pub use server::Server;

/// Serves one client on standard input and output; returns when the client has gone or a signal asks to stop.
///
/// From its first moment on, nothing but the protocol can reach standard output: it is moved to a descriptor of its own, and what
/// a library or a child process prints goes to standard error.
pub fn serve_stdio(pipeline: Arc<Pipeline>) -> anyhow::Result<()> {
    let pipes = stdio::claim()?;
    runtime::block_on(stdio::serve(pipeline, pipes))
}

/// Serves clients over HTTP at the configured address or socket; returns when a signal asks to stop.
///
/// `ready` is called once, with the place that was opened and the file that holds the bearer token.
pub fn serve_http(pipeline: Arc<Pipeline>, ready: impl FnOnce(&Place, &Path) + Send) -> anyhow::Result<()> {
    runtime::block_on(http::serve(pipeline, ready))
}

/// A server for one connection inside this process: for tests.
pub fn handler(pipeline: Arc<Pipeline>) -> Server {
    Server::new(pipeline, "test")
}

/// The exact result of `tools/list`.
pub fn listing(pipeline: &Pipeline) -> Value {
    serde_json::to_value(listing::result(pipeline)).unwrap_or_default()
}
