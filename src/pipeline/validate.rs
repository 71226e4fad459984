//! Step three: the arguments, held against the tool's schema before any of them is used.
//!
//! Models often send `"42"` for 42 and one string for a list of strings; that is read as meant. Anything else that does not
//! fit is refused with the path of the value, what it should be and, for names, what it may have been meant to be.

use data_stack_core::nearest::nearest;
use data_stack_core::{Code, ToolError};
use serde_json::{Map, Value, json};

/// Longest string that an argument may hold, in bytes, where the schema sets no limit of its own.
const MAX_STRING: usize = 1 << 20;
/// Longest list that an argument may hold, where the schema sets no limit of its own.
const MAX_ITEMS: usize = 10_000;

/// The arguments as the tool expects them, or what is wrong with them.
pub fn validate(schema: &Value, arguments: Value) -> Result<Value, ToolError> {
    let arguments = match arguments {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    };
    fit(schema, arguments, "")
}

fn fit(schema: &Value, value: Value, path: &str) -> Result<Value, ToolError> {
    if let Some(branches) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        return fit_any(branches, value, path);
    }
    let value = coerce(schema, value);
    let value = match schema.get("type").and_then(Value::as_str) {
        Some("object") => fit_object(schema, value, path)?,
        Some("array") => fit_array(schema, value, path)?,
        Some("string") => fit_string(schema, value, path)?,
        Some("integer") if !(value.is_i64() || value.is_u64()) => return Err(wrong_type(path, "a whole number", &value)),
        Some("number") if !value.is_number() => return Err(wrong_type(path, "a number", &value)),
        Some("boolean") if !value.is_boolean() => return Err(wrong_type(path, "true or false", &value)),
        _ => value,
    };
    check_range(schema, &value, path)?;
    check_choice(schema, &value, path)?;
    Ok(value)
}

/// Fits the value to the branch of its own type before any other is tried: an object that may stand beside a list is no list of one.
fn fit_any(branches: &[Value], value: Value, path: &str) -> Result<Value, ToolError> {
    let takes = |branch: &Value, value: &Value| {
        let kind = branch.get("type").and_then(Value::as_str).unwrap_or_default();
        kind == kind_of(value) || (kind == "number" && value.is_number())
    };
    let value = match value {
        Value::String(text) if !branches.iter().any(|branch| takes(branch, &json!(""))) => structure(text),
        other => other,
    };
    let (own, others): (Vec<&Value>, Vec<&Value>) = branches.iter().partition(|branch| takes(branch, &value));
    let mut first = None;
    for branch in own.into_iter().chain(others) {
        match fit(branch, value.clone(), path) {
            Ok(value) => return Ok(value),
            Err(error) => first = first.or(Some(error)),
        }
    }
    first.map_or(Ok(value), Err)
}

/// A list or object that arrived as text, where no text is wanted.
fn structure(text: String) -> Value {
    match serde_json::from_str::<Value>(&text) {
        Ok(value) if value.is_array() || value.is_object() => value,
        _ => Value::String(text),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn coerce(schema: &Value, value: Value) -> Value {
    match (schema.get("type").and_then(Value::as_str), value) {
        (Some("integer"), Value::String(text)) => text.trim().parse::<i64>().map_or(Value::String(text), Value::from),
        (Some("integer"), Value::Number(number)) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        (Some("number"), Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => json!(number),
            _ => Value::String(text),
        },
        (Some("boolean"), Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::String(text),
        },
        (Some(kind @ ("array" | "object")), Value::String(text)) => coerce_json(kind, text),
        (Some("array"), value @ (Value::Number(_) | Value::Bool(_) | Value::Object(_))) => Value::Array(vec![value]),
        (_, value) => value,
    }
}

/// A list or object that arrived as text: as JSON, or for a list as its only item.
fn coerce_json(kind: &str, text: String) -> Value {
    match serde_json::from_str::<Value>(&text) {
        Ok(value) if kind == "array" && value.is_array() || kind == "object" && value.is_object() => value,
        _ if kind == "array" => Value::Array(vec![Value::String(text)]),
        _ => Value::String(text),
    }
}

fn fit_object(schema: &Value, value: Value, path: &str) -> Result<Value, ToolError> {
    let Value::Object(given) = value else { return Err(wrong_type(path, "an object", &value)) };
    let empty = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let additional = schema.get("additionalProperties");
    let mut out = Map::new();
    for (key, item) in given {
        let at = join(path, &key);
        match (known.get(&key), additional) {
            // An optional argument that is sent as null was left out.
            (Some(_), _) if item.is_null() => {}
            (Some(property), _) | (None, Some(property @ Value::Object(_))) => drop(out.insert(key, fit(property, item, &at)?)),
            (None, Some(Value::Bool(false))) => return Err(unknown_key(&at, &key, known)),
            (None, _) => drop(out.insert(key, item)),
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !out.contains_key(name) {
            let at = join(path, name);
            let about = known.get(name).and_then(|property| property.get("description")).and_then(Value::as_str).unwrap_or_default();
            return Err(ToolError::invalid(&at, format!("`{at}` is missing"), format!("Give `{at}`. {about}").trim().to_owned()));
        }
    }
    Ok(Value::Object(out))
}

fn fit_array(schema: &Value, value: Value, path: &str) -> Result<Value, ToolError> {
    let Value::Array(items) = value else { return Err(wrong_type(path, "a list", &value)) };
    let limit = schema.get("maxItems").and_then(Value::as_u64).map_or(MAX_ITEMS, |limit| limit as usize);
    if items.len() > limit {
        return Err(ToolError::invalid(path, format!("`{path}` has {} items", items.len()), format!("Give at most {limit}.")));
    }
    let Some(item_schema) = schema.get("items") else { return Ok(Value::Array(items)) };
    let fitted = items.into_iter().enumerate().map(|(index, item)| fit(item_schema, item, &format!("{path}[{index}]")));
    fitted.collect::<Result<_, _>>().map(Value::Array)
}

fn fit_string(schema: &Value, value: Value, path: &str) -> Result<Value, ToolError> {
    let Value::String(text) = value else { return Err(wrong_type(path, "text", &value)) };
    if text.contains('\0') {
        return Err(ToolError::invalid(path, format!("`{path}` contains a NUL character"), "Send it without the NUL character."));
    }
    let limit = schema.get("maxLength").and_then(Value::as_u64).map_or(MAX_STRING, |limit| limit as usize);
    if text.len() > limit && text.chars().count() > limit {
        return Err(ToolError::invalid(
            path,
            format!("`{path}` is {} characters long", text.chars().count()),
            format!("Send at most {limit}."),
        ));
    }
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0) as usize;
    if text.chars().count() < least {
        return Err(ToolError::invalid(path, format!("`{path}` is too short"), format!("Send at least {least} character(s).")));
    }
    Ok(Value::String(text))
}

fn check_range(schema: &Value, value: &Value, path: &str) -> Result<(), ToolError> {
    let Some(number) = value.as_f64() else { return Ok(()) };
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (least, most) = (bound("minimum"), bound("maximum"));
    if least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most) {
        return Ok(());
    }
    let range = match (least, most) {
        (Some(least), Some(most)) => format!("between {least} and {most}"),
        (Some(least), None) => format!("of at least {least}"),
        (_, most) => format!("of at most {}", most.unwrap_or_default()),
    };
    Err(ToolError::invalid(path, format!("`{path}` is {value}"), format!("Give a value {range}.")))
}

fn check_choice(schema: &Value, value: &Value, path: &str) -> Result<(), ToolError> {
    let Some(choices) = schema.get("enum").and_then(Value::as_array) else { return Ok(()) };
    if choices.contains(value) {
        return Ok(());
    }
    let names: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
    Err(ToolError::invalid(path, format!("`{path}` cannot be {}", shown(value)), format!("Give one of: {}.", names.join(", ")))
        .valid(names))
}

fn unknown_key(at: &str, key: &str, known: &Map<String, Value>) -> ToolError {
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let near = nearest(key, names.iter().copied(), 1);
    let hint = match near.first() {
        Some(near) => format!("Did you mean `{near}`? Known: {}.", names.join(", ")),
        None if names.is_empty() => "It takes no arguments.".to_owned(),
        None => format!("Known: {}.", names.join(", ")),
    };
    ToolError::invalid(at, format!("there is no argument `{at}`"), hint).valid(names)
}

fn wrong_type(path: &str, wanted: &str, value: &Value) -> ToolError {
    let name = if path.is_empty() { "the arguments".to_owned() } else { format!("`{path}`") };
    let verb = if path.is_empty() { "are" } else { "is" };
    ToolError::new(Code::InvalidInput, format!("{name} {verb} {}, which is not {wanted}", shown(value)), format!("Send {wanted}.")).at(path)
}

/// A value as an error shows it: short.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    data_stack_core::text::clean(&text, 60)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::validate;
    use serde_json::{Value, json};

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "sql": {"type": "string", "maxLength": 20, "minLength": 1, "description": "One statement."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100},
                "share": {"type": "number"},
                "fresh": {"type": "boolean"},
                "format": {"type": "string", "enum": ["json", "csv"]},
                "columns": {"type": "array", "items": {"type": "string"}},
                "types": {"type": "object", "additionalProperties": {"type": "string"}},
                "dialect": {"type": "object", "properties": {"quote": {"type": "string"}}, "additionalProperties": false}
            },
            "required": ["sql"],
            "additionalProperties": false
        })
    }

    #[test]
    fn what_models_commonly_send_is_read_as_meant() {
        let given =
            json!({"sql": "x", "limit": "42", "share": "0.5", "fresh": "TRUE", "columns": "a", "types": "{\"a\":\"INT\"}", "format": null});
        let meant = json!({"sql": "x", "limit": 42, "share": 0.5, "fresh": true, "columns": ["a"], "types": {"a": "INT"}});
        assert_eq!(validate(&schema(), given), Ok(meant));
        assert_eq!(validate(&schema(), json!({"sql": "x", "limit": 7.0})), Ok(json!({"sql": "x", "limit": 7})));
        assert_eq!(validate(&schema(), json!("{\"sql\": \"x\"}")), Ok(json!({"sql": "x"})));
    }

    #[test]
    fn an_object_that_may_stand_beside_a_list_stays_one_also_as_text() {
        let schema = json!({"type": "object", "properties": {"params": {"anyOf": [{"type": "array"}, {"type": "object"}]}}});
        for (given, meant) in [
            (json!({"country": "France"}), json!({"country": "France"})),
            (json!("{\"country\": \"France\"}"), json!({"country": "France"})),
            (json!([1, "a"]), json!([1, "a"])),
            (json!("[1]"), json!([1])),
            (json!("France"), json!(["France"])),
            (json!(7), json!([7])),
        ] {
            assert_eq!(validate(&schema, json!({"params": given})), Ok(json!({"params": meant})), "{given}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_path_reason_and_next_step() {
        for (given, field, message, hint) in [
            (json!({}), "sql", "`sql` is missing", "Give `sql`. One statement."),
            (
                json!({"sql": "x", "limits": 3}),
                "limits",
                "there is no argument `limits`",
                "Did you mean `limit`? Known: sql, limit, share, fresh, format, columns, types, dialect.",
            ),
            (json!({"sql": "x", "limit": "many"}), "limit", "`limit` is \"many\", which is not a whole number", "Send a whole number."),
            (json!({"sql": "x", "limit": 0}), "limit", "`limit` is 0", "Give a value between 1 and 100."),
            (json!({"sql": "x", "limit": 1.5}), "limit", "`limit` is 1.5, which is not a whole number", "Send a whole number."),
            (json!({"sql": 5}), "sql", "`sql` is 5, which is not text", "Send text."),
            (json!({"sql": "a\u{0}b"}), "sql", "`sql` contains a NUL character", "Send it without the NUL character."),
            (json!({"sql": "x".repeat(21)}), "sql", "`sql` is 21 characters long", "Send at most 20."),
            (json!({"sql": ""}), "sql", "`sql` is too short", "Send at least 1 character(s)."),
            (json!({"sql": "x", "format": "xml"}), "format", "`format` cannot be \"xml\"", "Give one of: json, csv."),
            (json!({"sql": "x", "columns": ["a", 5]}), "columns[1]", "`columns[1]` is 5, which is not text", "Send text."),
            (
                json!({"sql": "x", "dialect": {"qoute": "'"}}),
                "dialect.qoute",
                "there is no argument `dialect.qoute`",
                "Did you mean `quote`? Known: quote.",
            ),
            (json!([1]), "", "the arguments are [1], which is not an object", "Send an object."),
        ] {
            let error = validate(&schema(), given.clone()).expect_err(&given.to_string());
            assert_eq!((error.field.as_deref(), error.message.as_str(), error.hints[0].as_str()), (Some(field), message, hint));
        }
    }
}
