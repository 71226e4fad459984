//! Pages over a stable result, and whole results as files.

use std::fs;
use std::time::Duration;

use data_stack_core::ports::warehouse::{Export, ExportFormat, QueryJob, QueryLimits};
use data_stack_core::{Code, Control};
use serde_json::{Value, json};

use crate::support::{LIMITS, Workspace, job};

fn numbers(from: u64, to: u64) -> Vec<Vec<Value>> {
    (from..to).map(|number| vec![json!(number)]).collect()
}

#[tokio::test]
async fn pages_follow_one_another_over_later_writes_and_a_restart() {
    let workspace = Workspace::new();
    workspace.write("CREATE TABLE t AS SELECT range AS a FROM range(25)").await;
    let first = workspace.run(QueryJob { limit: 10, ..job("SELECT a FROM t ORDER BY a") }).await.unwrap();
    assert_eq!((first.rows, first.total_rows), (numbers(0, 10), Some(25)));
    workspace.write("DELETE FROM t").await;
    let ports = workspace.reopened();
    let warehouse = ports.warehouse().unwrap();
    let second = warehouse.page(&first.cursor.unwrap(), 10, &Control::unlimited()).await.unwrap();
    assert_eq!((second.rows, second.total_rows, second.columns), (numbers(10, 20), Some(25), first.columns));
    let third = warehouse.page(&second.cursor.unwrap(), 10, &Control::unlimited()).await.unwrap();
    assert_eq!((third.rows, third.cursor), (numbers(20, 25), None));
}

#[tokio::test]
async fn a_result_that_fits_has_no_cursor_and_leaves_no_file() {
    let workspace = Workspace::new();
    let page = workspace.run(QueryJob { limit: 10, ..job("FROM range(10)") }).await.unwrap();
    assert_eq!((page.rows, page.total_rows, page.cursor), (numbers(0, 10), Some(10), None));
    assert_eq!(fs::read_dir(workspace.path(".data-stack/results")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_endless_result_is_kept_up_to_the_limit_and_says_so() {
    let workspace = Workspace::new();
    let limits = QueryLimits { output: 1 << 20, ..LIMITS };
    let page = workspace.run(QueryJob { limits, limit: 5, ..job("FROM range(100000000000)") }).await.unwrap();
    assert_eq!((page.rows, page.total_rows), (numbers(0, 5), None));
    assert_eq!(page.warnings[0].code, "output_limit");
    let rest = workspace.warehouse().page(&page.cursor.unwrap(), 3, &Control::unlimited()).await.unwrap();
    assert_eq!(rest.rows, numbers(5, 8));
}

#[tokio::test]
async fn a_cursor_that_was_not_returned_is_refused() {
    let workspace = Workspace::new();
    let cursor = workspace.run(QueryJob { limit: 1, ..job("FROM range(5)") }).await.unwrap().cursor.unwrap();
    let page = async |cursor: String| workspace.warehouse().page(&cursor, 10, &Control::unlimited()).await.map_err(|error| error.code);
    let unknown = format!("{}.0", "0".repeat(32));
    for (cursor, code) in [
        (String::new(), Code::InvalidInput),
        ("../../etc/passwd.0".to_owned(), Code::InvalidInput),
        (cursor.replace(".0", ".1"), Code::InvalidInput),
        (cursor.replace(".0", ".-1"), Code::InvalidInput),
        (unknown, Code::NotFound),
    ] {
        assert_eq!(page(cursor.clone()).await, Err(code), "{cursor}");
    }
    assert_eq!(page(cursor).await.unwrap().rows, numbers(1, 5));
}

#[tokio::test]
async fn results_are_gone_after_their_lifetime() {
    let workspace = Workspace::with(|settings| settings.result_lifetime = Duration::ZERO);
    let cursor = workspace.run(QueryJob { limit: 1, ..job("FROM range(5)") }).await.unwrap().cursor.unwrap();
    let error = workspace.warehouse().page(&cursor, 10, &Control::unlimited()).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::NotFound, Some("cursor")));
    let ports = workspace.reopened();
    ports.warehouse().unwrap().query(job("SELECT 1"), &Control::unlimited()).await.unwrap();
    assert_eq!(fs::read_dir(workspace.path(".data-stack/results")).unwrap().count(), 0);
}

#[tokio::test]
async fn whole_results_are_written_in_every_format() {
    let workspace = Workspace::new();
    let sql = "SELECT range AS a, 'x' || range AS b, (range / 4)::DECIMAL(38,2) AS c FROM range(5000) WHERE range >= ? -- end";
    let parameters = data_stack_core::ports::warehouse::Parameters::Positional(vec![json!(10)]);
    for (format, name) in [
        (ExportFormat::Csv, "r.csv"),
        (ExportFormat::Parquet, "r.parquet"),
        (ExportFormat::Arrow, "r.arrow"),
        (ExportFormat::Jsonl, "r.jsonl"),
    ] {
        let export = Some(Export { format, name: "r".into() });
        let page = workspace.run(QueryJob { export, parameters: parameters.clone(), ..job(sql) }).await.unwrap();
        let link = page.export.unwrap();
        assert_eq!((page.total_rows, page.columns.len(), link.name.as_str()), (Some(4990), 3, name));
        assert_eq!(workspace.ports().artifacts().unwrap().find(&link.uri).unwrap(), link);
        if format == ExportFormat::Arrow {
            let file = fs::File::open(&link.path).unwrap();
            let batches: Vec<_> = arrow::ipc::reader::FileReader::try_new(file, None).unwrap().map(Result::unwrap).collect();
            assert_eq!(batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 4990);
        } else {
            let back = workspace.rows(&format!("SELECT count(*), min(a), max(a), sum(c::DOUBLE) FROM '{}'", link.path)).await;
            assert_eq!(back, [[json!(4990), json!(10), json!(4999), json!(3_124_363.75)]], "{name}");
        }
    }
}

#[tokio::test]
async fn only_rows_are_exported_and_a_failed_export_leaves_nothing() {
    let workspace = Workspace::new();
    let export = |sql: &str| QueryJob { export: Some(Export { format: ExportFormat::Csv, name: "r".into() }), ..job(sql) };
    assert_eq!(workspace.run(export("SHOW TABLES")).await.unwrap().total_rows, Some(0));
    assert_eq!(workspace.run(export("EXPLAIN SELECT 1")).await.unwrap_err().field.as_deref(), Some("format"));
    assert_eq!(workspace.run(export("SELECT error('no') FROM range(10)")).await.unwrap_err().code, Code::Failed);
    assert_eq!(workspace.run(export("SELECT 1) TO 'x.csv' --")).await.unwrap_err().code, Code::InvalidInput);
    assert_eq!(fs::read_dir(workspace.path(".data-stack/artifacts")).unwrap().count(), 1);
}
