//! What a server answers, and what it can be asked for.

use serde_json::Value;

/// The answer to a call, as the server gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    result: Value,
}

/// What a server can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Its tools.
    Tools,
    /// Its prompts.
    Prompts,
    /// Its resources.
    Resources,
    /// Its resource templates.
    Templates,
}

/// Whose argument is to be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The prompt of that name.
    Prompt(String),
    /// The resource template of that form.
    Resource(String),
}

impl Answer {
    pub(super) fn new(result: Value) -> Self {
        Self { result }
    }

    /// The whole result of `tools/call`.
    pub fn result(&self) -> &Value {
        &self.result
    }

    /// Whether the tool reported a failure.
    pub fn is_error(&self) -> bool {
        self.result["isError"].as_bool().unwrap_or(false)
    }

    /// The structured content; null without one.
    pub fn structured(&self) -> &Value {
        &self.result["structuredContent"]
    }

    /// All text content, a paragraph a block.
    pub fn text(&self) -> String {
        let blocks = self.result["content"].as_array().into_iter().flatten();
        blocks.filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n\n")
    }
}
