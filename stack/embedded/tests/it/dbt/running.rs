//! What happens around a run that takes long.

use std::time::{Duration, Instant};

use data_stack_core::ports::dbt::{DbtCommand, DbtJob, DbtStatus};
use data_stack_core::{Code, Control};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::support::{Shop, Watch, job};

/// Longest time in which stopped work must be gone.
const STOPPED: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_answered_others_queue_and_a_stop_leaves_the_warehouse_usable() {
    let shop = Shop::new();
    shop.workspace.write("create table kept as select 42 as n").await;
    shop.file("models/hang.sql", "select count(*) as n from range(1000000000) a, range(1000000) b");
    shop.file("dbt_project.yml", "name: shop\nprofile: shop\nmodels: {shop: {+materialized: table}}\n");
    let (watch, other) = (Watch::new(), Watch::new());
    let dbt = shop.dbt();
    let running = tokio::spawn({
        let (dbt, control) = (dbt.clone(), watch.control.clone());
        async move { dbt.run(job(DbtCommand::Run), &control).await }
    });
    watch.hears(" hang").await;

    let page = shop.workspace.read("select n from kept").await.unwrap();
    assert_eq!((page.rows, page.warnings[0].code.as_str()), (vec![vec![json!(42)]], "snapshot"));
    let queued = tokio::spawn({
        let (dbt, control) = (dbt.clone(), other.control.clone());
        async move { dbt.list(job(DbtCommand::List), &control).await }
    });
    let elsewhere = shop.workspace.reopened().dbt.clone().unwrap();
    let brief = Watch::new();
    let outside = tokio::spawn({
        let control = brief.control.clone();
        async move { elsewhere.list(job(DbtCommand::List), &control).await }
    });
    brief.hears("waiting for another command").await;
    brief.cancel.cancel();
    assert_eq!(outside.await.unwrap().unwrap_err().code, Code::Cancelled);

    watch.cancel.cancel();
    let stopping = Instant::now();
    let report = running.await.unwrap().unwrap();
    assert!(stopping.elapsed() < STOPPED, "{:?}", stopping.elapsed());
    assert_eq!(report.stopped.map(|error| error.code), Some(Code::Cancelled));
    assert!(report.nodes.iter().all(|node| node.name != "hang" || node.status != DbtStatus::Ok));
    assert_eq!(queued.await.unwrap().unwrap().len(), 6);
    shop.workspace.write("insert into kept values (43)").await;
    assert_eq!(shop.workspace.read("select sum(n) from kept").await.unwrap().warnings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_stops_dbt_as_a_cancellation_does() {
    let shop = Shop::new();
    shop.file("models/hang.sql", HANGING);
    // The environment may have to be set up first, which is not what is timed here.
    shop.dbt().list(job(DbtCommand::List), &Control::unlimited()).await.unwrap();
    let brief = Control::unlimited().within(Duration::from_secs(8));
    let report = shop.dbt().run(job(DbtCommand::Build), &brief).await.unwrap();
    assert_eq!(report.stopped.map(|error| error.code), Some(Code::Timeout));
    assert_eq!(shop.workspace.rows("select 1").await, [[json!(1)]]);
}

/// A model that never ends.
const HANGING: &str = "{{ config(materialized='table') }}select count(*) as n from range(1000000000) a, range(1000000) b";

#[tokio::test(flavor = "multi_thread")]
async fn a_dbt_that_is_killed_half_way_is_a_report_and_the_next_build_is_whole() {
    let shop = Shop::new();
    shop.file("models/hang.sql", &format!("-- depends on {{{{ ref('totals') }}}}\n{HANGING}"));
    shop.file("models/schema.yml", "");
    let watch = Watch::new();
    let running = tokio::spawn({
        let (dbt, control) = (shop.dbt(), watch.control.clone());
        async move { dbt.run(job(DbtCommand::Build), &control).await }
    });
    watch.hears(" hang").await;
    kill_process(dbt_of(&shop), Signal::KILL).unwrap();
    let report = running.await.unwrap().unwrap();
    assert_eq!((report.succeeded, report.stopped, report.unfinished), (false, None, 1));
    assert!(report.problems[0].message.contains("signal 9"), "{:?}", report.problems);
    let done: Vec<_> = report.nodes.iter().map(|node| (node.name.as_str(), node.status)).collect();
    assert_eq!(done, [("stg_orders", DbtStatus::Ok), ("totals", DbtStatus::Ok), ("raw_orders", DbtStatus::Ok)]);
    shop.file("models/hang.sql", "select 1 as n");
    let mended = shop.run(job(DbtCommand::Build)).await;
    assert_eq!((mended.succeeded, mended.nodes.len()), (true, 4), "{mended:?}");
    assert_eq!(shop.workspace.rows("select count(*) from totals where customer is not null").await, [[json!(2)]]);
}

/// The dbt process that works on the shop's project.
fn dbt_of(shop: &Shop) -> Pid {
    let folder = shop.folder().display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|process| process.unwrap().file_name().to_str()?.parse().ok());
    let is_dbt = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains("dbt.cli.main") && line.contains(&folder)
    };
    Pid::from_raw(processes.filter(is_dbt).min().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_builds_at_once_by_two_processes_are_both_whole() {
    let shop = Shop::new();
    shop.file("models/schema.yml", "");
    let elsewhere = shop.workspace.reopened().dbt.clone().unwrap();
    let control = Control::unlimited();
    let here = shop.dbt();
    let (one, other) = tokio::join!(here.run(job(DbtCommand::Build), &control), elsewhere.run(job(DbtCommand::Build), &control));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.succeeded && other.succeeded, "{one:?}\n{other:?}");
    assert_eq!((one.nodes.len(), other.nodes.len(), one.run_id == other.run_id), (3, 3, false));
    assert_eq!(shop.workspace.rows("select sum(total) from totals where customer is not null").await, [[json!("30")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_run_on_a_copy_unless_what_they_write_is_to_stay() {
    let shop = Shop::new();
    shop.file("models/schema.yml", "models: [{name: stg_orders, columns: [{name: id, data_tests: [not_null]}]}]");
    let hook = "on-run-end: \"create table if not exists heard as select 1 as n\"";
    shop.file("dbt_project.yml", &format!("name: shop\nprofile: shop\n{hook}\n"));
    shop.run(job(DbtCommand::Build)).await;
    shop.workspace.write("drop table heard").await;
    let heard = "select count(*) from duckdb_tables() where table_name = 'heard'";
    assert!(shop.run(job(DbtCommand::Test)).await.succeeded);
    assert_eq!(shop.workspace.rows(heard).await, [[json!(0)]]);
    assert!(shop.run(DbtJob { record: true, ..job(DbtCommand::Test) }).await.succeeded);
    assert_eq!(shop.workspace.rows(heard).await, [[json!(1)]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_command_is_done_by_a_process_that_has_loaded_dbt_already_and_ends_with_it() {
    let shop = Shop::new();
    assert!(shop.run(job(DbtCommand::Seed)).await.succeeded);
    let loaded = loop {
        match children().into_iter().find(|(_, line)| line.contains("order = json.loads")) {
            Some((pid, _)) => break pid,
            None => tokio::task::yield_now().await,
        }
    };
    let shown =
        DbtJob { inline_sql: Some("select {{ env_var('DATA_STACK_WORKSPACE') | length }} as n".into()), ..job(DbtCommand::Compile) };
    let report = shop.run(shown).await;
    let length = shop.workspace.settings.workspace.as_os_str().len();
    assert_eq!((report.succeeded, report.compiled), (true, Some(format!("select {length} as n"))));
    assert!(!children().iter().any(|(pid, _)| *pid == loaded));
}

/// The processes that this one has started: number and command line.
fn children() -> Vec<(i32, String)> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("children"));
    let ids = tasks
        .filter_map(|list| std::fs::read_to_string(list).ok())
        .flat_map(|list| list.split_whitespace().map(|id| id.parse::<i32>().unwrap()).collect::<Vec<_>>());
    let line = |pid: &i32| String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()).into_owned();
    ids.map(|pid| (pid, line(&pid))).collect()
}
