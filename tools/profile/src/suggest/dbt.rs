//! dbt sources with data tests. Arguments of tests stand under `arguments`, as dbt wants it from 1.10.5 on.

use super::Material;
use super::checks::Rule;
use super::sql::type_of;

/// A text as a YAML scalar: JSON's strings are valid ones.
fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `sources.yml`.
pub(super) fn sources(material: &Material<'_>) -> String {
    let profile = material.profile;
    let mut out = String::from("version: 2\n\nsources:\n  - name: raw\n    tables:\n");
    append!(out, "      - name: {}\n", scalar(material.table));
    append!(
        out,
        "        description: {}\n        columns:\n",
        scalar(&format!("{} rows from {}", profile.file.rows, material.origin.name()))
    );
    for column in &profile.columns {
        append!(out, "          - name: {}\n            quote: true\n", scalar(&column.name));
        append!(out, "            data_type: {}\n", type_of(column).to_lowercase());
        let tests: Vec<String> = material.of(column).filter_map(test).collect();
        if !tests.is_empty() {
            append!(out, "            data_tests:\n{}", tests.concat());
        }
    }
    out
}

/// A test that every dbt project has; ranges and expressions need a package and are left out.
fn test(rule: &Rule) -> Option<String> {
    match rule {
        Rule::NotNull => Some("              - not_null\n".to_owned()),
        Rule::Unique => Some("              - unique\n".to_owned()),
        Rule::OneOf(names) => {
            let names: Vec<String> = names.iter().map(|name| scalar(name)).collect();
            Some(format!(
                "              - accepted_values:\n                  arguments:\n                    values: [{}]\n",
                names.join(", ")
            ))
        }
        Rule::Between(..) | Rule::Matches(_) => None,
    }
}
