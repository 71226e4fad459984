//! The values of a dashboard's parameters: checked, and bound as values, never pasted.

use std::collections::BTreeMap;

use data_stack_core::ToolError;
use serde_json::{Map, Value};

use crate::spec::{Parameter, ParameterKind};

/// Names and numbers in a statement.
pub(crate) fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).filter(|word| !word.is_empty())
}

/// The names of the parameters that a statement asks for.
pub(crate) fn asked(sql: &str) -> impl Iterator<Item = &str> {
    words(sql).filter_map(|word| word.strip_prefix('$')).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
}

/// The values that the statement asks for.
pub(crate) fn used(sql: &str, values: &Map<String, Value>) -> Map<String, Value> {
    let asked: Vec<&str> = asked(sql).collect();
    values.iter().filter(|(name, _)| asked.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect()
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
