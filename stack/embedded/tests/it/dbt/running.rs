//! What happens around a run that takes long.

use std::time::{Duration, Instant};

use data_stack_core::ports::dbt::{DbtCommand, DbtStatus};
use data_stack_core::{Code, Control};
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
    shop.file("models/hang.sql", "{{ config(materialized='table') }}select count(*) as n from range(1000000000) a, range(1000000) b");
    // The environment may have to be set up first, which is not what is timed here.
    shop.dbt().list(job(DbtCommand::List), &Control::unlimited()).await.unwrap();
    let brief = Control::unlimited().within(Duration::from_secs(8));
    let report = shop.dbt().run(job(DbtCommand::Build), &brief).await.unwrap();
    assert_eq!(report.stopped.map(|error| error.code), Some(Code::Timeout));
    assert_eq!(shop.workspace.rows("select 1").await, [[json!(1)]]);
}
