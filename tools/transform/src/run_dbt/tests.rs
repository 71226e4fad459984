//! The tool over a dbt that answers as it is told.

use std::sync::{Arc, Mutex};

use data_stack_core::ports::Dbt;
use data_stack_core::ports::dbt::{
    Contract, ContractsJob, DbtCommand, DbtEntry, DbtJob, DbtNode, DbtProblem, DbtReport, DbtStatus, Lineage, LineageJob,
};
use data_stack_core::{BoxFuture, Code, Control, Ctx, Effect, Ports, Reply, Tool, ToolError};
use serde_json::{Value, json};

use super::{RunDbt, RunDbtInput, RunDbtOutput};

/// Answers every command with one report and writes down what it is asked.
#[derive(Default)]
struct Told {
    report: DbtReport,
    entries: Vec<DbtEntry>,
    asked: Mutex<Vec<DbtJob>>,
}

impl Dbt for Told {
    fn run<'a>(&'a self, job: DbtJob, _: &'a Control) -> BoxFuture<'a, Result<DbtReport, ToolError>> {
        self.asked.lock().unwrap().push(job);
        Box::pin(async { Ok(self.report.clone()) })
    }

    fn list<'a>(&'a self, job: DbtJob, _: &'a Control) -> BoxFuture<'a, Result<Vec<DbtEntry>, ToolError>> {
        self.asked.lock().unwrap().push(job);
        Box::pin(async { Ok(self.entries.clone()) })
    }

    fn lineage<'a>(&'a self, _: LineageJob, _: &'a Control) -> BoxFuture<'a, Result<Lineage, ToolError>> {
        Box::pin(async { Ok(Lineage::default()) })
    }

    fn contracts<'a>(&'a self, _: ContractsJob, _: &'a Control) -> BoxFuture<'a, Result<Vec<Contract>, ToolError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn input(arguments: Value) -> RunDbtInput {
    serde_json::from_value(arguments).unwrap()
}

fn call(told: Told, arguments: Value) -> (Result<Reply<RunDbtOutput>, ToolError>, Vec<DbtJob>) {
    let told = Arc::new(told);
    let ports = Ports { dbt: Some(told.clone()), ..Ports::default() };
    let ctx = Ctx { request_id: "req_1".into(), environment: "local".into(), control: Control::unlimited(), ports: Arc::new(ports) };
    let reply = futures::executor::block_on(RunDbt.run(input(arguments), &ctx));
    let asked = told.asked.lock().unwrap().clone();
    (reply, asked)
}

fn node(name: &str, status: DbtStatus) -> DbtNode {
    DbtNode { unique_id: format!("model.shop.{name}"), name: name.into(), kind: "model".into(), status, ..DbtNode::default() }
}

#[test]
fn the_effect_follows_from_command_and_arguments() {
    let effects = [
        (json!({}), Effect::Write),
        (json!({"dry_run": true, "full_refresh": true}), Effect::Read),
        (json!({"full_refresh": true}), Effect::Destroy),
        (json!({"command": "test"}), Effect::Read),
        (json!({"command": "test", "store_failures": true}), Effect::Write),
        (json!({"command": "test", "record": true}), Effect::Write),
        (json!({"command": "show", "inline_sql": "select 1"}), Effect::Read),
        (json!({"command": "compile", "full_refresh": true}), Effect::Read),
        (json!({"command": "deps"}), Effect::Write),
        (json!({"command": "lineage"}), Effect::Read),
    ];
    for (arguments, effect) in effects {
        assert_eq!(RunDbt.effect(&input(arguments.clone())), effect, "{arguments}");
    }
}

#[test]
fn a_person_is_told_what_a_full_refresh_drops() {
    let asked = RunDbt.consequence(&input(json!({"command": "run", "select": ["daily_sales"], "full_refresh": true})));
    let expected = "dbt run of daily_sales in the workspace's dbt project with full refresh: incremental tables are dropped with the rows gathered so far, and built anew.";
    assert_eq!(asked, expected);
}

#[test]
fn a_run_with_failures_is_a_failure_that_keeps_its_data() {
    let failed =
        DbtNode { message: Some("no nope".into()), file: Some("models/a.sql".into()), line: Some(3), ..node("a", DbtStatus::Error) };
    let skipped = DbtNode { blocked_by: vec!["a".into()], ..node("b", DbtStatus::Skipped) };
    let report = DbtReport { project: "shop".into(), nodes: vec![failed, skipped, node("c", DbtStatus::Ok)], ..DbtReport::default() };
    let (reply, asked) = call(Told { report, ..Told::default() }, json!({"select": ["a+"]}));
    let reply = reply.unwrap();
    let error = reply.failure.unwrap();
    assert_eq!((error.code, error.message.as_str()), (Code::Failed, "1 of 3 nodes failed: a. First: no nope"));
    assert_eq!(error.hints, ["Mend the SQL in models/a.sql, line 3 and call with `command: \"retry\"`."]);
    let data = serde_json::to_value(&reply.data).unwrap();
    let counts = json!({"total": 3, "ok": 1, "warned": 0, "failed": 1, "skipped": 1, "unfinished": 0});
    assert_eq!((&data["summary"], &data["failures"][0]["name"], &data["nodes"][0]["blocked_by"]), (&counts, &json!("a"), &json!(["a"])));
    assert_eq!(reply.next_actions[0].arguments["command"], "retry");
    assert_eq!((asked[0].command, asked[0].select.as_slice()), (DbtCommand::Build, ["a+".to_owned()].as_slice()));
}

#[test]
fn a_project_that_cannot_work_and_a_stopped_run_say_so() {
    let problem = DbtProblem { message: "unexpected end".into(), file: Some("models/a.sql".into()), line: Some(2) };
    let report = DbtReport { project: "shop".into(), problems: vec![problem], ..DbtReport::default() };
    let error = call(Told { report, ..Told::default() }, json!({})).0.unwrap().failure.unwrap();
    assert_eq!(error.message, "dbt cannot work on shop: unexpected end");
    assert_eq!(error.hints, ["Mend it in models/a.sql, line 2 and call again."]);

    let report =
        DbtReport { nodes: vec![node("a", DbtStatus::Ok)], unfinished: 4, stopped: Some(ToolError::cancelled()), ..DbtReport::default() };
    let reply = call(Told { report, ..Told::default() }, json!({})).0.unwrap();
    assert_eq!(reply.failure.map(|error| error.code), Some(Code::Cancelled));
    assert_eq!(reply.data.summary.map(|counts| (counts.ok, counts.unfinished)), Some((1, 4)));
}

#[test]
fn a_run_without_failures_is_none() {
    let report = DbtReport { nodes: vec![node("a", DbtStatus::Ok), node("b", DbtStatus::Warn)], succeeded: true, ..DbtReport::default() };
    let reply = call(Told { report, ..Told::default() }, json!({"command": "run"})).0.unwrap();
    assert_eq!((reply.failure, reply.data.failures.len(), reply.data.nodes.len()), (None, 1, 1));
}

#[test]
fn a_long_list_is_cut_at_its_limit_and_an_empty_one_is_an_error() {
    let entries = vec![DbtEntry { unique_id: "model.s.a".into(), name: "a".into(), ..DbtEntry::default() }; 3];
    let reply = call(Told { entries, ..Told::default() }, json!({"command": "list", "limit": 2})).0.unwrap();
    assert_eq!((reply.data.entries.len(), reply.truncated.unwrap().rows_dropped), (2, Some(1)));
    let error = call(Told::default(), json!({"dry_run": true})).0.unwrap_err();
    assert_eq!(error.code, Code::NotFound);
}
