//! Who calls: what a call brings with it and what a frontend gives back to it.

use std::time::Duration;

use data_stack_core::{BoxFuture, Effect, ProgressSink};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// One call of one tool.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tool's name as the caller wrote it.
    pub tool: String,
    /// The arguments as the caller wrote them; anything but an object is refused.
    pub arguments: Value,
    /// Who calls.
    pub caller: Caller,
    /// Fires when the caller cancels.
    pub cancel: CancellationToken,
    /// How long the caller waits before the call becomes a job; the setting when absent. `Duration::MAX`: never.
    pub wait: Option<Duration>,
    /// Names the call so that sending it again does not do it again.
    pub idempotency_key: Option<String>,
}

/// Who calls, for policy and audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// `mcp-stdio`, `mcp-http`, `mcp-sse`, `http-page`, `cli`, `test`, or `tool` for a call within a call.
    pub frontend: &'static str,
    /// The client's own name and version; the outer call's name for a call within a call.
    pub client: Option<String>,
    /// The caller's span, as W3C Trace Context writes it.
    pub traceparent: Option<String>,
}

/// What a person is asked before a call that needs consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The tool.
    pub tool: String,
    /// How far it reaches.
    pub effect: Effect,
    /// What it would do, in a sentence that names the target.
    pub consequence: String,
    /// BLAKE3 of tool and validated arguments, hex: an answer holds for this call only.
    pub digest: String,
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    Granted,
    /// No.
    Declined,
    /// Nobody can be asked; the call is refused and the caller told how a person can make it.
    Unavailable,
    /// An answer came that does not hold for this call, and why: forged, expired, used before or given for another call.
    Invalid(&'static str),
    /// The question is on its way; the frontend answers the request with it and the client calls again.
    Pending,
}

/// What a frontend gives a call: progress and confirmation. Cancellation comes with the [`Request`].
pub trait Frontend: ProgressSink {
    /// Asks a person.
    fn confirm<'a>(&'a self, confirmation: &'a Confirmation) -> BoxFuture<'a, Consent>;
}
