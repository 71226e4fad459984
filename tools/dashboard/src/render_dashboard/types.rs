//! What goes into `render_dashboard` and what comes of it.

use data_stack_core::ports::dashboards::{App, StoredDashboard};
use data_stack_core::schema::names_only;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lint::Finding;
use crate::template::Template;

/// The arguments of `render_dashboard`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Default render.
    pub action: Option<Action>,
    /// One kept in `dashboards/`.
    pub dashboard: Option<String>,
    /// See `describe`.
    #[serde(default)]
    #[schemars(schema_with = "object")]
    pub spec: Option<Map<String, Value>>,
    /// A JSON merge patch.
    #[serde(default)]
    #[schemars(schema_with = "object")]
    pub patch: Option<Map<String, Value>>,
    /// A table to show.
    pub table: Option<String>,
    /// Of a `table`; default analytics.
    pub template: Option<Template>,
    /// A question to draw.
    pub sql: Option<String>,
    /// The heading.
    pub title: Option<String>,
    /// Values by name.
    #[serde(default)]
    #[schemars(schema_with = "object")]
    pub parameters: Option<Map<String, Value>>,
    /// Default html.
    pub target: Option<Target>,
    /// Only this tile's picture.
    pub tile: Option<String>,
    /// Of pictures.
    pub theme: Option<Look>,
    /// Of pictures.
    pub width: Option<u32>,
    /// Of pictures.
    pub height: Option<u32>,
    /// Only check.
    pub dry_run: Option<bool>,
    /// Keep it under this name.
    pub save_as: Option<String>,
}

/// Any object: what may stand in it is told by `describe`, not in every listing.
fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}

/// What to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = names_only)]
pub enum Action {
    /// Draw it.
    #[default]
    Render,
    /// Which are kept.
    List,
    /// Its specification.
    Show,
    /// How a specification is written.
    Describe,
}

/// What it becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = names_only)]
pub enum Target {
    /// One interactive page.
    #[default]
    Html,
    /// Pictures of the charts, sharp at any size.
    Svg,
    /// Pictures of the charts, in the answer.
    Png,
    /// A view in the client, where it shows MCP Apps.
    App,
    /// A page of the workspace's Streamlit app.
    Streamlit,
    /// A page of the workspace's Evidence project.
    Evidence,
    /// A dashboard file that Grafana provisions.
    Grafana,
}

impl Target {
    /// The app whose files it writes, where it does.
    pub(crate) const fn published(self) -> Option<App> {
        match self {
            Self::Streamlit => Some(App::Streamlit),
            Self::Evidence => Some(App::Evidence),
            Self::Grafana => Some(App::Grafana),
            _ => None,
        }
    }
}

/// The colours of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = names_only)]
pub enum Look {
    /// Dark on white.
    Light,
    /// Light on dark.
    Dark,
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Output {
    /// The dashboard's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tiles with where their numbers come from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiles: Vec<TileReport>,
    /// What may mislead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Why it is as it is, where it was chosen for the caller.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub why: Vec<String>,
    /// The parameters' values.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schemars(skip)]
    pub parameters: Map<String, Value>,
    /// The files that were written, on disk.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The specification, where it was chosen for the caller or asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub spec: Option<Value>,
    /// How a specification is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub reference: Option<Value>,
    /// Where the specification is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub stored: Option<StoredDashboard>,
    /// How it differs from what was kept under that name before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub changes: Vec<String>,
    /// The dashboards of the workspace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(skip)]
    pub dashboards: Vec<StoredDashboard>,
}

/// A tile that was drawn.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TileReport {
    /// Its place, such as `tiles[0]`.
    pub path: String,
    /// Its heading.
    pub title: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it shows, in words.
    pub alt: String,
    /// The statement.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sql: String,
    /// Rows behind it.
    pub rows: u64,
    /// The tables that it read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Checks of its numbers that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed_checks: Vec<String>,
    /// A hash of the rows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// When the warehouse last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// When the stalest of its tables was loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_as_of: Option<String>,
    /// How long the statement took.
    pub elapsed_ms: f64,
}
