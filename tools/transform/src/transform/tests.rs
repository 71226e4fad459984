//! The pipeline over tools that answer as they are told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use data_stack_core::ports::dbt::{Contract, ContractsJob, DbtEntry, DbtJob, DbtReport, Lineage, LineageJob};
use data_stack_core::ports::tools::Called;
use data_stack_core::ports::{Dbt, Starter, Tools};
use data_stack_core::{BoxFuture, Code, Control, Ctx, Ports, Progress, Reply, Tool, ToolError};
use serde_json::{Value, json};

use super::types::State;
use super::{Transform, TransformInput, TransformOutput};

/// Tools that all do well but those named here.
#[derive(Default)]
struct Told {
    fails: BTreeMap<&'static str, Code>,
    calls: Mutex<Vec<(String, Value)>>,
}

impl Tools for Told {
    fn call<'a>(&'a self, tool: &'a str, arguments: Value, ctx: &'a Ctx) -> BoxFuture<'a, Called> {
        self.calls.lock().unwrap().push((tool.to_owned(), arguments));
        ctx.control.progress(1.0, Some(2.0), "half");
        ctx.control.progress(0.0, Some(2.0), "again");
        let error = self.fails.get(tool).map(|code| ToolError::new(*code, format!("{tool} fails"), "Mend it."));
        let data = if tool == "ingest" { json!({"table": "main.orders"}) } else { json!({"total_rows": 7}) };
        Box::pin(
            async move { Called { request_id: format!("req_{tool}"), summary: format!("{tool} says"), data, error, links: Vec::new() } },
        )
    }
}

impl Starter for Told {
    fn is_needless(&self) -> bool {
        false
    }

    fn stands_on(&self) -> (&'static str, &'static [&'static str]) {
        ("main.transactions", &["InvoiceNo"])
    }

    fn place(&self) -> Result<Vec<String>, ToolError> {
        Err(ToolError::internal("nothing is to be placed for another table"))
    }
}

impl Dbt for Told {
    fn run<'a>(&'a self, _: DbtJob, _: &'a Control) -> BoxFuture<'a, Result<DbtReport, ToolError>> {
        Box::pin(async { Ok(DbtReport::default()) })
    }

    fn list<'a>(&'a self, _: DbtJob, _: &'a Control) -> BoxFuture<'a, Result<Vec<DbtEntry>, ToolError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn lineage<'a>(&'a self, _: LineageJob, _: &'a Control) -> BoxFuture<'a, Result<Lineage, ToolError>> {
        let revenue = DbtEntry {
            unique_id: "model.shop.revenue".into(),
            kind: "model".into(),
            relation: Some("warehouse.marts.revenue".into()),
            ..DbtEntry::default()
        };
        Box::pin(async { Ok(Lineage { nodes: vec![revenue], ..Lineage::default() }) })
    }

    fn contracts<'a>(&'a self, _: ContractsJob, _: &'a Control) -> BoxFuture<'a, Result<Vec<Contract>, ToolError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct Ran {
    reply: Reply<TransformOutput>,
    calls: Vec<(String, Value)>,
    progress: Vec<Progress>,
}

fn run(told: Told, has_project: bool) -> Ran {
    let told = Arc::new(told);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let starter = (!has_project).then(|| told.clone() as Arc<dyn Starter>);
    let ports = Ports { tools: Some(told.clone()), dbt: Some(told.clone()), starter, ..Ports::default() };
    let control = Control::unlimited().reporting(Arc::new(move |step: Progress| kept.lock().unwrap().push(step)));
    let ctx = Ctx { request_id: "req_1".into(), environment: "local".into(), control, ports: Arc::new(ports) };
    let input: TransformInput = serde_json::from_value(json!({"source": "orders.csv"})).unwrap();
    let reply = futures::executor::block_on(Transform.run(input, &ctx)).unwrap();
    let (calls, progress) = (told.calls.lock().unwrap().clone(), seen.lock().unwrap().clone());
    Ran { reply, calls, progress }
}

fn states(reply: &Reply<TransformOutput>) -> Vec<State> {
    reply.data.steps.iter().map(|step| step.state).collect()
}

#[test]
fn the_steps_are_calls_in_order_and_the_last_writes_what_dashboards_show() {
    let Ran { reply, calls, progress } = run(Told::default(), true);
    let expected = [
        ("profile_csv", json!({"path": "orders.csv", "report": true})),
        ("ingest", json!({"source": "orders.csv", "mode": "replace"})),
        ("run_dbt", json!({"command": "build"})),
        ("validate", json!({"record": true})),
        ("query_duckdb", json!({"sql": "SELECT * FROM \"marts\".\"revenue\"", "save_as": "marts.revenue.parquet", "limit": 1})),
    ];
    assert_eq!(calls, expected.map(|(tool, arguments)| (tool.to_owned(), arguments)));
    assert_eq!((reply.failure.clone(), states(&reply)), (None, vec![State::Done; 5]));
    assert_eq!((reply.data.tables[0].table.as_str(), reply.data.tables[0].rows), ("marts.revenue", 7));
    assert_eq!(reply.data.steps[2].request_id, "req_run_dbt");
    let done: Vec<f64> = progress.iter().map(|step| step.done).collect();
    assert!(done.is_sorted() && progress.iter().all(|step| step.total == Some(5.0)), "{done:?}");
    assert_eq!(progress[1].message, "profile: half");
}

#[test]
fn the_first_step_that_fails_is_the_last_and_its_error_is_the_whole_one() {
    let told = Told { fails: BTreeMap::from([("run_dbt", Code::Unavailable)]), ..Told::default() };
    let Ran { reply, calls, .. } = run(told, true);
    assert_eq!(calls.len(), 3);
    assert_eq!(reply.failure.as_ref().map(|error| (error.code, error.message.as_str())), Some((Code::Unavailable, "run_dbt fails")));
    assert_eq!(states(&reply), [State::Done, State::Done, State::Failed, State::NotReached, State::NotReached]);
    assert!(reply.summary.contains("\nvalidate: not reached"), "{}", reply.summary);
}

#[test]
fn without_a_project_that_fits_the_loaded_table_itself_is_what_is_shown() {
    let Ran { reply, calls, .. } = run(Told::default(), false);
    assert_eq!(states(&reply), [State::Done, State::Done, State::Skipped, State::Done, State::Done]);
    assert!(reply.data.steps[2].summary.contains("main.transactions"), "{:?}", reply.data.steps[2]);
    assert_eq!((reply.data.tables[0].table.as_str(), calls.len()), ("main.orders", 4));
}
