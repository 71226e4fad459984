//! Values for a statement's placeholders.

use data_stack_core::ToolError;
use data_stack_core::ports::warehouse::Parameters;
use duckdb::ffi;
use serde_json::Value;

use super::handle::c_text;
use super::statement::Prepared;

/// Binds `parameters`, which must fit the placeholders exactly.
///
/// Numbers, texts, booleans and null keep their type; arrays and objects arrive as JSON text, to be cast in the SQL, as in
/// `$ids::INTEGER[]`.
pub(crate) fn bind(prepared: &Prepared<'_>, parameters: &Parameters) -> Result<(), ToolError> {
    let placeholders = prepared.placeholders();
    for (index, value) in values_for(&placeholders, parameters)?.into_iter().enumerate() {
        bind_one(prepared, index as u64 + 1, value)
            .map_err(|reason| ToolError::invalid(format!("params.{}", placeholders[index]), reason, "Give another value."))?;
    }
    Ok(())
}

fn values_for<'a>(placeholders: &[String], parameters: &'a Parameters) -> Result<Vec<&'a Value>, ToolError> {
    match parameters {
        Parameters::Positional(values) if values.len() == placeholders.len() => Ok(values.iter().collect()),
        Parameters::Positional(values) => {
            let message = format!("the statement has {} placeholders and `params` has {} values", placeholders.len(), values.len());
            Err(ToolError::invalid("params", message, "Give one value for each placeholder (`?` or `$1`), in order.").valid(placeholders))
        }
        Parameters::Named(values) => named(placeholders, values),
    }
}

fn named<'a>(placeholders: &[String], values: &'a serde_json::Map<String, Value>) -> Result<Vec<&'a Value>, ToolError> {
    if let Some(unknown) = values.keys().find(|key| !placeholders.contains(key)) {
        let message = format!("the statement has no placeholder `${unknown}`");
        return Err(ToolError::invalid(format!("params.{unknown}"), message, "Name only the statement's placeholders.").valid(placeholders));
    }
    let missing = |name: &String| {
        ToolError::invalid("params", format!("the placeholder `${name}` has no value"), format!("Add `{name}` to `params`."))
            .valid(placeholders)
    };
    placeholders.iter().map(|name| values.get(name).ok_or_else(|| missing(name))).collect()
}

fn bind_one(prepared: &Prepared<'_>, index: u64, value: &Value) -> Result<(), String> {
    let statement = prepared.raw;
    // SAFETY (all calls): the statement is live, the index in range, and texts are copied by DuckDB.
    let state = match value {
        Value::Null => unsafe { ffi::duckdb_bind_null(statement, index) },
        Value::Bool(value) => unsafe { ffi::duckdb_bind_boolean(statement, index, *value) },
        Value::Number(number) => bind_number(statement, index, number),
        Value::String(text) => bind_text(statement, index, text)?,
        Value::Array(_) | Value::Object(_) => bind_text(statement, index, &value.to_string())?,
    };
    if state == ffi::DuckDBSuccess { Ok(()) } else { Err(format!("DuckDB does not take {value} here")) }
}

fn bind_number(statement: ffi::duckdb_prepared_statement, index: u64, number: &serde_json::Number) -> ffi::duckdb_state {
    // SAFETY: the caller gives a live statement and an index in range.
    unsafe {
        if let Some(integer) = number.as_i64() {
            ffi::duckdb_bind_int64(statement, index, integer)
        } else if let Some(integer) = number.as_u64() {
            ffi::duckdb_bind_uint64(statement, index, integer)
        } else {
            ffi::duckdb_bind_double(statement, index, number.as_f64().unwrap_or(f64::NAN))
        }
    }
}

fn bind_text(statement: ffi::duckdb_prepared_statement, index: u64, text: &str) -> Result<ffi::duckdb_state, String> {
    let text = c_text(text).map_err(|error| error.message)?;
    // SAFETY: the caller gives a live statement and an index in range; DuckDB copies the text.
    Ok(unsafe { ffi::duckdb_bind_varchar(statement, index, text.as_ptr()) })
}
