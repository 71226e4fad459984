//! The catalogue.

use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Table, TableColumn};
use data_stack_core::{Code, Control, ToolError};
use serde_json::json;

use crate::support::Workspace;

fn everything() -> CatalogJob {
    CatalogJob { samples: 2, limit: 50, ..CatalogJob::default() }
}

async fn catalog(workspace: &Workspace, job: CatalogJob) -> Result<Catalog, ToolError> {
    workspace.warehouse().catalog(job, &Control::unlimited()).await
}

async fn workspace() -> Workspace {
    let workspace = Workspace::new();
    for sql in [
        "CREATE SCHEMA staging",
        "CREATE TABLE orders (id INTEGER NOT NULL, country VARCHAR)",
        "INSERT INTO orders VALUES (1, 'France'), (2, 'Spain'), (3, 'France')",
        "COMMENT ON TABLE orders IS 'one row an order'",
        "COMMENT ON COLUMN orders.country IS 'of delivery'",
        "CREATE VIEW french AS SELECT * FROM orders WHERE country = 'France'",
        "CREATE TABLE staging.raw (payload JSON)",
        "CREATE SCHEMA _data_stack",
        "CREATE TABLE _data_stack.other (a INTEGER)",
    ] {
        workspace.write(sql).await;
    }
    workspace
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog.tables.iter().map(|table| format!("{}.{} {}", table.schema, table.name, table.kind)).collect()
}

#[tokio::test]
async fn tables_and_views_are_listed_without_our_own() {
    let workspace = workspace().await;
    let found = catalog(&workspace, everything()).await.unwrap();
    assert_eq!(names(&found), ["main.french view", "main.orders table", "staging.raw table"]);
    assert_eq!(
        (found.database.as_str(), found.total_tables, found.schemas.as_slice()),
        ("warehouse", 3, ["main".into(), "staging".into()].as_slice())
    );
    assert_eq!((found.bytes > 0, found.modified_at.is_some()), (true, true));
}

#[tokio::test]
async fn a_single_table_is_described_in_full() {
    let workspace = workspace().await;
    let found = catalog(&workspace, CatalogJob { table: Some("Orders".into()), ..everything() }).await.unwrap();
    let column = |name: &str, kind: &str, nullable, comment: Option<&str>, samples| TableColumn {
        name: name.into(),
        kind: kind.into(),
        nullable,
        comment: comment.map(str::to_owned),
        samples,
    };
    let expected = Table {
        schema: "main".into(),
        name: "orders".into(),
        kind: "table".into(),
        comment: Some("one row an order".into()),
        rows: Some(3),
        columns: vec![
            column("id", "INTEGER", false, None, vec![json!(1), json!(2)]),
            column("country", "VARCHAR", true, Some("of delivery"), vec![json!("France"), json!("Spain")]),
        ],
        ddl: Some("CREATE TABLE orders(id INTEGER NOT NULL, country VARCHAR);".into()),
        ..Table::default()
    };
    assert_eq!(found.tables, [expected]);
}

#[tokio::test]
async fn search_looks_at_names_comments_and_columns() {
    let workspace = workspace().await;
    for (search, expected) in [
        ("PAYLOAD", vec!["staging.raw table"]),
        ("an order", vec!["main.orders table"]),
        ("delivery", vec!["main.orders table"]),
        ("staging.", vec!["staging.raw table"]),
        ("it's", vec![]),
    ] {
        let found = catalog(&workspace, CatalogJob { search: Some(search.into()), ..everything() }).await.unwrap();
        assert_eq!(names(&found), expected, "{search}");
    }
}

#[tokio::test]
async fn pages_cover_the_list_once() {
    let workspace = workspace().await;
    let page = async |offset| names(&catalog(&workspace, CatalogJob { limit: 2, offset, ..everything() }).await.unwrap());
    assert_eq!([page(0).await, page(2).await, page(4).await].concat(), ["main.french view", "main.orders table", "staging.raw table"]);
}

#[tokio::test]
async fn an_unknown_table_is_not_found_and_the_nearest_is_named() {
    let workspace = workspace().await;
    let error = catalog(&workspace, CatalogJob { table: Some("order".into()), ..everything() }).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref(), error.valid_values), (Code::NotFound, Some("table"), vec!["orders".to_owned()]));
}

#[tokio::test]
async fn a_database_that_does_not_exist_yet_is_empty() {
    let workspace = Workspace::new();
    let found = catalog(&workspace, everything()).await.unwrap();
    assert_eq!((found.bytes, found.total_tables, found.tables.len()), (0, 0, 0));
    assert!(!workspace.settings.database.exists());
}
