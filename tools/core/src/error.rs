//! The one way a tool fails: a stable code, a sentence, and the next step.

use serde::Serialize;
use serde_json::Value;

/// Why a call failed. Each code maps once to an MCP error result and to a process exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// An argument is wrong; the same call cannot succeed.
    InvalidInput,
    /// Something named in the call does not exist.
    NotFound,
    /// Policy, persona or sandbox forbids it.
    Denied,
    /// A dependency is missing, locked or unreachable.
    Unavailable,
    /// A size, memory or concurrency limit was reached.
    Limit,
    /// The deadline passed; the work was stopped.
    Timeout,
    /// The caller cancelled; the work was stopped.
    Cancelled,
    /// The work ran and failed, for a reason that lies in the work.
    Failed,
    /// A defect in data-stack.
    Internal,
}

impl Code {
    /// The code's name as callers see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::NotFound => "not_found",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Limit => "limit",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Internal => "internal",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failed call, complete enough for a model to repair it.
///
/// Every code but [`Code::Internal`] carries at least one hint: the next step.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// The stable reason.
    pub code: Code,
    /// One sentence; the engine's own words and position are kept in it.
    pub message: String,
    /// What to do next, most useful first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub hints: Vec<String>,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The argument at fault, as a path such as `columns[2]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the argument may be.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub valid_values: Vec<String>,
    /// Further facts for the caller, such as the holder of a lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl ToolError {
    /// An error of `code` that says `message`, with `hint` as its next step.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { hints: vec![hint.into()], ..Self::bare(code, message.into()) }
    }

    /// A defect of ours: no next step but to report it.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::bare(Code::Internal, message.into())
    }

    /// A wrong argument, named by its path.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Code::InvalidInput, message, hint) }
    }

    /// The caller stopped the call.
    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "the call was cancelled and its work was stopped", "Call again if it is still wanted.")
    }

    /// The deadline passed.
    pub fn timeout(after: std::time::Duration) -> Self {
        let message = format!("the call ran longer than its limit of {:.1} s and was stopped", after.as_secs_f64());
        Self { retryable: true, ..Self::new(Code::Timeout, message, "Ask for less, or give the call a larger `timeout_s`.") }
    }

    /// Adds a further next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Names the argument at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// States what the argument may be.
    #[must_use]
    pub fn valid(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.valid_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Adds facts for the caller.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Says that the same call may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    fn bare(code: Code, message: String) -> Self {
        Self { code, message, hints: Vec::new(), retryable: false, field: None, valid_values: Vec::new(), details: None }
    }
}
