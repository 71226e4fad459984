//! Subscriptions.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Client, workspace};
use crate::config::Settings;
use crate::mcp::handler;

fn impatient(settings: &mut Settings) {
    settings.limits.wait = Duration::from_millis(20);
}

async fn job(client: &mut Client) -> String {
    let answer = client.probe(json!({"action": "sleep", "seconds": 1.0})).await;
    let id = answer["result"]["structuredContent"]["job"]["job_id"].as_str().unwrap();
    format!("job://{id}")
}

#[tokio::test]
async fn a_listener_hears_of_the_job_and_the_tables_that_it_named_and_of_nothing_else() {
    let (folder, pipeline) = workspace(impatient);
    let mut client = Client::modern(handler(pipeline), json!({}));
    let uri = job(&mut client).await;
    let wanted = json!({"resourceSubscriptions": [uri, "data://catalog", "file:///etc/passwd"], "toolsListChanged": true});
    let id = client.begin("subscriptions/listen", json!({"notifications": wanted})).await;
    let accepted = client.hear("notifications/subscriptions/acknowledged").await["params"]["notifications"].take();
    assert_eq!(accepted["resourceSubscriptions"], json!([uri, "data://catalog"]));
    let tag = |message: &Value| message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone();
    let told = client.hear("notifications/resources/updated").await;
    assert_eq!((&told["params"]["uri"], tag(&told)), (&json!(uri), json!(id)));
    std::fs::write(folder.path().join("warehouse.duckdb"), "x").unwrap();
    let told = client.hear("notifications/resources/updated").await;
    assert_eq!(told["params"]["uri"], "data://catalog");
    assert!(client.heard.is_empty(), "{:?}", client.heard);
}

#[tokio::test]
async fn a_subscriber_of_an_older_revision_hears_until_it_unsubscribes() {
    let (folder, pipeline) = workspace(impatient);
    let mut client = Client::legacy(handler(pipeline), "2025-06-18", json!({})).await;
    let uri = json!({"uri": "data://catalog"});
    assert_eq!(client.request("resources/subscribe", uri.clone()).await["result"], json!({}));
    std::fs::write(folder.path().join("warehouse.duckdb"), "x").unwrap();
    let told = client.hear("notifications/resources/updated").await;
    assert_eq!(told["params"]["uri"], "data://catalog");
    assert_eq!(client.request("resources/unsubscribe", uri).await["result"], json!({}));
    client.heard.clear();
    std::fs::write(folder.path().join("warehouse.duckdb"), "xyz").unwrap();
    // The list of resources is told of to every client: when it comes, the resource itself has had its turn.
    client.hear("notifications/resources/list_changed").await;
    let updates = client.heard.iter().filter(|message| message["method"] == "notifications/resources/updated").count();
    assert_eq!(updates, 0);
}
