//! Runs the queries of a dashboard: each once, within limits, with its parameters bound as values.

use std::collections::{BTreeMap, HashMap};

use data_stack_charts::Data;
use data_stack_charts::page::Truth;
use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Explain, Parameters, QueryJob, QueryLimits};
use data_stack_core::{Code, Ctx, Effect, ToolError};
use serde_json::{Map, Value};

use crate::spec::{Dashboard, Parameter, ParameterKind, Tile};

/// Most rows that a tile may be made of.
const ROWS: usize = 10_000;

/// The rows of a query, and where they come from.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) data: Data,
    pub(crate) truth: Truth,
    /// Whether the query gave more rows than a tile may be made of.
    pub(crate) cut: bool,
    pub(crate) elapsed_ms: f64,
}

/// What every query of a dashboard shares.
pub(crate) struct Runner<'a> {
    ctx: &'a Ctx,
    values: Map<String, Value>,
    catalog: Catalog,
    answers: HashMap<String, Result<Answer, ToolError>>,
}

impl<'a> Runner<'a> {
    /// A runner with these values for the dashboard's parameters.
    pub(crate) async fn new(ctx: &'a Ctx, values: Map<String, Value>) -> Result<Self, ToolError> {
        let job = CatalogJob { limit: 500, ..CatalogJob::default() };
        let catalog = ctx.ports.warehouse()?.catalog(job, &ctx.control).await?;
        Ok(Self { ctx, values, catalog, answers: HashMap::new() })
    }

    /// The warehouse's tables.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The rows of a statement; the same statement is run once.
    pub(crate) async fn rows(&mut self, sql: &str) -> Result<Answer, ToolError> {
        if let Some(known) = self.answers.get(sql) {
            return known.clone();
        }
        let answer = self.run(sql, Explain::None).await;
        if let Err(error) = &answer
            && matches!(error.code, Code::Cancelled | Code::Timeout)
        {
            return answer;
        }
        self.answers.insert(sql.to_owned(), answer.clone());
        answer
    }

    /// Plans a statement without running it, so that unknown names and statements that write are found.
    pub(crate) async fn check(&self, sql: &str) -> Result<(), ToolError> {
        self.run(sql, Explain::Plan).await.map(|_| ())
    }

    async fn run(&self, sql: &str, explain: Explain) -> Result<Answer, ToolError> {
        let job = QueryJob {
            sql: sql.to_owned(),
            parameters: Parameters::Named(used(sql, &self.values)),
            effect: Effect::Read,
            database: None,
            attach: Vec::new(),
            limit: ROWS,
            explain,
            export: None,
            snapshot: false,
            limits: QueryLimits::MOST,
        };
        let page = self.ctx.ports.warehouse()?.query(job, &self.ctx.control).await?;
        let hash = hash(&page.rows);
        let (cut, elapsed_ms) = (page.cursor.is_some(), page.elapsed_ms);
        let columns: Vec<(String, String)> = page.columns.into_iter().map(|column| (column.name, column.kind)).collect();
        let data = Data::of_query(columns.iter().map(|(name, kind)| (name.as_str(), kind.as_str())), page.rows);
        let truth = Truth {
            sql: sql.trim().to_owned(),
            rows: data.rows.len() as u64,
            as_of: self.catalog.modified_at.clone(),
            fresh_as_of: self.loaded(sql),
            hash,
            checks: Vec::new(),
        };
        Ok(Answer { data, truth, cut, elapsed_ms })
    }

    /// When the stalest of the tables that the statement names was loaded.
    fn loaded(&self, sql: &str) -> Option<String> {
        let words: Vec<String> = words(sql).map(str::to_lowercase).collect();
        let named = self.catalog.tables.iter().filter(|table| words.contains(&table.name.to_lowercase()));
        named.filter_map(|table| table.loaded_at.clone()).min()
    }
}

/// Names and numbers in a statement.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).filter(|word| !word.is_empty())
}

/// The values that the statement asks for.
fn used(sql: &str, values: &Map<String, Value>) -> Map<String, Value> {
    let asked: Vec<&str> = words(sql).filter_map(|word| word.strip_prefix('$')).collect();
    values.iter().filter(|(name, _)| asked.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The names of the parameters that a statement asks for.
pub(crate) fn asked(sql: &str) -> impl Iterator<Item = &str> {
    words(sql).filter_map(|word| word.strip_prefix('$')).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
}

fn hash(rows: &[Vec<Value>]) -> String {
    let mut hasher = blake3::Hasher::new();
    for row in rows {
        hasher.update(Value::from(row.clone()).to_string().as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// The statement of a tile, if it has one.
pub(crate) fn statement<'a>(dashboard: &'a Dashboard, tile: &'a Tile) -> Option<&'a str> {
    tile.sql.as_deref().or_else(|| dashboard.data.get(tile.data.as_deref()?).map(String::as_str))
}

/// The values of a dashboard's parameters: those given, checked, over the defaults.
pub(crate) fn values(parameters: &BTreeMap<String, Parameter>, given: &Map<String, Value>) -> Result<Map<String, Value>, ToolError> {
    if let Some(unknown) = given.keys().find(|name| !parameters.contains_key(*name)) {
        let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
        let message = format!("the dashboard has no parameter `{unknown}`");
        return Err(ToolError::invalid(format!("parameters.{unknown}"), message, "Name one of its parameters.").valid(names));
    }
    let one = |(name, parameter): (&String, &Parameter)| {
        let value = given.get(name).unwrap_or(&parameter.default);
        checked(name, parameter, value).map(|value| (name.clone(), value))
    };
    parameters.iter().map(one).collect()
}

fn checked(name: &str, parameter: &Parameter, value: &Value) -> Result<Value, ToolError> {
    let field = format!("parameters.{name}");
    let value = match (parameter.kind, value) {
        (ParameterKind::Number, Value::String(text)) => text.parse::<f64>().map_or_else(|_| value.clone(), Value::from),
        (ParameterKind::Text, Value::Number(number)) => Value::from(number.to_string()),
        _ => value.clone(),
    };
    let (fits, needs) = match parameter.kind {
        ParameterKind::Text => (value.is_string() || value.is_null(), "text"),
        ParameterKind::Number => (value.is_number() || value.is_null(), "a number"),
        ParameterKind::Boolean => (value.is_boolean() || value.is_null(), "true or false"),
        ParameterKind::Date => (value.as_str().is_some_and(is_date) || value.is_null(), "a date such as 2026-01-31"),
    };
    if !fits {
        return Err(ToolError::invalid(field, format!("`{name}` is {value} and must be {needs}"), "Give another value."));
    }
    if !parameter.values.is_empty() && !parameter.values.contains(&value) {
        let values: Vec<String> =
            parameter.values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
        return Err(ToolError::invalid(field, format!("`{name}` may not be {value}"), "Give one of its values.").valid(values));
    }
    Ok(value)
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2) && parts.into_iter().all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_checked_and_only_those_asked_for_are_bound() {
        let parameters: BTreeMap<String, Parameter> = serde_json::from_value(json!({
            "country": { "type": "text", "default": "Norway", "values": ["Norway", "Spain"] },
            "since": { "type": "date", "default": "2010-12-01" },
            "least": { "type": "number", "default": 0 },
        }))
        .unwrap();
        let given = json!({ "least": "2.5" }).as_object().cloned().unwrap();
        let found = values(&parameters, &given).unwrap();
        assert_eq!(json!(found), json!({ "country": "Norway", "least": 2.5, "since": "2010-12-01" }));
        assert_eq!(json!(used("SELECT 1 WHERE c = $country AND x > 0", &found)), json!({ "country": "Norway" }));
        for (name, value) in [("country", "France"), ("since", "yesterday"), ("least", "much"), ("unknown", "1")] {
            let given = json!({ name: value }).as_object().cloned().unwrap();
            assert_eq!(values(&parameters, &given).unwrap_err().field, Some(format!("parameters.{name}")));
        }
    }
}
