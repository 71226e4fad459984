//! dbt tests that fail and, asked again of the same data, hold: they depend on the clock or on luck, not on the data.

use data_stack_core::ports::dbt::{DbtCommand, DbtJob, DbtStatus};
use data_stack_core::ports::warehouse::CatalogJob;
use data_stack_core::{Ctx, ToolError};

use super::scopes::is_end;
use super::types::{Check, Status, ValidateInput};

/// Beyond so many failures the data is the likelier cause, and asking again costs more than it tells.
const MOST: usize = 20;

/// When the warehouse last changed; `None` where that cannot be told.
pub(super) async fn state(ctx: &Ctx) -> Result<Option<String>, ToolError> {
    let Ok(warehouse) = ctx.ports.warehouse() else { return Ok(None) };
    match warehouse.catalog(CatalogJob { limit: 1, ..CatalogJob::default() }, &ctx.control).await {
        Ok(catalog) => Ok(catalog.modified_at),
        Err(error) if is_end(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Asks what failed once more, on a copy, and marks what holds now. Nothing is marked where its state is not the `known` one.
pub(super) async fn mark(checks: &mut [Check], known: Option<String>, input: &ValidateInput, ctx: &Ctx) -> Result<(), ToolError> {
    let failed: Vec<String> = checks.iter().filter(|check| check.status == Status::Fail).map(|check| check.name.clone()).collect();
    if failed.is_empty() || failed.len() > MOST || known.is_none() {
        return Ok(());
    }
    let job = DbtJob {
        command: DbtCommand::Test,
        project: input.project.clone(),
        select: failed,
        request_id: ctx.request_id.clone(),
        ..DbtJob::default()
    };
    let again = match ctx.ports.dbt()?.run(job, &ctx.control).await {
        Ok(report) => report,
        Err(error) if is_end(&error) => return Err(error),
        // The first answer stands as it is.
        Err(_) => return Ok(()),
    };
    if state(ctx).await? != known {
        return Ok(());
    }
    let holds = |name: &str| again.nodes.iter().any(|node| node.name == name && node.status == DbtStatus::Ok);
    for check in checks.iter_mut().filter(|check| check.status == Status::Fail && holds(&check.name)) {
        check.flaky = true;
        check.evidence = format!("Flaky: it failed and, asked again of the same data, held. {}", check.evidence);
        check.fix =
            Some("Make the test give one answer for one state of the data: no now(), random() or limit without an order.".to_owned());
    }
    Ok(())
}
