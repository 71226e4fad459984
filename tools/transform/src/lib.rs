//! The transform family: models, tests and lineage with dbt, and pipelines from a file to what dashboards show.

mod columns;
mod rows;
mod run_dbt;
mod summary;
mod transform;

use data_stack_core::AnyTool;

pub use run_dbt::{RunDbt, RunDbtInput, RunDbtOutput};
pub use transform::{PIPELINES, Transform, TransformInput, TransformOutput};

/// The family's tools.
pub const TOOLS: &[&dyn AnyTool] = &[&RunDbt, &Transform];
