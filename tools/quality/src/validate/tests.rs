//! The tool over backends that answer as they are told.

use std::sync::Arc;

use data_stack_core::ports::dbt::{
    Contract, ContractsJob, DbtCommand, DbtEntry, DbtJob, DbtNode, DbtReport, DbtStatus, Lineage, LineageJob,
};
use data_stack_core::ports::quality::{ExpectationResult, ExpectationsJob, ExpectationsReport, SuiteResult};
use data_stack_core::ports::warehouse::{Catalog, CatalogJob, QueryJob, QueryPage};
use data_stack_core::ports::{Dbt, Quality, Warehouse};
use data_stack_core::{BoxFuture, Code, Control, Ctx, Effect, Ports, Reply, Tool, ToolError};
use serde_json::{Value, json};

use super::{Status, Validate, ValidateInput, ValidateOutput};

/// A workspace with these tests and expectations.
struct Told {
    tests: Vec<DbtNode>,
    /// The same when only some are asked for.
    again: Vec<DbtNode>,
    expectations: Option<Vec<ExpectationResult>>,
}

impl Dbt for Told {
    fn run<'a>(&'a self, job: DbtJob, _: &'a Control) -> BoxFuture<'a, Result<DbtReport, ToolError>> {
        let tests = if job.select.is_empty() { &self.tests } else { &self.again };
        let nodes = if job.command == DbtCommand::Test { tests.clone() } else { Vec::new() };
        Box::pin(async { Ok(DbtReport { project: "shop".into(), nodes, succeeded: true, ..DbtReport::default() }) })
    }

    fn list<'a>(&'a self, _: DbtJob, _: &'a Control) -> BoxFuture<'a, Result<Vec<DbtEntry>, ToolError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn lineage<'a>(&'a self, _: LineageJob, _: &'a Control) -> BoxFuture<'a, Result<Lineage, ToolError>> {
        Box::pin(async { Ok(Lineage::default()) })
    }

    fn contracts<'a>(&'a self, _: ContractsJob, _: &'a Control) -> BoxFuture<'a, Result<Vec<Contract>, ToolError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Quality for Told {
    fn expectations<'a>(&'a self, _: ExpectationsJob, _: &'a Control) -> BoxFuture<'a, Result<Option<ExpectationsReport>, ToolError>> {
        let suite =
            |expectations| SuiteResult { suite: "orders".into(), file: "orders.yml".into(), table: Some("orders".into()), expectations };
        let report =
            self.expectations.clone().map(|each| ExpectationsReport { suites: vec![suite(each)], ..ExpectationsReport::default() });
        Box::pin(async { Ok(report) })
    }
}

impl Warehouse for Told {
    fn query<'a>(&'a self, _: QueryJob, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        Box::pin(async { Err(ToolError::new(Code::NotFound, "no table", "Make it.")) })
    }

    fn page<'a>(&'a self, _: &'a str, _: usize, _: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        Box::pin(async { Ok(QueryPage::default()) })
    }

    fn catalog<'a>(&'a self, _: CatalogJob, _: &'a Control) -> BoxFuture<'a, Result<Catalog, ToolError>> {
        Box::pin(async { Ok(Catalog { total_tables: 1, modified_at: Some("2026-01-01T00:00:00Z".into()), ..Catalog::default() }) })
    }
}

fn test(name: &str, status: DbtStatus) -> DbtNode {
    DbtNode { name: name.into(), kind: "test".into(), status, ..DbtNode::default() }
}

fn expectation(rule: &str, severity: &str, success: bool, proposed: bool) -> ExpectationResult {
    ExpectationResult {
        expectation: rule.into(),
        severity: severity.into(),
        success,
        proposed,
        observed: json!(3),
        ..ExpectationResult::default()
    }
}

fn call(told: Told, arguments: Value) -> Reply<ValidateOutput> {
    let told = Arc::new(told);
    let ports = Ports { dbt: Some(told.clone()), quality: Some(told.clone()), warehouse: Some(told), ..Ports::default() };
    let ctx = Ctx { request_id: "req_1".into(), environment: "local".into(), control: Control::unlimited(), ports: Arc::new(ports) };
    let input: ValidateInput = serde_json::from_value(arguments).unwrap();
    futures::executor::block_on(Validate.run(input, &ctx)).unwrap()
}

#[test]
fn everything_that_holds_is_a_pass() {
    let reply = call(Told { tests: vec![test("a", DbtStatus::Ok)], again: Vec::new(), expectations: None }, json!({}));
    assert_eq!((reply.data.status, reply.data.score, reply.data.total, reply.data.checks.len()), (Status::Pass, 100.0, 3, 0));
    assert_eq!(reply.failure, None);
    let skipped: Vec<Option<&str>> = reply.data.scopes.iter().map(|scope| scope.skipped.as_deref()).collect();
    let contracts = Some("the project declares no sources and enforces no contracts");
    let queries = Some("files cannot be read here");
    let expected = [None, contracts, queries, None, Some("the project has none"), Some("the workspace has no folder quality/suites")];
    assert_eq!(skipped, expected);
}

#[test]
fn the_score_weighs_errors_three_times_and_leaves_out_proposals() {
    let tests = vec![test("a", DbtStatus::Ok), test("b", DbtStatus::Warn)];
    let expectations = vec![expectation("expect_x", "error", false, true), expectation("expect_y", "warn", true, false)];
    let reply = call(
        Told { tests, again: Vec::new(), expectations: Some(expectations) },
        json!({"scopes": ["dbt", "expectations"], "min_score": 50}),
    );
    // 3 + 1 of 3 + 1 + 1.
    assert_eq!((reply.data.status, reply.data.score), (Status::Warn, 80.0));
    let open: Vec<(&str, bool)> = reply.data.checks.iter().map(|check| (check.name.as_str(), check.proposed)).collect();
    assert_eq!(open, [("b", false), ("orders: x", true)]);
}

#[test]
fn a_failed_check_or_a_low_score_fails_the_call_and_keeps_the_data() {
    let tests = vec![test("a", DbtStatus::Fail), test("b", DbtStatus::Ok)];
    let reply = call(Told { tests, again: Vec::new(), expectations: None }, json!({"scopes": ["dbt"], "min_score": 0}));
    let error = reply.failure.unwrap();
    assert_eq!((error.code, error.message.as_str()), (Code::Failed, "the quality checks fail with a score of 50: a"));
    assert_eq!(reply.data.checks[0].id, "dbt/a");

    let reply = call(Told { tests: vec![test("b", DbtStatus::Warn)], again: Vec::new(), expectations: None }, json!({"scopes": ["dbt"]}));
    assert_eq!(reply.failure.unwrap().message, "the quality score is 0, below 95");
}

#[test]
fn a_test_that_holds_when_asked_again_of_the_same_data_is_flaky_and_still_fails() {
    let tests = vec![test("a", DbtStatus::Fail), test("b", DbtStatus::Fail)];
    let again = vec![test("a", DbtStatus::Ok), test("b", DbtStatus::Fail)];
    let reply = call(Told { tests, again, expectations: None }, json!({"scopes": ["dbt"]}));
    let found: Vec<(&str, Status, bool)> = reply.data.checks.iter().map(|check| (check.name.as_str(), check.status, check.flaky)).collect();
    assert_eq!(found, [("a", Status::Fail, true), ("b", Status::Fail, false)]);
}

#[test]
fn recording_is_a_write() {
    let effect = |arguments| Validate.effect(&serde_json::from_value(arguments).unwrap());
    assert_eq!([effect(json!({})), effect(json!({"record": true}))], [Effect::Read, Effect::Write]);
}
