//! Errors that let a caller repair the call, and empty results that explain themselves.

use data_stack_core::Code;
use data_stack_core::ports::warehouse::{QueryJob, QueryLimits};
use serde_json::json;

use crate::support::{LIMITS, Workspace, job};

async fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("CREATE TABLE transactions AS SELECT range AS quantity, if(range % 2 = 0, 'United Kingdom', 'France') AS country FROM range(100)")
        .await;
    workspace
}

#[tokio::test]
async fn an_unknown_table_comes_with_the_nearest_and_its_definition() {
    let error = workspace().await.read("SELECT * FROM transaction").await.unwrap_err();
    assert_eq!((error.code, error.hints[0].as_str()), (Code::NotFound, "Did you mean transactions?"));
    assert_eq!(error.valid_values, ["transactions"]);
    let ddl = "CREATE TABLE transactions(quantity BIGINT, country VARCHAR);";
    assert_eq!(error.details, Some(json!({"candidates": [{"table": "transactions", "ddl": ddl}]})));
    assert!(error.message.contains("LINE 1: SELECT * FROM transaction"), "{}", error.message);
}

#[tokio::test]
async fn an_unknown_column_comes_with_the_nearest_and_its_table() {
    let error = workspace().await.read("SELECT quantty FROM transactions").await.unwrap_err();
    assert_eq!((error.code, error.hints[0].as_str()), (Code::NotFound, "Did you mean transactions.quantity, transactions.country?"));
    assert_eq!(error.details.unwrap()["candidates"][0]["table"], "transactions");
}

#[tokio::test]
async fn an_unknown_table_in_an_empty_database_leads_to_ingest() {
    let error = Workspace::new().read("SELECT * FROM sales").await.unwrap_err();
    assert_eq!(error.hints, ["The database holds no tables yet; load a file with `ingest`."]);
}

#[tokio::test]
async fn errors_in_the_sql_keep_duckdbs_words_and_position() {
    let workspace = workspace().await;
    let error = workspace.read("SELEC 1").await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some("sql")));
    assert!(
        error.message.starts_with("Parser Error: syntax error at or near \"SELEC\"") && error.message.contains("LINE 1"),
        "{}",
        error.message
    );
    let error = workspace.read("SELECT country::INTEGER FROM transactions").await.unwrap_err();
    assert_eq!((error.code, error.hints[0].as_str()), (Code::Failed, "Use TRY_CAST, or leave out the rows that do not convert."));
}

#[tokio::test]
async fn a_statement_that_needs_too_much_names_the_limit() {
    let workspace = Workspace::new();
    let limits = QueryLimits { memory: 64 << 20, temporary: 1 << 20, ..LIMITS };
    let sql = "SELECT count(*) FROM (SELECT DISTINCT md5(range::VARCHAR) AS a, md5((range + 1)::VARCHAR) AS b FROM range(5000000))";
    let error = workspace.run(QueryJob { limits, ..job(sql) }).await.unwrap_err();
    assert_eq!(error.code, Code::Limit, "{error:?}");
    assert!(error.hints.iter().any(|hint| hint.contains("memory_mb")), "{error:?}");
    assert_eq!(workspace.rows("SELECT 1").await, [[1]]);
}

#[tokio::test]
async fn an_empty_result_says_which_condition_left_nothing() {
    let workspace = workspace().await;
    let page = workspace.read("SELECT * FROM transactions WHERE country = 'UK' AND quantity > 50").await.unwrap();
    let warning = &page.warnings[0];
    assert_eq!(warning.code, "empty_result");
    let expected = "No row matches. `transactions` has 100 rows; by itself, `(country = 'UK')` matches 0 (nearest values of \"country\": \
                    'United Kingdom', 'France'); `(quantity > 50)` matches 49.";
    assert_eq!(warning.message, expected);
}

#[tokio::test]
async fn an_empty_range_shows_the_true_one() {
    let page = workspace().await.read("SELECT * FROM transactions WHERE quantity > 1000").await.unwrap();
    assert!(page.warnings[0].message.contains("\"quantity\" runs from 0 to 99"), "{:?}", page.warnings);
}

#[tokio::test]
async fn an_empty_result_of_something_else_is_left_alone() {
    let workspace = workspace().await;
    workspace.write("CREATE TABLE empty (a INTEGER)").await;
    assert_eq!(workspace.read("SELECT * FROM empty").await.unwrap().warnings[0].message, "`empty` has no rows.");
    assert_eq!(workspace.read("SELECT * FROM transactions JOIN empty ON a = quantity").await.unwrap().warnings, []);
    assert_eq!(workspace.read("SELECT 1 WHERE false").await.unwrap().warnings, []);
}

#[tokio::test]
async fn a_statement_gets_at_most_what_the_operator_allows() {
    let workspace = workspace().await;
    let greedy = QueryJob { limits: QueryLimits::MOST, ..job("SELECT current_setting('threads'), current_setting('memory_limit')") };
    assert_eq!(workspace.run(greedy).await.unwrap().rows, [[json!(LIMITS.threads), json!("512.0 MiB")]]);
}
