//! The reference of all tools in Markdown, made from their declarations.

use std::fmt::Write;

use data_stack_core::Spec;
use serde_json::Value;

use crate::catalog::Entry;

/// The effects that calls of a tool can have.
pub(super) fn effects(spec: &Spec) -> String {
    if spec.effect == spec.max_effect { spec.effect.to_string() } else { format!("{} to {}", spec.effect, spec.max_effect) }
}

/// The whole reference.
pub(super) fn markdown(entries: &[Entry]) -> String {
    let mut out = String::from("# Tools\n\nMade by `data-stack tools --markdown` from the tools' declarations; do not edit.\n");
    let _ = writeln!(out, "\n| tool | what it does | effect | limit |\n|---|---|---|---|");
    for spec in entries.iter().map(Entry::spec) {
        let _ =
            writeln!(out, "| [`{0}`](#{0}) | {1} | {2} | {3} s |", spec.name, spec.title, effects(spec), spec.limits.deadline.as_secs());
    }
    for entry in entries {
        section(&mut out, entry);
    }
    out
}

fn section(out: &mut String, entry: &Entry) {
    let spec = entry.spec();
    let _ = writeln!(out, "\n## {}\n\n{}", spec.name, spec.description.trim());
    let schema = &entry.schemas().input;
    let properties = schema["properties"].as_object();
    if let Some(properties) = properties.filter(|properties| !properties.is_empty()) {
        let _ = writeln!(out, "\n| argument | type | |\n|---|---|---|");
        for (name, property) in properties {
            let required = schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
            let about = property["description"].as_str().unwrap_or_default().replace('|', "\\|");
            let _ = writeln!(out, "| `{name}`{} | {} | {about} |", if required { " (required)" } else { "" }, kind(property));
        }
    }
    for example in spec.examples {
        let _ = writeln!(out, "\n{}:\n\n```json\n{}\n```", example.title, example.arguments);
    }
}

fn kind(property: &Value) -> String {
    if let Some(choices) = property["enum"].as_array() {
        let names: Vec<String> = choices.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
        return names.join(", ");
    }
    if let Some(branches) = property["anyOf"].as_array().or_else(|| property["oneOf"].as_array()) {
        return branches.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let bound = |name: &str| property[name].as_f64();
    let range = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(" {least} to {most}"),
        (Some(least), None) if least > 0.0 => format!(" from {least}"),
        (None, Some(most)) => format!(" up to {most}"),
        _ => String::new(),
    };
    match property["type"].as_str() {
        Some("array") => format!("list of {}", kind(&property["items"])),
        Some(kind) => format!("{kind}{range}"),
        None => "any".to_owned(),
    }
}
