//! Rows of the warehouse, read as any query reads them: sandboxed, within limits, changing nothing.

use data_stack_core::ports::Warehouse;
use data_stack_core::ports::dbt::{DbtNode, DbtStatus};
use data_stack_core::ports::warehouse::{QueryJob, QueryPage};
use data_stack_core::{Control, Ctx, ToolError, personal};

use crate::run_dbt::Sample;

/// Rows that a failing test shows, and failing tests that show any.
const ROWS: usize = 20;
const TESTS: usize = 20;

/// The first rows of a query.
pub(crate) async fn first(warehouse: &dyn Warehouse, sql: &str, limit: usize, control: &Control) -> Result<QueryPage, ToolError> {
    let sql = format!("SELECT * FROM (\n{}\n) AS shown LIMIT {limit}", sql.trim().trim_end_matches(';'));
    warehouse.query(QueryJob::reading(sql, limit), control).await
}

/// Rows that failed a test, with personal values masked; `None` where there are none to show.
pub(crate) async fn failing(node: &DbtNode, shown: usize, ctx: &Ctx) -> Option<Sample> {
    let wanted = node.kind == "test" && matches!(node.status, DbtStatus::Fail | DbtStatus::Warn) && shown < TESTS;
    let sql = node.compiled_sql.as_deref().filter(|_| wanted)?;
    let warehouse = ctx.ports.warehouse().ok()?;
    let mut page = first(warehouse, sql, ROWS, &ctx.control).await.ok()?;
    let masked = personal::mask(&page.columns, &mut page.rows);
    Some(Sample { columns: page.columns.into_iter().map(|column| column.name).collect(), rows: page.rows, masked })
}
