//! Why a result is empty: how many rows each condition leaves by itself, and what the column really holds.
//!
//! DuckDB's own parser takes the statement apart and puts the probing statements together, so conditions are never cut out
//! of text. Only statements over a single table are explained; anything unexpected ends the explanation silently.

use std::time::{Duration, Instant};

use data_stack_core::Warning;
use serde_json::{Value, json};

use super::handle::Connection;
use super::query::rows_of;
use super::session::{identifier, literal};

/// Conditions that are probed.
const CONDITIONS: usize = 6;
/// Probing ends after this time.
const PATIENCE: Duration = Duration::from_millis(400);
/// Larger tables are not probed condition by condition.
const PROBED_ROWS: i64 = 20_000_000;

/// What is known about an empty result, if anything.
pub(crate) fn explain_empty(connection: &Connection, sql: &str) -> Option<Warning> {
    let message = Probe { connection, started: Instant::now() }.explain(sql)?;
    Some(Warning { code: "empty_result".into(), message })
}

struct Probe<'connection> {
    connection: &'connection Connection,
    started: Instant,
}

impl Probe<'_> {
    fn explain(&self, sql: &str) -> Option<String> {
        let node = self.parse(sql)?;
        let template = self.parse("SELECT count(*) FROM t")?;
        if node["type"] != "SELECT_NODE" || node["from_table"]["type"] != "BASE_TABLE" {
            return None;
        }
        let table = node["from_table"]["table_name"].as_str()?.to_owned();
        let count = |condition: &Value| self.count(&template, &node["from_table"], condition);
        let (_, total) = count(&Value::Null)?;
        if total == 0 {
            return Some(format!("`{table}` has no rows."));
        }
        let conditions = conjuncts(&node["where_clause"]);
        if conditions.is_empty() || total > PROBED_ROWS {
            return None;
        }
        let found: Vec<String> = conditions
            .into_iter()
            .take(CONDITIONS)
            .map_while(|condition| Some(self.describe(condition, &node["from_table"], count(condition)?)))
            .collect();
        Some(format!("No row matches. `{table}` has {total} rows; by itself, {}.", found.join("; ")))
    }

    /// What one condition leaves, and the column's true values when it leaves nothing.
    fn describe(&self, condition: &Value, table: &Value, (sql, rows): (String, i64)) -> String {
        let text = sql.split_once(" WHERE ").map_or("", |(_, condition)| condition);
        let described = format!("`{text}` matches {rows}");
        let facts = if rows == 0 { self.column_facts(condition, table) } else { None };
        facts.map_or_else(|| described.clone(), |facts| format!("{described} ({facts})"))
    }

    fn column_facts(&self, condition: &Value, table: &Value) -> Option<String> {
        let column = column_of(condition)?;
        let from = relation(table)?;
        let wanted = condition["right"]["value"]["value"].as_str();
        let range = self.first(&format!(
            "SELECT min({column})::VARCHAR, max({column})::VARCHAR, approx_count_distinct({column})::INTEGER FROM {from}"
        ))?;
        let (Some(least), Some(greatest)) = (range[0].as_str(), range[1].as_str()) else { return Some(format!("{column} is always NULL")) };
        let near = wanted.filter(|_| condition["type"] == "COMPARE_EQUAL").and_then(|wanted| self.nearest(&column, &from, wanted));
        Some(match near {
            Some(near) => format!("nearest values of {column}: {near}"),
            None => format!("{column} runs from {} to {}, about {} distinct", shown(least), shown(greatest), range[2]),
        })
    }

    fn nearest(&self, column: &str, from: &str, wanted: &str) -> Option<String> {
        let sql = format!(
            "SELECT string_agg(quoted, ', ') FROM (SELECT '''' || left(v, 40) || '''' AS quoted FROM (SELECT DISTINCT {column}::VARCHAR AS v FROM {from} \
             WHERE {column} IS NOT NULL LIMIT 10000) ORDER BY jaro_winkler_similarity(lower(v), {}) DESC, v LIMIT 3)",
            literal(&wanted.to_lowercase())
        );
        self.first(&sql)?[0].as_str().map(str::to_owned)
    }

    /// The statement that counts the rows of `table` under `condition`, and its result.
    fn count(&self, template: &Value, table: &Value, condition: &Value) -> Option<(String, i64)> {
        let mut node = template.clone();
        node["from_table"] = table.clone();
        node["where_clause"] = condition.clone();
        let tree = json!({ "error": false, "statements": [{ "node": node, "named_param_map": [] }] });
        let written = self.first(&format!("SELECT json_deserialize_sql({}::JSON)", literal(&tree.to_string())))?;
        let sql = written[0].as_str()?.to_owned();
        let rows = self.first(&sql)?[0].as_i64()?;
        Some((sql, rows))
    }

    fn parse(&self, sql: &str) -> Option<Value> {
        let row = self.first(&format!("SELECT json_serialize_sql({})", literal(sql)))?;
        let mut tree: Value = serde_json::from_str(row[0].as_str()?).ok()?;
        Some(tree["statements"][0]["node"].take()).filter(|node| !node.is_null())
    }

    fn first(&self, sql: &str) -> Option<Vec<Value>> {
        if self.started.elapsed() > PATIENCE {
            return None;
        }
        rows_of(self.connection, sql).ok()?.into_iter().next()
    }
}

fn conjuncts(condition: &Value) -> Vec<&Value> {
    match condition["type"].as_str() {
        Some("CONJUNCTION_AND") => condition["children"].as_array().into_iter().flatten().flat_map(conjuncts).collect(),
        Some(_) => vec![condition],
        None => Vec::new(),
    }
}

/// The column of a comparison with a constant, as SQL.
fn column_of(condition: &Value) -> Option<String> {
    if condition["class"] != "COMPARISON" || condition["right"]["class"] != "CONSTANT" {
        return None;
    }
    let names: Vec<String> = condition["left"]["column_names"].as_array()?.iter().filter_map(Value::as_str).map(identifier).collect();
    names.last().cloned()
}

fn relation(table: &Value) -> Option<String> {
    let parts = ["catalog_name", "schema_name", "table_name"].map(|part| table[part].as_str().unwrap_or_default());
    let named: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).map(identifier).collect();
    (!named.is_empty()).then(|| named.join("."))
}

fn shown(value: &str) -> String {
    data_stack_core::text::clean(value, 40)
}
