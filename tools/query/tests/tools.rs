//! The tools against a warehouse that only remembers what it was asked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use data_stack_core::ports::Warehouse;
use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Column, QueryJob, QueryPage, Table};
use data_stack_core::{BoxFuture, Code, Control, Ctx, NextAction, Ports, Reply, ToolError};
use data_stack_query::TOOLS;
use futures::FutureExt as _;
use serde_json::{Value, json};

/// Answers every call with the same page or catalogue.
#[derive(Default)]
struct Fake {
    page: QueryPage,
    catalog: Catalog,
    queries: Mutex<Vec<QueryJob>>,
    cursors: Mutex<Vec<(String, usize)>>,
    catalogs: Mutex<Vec<CatalogJob>>,
}

impl Warehouse for Fake {
    fn query<'a>(&'a self, job: QueryJob, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        self.queries.lock().unwrap().push(job);
        async { Ok(self.page.clone()) }.boxed()
    }

    fn page<'a>(&'a self, cursor: &'a str, limit: usize, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        self.cursors.lock().unwrap().push((cursor.into(), limit));
        async { Ok(self.page.clone()) }.boxed()
    }

    fn catalog<'a>(&'a self, job: CatalogJob, _: &'a Control) -> BoxFuture<'a, Result<Catalog, ToolError>> {
        self.catalogs.lock().unwrap().push(job);
        async { Ok(self.catalog.clone()) }.boxed()
    }
}

fn call(fake: &Arc<Fake>, tool: &str, arguments: Value) -> Result<Reply<Value>, ToolError> {
    let ports = Ports { warehouse: Some(fake.clone()), ..Ports::default() };
    let ctx = Ctx { request_id: "r".into(), environment: "test".into(), control: Control::unlimited(), ports: Arc::new(ports) };
    let tool = TOOLS.iter().find(|known| known.spec().name == tool).unwrap();
    futures::executor::block_on(tool.bind(arguments)?.run(ctx))
}

fn two_rows() -> QueryPage {
    QueryPage {
        columns: vec![Column { name: "n".into(), kind: "INTEGER".into() }, Column { name: "t".into(), kind: "VARCHAR".into() }],
        rows: vec![vec![json!(1), json!("a,b")], vec![json!(2), json!(null)]],
        total_rows: Some(7),
        cursor: Some("c".into()),
        statement: "SELECT".into(),
        elapsed_ms: 1.25,
        ..QueryPage::default()
    }
}

#[test]
fn what_is_not_asked_for_has_its_default() {
    let fake = Arc::new(Fake::default());
    call(&fake, "query_duckdb", json!({"sql": "SELECT 1"})).unwrap();
    assert_eq!(*fake.queries.lock().unwrap(), [QueryJob::reading("SELECT 1", 100)]);
}

#[test]
fn a_page_is_given_with_the_call_for_the_next() {
    let fake = Arc::new(Fake { page: two_rows(), ..Fake::default() });
    let reply = call(&fake, "query_duckdb", json!({"sql": "SELECT 1", "limit": 2})).unwrap();
    let expected = json!({
        "columns": [{"name": "n", "type": "INTEGER"}, {"name": "t", "type": "VARCHAR"}],
        "rows": [[1, "a,b"], [2, null]],
        "row_count": 2, "total_rows": 7, "cursor": "c", "statement": "SELECT", "elapsed_ms": 1.25
    });
    assert_eq!(reply.data, expected);
    let next = NextAction {
        tool: "query_duckdb".into(),
        arguments: json!({"cursor": "c", "limit": 2, "format": "json"}),
        why: "The next page of the same result.".into(),
    };
    assert_eq!(reply.next_actions, [next]);
    assert_eq!(reply.truncated.unwrap().next_cursor.as_deref(), Some("c"));
    assert_eq!(reply.summary, "2 of 7 rows in 1 ms.\n\n| n | t |\n| ---: | --- |\n| 1 | a,b |\n| 2 | NULL |\n");
}

#[test]
fn rows_as_text_stand_in_one_place_only() {
    let fake = Arc::new(Fake { page: two_rows(), ..Fake::default() });
    let text = |format: &str| {
        let data = call(&fake, "query_duckdb", json!({"sql": "SELECT 1", "format": format})).unwrap().data;
        (data["text"].clone(), data["rows"].clone(), data["row_count"].clone())
    };
    assert_eq!(text("csv"), (json!("n,t\n1,\"a,b\"\n2,\n"), json!([]), json!(2)));
    assert_eq!(text("markdown"), (json!("| n | t |\n| ---: | --- |\n| 1 | a,b |\n| 2 | NULL |\n"), json!([]), json!(2)));
}

#[test]
fn a_cursor_goes_alone() {
    let fake = Arc::new(Fake { page: two_rows(), ..Fake::default() });
    call(&fake, "query_duckdb", json!({"cursor": "c", "limit": 5})).unwrap();
    assert_eq!(*fake.cursors.lock().unwrap(), [("c".to_owned(), 5)]);
    for (arguments, field) in
        [(json!({"cursor": "c", "sql": "SELECT 1"}), "sql"), (json!({}), "sql"), (json!({"cursor": "c", "params": []}), "params")]
    {
        let error = call(&fake, "query_duckdb", arguments).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some(field)));
    }
}

#[test]
fn a_listing_leads_to_the_next_tables_and_to_one_in_full() {
    let table = Table { schema: "main".into(), name: "orders".into(), kind: "table".into(), rows: Some(3), ..Table::default() };
    let catalog = Catalog { database: "w".into(), bytes: 1, total_tables: 2, tables: vec![table], ..Catalog::default() };
    let fake = Arc::new(Fake { catalog, ..Fake::default() });
    let reply = call(&fake, "describe_data", json!({"search": "o", "limit": 1})).unwrap();
    let arguments: Vec<_> = reply.next_actions.iter().map(|next| next.arguments.clone()).collect();
    assert_eq!(arguments, [json!({"search": "o", "limit": 1, "offset": 1}), json!({"table": "main.orders"})]);
    let reply = call(&fake, "describe_data", json!({"table": "orders", "offset": 1})).unwrap();
    assert_eq!(reply.next_actions[0].arguments, json!({"sql": "SELECT * FROM \"main\".\"orders\" LIMIT 10"}));
}

#[test]
fn an_empty_warehouse_leads_to_ingest() {
    let reply = call(&Arc::new(Fake::default()), "describe_data", json!({})).unwrap();
    assert_eq!(reply.summary, "The warehouse holds no tables yet. Load a file with `ingest`.");
}

#[test]
fn descriptions_and_schemas_are_short() {
    for tool in TOOLS {
        let schemas = tool.schemas();
        assert!(tool.spec().description.len() <= 2_048, "{}", tool.spec().name);
        assert!(schemas.input.to_string().len() <= 4_000, "{}: {}", tool.spec().name, schemas.input);
        for example in tool.spec().examples {
            tool.bind(serde_json::from_str(example.arguments).unwrap()).unwrap();
        }
    }
}
