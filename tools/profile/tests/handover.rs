//! What a profile hands on: the stored profile, the comparison with it, files for other tools.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::sync::Arc;

use data_stack_core::{Code, Control, Reply};
use serde_json::{Value, json};
use support::{KeptArtifacts, call};

fn write(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("handover-{name}"));
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// A store of artifacts that outlives several calls.
#[derive(Default)]
struct Store(Arc<KeptArtifacts>);

impl Store {
    async fn profile(&self, arguments: Value) -> Reply<Value> {
        call(arguments, self.0.clone(), Control::unlimited()).await.unwrap()
    }
}

/// Sales of some weeks; `shift` moves the prices, `cities` are what they come from.
fn sales(rows: usize, shift: f64, cities: &[&str]) -> String {
    let mut text = String::from("id,price,city,mail\n");
    for row in 0..rows {
        let price = (row * 7919 % 1000) as f64 / 10.0 + shift;
        let _ = writeln!(text, "{row},{price:.1},{},user{row}@example.com", cities[row % cities.len()]);
    }
    text
}

#[tokio::test]
async fn an_unchanged_file_passes_and_a_changed_one_fails_with_reasons() {
    let store = Store::default();
    let before = write("before.csv", &sales(2000, 0.0, &["Berlin", "Paris"]));
    let stored = store.profile(json!({ "path": before })).await.data["stored"]["uri"].clone();
    let same = store.profile(json!({ "path": before, "baseline": stored })).await;
    assert_eq!(
        (&same.data["verdict"], &same.data["drift"]["columns"], &same.data["drift"]["stable"]),
        (&json!("pass"), &json!([]), &json!(4))
    );
    let after = write("after.csv", &sales(2000, 60.0, &["Berlin", "Paris", "Rome"]));
    let changed = store.profile(json!({ "path": after, "baseline": stored })).await;
    let drift = &changed.data["drift"];
    assert_eq!((&changed.data["verdict"], &drift["verdict"]), (&json!("fail"), &json!("fail")));
    let named: Vec<_> = drift["columns"].as_array().unwrap().iter().map(|column| column["column"].as_str().unwrap()).collect();
    assert_eq!(named, ["price", "city"]);
    assert_eq!(drift["columns"][1]["new_values"], json!(["Rome"]));
    assert!((drift["columns"][0]["ks"].as_f64().unwrap() - 0.6).abs() < 0.01, "{drift}");
    assert!(changed.summary.contains("FAIL"), "{}", changed.summary);
}

#[tokio::test]
async fn an_earlier_file_serves_as_baseline_like_its_stored_profile() {
    let store = Store::default();
    let before = write("earlier.csv", &sales(1500, 0.0, &["Berlin", "Paris"]));
    let after = write("later.csv", &sales(1500, 5.0, &["Berlin", "Paris"]));
    let stored = store.profile(json!({ "path": before })).await.data["stored"]["uri"].clone();
    let by_profile = store.profile(json!({ "path": after, "baseline": stored })).await.data["drift"].clone();
    let by_file = store.profile(json!({ "path": after, "baseline": before })).await.data["drift"].clone();
    let without = |mut drift: Value| drift.as_object_mut().unwrap().remove("baseline").map(|_| drift);
    assert_eq!(without(by_profile), without(by_file));
}

#[tokio::test]
async fn columns_that_came_went_or_changed_name_or_type_are_named() {
    let store = Store::default();
    let before = write("names.csv", "id,unit_price,gone,kind,n\n1,2.5,x,a,1\n2,3.5,y,b,2\n3,4.5,x,a,3\n");
    let after = write("renamed.csv", "id,UnitPrice,category,n,fresh\n1,2.5,a,one,p q r\n2,3.5,b,two,s t u\n3,4.5,a,three,v w x\n");
    let found = store.profile(json!({ "path": after, "baseline": before })).await.data;
    let drift = &found["drift"];
    assert_eq!((&found["verdict"], &drift["removed"]), (&json!("fail"), &json!(["gone", "kind"])));
    assert_eq!(drift["added"], json!(["category", "fresh"]));
    assert_eq!((&drift["renamed"][0]["from"], &drift["renamed"][0]["to"]), (&json!("unit_price"), &json!("UnitPrice")));
    assert_eq!(drift["retyped"][0]["column"], "n");
}

#[tokio::test]
async fn missing_values_that_jump_are_a_failure() {
    let store = Store::default();
    let rows = |every: usize| {
        let mut text = String::from("a,b\n");
        text.extend((0..1000).map(|row| if row % every == 0 { ",x\n".to_owned() } else { format!("{},x\n", row % 13) }));
        text
    };
    let (before, after) = (write("few.csv", &rows(100)), write("many.csv", &rows(3)));
    let found = store.profile(json!({ "path": after, "baseline": before })).await.data;
    let reasons = found["drift"]["columns"][0]["reasons"].to_string();
    assert!(found["verdict"] == "fail" && reasons.contains("missing values rose from 1.00 % to 33.40 %"), "{reasons}");
}

#[tokio::test]
async fn what_is_no_stored_profile_is_refused() {
    let store = Store::default();
    let path = write("plain.csv", "a,b\n1,2\n");
    let other = write("other.json", "{\"format\": \"something\"}");
    let error = call(json!({ "path": path, "baseline": other }), store.0.clone(), Control::unlimited()).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some("baseline")));
    let missing = call(json!({ "path": path, "baseline": "nowhere.csv" }), store.0.clone(), Control::unlimited()).await.unwrap_err();
    assert_eq!((missing.code, missing.field.as_deref()), (Code::NotFound, Some("baseline")));
}

#[tokio::test]
async fn a_stored_profile_keeps_no_personal_value_and_a_shared_one_no_rare_one() {
    let store = Store::default();
    let path = write("private.csv", &(sales(500, 0.0, &["Berlin", "Paris"]) + "500,1.0,Atlantis,last@example.com\n"));
    store.profile(json!({ "path": path, "share_safe": true })).await;
    let kept = String::from_utf8(store.0.0.lock().unwrap()[0].1.clone()).unwrap();
    assert!(!kept.contains("@example") && !kept.contains("Atlantis") && kept.contains("Paris"));
}

async fn suggested(kinds: Value) -> Vec<(String, String)> {
    let store = Store::default();
    let mut text = String::from("id,zip,price,city,born on\n");
    for row in 0..120 {
        let _ = writeln!(
            text,
            "{row},0{:04},\"$1,{:03}\",{},{}/{}/99",
            row % 50,
            row,
            ["Berlin", "Paris"][row % 2],
            row % 12 + 1,
            row % 28 + 1
        );
    }
    let path = write("suggest.csv", &text);
    let reply = store.profile(json!({ "path": path, "suggest": kinds, "detail": "high" })).await;
    let made = reply.data["suggestions"].as_array().unwrap().clone();
    assert!(made.iter().all(|made| made["verified_rows"] == 120 && made["verified_all"] == true));
    made.iter()
        .map(|made| (made["kind"].as_str().unwrap().to_owned(), made["text"].as_str().unwrap().replace(&path, "suggest.csv")))
        .collect()
}

#[tokio::test]
async fn every_suggestion_is_made_from_checks_that_hold() {
    let made = suggested(json!(["dbt", "gx", "json_schema", "ddl", "pandera", "ingest", "cleaning"])).await;
    let text = |kind: &str| made.iter().find(|(name, _)| name == kind).unwrap().1.as_str();
    let suite: Value = serde_json::from_str(text("gx")).unwrap();
    let expected = |kind: &str, column: &str| {
        let all = suite["expectations"].as_array().unwrap().iter();
        all.filter(|found| found["type"] == kind && found["kwargs"]["column"] == column).count()
    };
    assert_eq!(expected("expect_column_values_to_be_unique", "id"), 1);
    assert_eq!(expected("expect_column_values_to_be_unique", "zip"), 0);
    assert_eq!(expected("expect_column_values_to_match_regex", "zip"), 1);
    assert_eq!(expected("expect_column_values_to_be_in_set", "city"), 1);
    let schema: Value = serde_json::from_str(text("json_schema")).unwrap();
    assert_eq!(schema["properties"]["zip"], json!({ "type": "string", "pattern": "^(?:[0-9]{5})$" }));
    assert_eq!(schema["properties"]["city"]["enum"], json!(["Berlin", "Paris"]));
    let table = "CREATE TABLE \"handover_suggest\" (\n  \"id\" BIGINT NOT NULL PRIMARY KEY,\n  \"zip\" VARCHAR NOT NULL,\n  \"price\" BIGINT NOT NULL,\n  \"city\" VARCHAR NOT NULL,\n  \"born on\" DATE NOT NULL\n);\n";
    assert_eq!(text("ddl"), table);
    assert!(text("dbt").contains("- accepted_values:\n                  arguments:\n                    values: [\"Berlin\", \"Paris\"]"));
    assert!(text("pandera").contains("\"city\": pa.Column(str, checks=[pa.Check.isin([\"Berlin\", \"Paris\"])], nullable=False),"));
    let load: Value = serde_json::from_str(text("ingest")).unwrap();
    assert_eq!(load, json!({ "source": "suggest.csv", "table": "handover_suggest", "types": { "zip": "VARCHAR" } }));
    assert!(text("cleaning").contains("'[^0-9.-]'") && text("cleaning").contains("%m/%d/%y"));
}

#[tokio::test]
async fn a_check_that_does_not_hold_is_not_suggested() {
    let store = Store::default();
    let mut text = String::from("n,code\n");
    for row in 0..100 {
        let n = match row {
            50 => "-1".to_owned(),
            60 => String::new(),
            _ => row.to_string(),
        };
        let _ = writeln!(text, "{n},{}", if row == 70 { "x" } else { "A-001" });
    }
    let path = write("broken.csv", &text);
    let reply = store.profile(json!({ "path": path, "suggest": ["gx"], "detail": "high" })).await;
    let suite: Value = serde_json::from_str(reply.data["suggestions"][0]["text"].as_str().unwrap()).unwrap();
    let kinds: Vec<_> = suite["expectations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["type"].as_str().unwrap().to_owned() + " " + found["kwargs"]["column"].as_str().unwrap_or_default())
        .collect();
    assert!(
        !kinds.iter().any(|kind| kind.contains("between n") || kind.contains("not_be_null n") || kind.contains("regex code")),
        "{kinds:?}"
    );
    assert!(kinds.iter().any(|kind| kind == "expect_column_values_to_not_be_null code"), "{kinds:?}");
}
