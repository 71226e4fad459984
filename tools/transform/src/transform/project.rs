//! The project that a pipeline builds: the workspace's own, or the one that data-stack brings along.

use data_stack_core::ports::warehouse::CatalogJob;
use data_stack_core::{Ctx, ToolError};

/// Whether there is something to build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ready {
    /// Folders that were placed for it.
    pub(super) placed: Vec<String>,
    /// Why there is nothing to build.
    pub(super) missing: Option<String>,
}

/// Sees to it that there is a project, if the one that is brought along fits the table.
pub(super) async fn ready(table: Option<&str>, ctx: &Ctx) -> Result<Ready, ToolError> {
    let Ok(starter) = ctx.ports.starter() else { return Ok(Ready::default()) };
    if starter.is_needless() {
        return Ok(Ready::default());
    }
    let (wanted, columns) = starter.stands_on();
    if table == Some(wanted) && has(wanted, columns, ctx).await? {
        return Ok(Ready { placed: starter.place()?, missing: None });
    }
    let why = format!(
        "the workspace has no dbt project, and the one that data-stack brings along is for {wanted} with the columns {}",
        columns.join(", ")
    );
    Ok(Ready { placed: Vec::new(), missing: Some(why) })
}

async fn has(table: &str, columns: &[&str], ctx: &Ctx) -> Result<bool, ToolError> {
    let (schema, name) = table.split_once('.').unwrap_or(("main", table));
    let job = CatalogJob { schema: Some(schema.to_owned()), table: Some(name.to_owned()), limit: 1, ..CatalogJob::default() };
    let found = ctx.ports.warehouse()?.catalog(job, &ctx.control).await?;
    let Some(table) = found.tables.first() else { return Ok(false) };
    Ok(columns.iter().all(|column| table.columns.iter().any(|found| found.name.eq_ignore_ascii_case(column))))
}
