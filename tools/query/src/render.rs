//! Rows as text: Markdown tables and comma-separated values.

use data_stack_core::ports::warehouse::Column;
use data_stack_core::text::clean;
use serde_json::Value;

/// Characters of a cell in a table.
const CELL: usize = 200;

/// A Markdown table; cells are cleaned of control characters and cut to 200 characters.
pub(crate) fn markdown(columns: &[Column], rows: &[Vec<Value>]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns.iter().map(|column| cell(&column.name)).collect());
    text += &line(columns.iter().map(|column| if is_number(&column.kind) { "---:" } else { "---" }.to_owned()).collect());
    for row in rows {
        text += &line(row.iter().map(|value| cell(&plain(value))).collect());
    }
    text
}

/// Comma-separated values with a header; missing values are empty, and quotes stand where RFC 4180 needs them.
pub(crate) fn csv(columns: &[Column], rows: &[Vec<Value>]) -> String {
    let line = |cells: Vec<String>| format!("{}\n", cells.join(","));
    let header = line(columns.iter().map(|column| quoted(&column.name)).collect());
    let rows = rows.iter().map(|row| line(row.iter().map(csv_cell).collect()));
    std::iter::once(header).chain(rows).collect()
}

/// A value as people read it.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An empty text is quoted, so that it differs from a missing value.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.is_empty() => "\"\"".into(),
        other => quoted(&plain(other)),
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn cell(text: &str) -> String {
    clean(text, CELL).replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")
}

fn is_number(kind: &str) -> bool {
    kind.ends_with("INT") || kind.ends_with("INTEGER") || kind.starts_with("DECIMAL") || ["FLOAT", "DOUBLE", "BIGNUM"].contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns() -> Vec<Column> {
        [("a|b", "BIGINT"), ("c", "VARCHAR")].map(|(name, kind)| Column { name: name.into(), kind: kind.into() }).into()
    }

    #[test]
    fn a_table_keeps_its_shape_whatever_the_data_hold() {
        let rows = [vec![json!(1), json!("x|y\n\u{1b}[31mz")], vec![json!(null), json!({"k": [1]})]];
        assert_eq!(markdown(&columns(), &rows), "| a\\|b | c |\n| ---: | --- |\n| 1 | x\\|y z |\n| NULL | {\"k\":[1]} |\n");
    }

    #[test]
    fn separated_values_are_quoted_and_tell_missing_from_empty() {
        let rows = [vec![json!(null), json!("")], vec![json!(1), json!("a,\"b\"")]];
        assert_eq!(csv(&columns(), &rows), "a|b,c\n,\"\"\n1,\"a,\"\"b\"\"\"\n");
    }
}
