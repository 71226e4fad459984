//! The other tools, for a tool that puts several to work.

use serde_json::Value;

use crate::{BoxFuture, Ctx, ResourceLink, ToolError};

/// How a call within a call ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// Names the call in the record.
    pub request_id: String,
    /// What the tool says of it in a few sentences.
    pub summary: String,
    /// The tool's data; null where there is none.
    pub data: Value,
    /// Why it counts as failed, if it does.
    pub error: Option<ToolError>,
    /// Artifacts that it made.
    pub links: Vec<ResourceLink>,
}

/// Calls tools as any caller does: under the same policy, limits and record. What a person has allowed for the whole holds for
/// its parts as far as they write; nothing that destroys data is done this way.
pub trait Tools: Send + Sync {
    /// Calls a tool and waits for its end; `ctx` is that of the call which needs it.
    fn call<'a>(&'a self, tool: &'a str, arguments: Value, ctx: &'a Ctx) -> BoxFuture<'a, Called>;
}
