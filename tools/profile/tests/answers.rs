//! The tool as a client sees it: budgets, masks, reports, cancellation.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use data_stack_core::{Code, Control, Reply};
use serde_json::{Value, json};
use support::{KeptArtifacts, call};
use tokio_util::sync::CancellationToken;

fn write(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("profile-{name}"));
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

async fn profiled(arguments: Value) -> (Reply<Value>, Arc<KeptArtifacts>) {
    let artifacts = Arc::new(KeptArtifacts::default());
    let reply = call(arguments, artifacts.clone(), Control::unlimited()).await.unwrap();
    (reply, artifacts)
}

/// A thousand columns of every kind, long names and texts included.
fn wide() -> String {
    let mut text = (0..1000).map(|index| format!("a rather long column name number {index}")).collect::<Vec<_>>().join(",");
    for row in 0..60 {
        text.push('\n');
        let fields = (0..1000).map(|index| match index % 5 {
            0 => format!("{}", row * index),
            1 => format!("{row}.{index}"),
            2 => format!("some longer text {} of row {row}", index % 7),
            3 => {
                if row % 3 == 0 {
                    String::new()
                } else {
                    format!("2020-01-{:02}", row % 28 + 1)
                }
            }
            _ => "constant".to_owned(),
        });
        text.push_str(&fields.collect::<Vec<_>>().join(","));
    }
    text.push('\n');
    text
}

#[tokio::test]
async fn every_detail_keeps_its_token_budget_at_a_thousand_columns_and_names_what_it_folds() {
    let path = write("wide.csv", &wide());
    for (detail, tokens) in [("low", 4_000), ("medium", 12_000), ("high", 30_000)] {
        let (reply, artifacts) = profiled(json!({ "path": path, "detail": detail })).await;
        let size = reply.data.to_string().len() / 4;
        assert!(size <= tokens && size > tokens / 2, "{detail}: {size}");
        assert!(reply.summary.len() <= 2048, "{detail}: {}", reply.summary.len());
        let shown = reply.data["columns"].as_array().unwrap().len() as u64;
        assert_eq!(shown + reply.data["folded"]["columns"].as_u64().unwrap(), 1000, "{detail}");
        assert_eq!(reply.truncated.unwrap().full_result_uri.as_deref(), Some("artifact://1"));
        let kept = artifacts.0.lock().unwrap();
        let whole: Value = serde_json::from_slice(&kept[0].1).unwrap();
        assert_eq!(whole["columns"].as_array().unwrap().len(), 1000);
    }
}

#[tokio::test]
async fn a_report_of_a_thousand_columns_stays_small_and_loads_nothing() {
    let path = write("wide-report.csv", &wide());
    let (reply, artifacts) = profiled(json!({ "path": path, "report": true })).await;
    let kept = artifacts.0.lock().unwrap();
    let (name, html) = &kept[0];
    let html = String::from_utf8(html.clone()).unwrap();
    assert_eq!(name, "profile_wide_report-profile.html");
    assert!(html.len() <= 3_000_000, "{}", html.len());
    assert!(html.contains("content=\"default-src 'none'; script-src 'sha256-"));
    assert_eq!(reply.data["report"]["uri"], "artifact://1");
    let columns = cards(&html);
    let drawn = columns.iter().filter(|card| card["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty())).count();
    assert_eq!((columns.len(), drawn), (1000, 1000));
}

/// What a report carries as data.
fn carried(html: &str) -> &str {
    html.split_once("id=\"page\">").unwrap().1.split_once("</script>").unwrap().0
}

/// The cards of a report's columns.
fn cards(html: &str) -> Vec<Value> {
    let page: Value = serde_json::from_str(carried(html)).unwrap();
    let sections = page["sections"].as_array().unwrap();
    let columns = sections.iter().find(|section| section["id"] == "columns").unwrap();
    columns["blocks"][0]["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_small_file_is_shown_whole_with_ready_next_calls() {
    let path = write("orders.csv", "zip,n\n01234,1\n02345,2\n");
    let (reply, _) = profiled(json!({ "path": path })).await;
    assert!(reply.truncated.is_none());
    assert_eq!(reply.links.iter().map(|link| link.name.as_str()).collect::<Vec<_>>(), ["profile_orders-profile.json"]);
    let tools: Vec<_> = reply.next_actions.iter().map(|next| next.tool.as_str()).collect();
    assert_eq!(tools, ["ingest", "query_duckdb"]);
    assert_eq!(reply.next_actions[0].arguments["types"], json!({ "zip": "VARCHAR" }));
    assert!(reply.summary.contains("2 rows × 2 columns"), "{}", reply.summary);
}

fn people() -> String {
    let mut text = String::from("id,mail,card,comment,FirstName,amount\n");
    for row in 0..50 {
        let comment = if row == 7 { "write to secret.person@example.org please" } else { "fine" };
        let _ = writeln!(text, "{row},user{row}@example.com,4111111111111111,{comment},Alice{row},{}", row * 3);
    }
    text
}

#[tokio::test]
async fn personal_values_appear_nowhere_in_the_answer_or_the_report() {
    let path = write("people.csv", &people());
    let (reply, artifacts) = profiled(json!({ "path": path, "report": true, "detail": "high" })).await;
    let html = String::from_utf8(artifacts.0.lock().unwrap()[0].1.clone()).unwrap();
    let everything = format!("{}\n{}\n{html}", reply.data, reply.summary);
    for secret in ["@example", "4111111111111111", "Alice", "secret.person"] {
        assert!(!everything.contains(secret), "{secret}");
    }
    let kinds: Vec<_> = reply.data["personal_data"].as_array().unwrap().iter().map(|found| found["kind"].clone()).collect();
    assert_eq!(kinds, ["email", "credit_card", "person_name"]);
    assert_eq!(reply.data["columns"][5]["max"], 147);
}

#[tokio::test]
async fn a_result_that_is_safe_to_share_holds_aggregates_only() {
    let mut text = String::from("city,amount\n");
    for row in 0..100 {
        let _ = writeln!(text, "{},{}", if row == 42 { "Atlantis" } else { "Berlin" }, row * 10 + 5);
    }
    let path = write("share.csv", &text);
    let (reply, _) = profiled(json!({ "path": path, "share_safe": true })).await;
    // The time of the file's change may hold any digits.
    let mut everything = reply.data.clone();
    everything["file"]["modified"] = Value::Null;
    let everything = everything.to_string();
    assert!(!everything.contains("Atlantis") && !everything.contains("995"), "{everything}");
    assert_eq!(reply.data["columns"][0]["top_values"][0]["count"], 99);
    assert_eq!(reply.data["columns"][1]["mean"], 500.0);
}

#[tokio::test]
async fn a_cancelled_call_stops_and_says_so() {
    let mut text = String::from("a,b\n");
    text.extend((0..400_000).map(|row| format!("{row},some text {row}\n")));
    let path = write("cancel.csv", &text);
    let token = CancellationToken::new();
    let stopper = token.clone();
    let control = Control::new(token, None, Arc::new(move |_: data_stack_core::Progress| stopper.cancel()));
    let error = call(json!({ "path": path }), Arc::default(), control).await.unwrap_err();
    assert_eq!(error.code, Code::Cancelled);
    let late = Control::new(CancellationToken::new(), Some(Duration::ZERO), Arc::new(|_: data_stack_core::Progress| {}));
    let error = call(json!({ "path": path }), Arc::default(), late).await.unwrap_err();
    assert_eq!(error.code, Code::Timeout);
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_the_field_and_the_right_values() {
    let path = write("args.csv", "alpha,beta\n1,2\n");
    let cases = [
        (json!({ "path": path, "columns": ["alpa"] }), "columns[0]"),
        (json!({ "path": path, "delimiter": "abcde" }), "delimiter"),
        (json!({ "path": path, "quote": "," , "delimiter": ","}), "quote"),
        (json!({ "path": path, "percentiles": [101] }), "percentiles[0]"),
        (json!({ "path": path, "encoding": "klingon" }), "encoding"),
    ];
    for (arguments, field) in cases {
        let error = call(arguments, Arc::default(), Control::unlimited()).await.unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some(field)));
        assert!(!error.hints.is_empty(), "{field}");
    }
    let error = call(json!({ "path": path, "columns": ["alpa"] }), Arc::default(), Control::unlimited()).await.unwrap_err();
    assert_eq!(error.valid_values, ["alpha"]);
}

#[tokio::test]
async fn markup_in_the_data_stays_text_in_the_report() {
    let path = write("markup.csv", "<script>alert(1)</script>,b\n<img src=x onerror=alert(2)>,1\n<img src=x onerror=alert(2)>,2\n");
    let (_, artifacts) = profiled(json!({ "path": path, "report": true })).await;
    let html = String::from_utf8(artifacts.0.lock().unwrap()[0].1.clone()).unwrap();
    assert!(!html.contains("<script>alert"));
    assert!(!carried(&html).contains('<') && carried(&html).contains("\\u003cimg src=x"));
}
