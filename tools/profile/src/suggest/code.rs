//! A pandera schema, as Python.

use super::Material;
use super::checks::Rule;
use super::sql::loses_values;
use crate::result::{ColumnProfile, ColumnType};

/// A text as a Python literal: JSON's strings are valid ones.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The schema of a pandas frame of the cleaned data.
pub(super) fn pandera(material: &Material<'_>) -> String {
    let mut out = String::from("import pandera.pandas as pa\n\nschema = pa.DataFrameSchema(\n    {\n");
    for column in &material.profile.columns {
        let checks: Vec<String> = material.of(column).filter_map(check).collect();
        let has = |wanted: &Rule| material.of(column).any(|rule| rule == wanted);
        let nullable = !has(&Rule::NotNull) || loses_values(column);
        append!(out, "        {}: pa.Column({}", literal(&column.name), type_of(column, nullable));
        if !checks.is_empty() {
            append!(out, ", checks=[{}]", checks.join(", "));
        }
        append!(out, ", nullable={}", if nullable { "True" } else { "False" });
        if has(&Rule::Unique) {
            out.push_str(", unique=True");
        }
        out.push_str("),\n");
    }
    out + "    },\n    coerce=True,\n    strict=True,\n)\n"
}

/// Pandas' nullable types where values may be missing.
fn type_of(column: &ColumnProfile, nullable: bool) -> &'static str {
    match column.kind {
        ColumnType::Integer if nullable => "\"Int64\"",
        ColumnType::Integer => "int",
        ColumnType::Float => "float",
        ColumnType::Boolean if nullable => "\"boolean\"",
        ColumnType::Boolean => "bool",
        ColumnType::Date | ColumnType::Timestamp => "\"datetime64[ns]\"",
        ColumnType::Time | ColumnType::Categorical | ColumnType::Code | ColumnType::Text | ColumnType::Empty => "str",
    }
}

fn check(rule: &Rule) -> Option<String> {
    match rule {
        Rule::OneOf(names) => Some(format!("pa.Check.isin([{}])", names.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", "))),
        Rule::Between(Some(low), Some(high)) => Some(format!("pa.Check.in_range({low}, {high})")),
        Rule::Between(Some(low), None) => Some(format!("pa.Check.ge({low})")),
        Rule::Between(None, Some(high)) => Some(format!("pa.Check.le({high})")),
        Rule::Matches(expression) => Some(format!("pa.Check.str_matches({})", literal(expression))),
        Rule::NotNull | Rule::Unique | Rule::Between(None, None) => None,
    }
}
