//! The one shape of every answer, on MCP and on the command line.

use data_stack_core::{Effect, Image, NextAction, ResourceLink, ToolError, Truncated, Warning};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A call's answer. Written as `structuredContent` over MCP and by `--json` on the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Whether the call did what was asked.
    pub ok: bool,
    /// The tool.
    pub tool: String,
    /// Names the call in the audit log.
    pub request_id: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// From the request to the answer.
    pub duration_ms: f64,
    /// The environment worked on.
    pub environment: String,
    /// The result; absent when the call failed or became a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Why the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ToolError>,
    /// What was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<Truncated>,
    /// What to know before trusting the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Calls that would sensibly follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_actions: Vec<NextAction>,
    /// Artifacts that the call made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<ResourceLink>,
    /// The job that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobHandle>,
    /// Whether this is the stored answer of an earlier call with the same idempotency key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

impl Envelope {
    /// An envelope that says nothing yet.
    pub fn empty(tool: &str, request_id: &str, started_at: &str, environment: &str) -> Self {
        Self {
            ok: false,
            tool: tool.into(),
            request_id: request_id.into(),
            started_at: started_at.into(),
            duration_ms: 0.0,
            environment: environment.into(),
            data: None,
            error: None,
            truncated: None,
            warnings: Vec::new(),
            next_actions: Vec::new(),
            links: Vec::new(),
            job: None,
            replayed: false,
        }
    }
}

/// A call that goes on as a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHandle {
    /// Pass it to the `job` tool.
    pub job_id: String,
    /// `running`.
    pub state: String,
    /// When to ask for it.
    pub poll_after_ms: u64,
}

/// An envelope with what does not go into JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The structured answer.
    pub envelope: Envelope,
    /// The same facts as text.
    pub summary: String,
    /// Pictures.
    pub images: Vec<Image>,
    /// How far the call reached.
    pub effect: Effect,
}

/// How a call ended for its caller.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one is made for a call, and it is nearly always the large one")]
pub enum Outcome {
    /// It did what was asked, or it failed; the envelope says which.
    Answered(Answer),
    /// A person must be asked first; the client calls again with the answer.
    NeedsInput(super::Confirmation),
}

impl Outcome {
    /// The answer, with a pending question turned into a refusal: for frontends that never leave one pending.
    pub fn into_answer(self) -> Option<Answer> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::NeedsInput(_) => None,
        }
    }
}

/// The JSON Schema of an envelope around `data`, without the parts that are the same for every tool: it is in every listing.
pub fn schema(data: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "ok": {"type": "boolean"},
            "data": data,
            "error": {"type": "object"},
        },
        "required": ["ok"],
    })
}
