//! The quality family: one verdict over everything that is checked.

mod sarif;
mod validate;

use data_stack_core::AnyTool;

pub use validate::{Validate, ValidateInput, ValidateOutput};

/// The family's tools.
pub const TOOLS: &[&dyn AnyTool] = &[&Validate];
