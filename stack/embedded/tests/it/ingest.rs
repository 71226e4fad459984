//! Loads through worker processes.

use data_stack_core::ports::ingest::{Dialect, IngestJob, LoadMode, OnError, SchemaPolicy};
use data_stack_core::ports::warehouse::CatalogJob;
use data_stack_core::{Code, Control};
use serde_json::json;

use crate::support::Workspace;

fn job(source: &str, table: &str) -> IngestJob {
    IngestJob {
        source: source.into(),
        format: None,
        table: table.into(),
        mode: LoadMode::Create,
        schema_policy: SchemaPolicy::Fail,
        on_error: OnError::Fail,
        force: false,
        types: Vec::new(),
        dialect: Dialect::default(),
        sheet: None,
        request_id: "request".into(),
    }
}

#[tokio::test]
async fn a_load_is_there_for_queries_and_the_catalogue_tells_where_it_came_from() {
    let workspace = Workspace::new();
    std::fs::write(workspace.path("orders.csv"), "id,name\n1,x\n2,\"y\nz\"\n").unwrap();
    let ingest = workspace.ports().ingest().unwrap();
    let preview = ingest.preview(job("orders.csv", "raw.orders"), &Control::unlimited()).await.unwrap();
    assert_eq!((preview.rows_read, preview.rows), (2, vec![vec![json!(1), json!("x")], vec![json!(2), json!("y\nz")]]));
    assert!(!workspace.settings.database.exists(), "a preview makes no database");
    let report = ingest.load(job("orders.csv", "raw.orders"), &Control::unlimited()).await.unwrap();
    assert_eq!((report.table.as_str(), report.rows_total), ("raw.orders", 2));
    assert_eq!(workspace.rows("SELECT * FROM raw.orders WHERE id = 2").await, [[json!(2), json!("y\nz")]]);
    let one = CatalogJob { schema: Some("raw".into()), table: Some("orders".into()), limit: 10, ..CatalogJob::default() };
    let catalog = workspace.warehouse().catalog(one, &Control::unlimited()).await.unwrap();
    assert_eq!(catalog.tables[0].source.as_deref(), Some("orders.csv"));
    assert!(catalog.tables[0].loaded_at.is_some());
}

#[tokio::test]
async fn a_locked_database_refuses_the_load_and_names_the_holder() {
    let workspace = Workspace::new();
    std::fs::write(workspace.path("a.csv"), "a\n1\n").unwrap();
    let holder = duckdb::Connection::open(&workspace.settings.database).unwrap();
    let ingest = workspace.ports().ingest().unwrap();
    let error = ingest.load(job("a.csv", "t"), &Control::unlimited()).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
    assert_eq!(error.details.unwrap()["holder_pid"], json!(std::process::id()));
    assert!(!error.hints.iter().any(|hint| hint.contains("snapshot")), "{:?}", error.hints);
    drop(holder);
    assert_eq!(ingest.load(job("a.csv", "t"), &Control::unlimited()).await.unwrap().rows_total, 1);
}

#[tokio::test]
async fn a_load_cancelled_in_the_worker_changes_nothing() {
    let workspace = Workspace::new();
    std::fs::write(workspace.path("a.csv"), "a\n1\n").unwrap();
    let token = tokio_util::sync::CancellationToken::new();
    let cancel = token.clone();
    let sink = move |progress: data_stack_core::Progress| {
        if progress.message.starts_with("loading 1/1") {
            cancel.cancel();
        }
    };
    let control = Control::new(token, None, std::sync::Arc::new(sink));
    std::fs::write(workspace.path("long.csv"), format!("a,b\n{}", "123,456\n".repeat(2_000_000))).unwrap();
    let ingest = workspace.ports().ingest().unwrap();
    let error = ingest.load(job("long.csv", "t"), &control).await.unwrap_err();
    assert_eq!(error.code, Code::Cancelled);
    assert_eq!(workspace.rows("SELECT count(*) FROM duckdb_tables()").await, [[json!(0)]]);
    assert_eq!(ingest.load(job("a.csv", "t"), &Control::unlimited()).await.unwrap().rows_total, 1);
}
