//! What dbt is asked for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Effect;

/// What dbt is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The graph around nodes: [`Dbt::lineage`](super::Dbt::lineage) answers with it, after a `parse` or, for columns, a `compile`.
    Lineage,
}

impl DbtCommand {
    /// Every command, in the order in which callers are told of them.
    pub const ALL: [Self; 16] = [
        Self::Build,
        Self::Run,
        Self::Test,
        Self::Seed,
        Self::Snapshot,
        Self::Compile,
        Self::Parse,
        Self::List,
        Self::Show,
        Self::Docs,
        Self::SourceFreshness,
        Self::Deps,
        Self::Clone,
        Self::Retry,
        Self::Debug,
        Self::Lineage,
    ];

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
            Self::Lineage => "lineage",
        }
    }

    /// Whether dbt can go on with it from where it failed.
    pub const fn can_be_retried(self) -> bool {
        matches!(self, Self::Build | Self::Run | Self::Seed | Self::Snapshot | Self::Retry)
    }
}

/// The names alone: what each command does is said once, in the description of the tool.
impl JsonSchema for DbtCommand {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DbtCommand".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": Self::ALL.map(Self::as_str)})
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
    /// Let `test` work on the warehouse itself, so that what the project's hooks write down of the run stays.
    pub record: bool,
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
            DbtCommand::Test if self.store_failures || self.record => Effect::Write,
            _ => Effect::Read,
        }
    }
}
