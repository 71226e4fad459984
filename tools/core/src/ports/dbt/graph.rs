//! The nodes of a project and how they hang together.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A node that a selection means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DbtEntry {
    /// dbt's unique name.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub unique_id: String,
    /// Its short name.
    pub name: String,
    /// `model`, `test`, …
    pub kind: String,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// How a model is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub materialized: Option<String>,
    /// The relation that it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// What the job would do with it, such as `replace the table`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Whether its text has changed since it was last built here; absent when it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}

/// Which part of a project's graph to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineageJob {
    /// The project's folder.
    pub project: Option<String>,
    /// Names of nodes; the whole graph when empty.
    pub names: Vec<String>,
    /// Follow what they are built from.
    pub upstream: bool,
    /// Follow what is built on them.
    pub downstream: bool,
    /// How many steps to follow; all when absent.
    pub depth: Option<u32>,
    /// Also the compiled SQL of the models, from which the origin of columns can be told.
    pub sql: bool,
}

/// A part of a project's graph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// The nodes, those asked for first.
    pub nodes: Vec<DbtEntry>,
    /// From what is read to what reads it, as unique names.
    pub edges: Vec<(String, String)>,
    /// The compiled SQL of its models and snapshots, by unique name, where that was asked for.
    #[serde(skip)]
    pub sql: BTreeMap<String, String>,
}
