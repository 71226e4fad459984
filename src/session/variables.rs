//! Values that steps save and later steps use as `${name}`.

use anyhow::Context;
use data_stack_core::nearest::nearest;
use serde_json::{Map, Value};

/// The values by name.
#[derive(Debug, Default)]
pub(super) struct Variables {
    values: Map<String, Value>,
}

impl Variables {
    pub(super) fn new(values: Map<String, Value>) -> Self {
        Self { values }
    }

    /// Sets a value, in place of an earlier one.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// The text with its variables filled in.
    pub(super) fn text(&self, text: &str) -> anyhow::Result<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').with_context(|| format!("`{text}` has a `${{` without its `}}`"))?;
            filled.push_str(before);
            let value = self.get(name)?;
            filled.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The value with its variables filled in; a text that is nothing but one variable becomes its value, type included.
    pub(super) fn fill(&self, value: &Value) -> anyhow::Result<Value> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains('}'))
            {
                Some(name) => self.get(name)?.clone(),
                None => Value::String(self.text(text)?),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill(item)).collect::<anyhow::Result<_>>()?),
            Value::Object(fields) => Value::Object(self.fill_all(fields)?),
            other => other.clone(),
        })
    }

    /// Every field with its variables filled in.
    pub(super) fn fill_all(&self, fields: &Map<String, Value>) -> anyhow::Result<Map<String, Value>> {
        fields.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?))).collect()
    }

    fn get(&self, name: &str) -> anyhow::Result<&Value> {
        self.values.get(name).with_context(|| {
            let near = nearest(name, self.values.keys().map(String::as_str), 1).first().map(|near| format!("; did you mean `{near}`?"));
            format!("there is no variable `{name}` yet{}", near.unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Variables;
    use serde_json::json;

    #[test]
    fn a_variable_keeps_its_type_alone_and_becomes_text_within_text() {
        let mut variables = Variables::default();
        variables.set("n", json!(3));
        assert_eq!(variables.fill(&json!({"a": "${n}", "b": ["row ${n} of ${n}"]})).unwrap(), json!({"a": 3, "b": ["row 3 of 3"]}));
    }

    #[test]
    fn an_unknown_variable_is_an_error_with_the_nearest() {
        let mut variables = Variables::default();
        variables.set("cursor", json!(1));
        assert!(variables.text("${curser}").unwrap_err().to_string().contains("did you mean `cursor`"));
    }
}
