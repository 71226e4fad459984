//! The transform family: models, tests and lineage with dbt.

mod rows;
mod run_dbt;
mod summary;

use data_stack_core::AnyTool;

pub use run_dbt::{RunDbt, RunDbtInput, RunDbtOutput};

/// The family's tools.
pub const TOOLS: &[&dyn AnyTool] = &[&RunDbt];
