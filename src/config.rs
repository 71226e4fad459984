//! The settings that the host runs with, and where each of them came from.
//!
//! [`Settings`] holds the effective values. [`load()`] makes them from layers, weakest first: the defaults, the operator's files,
//! the environment variables, the operator's table for the environment in use, the project's file, and the command line.
//! The project's file comes with the data and is not the operator's: it may tighten what the operator set and never loosen it.

pub mod key;
mod layer;
mod load;
mod rule;
mod value;

#[cfg(test)]
mod tests;

pub use layer::{Flag, Layer, Origin, Sources, Stance};
pub use load::{Config, load};

use std::path::PathBuf;
use std::time::Duration;

use data_stack_core::Effect;

/// Everything that can be set, with its effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The folder that holds the warehouse file, the data and the state folder `.data-stack`.
    pub workspace: PathBuf,
    /// The environment's name; it can have limits of its own.
    pub environment: String,
    /// The persona that narrows tools, prompts and effects; none when absent.
    pub persona: Option<String>,
    /// The highest effect that any call may have.
    pub effects: Effect,
    /// The effect from which a person is asked before each call.
    pub ask: Effect,
    /// Folders besides the workspace whose files calls may read.
    pub roots: Vec<PathBuf>,
    /// Address prefixes that `ingest` may fetch from, such as `https://data.example.org/` or `s3://bucket/`.
    pub network: Vec<String>,
    /// Limits on calls.
    pub limits: CallLimits,
    /// What one query may use.
    pub query: data_stack_core::ports::warehouse::QueryLimits,
    /// The HTTP server.
    pub http: HttpSettings,
}

/// Limits that hold for every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLimits {
    /// How long a caller waits before a call becomes a job.
    pub wait: Duration,
    /// How long a call waits for its turn.
    pub queue: Duration,
    /// Calls that run at once.
    pub concurrent: usize,
    /// Estimated tokens (bytes / 4) of a result.
    pub result_tokens: usize,
}

/// The HTTP server's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Address and port; loopback unless a token and `behind_proxy` are set.
    pub bind: String,
    /// File that holds the bearer token (mode 0600); made on first use.
    pub token_file: Option<PathBuf>,
    /// Host names that requests may name besides loopback.
    pub allowed_hosts: Vec<String>,
    /// Origins that browsers may send, with port.
    pub allowed_origins: Vec<String>,
    /// Whether a TLS-terminating proxy stands in front, so that a bind beyond loopback is acceptable.
    pub behind_proxy: bool,
    /// Whether to serve the legacy HTTP+SSE endpoints `/sse` and `/messages`.
    pub legacy_sse: bool,
    /// Bytes of one request body.
    pub max_body: usize,
    /// Legacy sessions at once.
    pub max_sessions: usize,
}

impl Settings {
    /// The defaults for a workspace: read-only, loopback, nothing granted beyond the workspace.
    pub fn for_workspace(workspace: PathBuf) -> Self {
        Self {
            workspace,
            environment: "local".into(),
            persona: None,
            effects: Effect::Read,
            ask: Effect::Destroy,
            roots: Vec::new(),
            network: Vec::new(),
            limits: CallLimits { wait: Duration::from_secs(25), queue: Duration::from_secs(20), concurrent: 16, result_tokens: 10_000 },
            query: data_stack_core::ports::warehouse::QueryLimits { memory: 1 << 30, temporary: 4 << 30, threads: 2, output: 64 << 20 },
            http: HttpSettings {
                bind: "127.0.0.1:8931".into(),
                token_file: None,
                allowed_hosts: Vec::new(),
                allowed_origins: Vec::new(),
                behind_proxy: false,
                legacy_sse: false,
                max_body: 4 << 20,
                max_sessions: 64,
            },
        }
    }

    /// The folder that holds what data-stack keeps for itself.
    pub fn state(&self) -> PathBuf {
        self.workspace.join(".data-stack")
    }
}
