//! What a load would do, found without changing anything.

use data_stack_core::ports::ingest::{LoadMode, SchemaPolicy};
use data_stack_core::{ToolError, Warning};
use duckdb::types::ValueRef;
use serde_json::{Value, json};

use super::Database;
use super::part::PartReader;
use crate::ingest::plan::{LoadPlan, Outlook};

const FIRST_ROWS: usize = 10;

/// Looks at what a load would do.
pub(super) fn preview(database: &Database<'_>, plan: &LoadPlan) -> Result<Outlook, ToolError> {
    let survey = match database.survey(plan) {
        Ok(survey) => survey,
        Err(error) if error.field.as_deref() == Some("schema_policy") => return refused(database, plan, &error),
        Err(error) => return Err(error),
    };
    let rows = first_rows(database, survey.readers.first())?;
    let mut warnings = Vec::new();
    if let Some(first) = survey.misfits.first() {
        let message = format!(
            "{} row(s) do not fit the types; the first, line {}, column `{}`: {}",
            survey.misfits.len(),
            first.line,
            first.column,
            first.reason
        );
        warnings.push(Warning { code: "misfits".into(), message });
    }
    Ok(Outlook {
        columns: survey.columns(),
        rows,
        rows_read: survey.rows(),
        changes: survey.target.changes,
        refusal: survey.refusal,
        warnings,
    })
}

/// A refused load is shown as the policy that takes everything would load it, with the reason.
fn refused(database: &Database<'_>, plan: &LoadPlan, error: &ToolError) -> Result<Outlook, ToolError> {
    let lenient = LoadPlan { schema_policy: SchemaPolicy::Evolve, ..plan.clone() };
    let outlook = preview(database, &lenient)?;
    Ok(Outlook { refusal: Some(error.message.clone()), ..outlook })
}

/// Why a load in this mode cannot begin, if it cannot.
pub(super) fn mode_refusal(plan: &LoadPlan, exists: bool) -> Option<String> {
    (plan.mode == LoadMode::Create && exists).then(|| format!("the table {} exists already", plan.table))
}

fn first_rows(database: &Database<'_>, reader: Option<&PartReader>) -> Result<Vec<Vec<Value>>, ToolError> {
    let Some(reader) = reader else { return Ok(Vec::new()) };
    let shown = reader.readings.iter().map(|reading| match reading.kind.as_str() {
        "BOOLEAN" | "BIGINT" | "INTEGER" | "DOUBLE" => reading.value.clone(),
        _ => format!("CAST({} AS VARCHAR)", reading.value),
    });
    let query = format!("SELECT {} FROM {} LIMIT {FIRST_ROWS}", shown.collect::<Vec<_>>().join(", "), reader.from);
    let width = reader.readings.len();
    database.rows(&query, |row| (0..width).map(|at| Ok(value(row.get_ref(at)?))).collect())
}

/// A value for people and programs: integers that a float cannot hold are texts.
fn value(value: ValueRef<'_>) -> Value {
    const EXACT: u64 = 1 << 53;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Boolean(truth) => json!(truth),
        ValueRef::Int(number) => json!(number),
        ValueRef::BigInt(number) if number.unsigned_abs() <= EXACT => json!(number),
        ValueRef::BigInt(number) => json!(number.to_string()),
        ValueRef::Double(number) if number.is_finite() => json!(number),
        ValueRef::Double(number) => json!(number.to_string()),
        ValueRef::Text(text) => json!(data_stack_core::text::clean(&String::from_utf8_lossy(text), 500)),
        other => json!(format!("{other:?}")),
    }
}
