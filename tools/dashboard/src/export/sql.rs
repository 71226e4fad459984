//! Values written into a statement, for apps whose queries take none.

use serde_json::{Map, Value};

/// The statement with `$name` replaced by `write`; what stands in quotes or comments stays as it is.
pub(super) fn replaced(sql: &str, values: &Map<String, Value>, write: impl Fn(&str, &Value) -> String) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(next) = rest.find(['\'', '"', '$', '-', '/']) {
        out.push_str(&rest[..next]);
        rest = &rest[next..];
        let taken = passed(rest).unwrap_or_else(|| {
            let name: String = rest[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            match values.get(&name).filter(|_| rest.starts_with('$')) {
                Some(value) => {
                    out.push_str(&write(&name, value));
                    rest = &rest[1 + name.len()..];
                    0
                }
                None => 1,
            }
        });
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// How long the quoted text or comment is that begins here.
fn passed(text: &str) -> Option<usize> {
    let end = |close: &str, from: usize| text[from..].find(close).map_or(text.len(), |at| from + at + close.len());
    match text.get(..2) {
        Some("--") => Some(end("\n", 2)),
        Some("/*") => Some(end("*/", 2)),
        _ if text.starts_with('\'') => Some(end("'", 1)),
        _ if text.starts_with('"') => Some(end("\"", 1)),
        _ => None,
    }
}

/// A value as SQL.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_where_they_are_asked_for_and_nowhere_else() {
        let values = json!({ "c": "x' OR '1'='1", "n": 2.5 }).as_object().cloned().unwrap();
        let sql = "SELECT '$c', \"$n\", $c, $unknown -- $c\n/* $n */ WHERE a - $n > 0 AND s = 'it''s $c'";
        let expected = "SELECT '$c', \"$n\", 'x'' OR ''1''=''1', $unknown -- $c\n/* $n */ WHERE a - 2.5 > 0 AND s = 'it''s $c'";
        assert_eq!(replaced(sql, &values, |_, value| literal(value)), expected);
    }
}
