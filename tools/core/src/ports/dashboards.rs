//! The workspace's dashboards: specifications in files that a team keeps under version control.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ToolError;

/// A dashboard that is kept in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredDashboard {
    /// Its name: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// Where its file lies.
    pub path: String,
    /// The file's size.
    pub bytes: u64,
    /// When it was last changed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
}

/// An app of the workspace that shows dashboards of its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    /// Pages in Python.
    Streamlit,
    /// Pages in Markdown.
    Evidence,
    /// Files that Grafana provisions.
    Grafana,
}

impl App {
    /// The folder of its files in the workspace.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Streamlit => "streamlit",
            Self::Evidence => "evidence",
            Self::Grafana => "grafana",
        }
    }
}

/// Keeps dashboards' specifications as YAML.
pub trait Dashboards: Send + Sync {
    /// All of them, by name.
    fn list(&self) -> Result<Vec<StoredDashboard>, ToolError>;
    /// The text of one; where it does not exist, the nearest names.
    fn read(&self, name: &str) -> Result<String, ToolError>;
    /// Keeps one, in the place of an earlier one of its name; all or nothing.
    fn write(&self, name: &str, text: &str) -> Result<StoredDashboard, ToolError>;
    /// Writes pages of an app into its folder, as paths in it with their text; gives where they lie. The app's own files are made
    /// where they are missing and are never written over.
    fn publish(&self, app: App, files: &[(String, String)]) -> Result<Vec<String>, ToolError>;
}
