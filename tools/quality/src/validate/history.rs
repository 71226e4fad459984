//! The history of verdicts, in two tables of the warehouse: one row a verdict, one row a check.
//!
//! The tool writes it itself once everything is judged, so it does not depend on what ran on a copy, and a verdict of a project
//! whose tests could not even start is kept like any other.

use data_stack_core::ports::warehouse::{Parameters, QueryJob, QueryPage};
use data_stack_core::{Ctx, Effect, ToolError};
use serde_json::{Value, json};

use super::types::{Check, Recorded, Status, ValidateInput};

/// Scores that an answer shows.
const SHOWN: usize = 10;
const VERDICTS: &str = "_data_stack.quality";
const CHECKS: &str = "_data_stack.quality_checks";
/// UTC without the extension for time zones, which the bundled engine does not have.
const NOW: &str = "make_timestamp(epoch_us(now()))";
/// The fields of a recorded check, as the text of the checks' JSON is read back.
const FIELDS: &str = r#"[{"check_id": "VARCHAR", "scope": "VARCHAR", "status": "VARCHAR", "severity": "VARCHAR", "proposed": "BOOLEAN", "evidence": "VARCHAR"}]"#;

/// What is recorded.
pub(super) struct Verdict<'a> {
    pub(super) status: Status,
    pub(super) score: f64,
    pub(super) checks: &'a [Check],
}

/// Records the verdict if that was asked, and answers with the latest recorded ones.
pub(super) async fn keep(input: &ValidateInput, verdict: &Verdict<'_>, ctx: &Ctx) -> Result<Vec<Recorded>, ToolError> {
    if input.record {
        record(verdict, ctx).await?;
    }
    let select = format!(
        "SELECT strftime(recorded_at, '%Y-%m-%dT%H:%M:%SZ'), score, status FROM {VERDICTS} ORDER BY recorded_at DESC LIMIT {SHOWN}"
    );
    // Nothing recorded yet is no error.
    let rows = run(&select, Vec::new(), Effect::Read, SHOWN, ctx).await.map(|page| page.rows).unwrap_or_default();
    Ok(rows.iter().map(|row| Recorded { at: word(&row[0]), score: row[1].as_f64().unwrap_or_default(), status: word(&row[2]) }).collect())
}

/// The checks first: a verdict that can be seen has all of them.
async fn record(verdict: &Verdict<'_>, ctx: &Ctx) -> Result<(), ToolError> {
    let columns = "check_id VARCHAR, scope VARCHAR, status VARCHAR, severity VARCHAR, proposed BOOLEAN, evidence VARCHAR";
    for table in [
        "CREATE SCHEMA IF NOT EXISTS _data_stack".to_owned(),
        format!("CREATE TABLE IF NOT EXISTS {VERDICTS} (recorded_at TIMESTAMP, request_id VARCHAR, score DOUBLE, status VARCHAR)"),
        format!("CREATE TABLE IF NOT EXISTS {CHECKS} (recorded_at TIMESTAMP, request_id VARCHAR, {columns})"),
    ] {
        run(&table, Vec::new(), Effect::Write, 1, ctx).await?;
    }
    let checks: Vec<Value> = verdict.checks.iter().map(row).collect();
    let insert =
        format!("INSERT INTO {CHECKS} SELECT {NOW}, ?, kept.* FROM (SELECT unnest(from_json(?, '{FIELDS}'), recursive := true)) AS kept");
    run(&insert, vec![json!(ctx.request_id), json!(Value::Array(checks).to_string())], Effect::Write, 1, ctx).await?;
    let insert = format!("INSERT INTO {VERDICTS} VALUES ({NOW}, ?, ?, ?)");
    let values = vec![json!(ctx.request_id), json!(verdict.score), json!(verdict.status.as_str())];
    run(&insert, values, Effect::Write, 1, ctx).await.map(drop)
}

fn row(check: &Check) -> Value {
    json!({
        "check_id": check.id,
        "scope": check.scope,
        "status": check.status,
        "severity": check.severity,
        "proposed": check.proposed,
        "evidence": check.evidence,
    })
}

/// Runs one statement on the warehouse.
pub(super) async fn run(sql: &str, values: Vec<Value>, effect: Effect, limit: usize, ctx: &Ctx) -> Result<QueryPage, ToolError> {
    let job = QueryJob { parameters: Parameters::Positional(values), effect, ..QueryJob::reading(sql, limit) };
    ctx.ports.warehouse()?.query(job, &ctx.control).await
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
