//! A load that does not reach its end leaves nothing behind.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use data_stack_core::ports::Ingest;
use data_stack_core::{Code, Control, Progress};
use tokio_util::sync::CancellationToken;

use super::{World, append, job, query, replace, runtime};

/// A control that cancels at the first message which contains `words`; the messages are kept.
fn cancel_at(words: &'static str) -> (Control, Arc<Mutex<Vec<String>>>) {
    let token = CancellationToken::new();
    let messages = Arc::new(Mutex::new(Vec::new()));
    let (cancel, kept) = (token.clone(), messages.clone());
    let sink = move |progress: Progress| {
        if progress.message.contains(words) {
            cancel.cancel();
        }
        kept.lock().unwrap().push(progress.message);
    };
    (Control::new(token, None, Arc::new(sink)), messages)
}

#[test]
fn a_cancelled_load_changes_nothing_wherever_it_was() {
    for words in ["copying", "checking types", "keeping the previous", "loading 1/1", "verifying"] {
        let world = World::new();
        world.write("1.csv", "a\n1\n");
        world.write("2.csv", "a\n2\n");
        world.load(job("1.csv")).unwrap();
        let (control, messages) = cancel_at(words);
        let error = runtime().block_on(world.ingest.load(replace("2.csv"), &control)).unwrap_err();
        assert!(messages.lock().unwrap().iter().any(|message| message.contains(words)), "{words} was never reported");
        assert_eq!(error.code, Code::Cancelled, "{words}: {error}");
        assert_eq!(world.query("FROM t"), ["1"], "{words}");
        assert_eq!(world.query("SELECT count(*) FROM _data_stack.loads WHERE is_current"), ["1"], "{words}");
        assert_eq!(world.query("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = '_data_stack_previous'"), ["0"], "{words}");
    }
}

const CHILD: &str = "DATA_STACK_TEST_KILLED_LOAD";

/// Runs only as the child of the next test: loads, and waits to be killed when all rows are written.
#[test]
fn a_load_that_waits_before_its_end() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let world = World::new();
    world.write("2.csv", "a\n2\n");
    let token = CancellationToken::new();
    let reached = AtomicBool::new(false);
    let ready = folder.join("ready");
    let sink = move |progress: Progress| {
        if progress.message == "committing" && !reached.swap(true, Ordering::SeqCst) {
            std::fs::write(&ready, "").unwrap();
            loop {
                std::thread::park();
            }
        }
    };
    let control = Control::new(token, None, Arc::new(sink));
    let engine = Arc::new(super::InProcess { database: folder.join("w.duckdb") });
    let ingest = world.ingest.with_engine(engine);
    runtime().block_on(ingest.load(replace("2.csv"), &control)).unwrap();
}

#[test]
fn a_killed_load_leaves_the_old_table() {
    let world = World::new();
    world.write("1.csv", "a\n1\n");
    world.load(job("1.csv")).unwrap();
    let folder = world.path("w.duckdb").parent().unwrap().to_owned();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ingest::tests::failure::a_load_that_waits_before_its_end"])
        .env(CHILD, &folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !folder.join("ready").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "the child ended before it could be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(query(&folder.join("w.duckdb"), "FROM t"), ["1"]);
    world.write("2.csv", "a\n2\n");
    assert_eq!(world.load(append("2.csv")).unwrap().rows_total, 2);
}
