//! Consent: who is asked, what counts as a yes, what is refused.

use std::time::Duration;

use data_stack_core::Effect;
use serde_json::{Value, json};

use super::support::{Client, workspace};
use crate::config::Settings;
use crate::mcp::consent::Approvals;
use crate::mcp::handler;
use crate::mcp::server::Server;

fn allow_all(settings: &mut Settings) {
    settings.effects = Effect::Destroy;
}

fn forms() -> Value {
    json!({"elicitation": {"form": {}}})
}

fn answered(answer: &Value, state: &Value, arguments: &Value) -> Value {
    json!({"name": "probe", "arguments": arguments, "requestState": state, "inputResponses": {"approve": answer}})
}

fn yes() -> Value {
    json!({"action": "accept", "content": {"approve": true}})
}

/// Asks and returns the state.
async fn asked(client: &mut Client) -> Value {
    let result = client.probe(json!({"action": "destroy"})).await["result"].take();
    assert_eq!(result["resultType"], "input_required", "{result}");
    let form = &result["inputRequests"]["approve"];
    assert_eq!(form["method"], "elicitation/create");
    let message = form["params"]["message"].as_str().unwrap();
    assert!(message.contains("Removes everything for good") && !message.contains('\u{1b}'), "{message}");
    result["requestState"].clone()
}

#[tokio::test]
async fn a_person_says_yes_by_a_round_trip_and_the_call_runs_once() {
    let (_folder, pipeline) = workspace(allow_all);
    let mut client = Client::modern(handler(pipeline), forms());
    let state = asked(&mut client).await;
    let call = answered(&yes(), &state, &json!({"action": "destroy"}));
    let first = client.request("tools/call", call.clone()).await;
    assert_eq!(first["result"]["structuredContent"]["ok"], json!(true), "{first}");
    let again = client.request("tools/call", call).await;
    assert_eq!(again["error"]["code"], -32602, "{again}");
}

#[tokio::test]
async fn a_state_that_was_forged_or_given_for_another_call_is_refused() {
    let (_folder, pipeline) = workspace(allow_all);
    let mut client = Client::modern(handler(pipeline), forms());
    let state = asked(&mut client).await;
    let forged = json!(format!("{}A", state.as_str().unwrap()));
    for (state, arguments) in [
        (&forged, json!({"action": "destroy"})),
        (&state, json!({"action": "destroy", "seconds": 1.0})),
        (&json!("x"), json!({"action": "destroy"})),
    ] {
        let answer = client.request("tools/call", answered(&yes(), state, &arguments)).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

#[tokio::test]
async fn a_state_that_has_expired_is_refused() {
    let (_folder, pipeline) = workspace(allow_all);
    let mut client = Client::modern(Server::with_approvals(pipeline, "test", Approvals::expiring(Duration::ZERO)), forms());
    let state = asked(&mut client).await;
    crate::mcp::consent::pass_a_moment();
    let answer = client.request("tools/call", answered(&yes(), &state, &json!({"action": "destroy"}))).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[tokio::test]
async fn all_but_a_plain_yes_is_a_no() {
    let (_folder, pipeline) = workspace(allow_all);
    let mut client = Client::modern(handler(pipeline), forms());
    for no in [
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
        json!({"action": "accept", "content": {"approve": false}}),
        json!({"action": "accept", "content": {"approve": "true"}}),
        json!({"action": "accept"}),
        json!({"action": "decline", "content": {"approve": true}}),
        json!(true),
    ] {
        let state = asked(&mut client).await;
        let answer = client.request("tools/call", answered(&no, &state, &json!({"action": "destroy"}))).await;
        assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "denied", "{no}: {answer}");
    }
}

#[tokio::test]
async fn a_client_of_an_older_revision_is_asked_on_the_connection() {
    for (answer, ok) in [(yes(), true), (json!({"action": "decline"}), false)] {
        let (_folder, pipeline) = workspace(allow_all);
        let mut client = Client::legacy(handler(pipeline), "2025-06-18", json!({"elicitation": {}})).await;
        let id = client.begin("tools/call", json!({"name": "probe", "arguments": {"action": "destroy"}})).await;
        let question = client.receive().await;
        assert_eq!(question["method"], "elicitation/create");
        client.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": answer})).await;
        let result = client.answer(id).await["result"].take();
        assert_eq!(result["structuredContent"]["ok"], json!(ok), "{result}");
    }
}

#[tokio::test]
async fn a_client_that_can_ask_nobody_is_refused_whatever_it_argues() {
    let (_folder, pipeline) = workspace(allow_all);
    let mut modern = Client::modern(handler(pipeline.clone()), json!({}));
    let mut legacy = Client::legacy(handler(pipeline), "2025-11-25", json!({})).await;
    for client in [&mut modern, &mut legacy] {
        let error = client.probe(json!({"action": "destroy"})).await["result"]["structuredContent"]["error"].take();
        assert_eq!(error["code"], "denied");
        assert!(error["message"].as_str().unwrap().contains("cannot ask"), "{error}");
        let argued = client.probe(json!({"action": "destroy", "confirm": true})).await;
        assert_eq!(argued["result"]["structuredContent"]["error"]["code"], "invalid_input");
    }
}

#[tokio::test]
async fn a_yes_without_a_question_is_nothing() {
    let (_folder, pipeline) = workspace(allow_all);
    let mut client = Client::modern(handler(pipeline), forms());
    let call = json!({"name": "probe", "arguments": {"action": "destroy"}, "inputResponses": {"approve": yes()}});
    assert_eq!(client.request("tools/call", call).await["result"]["resultType"], "input_required");
}
