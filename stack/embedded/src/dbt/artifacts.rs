//! The files that dbt leaves behind, as far as they are used here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `manifest.json`: the project's nodes and how they hang together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manifest {
    pub(super) metadata: ManifestMetadata,
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) sources: BTreeMap<String, Node>,
    pub(super) exposures: BTreeMap<String, Node>,
    pub(super) unit_tests: BTreeMap<String, Node>,
    pub(super) parent_map: BTreeMap<String, Vec<String>>,
    pub(super) child_map: BTreeMap<String, Vec<String>>,
}

/// Facts about a manifest as a whole.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ManifestMetadata {
    pub(super) project_name: String,
}

/// A model, test, seed, snapshot, source, exposure or unit test.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) resource_type: String,
    pub(super) package_name: String,
    pub(super) original_file_path: String,
    pub(super) database: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) alias: Option<String>,
    /// A source's table.
    pub(super) identifier: Option<String>,
    pub(super) relation_name: Option<String>,
    pub(super) config: Config,
    #[serde(deserialize_with = "checksum")]
    pub(super) checksum: Checksum,
    pub(super) tags: Vec<String>,
    /// The node that a generic test is about.
    #[serde(rename = "attached_node")]
    pub(super) about: Option<String>,
    pub(super) column_name: Option<String>,
    /// An exposure's address.
    pub(super) url: Option<String>,
    /// The model of a unit test.
    pub(super) model: Option<String>,
    pub(super) source_name: Option<String>,
    /// The columns that are declared, by name.
    pub(super) columns: BTreeMap<String, Declared>,
    pub(super) contract: Enforced,
    /// The file that declares it, as `package://path`.
    pub(super) patch_path: Option<String>,
    /// The SQL with all Jinja resolved; only after a command that compiles.
    pub(super) compiled_code: Option<String>,
}

/// A declared column.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) data_type: Option<String>,
}

/// Whether the declared columns are all that there may be.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Enforced {
    pub(super) enforced: bool,
}

/// A node's configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    pub(super) materialized: Option<String>,
    /// Of tests: `ERROR` or `warn`.
    pub(super) severity: Option<String>,
}

/// What tells one text of a node from another.
#[derive(Debug, Clone, Default)]
pub(super) struct Checksum {
    pub(super) checksum: String,
}

/// Nodes have an object, unit tests a plain text, others nothing.
fn checksum<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Checksum, D::Error> {
    let found = Value::deserialize(deserializer)?;
    let checksum = found.as_str().or_else(|| found.get("checksum")?.as_str()).unwrap_or_default().to_owned();
    Ok(Checksum { checksum })
}

impl Manifest {
    /// The manifest in a target folder, if there is a whole one.
    pub(super) fn read(target: &Path) -> Option<Self> {
        read(&target.join("manifest.json"))
    }

    /// Any node by its unique name.
    pub(super) fn node(&self, id: &str) -> Option<&Node> {
        [&self.nodes, &self.sources, &self.exposures, &self.unit_tests].iter().find_map(|nodes| nodes.get(id))
    }

    /// Every node.
    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Node)> {
        self.nodes.iter().chain(&self.sources).chain(&self.exposures).chain(&self.unit_tests)
    }
}

impl Node {
    /// The table's schema and name, in lower case, if the node is one of that database.
    pub(super) fn table_in(&self, database: &str) -> Option<(String, String)> {
        let here = self.database.as_deref().is_none_or(|named| named.eq_ignore_ascii_case(database));
        let name = self.identifier.as_ref().or(self.alias.as_ref())?;
        Some((self.schema.as_ref()?.to_lowercase(), name.to_lowercase())).filter(|_| here)
    }

    /// Its name as callers write it: with the source's for a table of one.
    pub(super) fn label(&self) -> String {
        match &self.source_name {
            Some(source) if self.resource_type == "source" => format!("{source}.{}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// `run_results.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RunResults {
    metadata: Metadata,
    pub(super) results: Vec<RunResult>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    invocation_id: String,
}

/// How one node ended.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RunResult {
    pub(super) unique_id: String,
    pub(super) status: String,
    pub(super) execution_time: f64,
    pub(super) message: Option<String>,
    pub(super) failures: Option<u64>,
    pub(super) compiled_code: Option<String>,
    pub(super) adapter_response: Value,
    /// How old a source's rows are, in seconds.
    pub(super) max_loaded_at_time_ago_in_s: Option<f64>,
    pub(super) max_loaded_at: Option<String>,
    pub(super) error: Option<String>,
}

impl RunResults {
    /// The results that the run of that name left, of nodes and of sources.
    pub(super) fn read(target: &Path, run_id: &str) -> Vec<RunResult> {
        let of_run = |file: &str| read::<Self>(&target.join(file)).filter(|found| found.metadata.invocation_id == run_id);
        ["run_results.json", "sources.json"].into_iter().filter_map(of_run).flat_map(|found| found.results).collect()
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let file = File::open(path).ok()?;
    serde_json::from_reader(BufReader::new(file))
        .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "an artifact of dbt cannot be read"))
        .ok()
}
