//! A table for the cleaned data.

use super::Material;
use super::checks::Rule;
use crate::result::{ColumnProfile, ColumnType};

/// A name or a text in the quotes of SQL.
pub(super) fn quoted(text: &str, quote: char) -> String {
    format!("{quote}{}{quote}", text.replace(quote, &format!("{quote}{quote}")))
}

/// The type of a column in `DuckDB`, once it is clean.
pub(super) fn type_of(column: &ColumnProfile) -> &'static str {
    match column.kind {
        ColumnType::Integer => "BIGINT",
        ColumnType::Float => "DOUBLE",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Date => "DATE",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Time => "TIME",
        ColumnType::Categorical | ColumnType::Code | ColumnType::Text | ColumnType::Empty => "VARCHAR",
    }
}

/// `CREATE TABLE` with the checks that `DuckDB` enforces. The first key is the primary one.
pub(super) fn table(material: &Material<'_>) -> String {
    let keys = &material.profile.key_candidates;
    let line = |column: &ColumnProfile| {
        let mut line = format!("  {} {}", quoted(&column.name, '"'), type_of(column));
        if material.of(column).any(|rule| *rule == Rule::NotNull) && !loses_values(column) {
            line.push_str(" NOT NULL");
        }
        if material.of(column).any(|rule| *rule == Rule::Unique) {
            line.push_str(if keys.first() == Some(&column.name) { " PRIMARY KEY" } else { " UNIQUE" });
        }
        line
    };
    let lines: Vec<String> = material.profile.columns.iter().map(line).collect();
    format!("CREATE TABLE {} (\n{}\n);\n", quoted(material.table, '"'), lines.join(",\n"))
}

/// Whether some values do not fit the column's type and become null when they are cast.
pub(super) fn loses_values(column: &ColumnProfile) -> bool {
    column.evidence.as_ref().is_some_and(|evidence| evidence.exceptions > 0)
}
