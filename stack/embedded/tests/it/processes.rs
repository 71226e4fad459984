//! Worker processes: concurrency, cancellation, crashes, locks.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use data_stack_core::ports::warehouse::QueryJob;
use data_stack_core::{Code, Control, Progress};
use data_stack_embedded::engine::Access;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{Workspace, job, session, target};

const ENDLESS: &str = "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE hash(a.range, b.range) % 1000003 = 17";

fn limited(limit: Duration) -> Control {
    Control::new(CancellationToken::new(), Some(limit), Arc::new(|_: Progress| {}))
}

/// The processes that this one has started.
fn children() -> Vec<u32> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>()).collect()
}

fn works_in(pid: u32, workspace: &Workspace) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == workspace.settings.workspace)
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_run_side_by_side() {
    let workspace = Arc::new(Workspace::new());
    workspace.write("CREATE TABLE t AS SELECT range AS a FROM range(100000)").await;
    let reads = (0..8_i64).map(|number| {
        let workspace = Arc::clone(&workspace);
        tokio::spawn(async move { workspace.rows(&format!("SELECT sum(a) + {number} FROM t")).await })
    });
    for (number, read) in reads.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(read.await.unwrap(), [[json!((4_999_950_000_i64 + number as i64).to_string())]]);
    }
    assert!(children().into_iter().filter(|pid| works_in(*pid, &workspace)).count() <= workspace.settings.pool.most);
}

#[tokio::test]
async fn opening_starts_nothing_and_reading_makes_no_database() {
    let workspace = Workspace::new();
    assert_eq!(children().into_iter().filter(|pid| works_in(*pid, &workspace)).count(), 0);
    assert!(!workspace.path(".data-stack").exists());
    assert_eq!(workspace.rows("SELECT 1").await, [[1]]);
    assert!(!workspace.settings.database.exists());
}

#[tokio::test]
async fn a_deadline_stops_the_work_and_keeps_the_worker() {
    let workspace = Workspace::new();
    workspace.rows("SELECT 1").await;
    let before: Vec<u32> = children().into_iter().filter(|pid| works_in(*pid, &workspace)).collect();
    let error = workspace.warehouse().query(job(ENDLESS), &limited(Duration::from_millis(200))).await.unwrap_err();
    assert_eq!(error.code, Code::Timeout);
    assert_eq!(workspace.rows("SELECT 2").await, [[2]]);
    let after: Vec<u32> = children().into_iter().filter(|pid| works_in(*pid, &workspace)).collect();
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_stops_the_work() {
    let workspace = Workspace::new();
    let token = CancellationToken::new();
    let control = Control::new(token.clone(), None, Arc::new(|_: Progress| {}));
    let query = workspace.warehouse().query(job(ENDLESS), &control);
    let cancel = async {
        while children().into_iter().all(|pid| !works_in(pid, &workspace)) {
            tokio::task::yield_now().await;
        }
        token.cancel();
    };
    let (answer, ()) = tokio::join!(query, cancel);
    assert_eq!(answer.unwrap_err().code, Code::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_is_an_error_and_the_next_call_works() {
    let workspace = Workspace::new();
    let control = limited(Duration::from_secs(60));
    let query = workspace.warehouse().query(job(ENDLESS), &control);
    let kill = async {
        loop {
            let worker = children().into_iter().find(|pid| works_in(*pid, &workspace));
            if let Some(pid) = worker.and_then(|pid| rustix::process::Pid::from_raw(pid as i32)) {
                return rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(query, kill);
    let error = answer.unwrap_err();
    assert_eq!((error.code, error.details), (Code::Limit, Some(json!({"signal": 9, "exit_code": null}))));
    assert_eq!(workspace.rows("SELECT 1").await, [[1]]);
}

#[tokio::test]
async fn a_worker_that_cannot_start_is_unavailable() {
    let workspace = Workspace::with(|settings| settings.worker_command = vec!["/nowhere/worker".into()]);
    let error = workspace.read("SELECT 1").await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable);
}

#[tokio::test]
async fn the_lock_is_free_between_calls() {
    let workspace = Workspace::new();
    workspace.write("CREATE TABLE t AS SELECT 1 AS a").await;
    workspace.rows("FROM t").await;
    let other = duckdb::Connection::open(&workspace.settings.database).unwrap();
    other.execute_batch("INSERT INTO t VALUES (2)").unwrap();
    drop(other);
    assert_eq!(workspace.rows("SELECT sum(a)::INTEGER FROM t").await, [[3]]);
}

#[tokio::test]
async fn a_locked_database_names_its_holder_and_can_be_read_as_a_snapshot() {
    let workspace = Workspace::new();
    workspace.write("CREATE TABLE t AS SELECT 1 AS a").await;
    let writer = duckdb::Connection::open(&workspace.settings.database).unwrap();
    writer.execute_batch("INSERT INTO t VALUES (2); BEGIN; INSERT INTO t VALUES (3)").unwrap();

    let error = workspace.read("FROM t").await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
    assert!(error.hints[0].contains("snapshot: true"), "{error:?}");
    assert_eq!(error.details.unwrap()["holder_pid"], json!(std::process::id()));

    let page = workspace.run(QueryJob { snapshot: true, ..job("SELECT sum(a)::INTEGER FROM warehouse.t") }).await.unwrap();
    assert_eq!((page.rows, page.warnings[0].code.as_str()), (vec![vec![json!(3)]], "snapshot"));
    writer.execute_batch("COMMIT").unwrap();
    drop(writer);
    assert_eq!(workspace.rows("SELECT sum(a)::INTEGER FROM t").await, [[6]]);
}

#[tokio::test]
async fn other_files_are_attached_for_one_call() {
    let workspace = Workspace::new();
    workspace.write("CREATE TABLE t AS SELECT 1 AS a").await;
    let second = duckdb::Connection::open(workspace.path("second.duckdb")).unwrap();
    second.execute_batch("CREATE TABLE u AS SELECT 2 AS a").unwrap();
    drop(second);
    let attach = vec![("two".to_owned(), "second.duckdb".to_owned())];
    let page = workspace.run(QueryJob { attach: attach.clone(), ..job("SELECT t.a, u.a FROM t, two.u") }).await.unwrap();
    assert_eq!(page.rows, [[1, 2]]);
    assert_eq!(workspace.read("FROM two.u").await.unwrap_err().code, Code::NotFound);
    let page = workspace.run(QueryJob { database: Some("second.duckdb".into()), ..job("SELECT a FROM u") }).await.unwrap();
    assert_eq!(page.rows, [[2]]);
    let write = QueryJob { attach, effect: data_stack_core::Effect::Write, ..job("INSERT INTO two.u VALUES (3)") };
    assert!(workspace.run(write).await.unwrap_err().message.contains("read-only"));
}

#[test]
fn a_session_runs_in_process_and_gives_connections_to_other_code() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(&folder.path().canonicalize().unwrap());
    let attached = session.attach(&target(&session, Access::Write)).unwrap();
    let connection = attached.connection().unwrap();
    connection.execute_batch("CREATE TABLE t AS SELECT 42 AS a").unwrap();
    let answer: i32 = connection.query_row("SELECT a FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!((answer, attached.catalog()), (42, "w"));
}
