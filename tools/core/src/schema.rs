//! JSON Schemas in the subset that every MCP client accepts.
//!
//! Clients differ in what they refuse: `$ref`, null unions, root combinators, `uint64` formats. One refused schema can hide
//! every tool of a server, so schemas are inlined and simplified here, once, and a test holds them to it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// How deep an output schema is spelled out; what lies deeper is named by its type only, to keep listings short.
const OUTPUT_DEPTH: usize = 1;

/// The schema of a tool's arguments: a closed object with documented properties.
pub fn input<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>();
    simplify(&mut schema);
    close_root(&mut schema);
    schema
}

/// The schema of a tool's result data: what every answer holds, by its types, to a depth of one. What only some answers hold
/// may be there too, and costs no listing.
pub fn output<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>();
    simplify(&mut schema);
    keep_required(&mut schema);
    strip_prose(&mut schema, OUTPUT_DEPTH);
    schema
}

/// Leaves the notes of an enum's values out of listings, where the names say enough: `#[schemars(transform = names_only)]`.
pub fn names_only(schema: &mut Schema) {
    if let Some(Value::Array(branches)) = schema.get_mut("oneOf") {
        branches.iter_mut().filter_map(Value::as_object_mut).for_each(|branch| drop(branch.remove("description")));
    }
}

fn keep_required(schema: &mut Value) {
    let always = schema["required"].as_array().cloned().unwrap_or_default();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| always.iter().any(|one| one == name));
    }
}

fn generate<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}

fn close_root(schema: &mut Value) {
    if let Value::Object(object) = schema {
        object.insert("type".into(), json!("object"));
        object.entry("properties").or_insert_with(|| json!({}));
        object.insert("additionalProperties".into(), json!(false));
        object.remove("description");
    }
}

fn simplify(schema: &mut Value) {
    if *schema == Value::Bool(true) {
        *schema = any_value();
    }
    let Value::Object(object) = schema else { return };
    for key in ["$schema", "title", "$defs"] {
        object.remove(key);
    }
    if object.get("default").is_some_and(says_nothing) {
        object.remove("default");
    }
    // A count is never negative.
    if object.get("minimum").and_then(Value::as_f64) == Some(0.0) {
        object.remove("minimum");
    }
    if object.get("format").and_then(Value::as_str).is_some_and(is_rust_format) {
        object.remove("format");
    }
    drop_null(object);
    split_types(object);
    if object.get("items") == Some(&json!(true)) {
        object.remove("items");
    }
    merge_constants(object);
    fold_whitespace(object);
    for value in children(object) {
        simplify(value);
    }
}

/// A default that a reader would guess: an optional property that is left out is off or empty.
fn says_nothing(default: &Value) -> bool {
    match default {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn is_rust_format(format: &str) -> bool {
    matches!(format, "float" | "double") || format.starts_with("int") || format.starts_with("uint")
}

/// `type: [T, null]`, `anyOf: [S, null]` and `enum: [.., null]` become `T`, `S` and `enum: [..]`: an optional property is
/// left out, never null.
fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    for combinator in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = object.get_mut(combinator) else { continue };
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove(combinator);
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}

/// `type: [A, B]` becomes `anyOf: [{type: A}, {type: B}]`: some clients know a single type only.
fn split_types(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get("type") {
        let branches: Vec<Value> = types.iter().map(|kind| json!({"type": kind})).collect();
        object.remove("type");
        object.insert("anyOf".into(), Value::Array(branches));
    }
}

/// Any JSON value, said in types: a bare `true` is no schema to some clients.
fn any_value() -> Value {
    let branches = ["object", "array", "string", "number", "boolean"].map(|kind| json!({"type": kind}));
    json!({"anyOf": branches})
}

/// An enum whose variants carry documentation arrives as `oneOf: [{const, description}]`; it becomes a plain `enum` with the
/// documentation in the description.
fn merge_constants(object: &mut Map<String, Value>) {
    let Some(branches) = object.get("oneOf").and_then(Value::as_array) else { return };
    let mut values = Vec::new();
    let mut notes = Vec::new();
    for branch in branches {
        let found: Vec<Value> = match (branch.get("const"), branch.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => vec![value.clone()],
            (None, Some(several)) => several.clone(),
            _ => return,
        };
        if let (Some(note), [value]) = (branch.get("description").and_then(Value::as_str), found.as_slice()) {
            notes.push(format!("{}: {note}", value.as_str().unwrap_or_default()));
        }
        values.extend(found);
    }
    object.remove("oneOf");
    object.insert("type".into(), json!("string"));
    object.insert("enum".into(), Value::Array(values));
    if !notes.is_empty() {
        let own = object.get("description").and_then(Value::as_str).map_or_else(String::new, |text| format!("{text} "));
        object.insert("description".into(), json!(format!("{own}{}", notes.join(" "))));
    }
}

fn fold_whitespace(object: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

fn strip_prose(schema: &mut Value, depth: usize) {
    let Value::Object(object) = schema else { return };
    for key in ["description", "default", "examples", "minimum", "maximum", "minLength", "maxLength", "required"] {
        object.remove(key);
    }
    if depth == 0 {
        for key in ["properties", "items", "additionalProperties", "anyOf", "oneOf"] {
            object.remove(key);
        }
        return;
    }
    let is_array = object.contains_key("items");
    for value in children(object) {
        strip_prose(value, if is_array { depth } else { depth - 1 });
    }
}

fn children(object: &mut Map<String, Value>) -> Vec<&mut Value> {
    let mut found = Vec::new();
    for (key, value) in object.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => found.extend(properties.values_mut()),
            ("items" | "additionalProperties", value) => found.push(value),
            ("anyOf" | "oneOf" | "allOf", Value::Array(branches)) => found.extend(branches.iter_mut()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{input, output};
    use serde_json::json;

    /// How it is written.
    #[derive(schemars::JsonSchema, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Format {
        /// Rows.
        Json,
        /// A table.
        Markdown,
    }

    #[derive(schemars::JsonSchema, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Arguments {
        /// The statement.
        sql: String,
        /// At most
        /// so many.
        limit: Option<u32>,
        format: Option<Format>,
    }

    #[test]
    fn arguments_become_a_closed_object_without_references_or_nulls() {
        assert_eq!(
            input::<Arguments>(),
            json!({
                "type": "object",
                "properties": {
                    "sql": {"type": "string", "description": "The statement."},
                    "limit": {"type": "integer", "description": "At most so many."},
                    "format": {"type": "string", "enum": ["json", "markdown"], "description": "How it is written. json: Rows. markdown: A table."}
                },
                "required": ["sql"],
                "additionalProperties": false
            })
        );
    }

    #[derive(schemars::JsonSchema, serde::Deserialize)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Loose {
        #[schemars(schema_with = "two_types")]
        either: serde_json::Value,
        rows: Vec<serde_json::Value>,
    }

    fn two_types(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["array", "object", "null"]})
    }

    #[test]
    fn loose_values_are_said_in_single_types() {
        let schema = input::<Loose>();
        assert_eq!(schema["properties"]["either"], json!({"anyOf": [{"type": "array"}, {"type": "object"}]}));
        assert_eq!(schema["properties"]["rows"], json!({"type": "array"}));
    }

    #[test]
    fn results_carry_the_types_of_what_is_always_there_without_prose() {
        assert_eq!(output::<Arguments>()["properties"], json!({"sql": {"type": "string"}}));
    }
}
