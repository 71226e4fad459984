//! The ingest family: files into tables.

mod ingest;
mod name;
mod summary;

use data_stack_core::AnyTool;

pub use ingest::{IngestInput, IngestOutput, IngestTool};

/// The family's tools.
pub const TOOLS: &[&dyn AnyTool] = &[&IngestTool];
