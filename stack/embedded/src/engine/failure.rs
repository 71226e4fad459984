//! DuckDB's errors as callers see them: its own words and position, a stable code, and the next step.

use data_stack_core::{Code, ToolError, nearest};
use serde_json::json;

use super::handle::{Connection, EngineError};
use super::query::rows_of;
use super::session::{Sandbox, literal};

/// How many names are proposed for one that does not exist.
const PROPOSALS: usize = 3;

/// Translates an error of the call's statement; looks for names like the missing one in `catalog`.
pub(crate) fn translate(error: &EngineError, connection: &Connection, catalog: &str, sandbox: &Sandbox) -> ToolError {
    if let Some(table) = between(&error.message, "Table with name ", " does not exist") {
        return missing_table(error, table, connection, catalog);
    }
    if let Some(column) = missing_column_name(&error.message) {
        return missing_column(error, column, connection, catalog);
    }
    plain(error, sandbox)
}

/// Translates an error without looking anything up.
pub(crate) fn plain(error: &EngineError, sandbox: &Sandbox) -> ToolError {
    let (code, hint) = match error.kind() {
        "INTERRUPT" => return ToolError::cancelled(),
        "INTERNAL" | "FATAL" => return ToolError::internal(error.message.clone()),
        "Parser" | "Syntax" => (Code::InvalidInput, "Correct the SQL at the position that DuckDB marks.".to_owned()),
        "Catalog" | "Binder" => (Code::InvalidInput, "Correct the SQL; `describe_data` lists tables, columns and types.".to_owned()),
        "Permission" => (Code::Denied, format!("SQL may read files only below: {}.", list(sandbox))),
        "Missing Extension" => (Code::Denied, "SQL reaches no network and loads no extension; bring the data in with `ingest`.".to_owned()),
        "Out of Memory" => return out_of_memory(error, sandbox),
        "Conversion" => (Code::Failed, "Use TRY_CAST, or leave out the rows that do not convert.".to_owned()),
        "IO" if error.message.contains("No files found") => (Code::NotFound, format!("Name a file below: {}.", list(sandbox))),
        "IO" => (Code::Failed, "Check that the file is readable and of the format that the function reads.".to_owned()),
        "Constraint" => (Code::Failed, "Nothing was changed; leave out the rows that break the constraint.".to_owned()),
        "TransactionContext" => (Code::Failed, "Send the statement again.".to_owned()),
        _ => (Code::Failed, "Change the statement as DuckDB's message says.".to_owned()),
    };
    let field = if error.message.contains("requires the extension") { None } else { Some("sql".to_owned()) };
    ToolError { field, ..ToolError::new(code, error.message.clone(), hint) }
}

fn list(sandbox: &Sandbox) -> String {
    let roots: Vec<String> = sandbox.roots.iter().map(|root| root.display().to_string()).collect();
    roots.join(", ")
}

fn out_of_memory(error: &EngineError, sandbox: &Sandbox) -> ToolError {
    let disk = error.message.contains("max_temp_directory_size") || error.message.contains("temp_directory");
    let (setting, limit) = if disk { ("temporary files", sandbox.temporary_bytes) } else { ("memory_mb", sandbox.memory_bytes) };
    let message = format!("the statement needs more than its limit of {} MiB ({setting}): {}", limit >> 20, error.message);
    ToolError::new(Code::Limit, message, "Aggregate or filter earlier, select fewer columns, or leave out a global ORDER BY or DISTINCT.")
        .hint("Give the call a larger `memory_mb`, or fewer `threads`, which share it.")
        .details(json!({ "setting": setting, "limit_bytes": limit }))
}

fn missing_table(error: &EngineError, table: &str, connection: &Connection, catalog: &str) -> ToolError {
    let known = tables(connection, catalog);
    let near = nearest::nearest(table, known.iter().map(|(name, _)| name.as_str()), PROPOSALS);
    let candidates: Vec<_> =
        known.iter().filter(|(name, _)| near.contains(name)).map(|(name, ddl)| json!({ "table": name, "ddl": ddl })).collect();
    let hint = match near.as_slice() {
        [] if known.is_empty() => "The database holds no tables yet; load a file with `ingest`.".to_owned(),
        [] => format!("There are: {}.", head(known.iter().map(|(name, _)| name.as_str()))),
        near => format!("Did you mean {}?", near.join(", ")),
    };
    let failure = ToolError::new(Code::NotFound, error.message.clone(), hint).at("sql").valid(near);
    if candidates.is_empty() { failure } else { failure.details(json!({ "candidates": candidates })) }
}

fn missing_column(error: &EngineError, column: &str, connection: &Connection, catalog: &str) -> ToolError {
    let known = columns(connection, catalog);
    let near = nearest::nearest(column, known.iter().map(|(_, name)| name.as_str()), PROPOSALS);
    let places: Vec<String> = near
        .iter()
        .flat_map(|wanted| known.iter().filter(move |(_, name)| name == wanted))
        .map(|(table, name)| format!("{table}.{name}"))
        .collect();
    let hint = if places.is_empty() {
        "`describe_data` lists the columns of every table.".to_owned()
    } else {
        format!("Did you mean {}?", head(places.iter().map(String::as_str)))
    };
    let owners: Vec<&str> = places.iter().filter_map(|place| place.rsplit_once('.')).map(|(table, _)| table).collect();
    let ddl: Vec<_> = tables(connection, catalog)
        .into_iter()
        .filter(|(name, _)| owners.contains(&name.as_str()))
        .take(PROPOSALS)
        .map(|(name, ddl)| json!({ "table": name, "ddl": ddl }))
        .collect();
    let failure = ToolError::new(Code::NotFound, error.message.clone(), hint).at("sql").valid(near);
    if ddl.is_empty() { failure } else { failure.details(json!({ "candidates": ddl })) }
}

fn missing_column_name(message: &str) -> Option<&str> {
    between(message, "Referenced column \"", "\"")
        .or_else(|| between(message, "does not have a column named \"", "\""))
        .or_else(|| between(message, "Column with name ", " does not exist"))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn head<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.take(20).collect();
    names.join(", ")
}

/// The tables and views of the catalogue with the statements that would make them.
fn tables(connection: &Connection, catalog: &str) -> Vec<(String, String)> {
    let sql = format!(
        "SELECT if(schema_name = 'main', table_name, schema_name || '.' || table_name), coalesce(sql, '') FROM (SELECT database_name, schema_name, \
         table_name, sql FROM duckdb_tables() WHERE NOT internal UNION ALL SELECT database_name, schema_name, view_name, sql FROM duckdb_views() \
         WHERE NOT internal) WHERE database_name = {} ORDER BY ALL LIMIT 10000",
        literal(catalog)
    );
    pairs(connection, &sql)
}

fn columns(connection: &Connection, catalog: &str) -> Vec<(String, String)> {
    let sql = format!(
        "SELECT if(schema_name = 'main', table_name, schema_name || '.' || table_name), column_name FROM duckdb_columns() \
         WHERE database_name = {} AND NOT internal ORDER BY ALL LIMIT 100000",
        literal(catalog)
    );
    pairs(connection, &sql)
}

/// Two columns of text; none when the lookup itself fails, since it only helps to explain an earlier error.
fn pairs(connection: &Connection, sql: &str) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    rows_of(connection, sql).unwrap_or_default().iter().map(|row| (text(&row[0]), text(&row[1]))).collect()
}
