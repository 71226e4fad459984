//! What a tool answers with, before the pipeline shapes it to the caller's limits.

use serde::Serialize;
use serde_json::Value;

use crate::ToolError;

/// A finished call: typed data, a sentence that stands alone, and what to do next.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// The typed result.
    pub data: T,
    /// The same facts in at most 2 KB of text, for clients that show only text.
    pub summary: String,
    /// What the caller should know before trusting the data.
    pub warnings: Vec<Warning>,
    /// Calls that would sensibly follow, ready to make.
    pub next_actions: Vec<NextAction>,
    /// What was left out of `data`, if anything was.
    pub truncated: Option<Truncated>,
    /// Artifacts that the call made.
    pub links: Vec<ResourceLink>,
    /// Pictures for clients that show them.
    pub images: Vec<Image>,
    /// What the client's app of this tool shows, where it has one; no model reads it.
    pub app: Option<Value>,
    /// Estimated tokens (bytes / 4) that the caller asked for and the tool has kept to, where that is more than the usual limit.
    pub tokens: usize,
    /// Why the call counts as failed although it has data: the data says what went wrong and what went well.
    pub failure: Option<ToolError>,
}

/// Something that the caller should know, with a code that programs can match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Warning {
    /// Stable, `snake_case`.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// A call that would sensibly follow.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct NextAction {
    /// The tool's name.
    pub tool: String,
    /// Its arguments, ready to send.
    pub arguments: Value,
    /// What it would tell or do.
    pub why: String,
}

/// What was left out of a result, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Truncated {
    /// Rows not shown, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_dropped: Option<u64>,
    /// Bytes not shown, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_dropped: Option<u64>,
    /// Why, in a sentence.
    pub reason: String,
    /// Pass it as `cursor` to get the next part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The whole result, as a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_result_uri: Option<String>,
}

/// An artifact that a client can read as a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct ResourceLink {
    /// `artifact://<id>`.
    pub uri: String,
    /// A name for people.
    pub name: String,
    /// Its MIME type.
    pub mime_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Where it lies on disk, for people at the same machine.
    pub path: String,
}

/// A picture in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its MIME type.
    pub mime_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it shows, for those who cannot see it.
    pub alt: String,
}

impl<T> Reply<T> {
    /// A plain answer.
    pub fn new(data: T, summary: impl Into<String>) -> Self {
        Self {
            data,
            summary: summary.into(),
            warnings: Vec::new(),
            next_actions: Vec::new(),
            truncated: None,
            links: Vec::new(),
            images: Vec::new(),
            app: None,
            tokens: 0,
            failure: None,
        }
    }

    /// Adds a warning.
    #[must_use]
    pub fn warn(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.warnings.push(Warning { code: code.into(), message: message.into() });
        self
    }

    /// Adds a call that would sensibly follow.
    #[must_use]
    pub fn next(mut self, tool: &str, arguments: Value, why: impl Into<String>) -> Self {
        self.next_actions.push(NextAction { tool: tool.into(), arguments, why: why.into() });
        self
    }

    /// Adds an artifact.
    #[must_use]
    pub fn link(mut self, link: ResourceLink) -> Self {
        self.links.push(link);
        self
    }

    /// Says that the caller asked for an answer of up to so many tokens.
    #[must_use]
    pub fn sized(mut self, tokens: usize) -> Self {
        self.tokens = tokens;
        self
    }

    /// Makes the answer that of a failed call; its data stays with it.
    #[must_use]
    pub fn fail(mut self, error: ToolError) -> Self {
        self.failure = Some(error);
        self
    }

    /// The same answer around other data.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Reply<U> {
        let Self { data, summary, warnings, next_actions, truncated, links, images, app, tokens, failure } = self;
        Reply { data: f(data), summary, warnings, next_actions, truncated, links, images, app, tokens, failure }
    }
}
