//! The query family: SQL over the warehouse, and what the warehouse holds.

mod describe_data;
mod query_duckdb;
mod render;

use data_stack_core::AnyTool;

pub use describe_data::{DescribeData, DescribeInput};
pub use query_duckdb::{Format, Mode, QueryDuckdb, QueryInput, QueryOutput};

/// The family's tools.
pub const TOOLS: &[&dyn AnyTool] = &[&QueryDuckdb, &DescribeData];
