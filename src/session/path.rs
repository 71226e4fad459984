//! Places in a result, as JSON paths (RFC 9535).

use anyhow::anyhow;
use serde_json::Value;
use serde_json_path::JsonPath;

/// A JSON path, and whether it can name one place only.
#[derive(Debug)]
pub(super) struct Selector {
    path: JsonPath,
    single: bool,
}

impl Selector {
    /// Reads a path such as `$.data.rows[0]` or `$.data.columns[*].name`.
    pub(super) fn parse(source: &str) -> anyhow::Result<Self> {
        let path =
            JsonPath::parse(source).map_err(|error| anyhow!("`{source}` is no JSON path ({error}); write one such as `$.data.rows[0]`"))?;
        let several = ["*", "..", "?", ":", ","].iter().any(|mark| outside_quotes(source).contains(mark));
        Ok(Self { path, single: !several })
    }

    /// The value there; an array of all values where the path can name several; nothing where it names none.
    pub(super) fn select(&self, subject: &Value) -> Option<Value> {
        let found = self.path.query(subject).all();
        match (self.single, found.as_slice()) {
            (true, []) => None,
            (true, [one, ..]) => Some((*one).clone()),
            (false, all) => Some(Value::Array(all.iter().map(|value| (*value).clone()).collect())),
        }
    }
}

/// The path without what stands in quotes, where the marks mean nothing.
fn outside_quotes(source: &str) -> String {
    let mut open = None;
    source
        .chars()
        .filter(|&character| match (open, character) {
            (None, '\'' | '"') => {
                open = Some(character);
                false
            }
            (Some(quote), _) if quote == character => {
                open = None;
                false
            }
            (open, _) => open.is_none(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Selector;
    use serde_json::{Value, json};

    fn select(path: &str, subject: &Value) -> Option<Value> {
        Selector::parse(path).unwrap().select(subject)
    }

    #[test]
    fn a_path_to_one_place_gives_its_value_and_a_wider_one_gives_all() {
        let subject = json!({"rows": [{"n": 1}, {"n": 2}], "a*b": 3});
        assert_eq!(select("$.rows[1].n", &subject), Some(json!(2)));
        assert_eq!(select("$.rows[*].n", &subject), Some(json!([1, 2])));
        assert_eq!(select("$['a*b']", &subject), Some(json!(3)));
        assert_eq!(select("$.nowhere", &subject), None);
        assert_eq!(select("$.nowhere[*]", &subject), Some(json!([])));
    }

    #[test]
    fn what_is_no_path_is_refused_with_an_example() {
        assert!(Selector::parse("rows[0]").unwrap_err().to_string().contains("$.data.rows[0]"));
    }
}
