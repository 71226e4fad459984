//! The tool over calls that outlived their first answer: where a job stands, what it ended with, and how to stop it.

mod job;

use data_stack_core::AnyTool;

pub use job::{Action, Input, Job, Output};

/// The family's tools.
pub const TOOLS: &[&dyn AnyTool] = &[&Job];
