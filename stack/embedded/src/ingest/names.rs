//! Names of tables and columns, and how they are written in SQL.

use std::collections::HashSet;

use data_stack_core::{ToolError, text};
use serde::{Deserialize, Serialize};

/// Schemas of ours and of the engine, into which nothing is loaded.
const RESERVED: [&str; 4] = ["information_schema", "pg_catalog", "temp", "system"];

/// The schema that holds the ledger of loads.
pub(crate) const LEDGER_SCHEMA: &str = "_data_stack";

/// The schema that holds the previous contents of replaced tables.
pub(crate) const PREVIOUS_SCHEMA: &str = "_data_stack_previous";

const MAX_NAME: usize = 128;

/// A table, by schema and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableName {
    pub(crate) schema: String,
    pub(crate) name: String,
}

impl TableName {
    /// Reads `table` or `schema.table`; parts may be quoted as in SQL.
    pub(crate) fn parse(text: &str) -> Result<Self, ToolError> {
        let parts = split(text).ok_or_else(|| bad(text, "its quotes are not closed"))?;
        let (schema, name) = match parts.as_slice() {
            [name] => ("main", name.as_str()),
            [schema, name] => (schema.as_str(), name.as_str()),
            _ => return Err(bad(text, "it has more than two parts")),
        };
        for part in [schema, name] {
            check(text, part)?;
        }
        let lower = schema.to_lowercase();
        if RESERVED.contains(&lower.as_str()) || lower.starts_with(LEDGER_SCHEMA) {
            return Err(bad(text, &format!("the schema `{schema}` is reserved")));
        }
        Ok(Self { schema: schema.to_owned(), name: name.to_owned() })
    }

    /// The name for SQL, below `catalog`.
    pub(crate) fn sql(&self, catalog: &str) -> String {
        format!("{}.{}.{}", identifier(catalog), identifier(&self.schema), identifier(&self.name))
    }

    /// Where the previous contents of the table are kept.
    pub(crate) fn previous(&self) -> Self {
        let name = if self.schema == "main" { self.name.clone() } else { format!("{}.{}", self.schema, self.name) };
        Self { schema: PREVIOUS_SCHEMA.to_owned(), name }
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", plain(&self.schema), plain(&self.name))
    }
}

/// A name as it can be written in SQL: bare where that is safe.
fn plain(name: &str) -> String {
    let bare = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if bare && !name.starts_with(|first: char| first.is_ascii_digit()) { name.to_owned() } else { identifier(name) }
}

/// A name as a quoted SQL identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether two names mean the same column or table.
pub(crate) fn same(first: &str, second: &str) -> bool {
    first.to_lowercase() == second.to_lowercase()
}

fn bad(text: &str, why: &str) -> ToolError {
    let shown = text::clean(text, MAX_NAME);
    ToolError::invalid(
        "table",
        format!("`{shown}` cannot be a table's name: {why}"),
        "Use `table` or `schema.table`, such as `orders` or `raw.orders`.",
    )
}

fn check(text: &str, part: &str) -> Result<(), ToolError> {
    if part.trim().is_empty() {
        return Err(bad(text, "a part of it is empty"));
    }
    if part.chars().count() > MAX_NAME {
        return Err(bad(text, "it is longer than 128 characters"));
    }
    if part.chars().any(char::is_control) {
        return Err(bad(text, "it holds control characters"));
    }
    Ok(())
}

/// Splits at dots outside quotes and removes the quotes; `None` when a quote is not closed.
fn split(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let part = parts.last_mut()?;
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => part.extend(characters.next()),
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            other => part.push(other),
        }
    }
    (!quoted).then_some(parts)
}

/// A header's cells as column names: trimmed, never blank, never twice. Says what it changed.
pub(crate) fn columns(cells: &[String]) -> (Vec<String>, Vec<String>) {
    let mut taken = HashSet::new();
    let mut notes = Vec::new();
    let mut names = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let clean = text::clean(cell, MAX_NAME);
        let wanted = match clean.trim() {
            "" => format!("column{}", at + 1),
            name => name.to_owned(),
        };
        let name = free(&wanted, &taken);
        taken.insert(name.to_lowercase());
        if clean.trim().is_empty() {
            notes.push(format!("column {} has no name and is called `{name}`", at + 1));
        } else if name != wanted {
            notes.push(format!("the name `{wanted}` occurs again as column {} and is called `{name}` there", at + 1));
        }
        names.push(name);
    }
    (names, notes)
}

fn free(wanted: &str, taken: &HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken.contains(&name.to_lowercase())).unwrap_or_default()
}

/// Checks that a type given by the caller is a type and nothing else, so that it can stand in SQL.
pub(crate) fn check_type(column: &str, kind: &str) -> Result<(), ToolError> {
    let mut depth = 0i32;
    let plain = kind.chars().all(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        depth >= 0 && (character.is_ascii_alphanumeric() || "_ ,()[]".contains(character))
    });
    if plain && depth == 0 && !kind.trim().is_empty() && kind.len() <= 1000 {
        return Ok(());
    }
    let message = format!("`{}` is no type", text::clean(kind, 60));
    Err(ToolError::invalid(
        format!("types.{column}"),
        message,
        "Use a DuckDB type such as `BIGINT`, `VARCHAR`, `TIMESTAMP` or `DECIMAL(18,3)`.",
    ))
}

#[cfg(test)]
mod tests {
    use super::{TableName, check_type, columns};

    #[test]
    fn table_names_are_read_and_written() {
        let cases = [
            ("orders", "main.orders", "\"w\".\"main\".\"orders\""),
            ("raw.orders", "raw.orders", "\"w\".\"raw\".\"orders\""),
            ("raw.\"my.table\"", "raw.\"my.table\"", "\"w\".\"raw\".\"my.table\""),
            ("x\"; DROP TABLE y; --\"", "main.\"x; DROP TABLE y; --\"", "\"w\".\"main\".\"x; DROP TABLE y; --\""),
            ("\"a\"\"b\"", "main.\"a\"\"b\"", "\"w\".\"main\".\"a\"\"b\""),
        ];
        for (text, shown, sql) in cases {
            let name = TableName::parse(text).unwrap();
            assert_eq!((name.to_string().as_str(), name.sql("w").as_str()), (shown, sql));
        }
    }

    #[test]
    fn reserved_and_broken_names_are_refused() {
        for text in
            ["", ".", "a.b.c", "\"a", "_data_stack.loads", "_DATA_STACK_previous.t", "information_schema.t", "a\nb", &"x".repeat(129)]
        {
            assert_eq!(TableName::parse(text).unwrap_err().field.as_deref(), Some("table"), "{text}");
        }
    }

    #[test]
    fn blank_and_repeated_columns_get_names() {
        let cells = ["a", " A ", "", "a_2", "b"].map(str::to_owned);
        let (names, notes) = columns(&cells);
        assert_eq!(names, ["a", "A_2", "column3", "a_2_2", "b"]);
        assert_eq!(notes.len(), 3);
    }

    #[test]
    fn types_cannot_carry_sql() {
        for kind in ["BIGINT", "DECIMAL(18,3)", "STRUCT(a INTEGER, b VARCHAR)[]", "TIMESTAMP WITH TIME ZONE"] {
            assert!(check_type("c", kind).is_ok(), "{kind}");
        }
        for kind in ["", "INTEGER); DROP TABLE t; --", "INTEGER), (1", "ENUM('a')", "(", "A)("] {
            assert!(check_type("c", kind).is_err(), "{kind}");
        }
    }
}
