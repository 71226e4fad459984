//! Where the columns of models come from, told from their compiled SQL.
//!
//! DuckDB itself parses each model, so everything that it understands is read here as it reads it. Columns are then looked up by
//! scope: `with` queries, subqueries, joins, `*` and aliases. What that cannot tell, such as a pivot, a table function without
//! named columns or `columns(…)`, is said to be unresolved and not guessed.

mod query;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use data_stack_core::ports::Warehouse;
use data_stack_core::ports::dbt::Lineage;
use data_stack_core::ports::warehouse::{Parameters, QueryJob};
use data_stack_core::{Code, Control, ToolError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use query::Resolver;
use scope::Output;

/// Columns of a warehouse that are looked at.
const COLUMNS: usize = 200_000;

/// The columns of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ModelColumns {
    /// The model.
    pub model: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnOrigin>,
    /// Why nothing can be said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<String>,
}

/// A column and what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ColumnOrigin {
    /// Its name.
    pub column: String,
    /// `copied`, `computed` or `constant`.
    pub kind: &'static str,
    /// The columns that the model takes it from, as `node.column`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub from: Vec<String>,
    /// Where those begin, as far as the graph was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sources: Vec<String>,
    /// What of it cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<String>,
}

/// The columns of every model of a graph that came with its SQL.
pub(crate) async fn of(lineage: &Lineage, warehouse: &dyn Warehouse, control: &Control) -> Result<Vec<ModelColumns>, ToolError> {
    let mut parsed = BTreeMap::new();
    for (id, sql) in &lineage.sql {
        control.check()?;
        parsed.insert(id.as_str(), syntax(sql, warehouse, control).await?);
    }
    let graph = Graph { names: names(lineage), tables: tables(warehouse, control).await?, parsed, lineage };
    let mut models = BTreeMap::new();
    let ids: Vec<&str> = lineage.nodes.iter().map(|node| node.unique_id.as_str()).filter(|id| lineage.sql.contains_key(*id)).collect();
    for id in &ids {
        graph.resolve(id, &mut models, &mut Vec::new());
    }
    Ok(ids.iter().map(|id| graph.described(id, &models)).collect())
}

/// The syntax tree of a statement, or why DuckDB gives none.
async fn syntax(sql: &str, warehouse: &dyn Warehouse, control: &Control) -> Result<Result<Value, String>, ToolError> {
    let rows = ask("SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_empty := true)", vec![json!(sql)], 1, warehouse, control)
        .await?;
    let tree = match rows.first().and_then(|row| row.first()) {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(tree) => tree.clone(),
        None => Value::Null,
    };
    match tree["statements"].get(0).map(|statement| statement["node"].clone()) {
        Some(node) if tree["error"] == false => Ok(Ok(node)),
        _ => Ok(Err(tree["error_message"].as_str().unwrap_or("DuckDB cannot parse it as one query").to_owned())),
    }
}

/// The columns of each table of the warehouse, by `schema.name` in lower case.
async fn tables(warehouse: &dyn Warehouse, control: &Control) -> Result<BTreeMap<String, Vec<String>>, ToolError> {
    let sql = "SELECT lower(schema_name || '.' || table_name), column_name FROM duckdb_columns() \
               WHERE NOT internal AND database_name = current_database() ORDER BY table_oid, column_index";
    let rows = match ask(sql, Vec::new(), COLUMNS, warehouse, control).await {
        Err(error) if error.code == Code::NotFound => Vec::new(),
        rows => rows?,
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        if let [Value::String(table), Value::String(column)] = row.as_slice() {
            tables.entry(table.clone()).or_default().push(column.clone());
        }
    }
    Ok(tables)
}

async fn ask(
    sql: &str,
    values: Vec<Value>,
    limit: usize,
    warehouse: &dyn Warehouse,
    control: &Control,
) -> Result<Vec<Vec<Value>>, ToolError> {
    let job = QueryJob { parameters: Parameters::Positional(values), ..QueryJob::reading(sql, limit) };
    Ok(warehouse.query(job, control).await?.rows)
}

/// Each node's unique name by its table, as `schema.name` in lower case.
fn names(lineage: &Lineage) -> BTreeMap<String, String> {
    let table = |relation: &str| relation.split_once('.').map(|(_, table)| table.to_lowercase());
    lineage.nodes.iter().filter_map(|node| Some((table(node.relation.as_deref()?)?, node.unique_id.clone()))).collect()
}

/// What is known of the project before any column is looked up.
struct Graph<'a> {
    names: BTreeMap<String, String>,
    tables: BTreeMap<String, Vec<String>>,
    parsed: BTreeMap<&'a str, Result<Value, String>>,
    lineage: &'a Lineage,
}

type Models<'a> = BTreeMap<&'a str, Vec<Output>>;

impl<'a> Graph<'a> {
    /// Looks the columns of a model up, those of the models that it reads first: they need not be built.
    fn resolve(&'a self, id: &'a str, models: &mut Models<'a>, path: &mut Vec<&'a str>) {
        if models.contains_key(id) || path.contains(&id) {
            return;
        }
        let Some(Ok(tree)) = self.parsed.get(id) else { return };
        path.push(id);
        for (parent, _) in self.lineage.edges.iter().filter(|(_, child)| child == id) {
            if self.parsed.contains_key(parent.as_str()) {
                self.resolve(parent, models, path);
            }
        }
        path.pop();
        let outputs = Resolver::new(&|table| self.columns(table, models)).outputs(tree);
        models.insert(id, outputs);
    }

    fn columns(&self, table: &str, models: &Models<'_>) -> Option<Vec<String>> {
        let made = self.names.get(table).and_then(|id| models.get(id.as_str()));
        made.map(|outputs| outputs.iter().map(|output| output.name.clone()).collect()).or_else(|| self.tables.get(table).cloned())
    }

    fn described(&self, id: &str, models: &Models<'_>) -> ModelColumns {
        let model = self.label(id);
        let unresolved = match self.parsed.get(id) {
            Some(Err(why)) => Some(why.clone()),
            _ => None,
        };
        let outputs = models.get(id).into_iter().flatten();
        ModelColumns { model, unresolved, columns: outputs.map(|output| self.origin(output, models)).collect() }
    }

    fn origin(&self, output: &Output, models: &Models<'_>) -> ColumnOrigin {
        let from: Vec<String> = output.from.iter().map(|(table, column)| self.written(table, column)).collect();
        let mut roots = BTreeSet::new();
        for (table, column) in &output.from {
            self.roots(table, column, models, &mut roots, &mut BTreeSet::new());
        }
        let sources: Vec<String> = roots.into_iter().collect();
        let kind = match (output.computed, output.from.is_empty()) {
            (false, false) => "copied",
            (true, true) if output.unresolved.is_none() => "constant",
            _ => "computed",
        };
        let sources = if sources == from { Vec::new() } else { sources };
        ColumnOrigin { column: output.name.clone(), kind, from, sources, unresolved: output.unresolved.clone() }
    }

    /// Follows a column up to where nothing more is known of it.
    fn roots(&self, table: &str, column: &str, models: &Models<'_>, roots: &mut BTreeSet<String>, seen: &mut BTreeSet<(String, String)>) {
        if !seen.insert((table.to_owned(), column.to_lowercase())) {
            return;
        }
        let made = self.names.get(table).and_then(|id| models.get(id.as_str()));
        match made.and_then(|outputs| outputs.iter().find(|output| output.name.eq_ignore_ascii_case(column))) {
            Some(output) => output.from.iter().for_each(|(table, column)| self.roots(table, column, models, roots, seen)),
            None => {
                roots.insert(self.written(table, column));
            }
        }
    }

    fn written(&self, table: &str, column: &str) -> String {
        let node = self.names.get(table).map_or_else(|| table.to_owned(), |id| self.label(id));
        format!("{node}.{column}")
    }

    fn label(&self, id: &str) -> String {
        self.lineage.nodes.iter().find(|node| node.unique_id == id).map_or_else(|| id.to_owned(), |node| node.name.clone())
    }
}
