//! Tasks, for clients that know them.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Client, workspace};
use crate::config::Settings;
use crate::mcp::handler;

fn impatient(settings: &mut Settings) {
    settings.limits.wait = Duration::from_millis(20);
}

fn tasks() -> Value {
    json!({"extensions": {"io.modelcontextprotocol/tasks": {}}})
}

async fn settled(client: &mut Client, id: &Value) -> Value {
    loop {
        let task = client.request("tasks/get", json!({"taskId": id})).await["result"].take();
        if task["status"] != "working" {
            return task;
        }
    }
}

#[tokio::test]
async fn a_long_call_becomes_a_task_whose_result_is_the_calls() {
    let (_folder, pipeline) = workspace(impatient);
    let mut client = Client::modern(handler(pipeline), tasks());
    let task = client.probe(json!({"action": "sleep", "seconds": 0.2})).await["result"].take();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{task}");
    let ended = settled(&mut client, &task["taskId"]).await;
    assert_eq!(ended["status"], "completed");
    assert_eq!(ended["result"]["structuredContent"]["data"], json!({"action": "sleep"}));
}

#[tokio::test]
async fn a_task_is_cancelled() {
    let (_folder, pipeline) = workspace(impatient);
    let mut client = Client::modern(handler(pipeline), tasks());
    let task = client.probe(json!({"action": "sleep", "seconds": 3600.0})).await["result"].take();
    let cancelled = client.request("tasks/cancel", json!({"taskId": task["taskId"]})).await;
    assert_eq!(cancelled["result"]["resultType"], "complete", "{cancelled}");
    assert_eq!(settled(&mut client, &task["taskId"]).await["status"], "cancelled");
}

#[tokio::test]
async fn a_client_that_did_not_declare_tasks_gets_a_job_and_no_task() {
    let (_folder, pipeline) = workspace(impatient);
    let mut modern = Client::modern(handler(pipeline.clone()), json!({}));
    let mut legacy = Client::legacy(handler(pipeline), "2025-11-25", json!({})).await;
    for client in [&mut modern, &mut legacy] {
        let result = client.probe(json!({"action": "sleep", "seconds": 0.2})).await["result"].take();
        let job = &result["structuredContent"]["job"];
        assert!(result.get("taskId").is_none() && job["job_id"].as_str().is_some_and(|id| id.starts_with("job_")), "{result}");
        let refused = client.request("tasks/get", json!({"taskId": job["job_id"]})).await;
        assert_eq!(refused["error"]["code"], -32021, "{refused}");
    }
}

#[tokio::test]
async fn a_task_that_does_not_exist_is_an_invalid_parameter() {
    let (_folder, pipeline) = workspace(impatient);
    let mut client = Client::modern(handler(pipeline), tasks());
    for id in ["job_00", "../../etc/passwd"] {
        for method in ["tasks/get", "tasks/cancel"] {
            assert_eq!(client.request(method, json!({"taskId": id})).await["error"]["code"], -32602);
        }
        let update = client.request("tasks/update", json!({"taskId": id, "inputResponses": {}})).await;
        assert_eq!(update["error"]["code"], -32602);
    }
}
