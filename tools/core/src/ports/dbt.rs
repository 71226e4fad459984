//! dbt: models built, tested and looked at, from typed jobs; a command line never crosses this port.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BoxFuture, Control, Effect, ResourceLink, ToolError};

/// What dbt is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DbtCommand {
    /// Seeds, models, snapshots and tests, in the order of their dependencies.
    #[default]
    Build,
    /// Models.
    Run,
    /// Tests and unit tests.
    Test,
    /// Seeds.
    Seed,
    /// Snapshots.
    Snapshot,
    /// Turns models, tests or `inline_sql` into plain SQL.
    Compile,
    /// Reads the project and checks that it holds together.
    Parse,
    /// The nodes that a selection means.
    List,
    /// The first rows of a model or of `inline_sql`.
    Show,
    /// The catalogue of the project's documentation.
    Docs,
    /// How old the sources' rows are.
    SourceFreshness,
    /// The packages that the project names.
    Deps,
    /// Copies of the relations of another state.
    Clone,
    /// The last command again, from where it failed.
    Retry,
    /// Whether profile, project and connection are sound.
    Debug,
}

impl DbtCommand {
    /// The command's name, as callers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Run => "run",
            Self::Test => "test",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Compile => "compile",
            Self::Parse => "parse",
            Self::List => "list",
            Self::Show => "show",
            Self::Docs => "docs",
            Self::SourceFreshness => "source_freshness",
            Self::Deps => "deps",
            Self::Clone => "clone",
            Self::Retry => "retry",
            Self::Debug => "debug",
        }
    }
}

/// One command on one project.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are dbt's own switches, each independent of the others")]
pub struct DbtJob {
    /// What to do.
    pub command: DbtCommand,
    /// The project's folder; the workspace's own project when absent.
    pub project: Option<String>,
    /// Selectors of what to work on; everything when empty.
    pub select: Vec<String>,
    /// Selectors of what to leave out.
    pub exclude: Vec<String>,
    /// A selector that the project's `selectors.yml` names.
    pub selector: Option<String>,
    /// Kinds of nodes, such as `model` or `test`; all when empty.
    pub resource_types: Vec<String>,
    /// Variables of the project.
    pub vars: Map<String, Value>,
    /// A target of the profile.
    pub target: Option<String>,
    /// Drop and rebuild what is otherwise built on.
    pub full_refresh: bool,
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// Nodes at once.
    pub threads: Option<u32>,
    /// Take what is not selected from `state`.
    pub defer: bool,
    /// Prefer `state` also where a relation exists here.
    pub favor_state: bool,
    /// A folder that holds the artifacts of another run.
    pub state: Option<String>,
    /// Build with no rows, to check that everything fits.
    pub empty: bool,
    /// Keep the rows that fail tests in tables.
    pub store_failures: bool,
    /// SQL with Jinja, for `compile` and `show`.
    pub inline_sql: Option<String>,
    /// Names the call in the run ledger.
    pub request_id: String,
}

impl DbtJob {
    /// How far the job reaches.
    ///
    /// Commands that only read are run on a copy of the warehouse, so that no macro or hook of theirs can write to it.
    pub fn effect(&self) -> Effect {
        match self.command {
            DbtCommand::Build | DbtCommand::Run | DbtCommand::Seed | DbtCommand::Clone | DbtCommand::Retry if self.full_refresh => {
                Effect::Destroy
            }
            DbtCommand::Build
            | DbtCommand::Run
            | DbtCommand::Seed
            | DbtCommand::Snapshot
            | DbtCommand::Clone
            | DbtCommand::Retry
            | DbtCommand::Deps => Effect::Write,
            DbtCommand::Test if self.store_failures => Effect::Write,
            _ => Effect::Read,
        }
    }
}

/// What a command found and did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbtReport {
    /// The project's name.
    pub project: String,
    /// Its folder.
    pub folder: String,
    /// dbt's own name of the run.
    pub run_id: String,
    /// dbt's version.
    pub version: String,
    /// From the start of the process to its end, in seconds.
    pub elapsed_s: f64,
    /// What kept dbt from working at all, such as a model that cannot be parsed.
    pub problems: Vec<DbtProblem>,
    /// Every node that dbt came to or passed over, failures first.
    pub nodes: Vec<DbtNode>,
    /// Nodes that dbt would have come to, had it not been stopped.
    pub unfinished: u64,
    /// What `compile` and `show` made of their input.
    pub compiled: Option<String>,
    /// What dbt said besides, its last lines.
    pub log: Vec<String>,
    /// Bytes that dbt printed.
    pub printed_bytes: u64,
    /// Files that the command made for others to read.
    pub files: Vec<ResourceLink>,
    /// Why dbt was stopped before its end.
    pub stopped: Option<ToolError>,
    /// Whether dbt ended with success.
    pub succeeded: bool,
}

/// Something that is wrong with the project as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DbtProblem {
    /// dbt's own words.
    pub message: String,
    /// The file, below the project's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// How a node ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DbtStatus {
    /// It could not be run.
    Error,
    /// A test found rows that should not be there.
    Fail,
    /// A test found such rows and is only a warning.
    Warn,
    /// Something that it depends on failed, or dbt stopped before.
    Skipped,
    /// It was built, or a test found nothing.
    #[default]
    Ok,
}

/// A node and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbtNode {
    /// dbt's unique name, such as `model.shop.orders`.
    pub unique_id: String,
    /// Its short name.
    pub name: String,
    /// `model`, `test`, `unit_test`, `seed`, `snapshot`, `source`, …
    pub kind: String,
    /// How it ended.
    pub status: DbtStatus,
    /// dbt's own words about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Seconds.
    pub elapsed_s: f64,
    /// How a model is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub materialized: Option<String>,
    /// The relation that it makes, as SQL names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// Its file, below the project's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1, where the message names one of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The line of `compiled_sql`, from 1, where the message names one of the compiled text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiled_line: Option<u64>,
    /// `error` or `warn`: what a test's failure counts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Rows changed, where the adapter says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows that failed a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_rows: Option<u64>,
    /// The compiled SQL; of failures only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiled_sql: Option<String>,
    /// The node that a test is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<String>,
    /// The column that a test is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Failed nodes that it depends on; of skipped ones.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub blocked_by: Vec<String>,
    /// Everything that is built on it, by name; of failures only.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub affects: Vec<String>,
    /// Dashboards and other uses that are built on it; of failures only.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exposures: Vec<String>,
}

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
}

/// A part of a project's graph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// The nodes, those asked for first.
    pub nodes: Vec<DbtEntry>,
    /// From what is read to what reads it, as unique names.
    pub edges: Vec<(String, String)>,
}

/// A finished run, as the run ledger keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbtRun {
    /// dbt's own name of the run.
    pub run_id: String,
    /// The call that made it.
    pub request_id: String,
    /// The project.
    pub project: String,
    /// The command.
    pub command: String,
    /// When it ended, RFC 3339.
    pub ended_at: String,
    /// Nodes that were built or passed.
    pub ok: u64,
    /// Nodes that failed, in every way.
    pub failed: u64,
}

/// Runs dbt.
pub trait Dbt: Send + Sync {
    /// Runs a command. A project or a node that fails is a report; an error is what kept dbt from being run, a selection
    /// that matches nothing, or a misuse.
    fn run<'a>(&'a self, job: DbtJob, control: &'a Control) -> BoxFuture<'a, Result<DbtReport, ToolError>>;
    /// The nodes that the job's selection means and what the job would do with each; changes nothing. A project that dbt
    /// cannot read is an error.
    fn list<'a>(&'a self, job: DbtJob, control: &'a Control) -> BoxFuture<'a, Result<Vec<DbtEntry>, ToolError>>;
    /// A part of the graph.
    fn lineage<'a>(&'a self, job: LineageJob, control: &'a Control) -> BoxFuture<'a, Result<Lineage, ToolError>>;
}
