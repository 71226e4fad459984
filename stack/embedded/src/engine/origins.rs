//! Which tables a statement reads, and when each was loaded.

use std::collections::BTreeSet;
use std::ffi::CString;

use data_stack_core::ports::warehouse::TableOrigin;
use duckdb::ffi;
use serde_json::Value;

use super::handle::{Connection, EngineError, text};
use super::lexer::{Token, tokens};
use super::query::rows_of;
use super::session::literal;

/// Tables that are named.
const TABLES: usize = 20;
/// Words among which the views are looked for.
const WORDS: usize = 2_000;

/// The tables of `catalog` that the statement names. What cannot be found out is left out.
pub(super) fn of(connection: &Connection, catalog: &str, sql: &str) -> Vec<TableOrigin> {
    let (tables, words) = (names(connection, sql), words(sql));
    if tables.is_empty() && words.is_empty() {
        return Vec::new();
    }
    let found = existing(connection, catalog, &tables, &words).and_then(|mut found| {
        add_loads(connection, &mut found)?;
        Ok(found)
    });
    found.inspect_err(|error| tracing::debug!(%error, "a statement's tables are not known")).unwrap_or_default()
}

/// The words of the statement. DuckDB says which tables it reads, those behind views too, and not through which views.
fn words(sql: &str) -> Vec<String> {
    let words =
        tokens(sql).unwrap_or_default().into_iter().filter_map(|(_, token)| if let Token::Word(word) = token { Some(word) } else { None });
    words.take(WORDS).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The last part of every table name in the statement, in lower case.
fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let Ok(sql) = CString::new(sql) else { return Vec::new() };
    // SAFETY: the connection is open and the text ends in NUL; the list is destroyed once.
    let mut list = unsafe { ffi::duckdb_get_table_names(connection.raw, sql.as_ptr(), false) };
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: the value is a live list.
    let count = unsafe { ffi::duckdb_get_list_size(list) }.min(TABLES as u64);
    let mut names: Vec<String> = (0..count).filter_map(|index| entry(list, index)).collect();
    // SAFETY: as above.
    unsafe { ffi::duckdb_destroy_value(&raw mut list) };
    names.sort();
    names
}

fn entry(list: ffi::duckdb_value, index: u64) -> Option<String> {
    // SAFETY: the list is live and the index in range; value and text are freed once.
    unsafe {
        let mut value = ffi::duckdb_get_list_child(list, index);
        let raw = ffi::duckdb_get_varchar(value);
        ffi::duckdb_destroy_value(&raw mut value);
        if raw.is_null() {
            return None;
        }
        let name = text(raw).to_lowercase();
        ffi::duckdb_free(raw.cast());
        Some(name)
    }
}

/// The tables and views of those names: a name may stand in several schemas, and the statement says which only to the binder.
fn existing(connection: &Connection, catalog: &str, tables: &[String], words: &[String]) -> Result<Vec<TableOrigin>, EngineError> {
    let catalog = literal(catalog);
    let list = |names: &[String]| names.iter().map(|name| literal(name)).chain(["NULL".to_owned()]).collect::<Vec<_>>().join(", ");
    let (tables, words) = (list(tables), list(words));
    let sql = format!(
        "SELECT schema_name || '.' || table_name, 'table' FROM duckdb_tables() WHERE database_name = {catalog} AND NOT internal AND lower(table_name) \
         IN ({tables}) UNION ALL SELECT schema_name || '.' || view_name, 'view' FROM duckdb_views() WHERE database_name = {catalog} AND NOT internal \
         AND lower(view_name) IN ({words}) ORDER BY 1 LIMIT {TABLES}"
    );
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(rows_of(connection, &sql)?
        .iter()
        .map(|row| TableOrigin { table: text(&row[0]), kind: text(&row[1]), ..TableOrigin::default() })
        .collect())
}

/// When the tables were loaded by data-stack, where its ledger of loads knows.
fn add_loads(connection: &Connection, origins: &mut [TableOrigin]) -> Result<(), EngineError> {
    let ledger =
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '_data_stack' AND table_name = 'loads'";
    if origins.is_empty() || rows_of(connection, ledger)?.is_empty() {
        return Ok(());
    }
    let sql = "SELECT table_schema || '.' || table_name, strftime(max(loaded_at), '%Y-%m-%dT%H:%M:%SZ'), arg_max(source, loaded_at) FROM \
               _data_stack.loads GROUP BY ALL";
    for row in rows_of(connection, sql)? {
        for origin in origins.iter_mut().filter(|origin| row[0].as_str() == Some(origin.table.as_str())) {
            origin.loaded_at = row[1].as_str().map(str::to_owned);
            origin.source = row[2].as_str().map(str::to_owned);
        }
    }
    Ok(())
}
