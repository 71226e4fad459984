//! dbt through the server: a project of the size that teams have, and where columns come from.

use serde_json::{Value, json};

use crate::program::{Server, checkout, demo_workspace, workspace};

#[test]
fn a_project_of_five_hundred_models_is_listed_within_an_answer_and_its_parsing_is_told() {
    let folder = workspace();
    let generator = checkout().join("tests/fixtures/dbt/generate_project");
    assert!(std::process::Command::new(generator).arg(folder.path().join("dbt")).status().unwrap().success());
    let (mut server, _) = Server::session(folder.path(), &["--set", "limits.wait_s=45"], "2025-11-25");
    let call = json!({
        "name": "run_dbt",
        "arguments": {"command": "list", "resource_types": ["model"]},
        "_meta": {"progressToken": "p"},
    });
    server.send(&json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": call}).to_string());
    let mut told = Vec::new();
    let answer = loop {
        let message: Value = serde_json::from_str(&server.line().unwrap()).unwrap();
        if message["id"] == 9 {
            break message;
        }
        told.extend(message["params"]["message"].as_str().map(str::to_owned));
    };
    let answer = server.followed(answer["result"]["structuredContent"].clone());
    assert_eq!(answer["data"]["entries"].as_array().map(Vec::len), Some(500), "{}", answer["error"]);
    let tokens = answer.to_string().len() / 4;
    assert!(tokens <= 20_000, "{tokens} tokens");
    assert!(told.iter().any(|message| message == "parsing the whole project"), "{told:?}");
    assert!(told.iter().any(|message| message.starts_with("found 500 models")), "{told:?}");
}

#[test]
fn columns_are_followed_through_queries_joins_stars_and_windows() {
    let folder = demo_workspace();
    let model = |name: &str, sql: &str| std::fs::write(folder.path().join("dbt/models").join(name), sql).unwrap();
    model(
        "base.sql",
        "select InvoiceNo as invoice, Country as country, Quantity * UnitPrice as amount, 1 as one from {{ source('shop', 'transactions') }}",
    );
    model(
        "ranked.sql",
        "with sums(land, paid) as (select country, sum(amount) from {{ ref('base') }} group by 1), \
         more as (select * replace (paid + 1 as paid), row_number() over (order by paid desc) as place from sums) \
         select more.*, other.* exclude (country, amount, one), (select max(amount) from {{ ref('base') }}) as most, \
         paid * 2 as twice, twice + 1 as lateral_one, list_transform([paid], x -> x + place) as listed \
         from more join {{ ref('base') }} as other on other.country = more.land",
    );
    model("pivoted.sql", "select * from (pivot {{ ref('base') }} on country using sum(amount))");
    let (mut server, _) = Server::session(folder.path(), &["--effects", "write", "--set", "limits.wait_s=45"], "2025-11-25");
    server.call("ingest", &json!({"source": "transactions.csv"}));
    let call = json!({"command": "lineage", "columns": true, "select": ["ranked", "pivoted"], "direction": "upstream"});
    let answer = server.call("run_dbt", &call);
    let models = answer["data"]["column_lineage"].as_array().unwrap();
    let of = |name: &str| models.iter().find(|model| model["model"] == name).unwrap();
    let brief = |column: &Value| {
        let from: Vec<&str> = column["from"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        (column["column"].as_str().unwrap().to_owned(), column["kind"].as_str().unwrap().to_owned(), from.join(" "))
    };
    let found: Vec<_> = of("ranked")["columns"].as_array().unwrap().iter().map(brief).collect();
    let expected = [
        ("land", "copied", "base.country"),
        ("paid", "computed", "base.amount"),
        ("place", "computed", "base.amount"),
        ("invoice", "copied", "base.invoice"),
        ("most", "computed", "base.amount"),
        ("twice", "computed", "base.amount"),
        ("lateral_one", "computed", "base.amount"),
        ("listed", "computed", "base.amount"),
    ];
    assert_eq!(found, expected.map(|(column, kind, from)| (column.to_owned(), kind.to_owned(), from.to_owned())));
    assert_eq!(of("ranked")["columns"][1]["sources"], json!(["shop.transactions.Quantity", "shop.transactions.UnitPrice"]));
    assert_eq!(brief(&of("base")["columns"][3]), ("one".to_owned(), "constant".to_owned(), String::new()));
    let pivoted = of("pivoted");
    let said = [&pivoted["unresolved"], &pivoted["columns"][0]["unresolved"]];
    assert!(said.iter().any(|why| why.is_string()), "{pivoted}");
}
