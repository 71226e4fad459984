//! dbt: models built, tested and looked at, from typed jobs; a command line never crosses this port.

mod contract;
mod graph;
mod job;
mod report;

use crate::{BoxFuture, Control, ToolError};

pub use contract::{Contract, ContractColumn, ContractsJob};
pub use graph::{DbtEntry, Lineage, LineageJob};
pub use job::{DbtCommand, DbtJob};
pub use report::{DbtNode, DbtProblem, DbtReport, DbtRun, DbtStatus};

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
    /// What the project declares of its tables, beside what the last build was declared to make. A project that dbt cannot
    /// read is an error.
    fn contracts<'a>(&'a self, job: ContractsJob, control: &'a Control) -> BoxFuture<'a, Result<Vec<Contract>, ToolError>>;
}
