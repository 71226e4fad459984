//! The score over time, in a table of the warehouse.

use data_stack_core::ports::warehouse::{Explain, Parameters, QueryJob, QueryLimits};
use data_stack_core::{Ctx, Effect, ToolError};
use serde_json::{Value, json};

use super::types::{Recorded, Status, ValidateInput};

/// Scores that an answer shows.
const SHOWN: usize = 10;
const TABLE: &str = "_data_stack.quality";

/// Records the verdict if that was asked, and answers with the latest recorded ones.
pub(super) async fn keep(input: &ValidateInput, status: Status, score: f64, ctx: &Ctx) -> Result<Vec<Recorded>, ToolError> {
    if input.record {
        run("CREATE SCHEMA IF NOT EXISTS _data_stack", Vec::new(), Effect::Write, ctx).await?;
        let create = format!("CREATE TABLE IF NOT EXISTS {TABLE} (at TIMESTAMP, request_id VARCHAR, score DOUBLE, status VARCHAR)");
        run(&create, Vec::new(), Effect::Write, ctx).await?;
        let insert = format!("INSERT INTO {TABLE} VALUES (now()::TIMESTAMP, ?, ?, ?)");
        run(&insert, vec![json!(ctx.request_id), json!(score), json!(status.as_str())], Effect::Write, ctx).await?;
    }
    let select = format!("SELECT strftime(at, '%Y-%m-%dT%H:%M:%SZ'), score, status FROM {TABLE} ORDER BY at DESC LIMIT {SHOWN}");
    // Nothing recorded yet is no error.
    let rows = run(&select, Vec::new(), Effect::Read, ctx).await.unwrap_or_default();
    Ok(rows.iter().map(|row| Recorded { at: word(&row[0]), score: row[1].as_f64().unwrap_or_default(), status: word(&row[2]) }).collect())
}

async fn run(sql: &str, values: Vec<Value>, effect: Effect, ctx: &Ctx) -> Result<Vec<Vec<Value>>, ToolError> {
    let job = QueryJob {
        sql: sql.to_owned(),
        parameters: Parameters::Positional(values),
        effect,
        database: None,
        attach: Vec::new(),
        limit: SHOWN,
        explain: Explain::None,
        export: None,
        snapshot: false,
        limits: QueryLimits::MOST,
    };
    Ok(ctx.ports.warehouse()?.query(job, &ctx.control).await?.rows)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
