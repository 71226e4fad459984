//! What clients hold in their hands: the listing of the tools. It changes only when somebody means it to.

use serde_json::{Value, json};

use crate::program::{Server, checkout, workspace};

/// Estimated tokens that the listing may cost (bytes / 4).
const BUDGET: usize = 6_000;
/// Most bytes of a description; clients cut what is longer.
const DESCRIPTION: usize = 2_048;

/// The result of `tools/list`, with everything allowed.
fn listing() -> Value {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &["--effects", "destroy"], "2025-11-25");
    server.request("tools/list", &json!({}))["result"].clone()
}

#[test]
fn the_listing_is_the_one_on_record() {
    let path = checkout().join("tests/golden/tools.json");
    let got = serde_json::to_string_pretty(&listing()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let line = expected.lines().zip(got.lines()).position(|(old, new)| old != new).unwrap_or_default();
    assert!(
        expected == got,
        "the tools' contract differs from {} from line {} on; run with UPDATE_GOLDEN=1 if that is meant\n- {}\n+ {}",
        path.display(),
        line + 1,
        expected.lines().nth(line).unwrap_or("(the end)"),
        got.lines().nth(line).unwrap_or("(the end)")
    );
}

#[test]
fn the_listing_is_the_same_in_every_process() {
    assert_eq!(listing().to_string(), listing().to_string());
}

#[test]
fn the_listing_stays_within_its_budget() {
    let tokens = listing().to_string().len() / 4;
    assert!(tokens <= BUDGET, "the listing costs {tokens} tokens of {BUDGET}");
}

#[test]
fn every_client_accepts_the_names_descriptions_and_schemas() {
    for tool in listing()["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        assert!(name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{name}");
        let description = tool["description"].as_str().unwrap();
        assert!((1..=DESCRIPTION).contains(&description.len()), "{name}: a description of {} bytes", description.len());
        for schema in ["inputSchema", "outputSchema"] {
            let problems = portability(&tool[schema], schema);
            assert_eq!(problems, Vec::<String>::new(), "{name}");
            assert_eq!(tool[schema]["type"], "object", "{name}: {schema}");
        }
        let hints = &tool["annotations"];
        let all = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];
        assert!(all.iter().all(|hint| hints[hint].is_boolean()), "{name}: {hints}");
    }
}

/// What some client would not understand in a schema.
fn portability(schema: &Value, path: &str) -> Vec<String> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| {
                let here = format!("{path}.{key}");
                let forbidden = ["$ref", "$defs", "$schema", "allOf", "oneOf"].contains(&key.as_str()) && !path.ends_with("properties");
                let nullable = key == "type" && value.as_array().is_some_and(|types| types.contains(&json!("null")));
                let mut problems = if forbidden || nullable { vec![here.clone()] } else { Vec::new() };
                problems.extend(portability(value, &here));
                problems
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| portability(item, path)).collect(),
        _ => Vec::new(),
    }
}
