//! What `run_dbt` takes.

use data_stack_core::ports::dbt::{DbtCommand, DbtJob};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The arguments of `run_dbt`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "they are dbt's own switches, each independent of the others")]
pub struct RunDbtInput {
    /// Default build.
    pub command: DbtCommand,
    /// Its folder; by default the workspace's own.
    pub project: Option<String>,
    /// Everything by default.
    pub select: Vec<String>,
    /// Selectors too.
    pub exclude: Vec<String>,
    /// Of selectors.yml.
    pub selector: Option<String>,
    /// Such as model, test, seed.
    pub resource_types: Vec<String>,
    /// The project's variables.
    #[schemars(schema_with = "any_object")]
    pub vars: Map<String, Value>,
    /// A target of the profile.
    pub target: Option<String>,
    /// Rebuild incremental tables.
    pub full_refresh: bool,
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// Nodes at once.
    #[schemars(range(min = 1, max = 64))]
    pub threads: Option<u32>,
    /// To `state`.
    pub defer: bool,
    /// With `defer`.
    pub favor_state: bool,
    /// A folder of artifacts.
    pub state: Option<String>,
    /// Build without rows.
    pub empty: bool,
    /// In tables; `test` writes then.
    pub store_failures: bool,
    /// `test`: keep results in the warehouse.
    pub record: bool,
    /// SQL with Jinja for `compile`, `show`.
    pub inline_sql: Option<String>,
    /// `show`: rows (20); `list`: nodes (500).
    #[schemars(range(min = 1, max = 10_000))]
    pub limit: Option<u32>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// `lineage`: of columns too.
    pub columns: bool,
    /// Default both.
    pub direction: Option<Direction>,
    /// Default all.
    pub depth: Option<u32>,
}

/// An object, said without a word on its values.
fn any_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object"})
}

/// Which way lineage is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Upstream,
    Downstream,
    #[default]
    Both,
}

impl RunDbtInput {
    /// The job for the port.
    pub(crate) fn job(&self, request_id: &str) -> DbtJob {
        DbtJob {
            command: self.command,
            project: self.project.clone(),
            select: self.select.clone(),
            exclude: self.exclude.clone(),
            selector: self.selector.clone(),
            resource_types: self.resource_types.clone(),
            vars: self.vars.clone(),
            target: self.target.clone(),
            full_refresh: self.full_refresh,
            fail_fast: self.fail_fast,
            threads: self.threads,
            defer: self.defer,
            favor_state: self.favor_state,
            state: self.state.clone(),
            empty: self.empty,
            store_failures: self.store_failures,
            record: self.record,
            inline_sql: self.inline_sql.clone(),
            request_id: request_id.to_owned(),
        }
    }
}
