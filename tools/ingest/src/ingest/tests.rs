//! The tool over a loader that writes down what it is asked.

use std::sync::{Arc, Mutex};

use data_stack_core::ports::Ingest;
use data_stack_core::ports::ingest::{Dialect, IngestJob, LoadMode, LoadReport, OnError, Preview, SchemaPolicy};
use data_stack_core::ports::warehouse::Column;
use data_stack_core::{BoxFuture, Control, Ctx, Effect, Ports, Reply, Tool, ToolError, Warning};
use serde_json::{Value, json};

use super::{IngestInput, IngestOutput, IngestTool};

#[derive(Default)]
struct Recorder(Mutex<Vec<IngestJob>>);

impl Ingest for Recorder {
    fn preview<'a>(&'a self, job: IngestJob, _: &'a Control) -> BoxFuture<'a, Result<Preview, ToolError>> {
        self.0.lock().unwrap().push(job);
        let preview = Preview {
            files: vec![],
            columns: vec![Column { name: "a".into(), kind: "BIGINT".into() }],
            rows: vec![vec![json!(1)]],
            rows_read: 1,
            rows_rejected: 2,
            rejects: vec![],
            changes: vec![],
            outcome: "1 rows with 1 columns would be loaded into the new table `t`.".into(),
            warnings: vec![Warning { code: "encoding".into(), message: "m".into() }],
        };
        Box::pin(async { Ok(preview) })
    }

    fn load<'a>(&'a self, job: IngestJob, _: &'a Control) -> BoxFuture<'a, Result<LoadReport, ToolError>> {
        let report = LoadReport {
            table: format!("main.{}", job.table),
            files: vec![],
            skipped: vec![],
            rows_read: 0,
            rows_loaded: 0,
            rows_rejected: 3,
            rows_total: 5,
            columns: vec![],
            changes: vec![],
            rejects: vec![],
            rejects_file: None,
            checks: vec![],
            previous: None,
            warnings: vec![],
        };
        self.0.lock().unwrap().push(job);
        Box::pin(async { Ok(report) })
    }
}

fn call(arguments: Value) -> (Result<Reply<IngestOutput>, ToolError>, Vec<IngestJob>) {
    let recorder = Arc::new(Recorder::default());
    let ports = Ports { ingest: Some(recorder.clone()), ..Ports::default() };
    let ctx = Ctx { request_id: "r1".into(), environment: "local".into(), control: Control::unlimited(), ports: Arc::new(ports) };
    let input: IngestInput = serde_json::from_value(arguments).unwrap();
    let reply = futures::executor::block_on(IngestTool.run(input, &ctx));
    let jobs = recorder.0.lock().unwrap().clone();
    (reply, jobs)
}

#[test]
fn a_load_is_asked_for_with_the_defaults_and_a_name_from_the_file() {
    let (reply, jobs) = call(json!({"source": "in/Orders 2024.csv"}));
    let expected = IngestJob {
        source: "in/Orders 2024.csv".into(),
        format: None,
        table: "orders_2024".into(),
        mode: LoadMode::Create,
        schema_policy: SchemaPolicy::default(),
        on_error: OnError::default(),
        force: false,
        types: vec![],
        dialect: Dialect::default(),
        sheet: None,
        request_id: "r1".into(),
    };
    assert_eq!(jobs, [expected]);
    let reply = reply.unwrap();
    assert_eq!(reply.warnings[0].code, "rows_rejected");
    let next: Vec<_> = reply.next_actions.iter().map(|action| (action.tool.as_str(), action.arguments.clone())).collect();
    assert_eq!(
        next,
        [("describe_data", json!({"table": "main.orders_2024"})), ("query_duckdb", json!({"sql": "SELECT * FROM orders_2024 LIMIT 10"}))]
    );
}

#[test]
fn a_preview_reads_and_offers_the_load() {
    let (reply, _) = call(json!({"source": "t.csv", "preview": true}));
    let reply = reply.unwrap();
    assert_eq!(reply.warnings, [Warning { code: "encoding".into(), message: "m".into() }]);
    assert_eq!(reply.next_actions[0].arguments, json!({"source": "t.csv", "table": "t", "on_error": "reject"}));
}

#[test]
fn only_a_preview_is_a_read() {
    let effect = |arguments| IngestTool.effect(&serde_json::from_value(arguments).unwrap());
    assert_eq!(effect(json!({"source": "a.csv", "preview": true})), Effect::Read);
    assert_eq!(effect(json!({"source": "a.csv", "mode": "replace"})), Effect::Write);
}

#[test]
fn a_source_without_a_name_needs_a_table() {
    for (arguments, field) in [(json!({"source": "*.csv"}), "table"), (json!({"source": " "}), "source")] {
        let (reply, jobs) = call(arguments);
        assert_eq!((reply.unwrap_err().field.as_deref(), jobs.len()), (Some(field), 0));
    }
}

#[test]
fn the_description_stays_short() {
    assert!(IngestTool::SPEC.description.len() <= 1_536);
}
