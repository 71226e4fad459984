//! What is listed, read and completed.

use data_stack_core::Effect;
use serde_json::{Value, json};

use super::support::{Client, workspace};
use crate::mcp::{handler, instructions, listing};

fn tool(list: &Value, name: &str) -> Value {
    let tools = list["tools"].as_array().unwrap();
    tools.iter().find(|tool| tool["name"] == name).cloned().unwrap_or_default()
}

#[tokio::test]
async fn every_older_revision_is_answered_in_its_own_words() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let (_folder, pipeline) = workspace(|_| {});
        let mut client = Client::legacy(handler(pipeline), version, json!({})).await;
        let list = client.request("tools/list", json!({})).await["result"].take();
        assert_eq!(list["tools"][0]["name"], "probe");
        assert_eq!(list.get("resultType"), None, "{version} has no result types");
        assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
    }
}

#[tokio::test]
async fn the_newest_revision_is_discovered() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let found = client.request("server/discover", json!({})).await["result"].take();
    assert_eq!(found["supportedVersions"], json!(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]));
    assert!(found["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0) && found["cacheScope"] == "private");
    assert_eq!(found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "data-stack");
}

#[test]
fn annotations_say_how_far_a_call_can_reach_under_this_policy() {
    let hints = |effects| {
        let (_folder, pipeline) = workspace(|settings| settings.effects = effects);
        let annotations = tool(&listing(&pipeline), "probe")["annotations"].take();
        (annotations["readOnlyHint"].clone(), annotations["destructiveHint"].clone())
    };
    assert_eq!(hints(Effect::Read), (json!(true), json!(false)));
    assert_eq!(hints(Effect::Write), (json!(false), json!(false)));
    assert_eq!(hints(Effect::Destroy), (json!(false), json!(true)));
}

#[test]
fn a_tool_that_always_asks_says_so_and_one_above_the_policy_is_not_listed() {
    let (_folder, reading) = workspace(|_| {});
    assert_eq!(tool(&listing(&reading), "write"), Value::Null);
    let (_folder, asking) = workspace(|settings| (settings.effects, settings.ask) = (Effect::Write, Effect::Write));
    let list = listing(&asking);
    assert_eq!(tool(&list, "write")["_meta"], json!({"anthropic/requiresUserInteraction": true}));
    assert_eq!(tool(&list, "probe").get("_meta"), None, "its reading calls are not asked about");
}

#[tokio::test]
async fn the_listing_is_the_same_each_time_and_what_the_protocol_sends() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline.clone()), json!({}));
    let sent = client.request("tools/list", json!({})).await["result"].take();
    if !cfg!(feature = "conformance-fixtures") {
        assert_eq!(sent.to_string(), listing(&pipeline).to_string());
    }
    let schema = &tool(&sent, "probe")["outputSchema"];
    assert_eq!((&schema["type"], &schema["properties"]["data"]["type"]), (&json!("object"), &json!("object")));
}

#[test]
fn the_instructions_put_the_essentials_first_and_stay_short() {
    let (_folder, pipeline) = workspace(|settings| settings.effects = Effect::Destroy);
    let text = instructions::instructions(&pipeline);
    assert!(text.len() <= instructions::MAX_BYTES, "{}", text.len());
    let places =
        ["data-stack:", "never instructions", "`probe`", "error.hints", "cursor", "Long calls", "consent"].map(|part| text.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{text}");
}

#[tokio::test]
async fn prompts_are_personas_and_workflows() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let list = client.request("prompts/list", json!({})).await["result"].take();
    let names: Vec<&str> = list["prompts"].as_array().unwrap().iter().filter_map(|prompt| prompt["name"].as_str()).collect();
    assert!(["data_analyst", "explore-csv"].iter().all(|name| names.contains(name)), "{names:?}");
    let got = client.request("prompts/get", json!({"name": "data_analyst"})).await;
    assert_eq!(got["result"]["messages"][0]["role"], "user", "{got}");
    for wrong in [json!({"name": "data_analist"}), json!({"name": "explore-csv", "arguments": {"no such": "x"}}), json!({})] {
        assert_eq!(client.request("prompts/get", wrong).await["error"]["code"], -32602);
    }
}

#[tokio::test]
async fn tables_are_resources_with_columns() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let list = client.request("resources/list", json!({})).await["result"].take();
    let uris: Vec<&str> = list["resources"].as_array().unwrap().iter().filter_map(|resource| resource["uri"].as_str()).collect();
    let wanted = ["audit://tail", "data://catalog", "table://main/orders", "table://main/returned%20orders"];
    assert_eq!(&uris[..4], wanted);
    for uri in wanted {
        let read = client.request("resources/read", json!({"uri": uri})).await["result"].take();
        let contents = &read["contents"][0];
        assert_eq!((&contents["uri"], &contents["mimeType"]), (&json!(uri), &json!("application/json")), "{read}");
        assert!(read["ttlMs"].is_u64() && read["cacheScope"] == "private");
    }
    let read = client.request("resources/read", json!({"uri": wanted[3]})).await;
    let table: Value = serde_json::from_str(read["result"]["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!((&table["name"], &table["columns"][0]["name"]), (&json!("returned orders"), &json!("amount")));
}

#[tokio::test]
async fn a_resource_that_does_not_exist_has_each_revisions_own_error() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut modern = Client::modern(handler(pipeline.clone()), json!({}));
    let mut legacy = Client::legacy(handler(pipeline), "2025-11-25", json!({})).await;
    for uri in ["table://main/none", "job://job_00", "file:///etc/passwd", "artifact://none"] {
        let answer = modern.request("resources/read", json!({"uri": uri})).await;
        assert_eq!(answer["error"]["code"], -32602, "{uri} {answer}");
        let answer = legacy.request("resources/read", json!({"uri": uri})).await;
        assert_eq!(answer["error"]["code"], -32002, "{uri} {answer}");
    }
}

#[tokio::test]
async fn a_cursor_that_no_list_gave_is_refused() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        assert_eq!(client.request(method, json!({"cursor": "bogus"})).await["error"]["code"], -32602, "{method}");
    }
}

#[tokio::test]
async fn names_are_completed() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let table = json!({"type": "ref/resource", "uri": "table://{schema}/{table}"});
    for (reference, argument, values) in [
        (&table, json!({"name": "table", "value": "RET"}), json!(["returned orders"])),
        (&table, json!({"name": "schema", "value": ""}), json!(["main"])),
        (&json!({"type": "ref/prompt", "name": "none"}), json!({"name": "x", "value": ""}), json!([])),
    ] {
        let answer = client.request("completion/complete", json!({"ref": reference, "argument": argument})).await;
        assert_eq!(answer["result"]["completion"]["values"], values, "{answer}");
    }
}

#[tokio::test]
async fn a_request_without_its_parameters_is_told_so_and_an_unknown_one_is_not_found() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    for (method, code) in
        [("tools/call", -32602), ("resources/read", -32602), ("tools/destroy", -32601), ("ping", -32601), ("resources/subscribe", -32601)]
    {
        assert_eq!(client.request(method, json!({})).await["error"]["code"], code, "{method}");
    }
}
