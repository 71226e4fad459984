//! Calls: what comes back, how they end, what is told while they run.

use serde_json::{Value, json};

use super::support::{Client, workspace};
use crate::mcp::handler;

fn progress(heard: &[Value]) -> Vec<f64> {
    heard
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .filter_map(|message| message["params"]["progress"].as_f64())
        .collect()
}

#[tokio::test]
async fn an_answer_carries_the_envelope_its_summary_and_its_pictures() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let result = client.probe(json!({"action": "echo"})).await["result"].take();
    assert_eq!(result["structuredContent"]["data"], json!({"action": "echo"}));
    assert_eq!(result["structuredContent"]["ok"], json!(true));
    assert_eq!(result["isError"], json!(false));
    assert_eq!(
        result["content"],
        json!([{"type": "text", "text": "It is done."}, {"type": "image", "data": "AQID", "mimeType": "image/png"}])
    );
}

#[tokio::test]
async fn a_failure_is_a_result_that_says_what_to_do_next() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    for (arguments, code) in [
        (json!({"action": "fail"}), "failed"),
        (json!({"action": "panic"}), "internal"),
        (json!({"acton": "echo"}), "invalid_input"),
        (json!([1]), "invalid_input"),
        (json!("echo"), "invalid_input"),
        (json!({"action": "destroy"}), "denied"),
    ] {
        let answer = client.probe(arguments.clone()).await;
        let result = &answer["result"];
        assert_eq!((result["isError"].clone(), &result["structuredContent"]["error"]["code"]), (json!(true), &json!(code)), "{arguments}");
        let hints = &result["structuredContent"]["error"]["hints"];
        assert_eq!(hints.is_array(), code != "internal", "{arguments}");
    }
}

#[tokio::test]
async fn arguments_that_arrive_as_text_are_read() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let answer = client.probe(json!("{\"action\": \"echo\"}")).await;
    assert_eq!(answer["result"]["structuredContent"]["data"], json!({"action": "echo"}));
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_a_protocol_error_with_the_nearest_name() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let error = client.request("tools/call", json!({"name": "prob", "arguments": {}})).await["error"].take();
    assert_eq!((error["code"].clone(), error["data"]["valid_values"].clone()), (json!(-32602), json!(["probe"])));
}

#[tokio::test]
async fn a_cancelled_call_stops_its_work_and_the_connection_goes_on() {
    let (folder, pipeline) = workspace(|_| {});
    let mut client = Client::legacy(handler(pipeline), "2025-06-18", json!({})).await;
    let id = client.begin("tools/call", json!({"name": "probe", "arguments": {"action": "sleep", "seconds": 3600}})).await;
    // Its opening in the record shows that the call has begun.
    while !audit(folder.path()).contains("sleep") {
        tokio::task::yield_now().await;
    }
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})).await;
    while !audit(folder.path()).contains("\"outcome\":\"cancelled\"") {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.request("ping", json!({})).await["result"], json!({}));
    assert!(client.heard.is_empty(), "a cancelled request has no answer: {:?}", client.heard);
}

fn audit(workspace: &std::path::Path) -> String {
    let Ok(entries) = std::fs::read_dir(workspace.join(".data-stack/audit")) else { return String::new() };
    entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok()).collect()
}

#[tokio::test]
async fn progress_is_repeated_while_a_tool_is_silent_and_rises() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let call = json!({"name": "probe", "arguments": {"action": "sleep", "seconds": 7.0}, "_meta": {"progressToken": "t"}});
    let _ = client.request("tools/call", call).await;
    assert!(client.heard.iter().all(|message| message["params"]["progressToken"] == "t"), "{:?}", client.heard);
    let values = progress(&client.heard);
    assert!(values.len() >= 2 && values.windows(2).all(|pair| pair[0] < pair[1]), "{values:?}");
}

#[tokio::test]
async fn a_step_that_the_tool_reports_is_told_at_once_with_its_total_and_message() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let call = json!({"name": "probe", "arguments": {"action": "step", "seconds": 1.0}, "_meta": {"progressToken": 7}});
    let _ = client.request("tools/call", call).await;
    let told = &client.heard[0]["params"];
    assert_eq!((&told["progress"], &told["total"], &told["message"]), (&json!(1.0), &json!(3.0), &json!("first 1/3")));
}

#[tokio::test]
async fn nothing_is_reported_without_a_token() {
    let (_folder, pipeline) = workspace(|_| {});
    let mut client = Client::modern(handler(pipeline), json!({}));
    let _ = client.probe(json!({"action": "sleep", "seconds": 3.0})).await;
    assert!(client.heard.is_empty(), "{:?}", client.heard);
}
