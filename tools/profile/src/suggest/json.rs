//! Texts in JSON: a Great Expectations suite, a JSON Schema, the arguments of a load.

use serde_json::{Map, Value, json};

use super::Material;
use super::checks::Rule;
use super::sql::{loses_values, type_of};
use crate::result::{ColumnProfile, ColumnType};

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A suite in the form of Great Expectations 1.x.
pub(super) fn suite(material: &Material<'_>) -> String {
    let names: Vec<&str> = material.profile.columns.iter().map(|column| column.name.as_str()).collect();
    let mut expectations = vec![expectation("expect_table_columns_to_match_ordered_list", &json!({ "column_list": names }))];
    for column in &material.profile.columns {
        for rule in material.of(column) {
            let (kind, mut arguments) = match rule {
                Rule::NotNull => ("expect_column_values_to_not_be_null", json!({})),
                Rule::Unique => ("expect_column_values_to_be_unique", json!({})),
                Rule::OneOf(names) => ("expect_column_values_to_be_in_set", json!({ "value_set": names })),
                Rule::Between(low, high) => ("expect_column_values_to_be_between", json!({ "min_value": low, "max_value": high })),
                Rule::Matches(expression) => ("expect_column_values_to_match_regex", json!({ "regex": expression })),
            };
            arguments["column"] = json!(column.name);
            expectations.push(expectation(kind, &arguments));
        }
    }
    pretty(&json!({ "name": material.table, "expectations": expectations, "meta": { "proposed_by": "data-stack" } }))
}

fn expectation(kind: &str, arguments: &Value) -> Value {
    json!({ "type": kind, "kwargs": arguments, "meta": {} })
}

/// The JSON Schema of a row, as typed JSON.
pub(super) fn schema(material: &Material<'_>) -> String {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for column in &material.profile.columns {
        let mut property = typed(column);
        let mut nullable = true;
        for rule in material.of(column) {
            match rule {
                Rule::NotNull if !loses_values(column) => nullable = false,
                Rule::OneOf(names) => property["enum"] = json!(names),
                Rule::Matches(expression) => property["pattern"] = json!(expression),
                Rule::Between(low, high) => {
                    for (key, bound) in [("minimum", low), ("maximum", high)] {
                        if let Some(bound) = bound {
                            property[key] = json!(bound);
                        }
                    }
                }
                Rule::NotNull | Rule::Unique => {}
            }
        }
        if nullable {
            allow_null(&mut property);
        } else {
            required.push(column.name.clone());
        }
        properties.insert(column.name.clone(), property);
    }
    let schema = "https://json-schema.org/draft/2020-12/schema";
    pretty(&json!({ "$schema": schema, "title": material.table, "type": "object", "properties": properties, "required": required }))
}

fn allow_null(property: &mut Value) {
    let Some(fields) = property.as_object_mut() else { return };
    if let Some(kind) = fields.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    if let Some(names) = fields.get_mut("enum").and_then(Value::as_array_mut) {
        names.push(Value::Null);
    }
}

fn typed(column: &ColumnProfile) -> Value {
    let format = |name: &str| json!({ "type": "string", "format": name });
    match (column.kind, column.semantic_type.as_deref()) {
        (ColumnType::Integer, _) => json!({ "type": "integer" }),
        (ColumnType::Float, _) => json!({ "type": "number" }),
        (ColumnType::Boolean, _) => json!({ "type": "boolean" }),
        (ColumnType::Date, _) => format("date"),
        (_, Some("email")) => format("email"),
        (_, Some("uuid")) => format("uuid"),
        _ => json!({ "type": "string" }),
    }
}

/// The arguments of an `ingest` call that keeps codes as text.
pub(super) fn ingest(material: &Material<'_>) -> String {
    let file = &material.profile.file;
    let mut arguments = json!({ "source": material.origin.name(), "table": material.table });
    if let Some(sheet) = &file.sheet {
        arguments["sheet"] = json!(sheet);
    }
    let codes = material.profile.columns.iter().filter(|column| column.kind == ColumnType::Code && column.evidence.is_some());
    let types: Map<String, Value> = codes.map(|column| (column.name.clone(), json!(type_of(column)))).collect();
    if !types.is_empty() {
        arguments["types"] = types.into();
    }
    let tokens: Vec<&str> = tokens(material).collect();
    let mut dialect = Map::new();
    if !tokens.is_empty() {
        dialect.insert("null_values".into(), std::iter::once("").chain(tokens).collect());
    }
    if file.rejected_rows > 0 {
        arguments["on_error"] = json!("reject");
    }
    if !dialect.is_empty() {
        arguments["dialect"] = dialect.into();
    }
    pretty(&arguments)
}

/// Texts that stand for nothing, in any column, each once.
fn tokens<'a>(material: &'a Material<'_>) -> impl Iterator<Item = &'a str> {
    let all = material.profile.columns.iter().filter_map(|column| column.evidence.as_ref());
    let mut seen: Vec<&str> = Vec::new();
    for token in all.flat_map(|evidence| &evidence.missing_tokens) {
        if !seen.contains(&token.value.as_str()) && !token.value.trim().is_empty() {
            seen.push(&token.value);
        }
    }
    seen.into_iter()
}
