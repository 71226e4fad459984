//! A tool's input schema as command-line flags, and the flags as arguments.
//!
//! Booleans become flags, lists may be repeated, objects are JSON, enumerations list their values. Values are checked by the
//! pipeline, as every caller's are; here they are only brought into their JSON form.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use data_stack_core::ToolError;
use serde_json::{Map, Value, json};

/// Where clap keeps a tool's arguments, apart from the program's own flags.
const PREFIX: &str = "tool:";

/// Adds a flag for each property of `schema`; those in `positional` can be given without their names, in that order.
pub(super) fn add(command: Command, schema: &Value, positional: &[&str]) -> Command {
    let taken: Vec<String> = command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    properties(schema).fold(command, |command, (name, property)| {
        let position = positional.iter().position(|known| known == name);
        command.arg(match position {
            Some(index) => operand(name, property, index + 1),
            None => flag(name, property, &taken),
        })
    })
}

/// Adds `--args`, which takes the arguments as JSON.
pub(super) fn add_whole(command: Command) -> Command {
    let help = "The arguments as a JSON object, `@FILE` to read it from a file, or `-` to read it from standard input";
    command.arg(Arg::new("args").long("args").value_name("JSON").help(help))
}

/// The arguments: those of `--args`, with the flags over them.
pub(super) fn read(schema: &Value, matches: &ArgMatches) -> Result<Value, ToolError> {
    let mut arguments = match matches.try_get_one::<String>("args") {
        Ok(Some(text)) => whole(text)?,
        _ => Map::new(),
    };
    for (name, property) in properties(schema) {
        if let Some(value) = given(name, property, matches)? {
            arguments.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(arguments))
}

/// The object that `--args` means.
fn whole(text: &str) -> Result<Map<String, Value>, ToolError> {
    let wrong = |reason: String| ToolError::invalid("args", format!("`--args` {reason}"), "Give a JSON object, `@FILE` or `-`.");
    let text = match text.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot read {path}: {error}")))?,
        None if text == "-" => {
            std::io::read_to_string(std::io::stdin()).map_err(|error| wrong(format!("cannot read standard input: {error}")))?
        }
        None => text.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| wrong(format!("is not a JSON object: {error}")))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn kind(property: &Value) -> &str {
    property.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn choices(property: &Value) -> Vec<String> {
    let values = property.get("enum").and_then(Value::as_array).into_iter().flatten();
    values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn base(name: &str, property: &Value) -> Arg {
    let choices = choices(property);
    let arg = Arg::new(format!("{PREFIX}{name}")).help(help(property)).allow_negative_numbers(true);
    if choices.is_empty() {
        arg.value_name(value_name(property))
    } else {
        arg.value_name("CHOICE").value_parser(PossibleValuesParser::new(choices))
    }
}

fn operand(name: &str, property: &Value, index: usize) -> Arg {
    let arg = base(name, property).index(index).value_name(name.to_uppercase());
    if kind(property) == "array" { arg.num_args(1..) } else { arg }
}

fn flag(name: &str, property: &Value, taken: &[String]) -> Arg {
    let dashed = name.replace('_', "-");
    let long = if taken.contains(&dashed) { format!("arg-{dashed}") } else { dashed.clone() };
    let arg = base(name, property).long(long).help_heading("For the tool");
    let arg = if dashed == name { arg } else { arg.alias(name.to_owned()) };
    match kind(property) {
        "boolean" => arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_parser(["true", "false"]),
        "array" => arg.action(ArgAction::Append),
        _ => arg,
    }
}

fn help(property: &Value) -> String {
    let text = property.get("description").and_then(Value::as_str).unwrap_or_default();
    match property.get("default") {
        Some(value) if !value.is_null() && !text.contains("efault") => format!("{text} [default: {value}]"),
        _ => text.to_owned(),
    }
}

fn value_name(property: &Value) -> &'static str {
    match kind(property) {
        "integer" | "number" => "NUMBER",
        "string" => "TEXT",
        "boolean" => "BOOL",
        "array" => value_name(property.get("items").unwrap_or(&Value::Null)),
        _ => "JSON",
    }
}

/// What was given for a property.
fn given(name: &str, property: &Value, matches: &ArgMatches) -> Result<Option<Value>, ToolError> {
    let Ok(Some(values)) = matches.try_get_many::<String>(&format!("{PREFIX}{name}")) else { return Ok(None) };
    let texts: Vec<&String> = values.collect();
    match (kind(property), texts.as_slice()) {
        (_, []) => Ok(None),
        ("array", [only]) if only.trim_start().starts_with('[') => parse(name, only).map(Some),
        ("array", several) => {
            let items = property.get("items").unwrap_or(&Value::Null);
            several.iter().map(|text| one(name, items, text)).collect::<Result<Value, _>>().map(Some)
        }
        (_, [.., last]) => one(name, property, last).map(Some),
    }
}

fn one(name: &str, property: &Value, text: &str) -> Result<Value, ToolError> {
    match kind(property) {
        "string" => Ok(json!(text)),
        "object" => parse(name, text),
        "" if property.get("enum").is_some() => Ok(json!(text)),
        // Numbers and open types: JSON where it is JSON, else the text, which the pipeline judges.
        _ => Ok(serde_json::from_str(text).unwrap_or_else(|_| json!(text))),
    }
}

fn parse(name: &str, text: &str) -> Result<Value, ToolError> {
    serde_json::from_str(text).map_err(|error| {
        ToolError::invalid(name, format!("`{name}` is not JSON: {error}"), format!("Give JSON, such as --{name}='{{\"key\": \"value\"}}'."))
    })
}

#[cfg(test)]
mod tests {
    use super::{add, add_whole, read};
    use clap::Command;
    use serde_json::{Value, json};

    fn schema() -> Value {
        json!({"type": "object", "properties": {
            "sql": {"type": "string", "description": "One statement."},
            "limit": {"type": "integer"},
            "share": {"type": "number"},
            "wait_s": {"type": "number"},
            "fresh": {"type": "boolean"},
            "format": {"type": "string", "enum": ["json", "csv"]},
            "columns": {"type": "array", "items": {"type": "string"}},
            "types": {"type": "object", "additionalProperties": {"type": "string"}},
            "parameters": {"anyOf": [{"type": "array"}, {"type": "object"}]},
            "json": {"type": "boolean"}
        }, "required": ["sql"]})
    }

    fn command() -> Command {
        let command = Command::new("query").arg(clap::Arg::new("json").long("json").action(clap::ArgAction::SetTrue));
        add_whole(add(command, &schema(), &["sql"]))
    }

    fn parsed(line: &[&str]) -> Result<Value, String> {
        let matches = command().try_get_matches_from(["query"].iter().chain(line)).map_err(|error| error.kind().to_string())?;
        read(&schema(), &matches).map_err(|error| error.message)
    }

    #[test]
    fn every_kind_of_argument_has_its_form() {
        for (line, arguments) in [
            (vec!["select 1"], json!({"sql": "select 1"})),
            (vec!["--limit", "5", "--share=0.5"], json!({"limit": 5, "share": 0.5})),
            (vec!["--limit=-1"], json!({"limit": -1})),
            (vec!["--limit", "many"], json!({"limit": "many"})),
            (vec!["--wait-s", "3", "--fresh"], json!({"wait_s": 3, "fresh": true})),
            (vec!["--wait_s=3", "--fresh=false"], json!({"wait_s": 3, "fresh": false})),
            (vec!["--format", "csv"], json!({"format": "csv"})),
            (vec!["--columns", "a", "--columns", "5"], json!({"columns": ["a", "5"]})),
            (vec!["--columns", "[\"a\",\"b\"]"], json!({"columns": ["a", "b"]})),
            (vec!["--types", "{\"a\":\"INT\"}"], json!({"types": {"a": "INT"}})),
            (vec!["--parameters", "[1, \"x\"]"], json!({"parameters": [1, "x"]})),
            (vec!["--arg-json", "--json"], json!({"json": true})),
            (vec!["--args", "{\"sql\": \"a\", \"limit\": 1}", "--limit", "2"], json!({"sql": "a", "limit": 2})),
        ] {
            assert_eq!(parsed(&line), Ok(arguments), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (line, said) in [
            (vec!["--format", "xml"], "one of the values isn't valid for an argument"),
            (vec!["--limits", "5"], "unexpected argument found"),
            (vec!["--types", "a=INT"], "`types` is not JSON: expected value at line 1 column 1"),
            (vec!["--args", "[1]"], "`--args` is not a JSON object: invalid type: sequence, expected a map at line 1 column 0"),
            (vec!["--args", "@/does/not/exist"], "`--args` cannot read /does/not/exist: No such file or directory (os error 2)"),
        ] {
            assert_eq!(parsed(&line), Err(said.to_owned()), "{line:?}");
        }
    }
}
