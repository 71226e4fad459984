//! The tool over a job store in memory.

use std::sync::Arc;

use data_stack_core::ports::Jobs;
use data_stack_core::ports::jobs::{JobState, JobStatus};
use data_stack_core::{AnyTool, BoxFuture, Code, Control, Ctx, Effect, Ports, Reply, ToolError};
use futures::FutureExt;
use serde_json::{Value, json};

use super::Job;

struct Shelf(Vec<JobStatus>);

impl Shelf {
    fn find(&self, id: &str) -> Result<JobStatus, ToolError> {
        let found = self.0.iter().find(|status| status.job_id == id).cloned();
        found.ok_or_else(|| ToolError::new(Code::NotFound, format!("there is no job `{id}`"), "List them."))
    }
}

impl Jobs for Shelf {
    fn status<'a>(&'a self, id: &'a str, _wait_s: f64, _control: &'a Control) -> BoxFuture<'a, Result<JobStatus, ToolError>> {
        async move { self.find(id) }.boxed()
    }

    fn result(&self, id: &str) -> Result<Value, ToolError> {
        self.find(id).map(|status| json!({"ok": true, "tool": status.tool}))
    }

    fn cancel<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<JobStatus, ToolError>> {
        async move { self.find(id).map(|status| JobStatus { state: JobState::Cancelled, ..status }) }.boxed()
    }

    fn list(&self, state: Option<JobState>, limit: usize) -> Result<Vec<JobStatus>, ToolError> {
        Ok(self.0.iter().filter(|status| state.is_none_or(|state| status.state == state)).take(limit).cloned().collect())
    }
}

fn job(id: &str, state: JobState) -> JobStatus {
    JobStatus {
        job_id: id.into(),
        tool: "ingest".into(),
        state,
        started_at: "2026-01-02T03:04:05.000Z".into(),
        heartbeat_at: "2026-01-02T03:04:06.000Z".into(),
        done: Some(3.0),
        total: Some(12.0),
        message: Some("loading 3/12 orders.csv".into()),
        poll_after_ms: None,
    }
}

fn call(arguments: Value) -> Result<Reply<Value>, ToolError> {
    let shelf = Shelf(vec![job("job_1", JobState::Running), job("job_2", JobState::Succeeded), job("job_3", JobState::Lost)]);
    let ports = Ports { jobs: Some(Arc::new(shelf)), ..Ports::default() };
    let ctx = Ctx { request_id: "r".into(), environment: "local".into(), control: Control::unlimited(), ports: Arc::new(ports) };
    let bound = Job.bind(arguments)?;
    assert_eq!(bound.effect(), Effect::Read);
    bound.run(ctx).now_or_never().unwrap()
}

fn ids(data: &Value) -> Vec<&str> {
    data["jobs"].as_array().unwrap().iter().map(|job| job["job_id"].as_str().unwrap()).collect()
}

#[test]
fn the_action_follows_from_what_is_given() {
    assert_eq!(ids(&call(json!({})).unwrap().data), ["job_1", "job_2", "job_3"]);
    assert_eq!(call(json!({"job_id": "job_2"})).unwrap().data["job"]["state"], "succeeded");
}

#[test]
fn a_running_job_says_how_far_it_is_and_what_comes_next() {
    let reply = call(json!({"action": "status", "job_id": "job_1"})).unwrap();
    assert_eq!(reply.summary, "job_1: ingest running, since 2026-01-02T03:04:05.000Z, 25 %, loading 3/12 orders.csv");
    assert_eq!(reply.next_actions[0].arguments, json!({"action": "status", "job_id": "job_1", "wait_s": 20}));
}

#[test]
fn an_ended_job_gives_its_answer_and_a_lost_one_a_warning() {
    let reply = call(json!({"action": "result", "job_id": "job_2"})).unwrap();
    assert_eq!(reply.data["result"], json!({"ok": true, "tool": "ingest"}));
    let lost = call(json!({"job_id": "job_3"})).unwrap();
    assert_eq!((lost.warnings[0].code.as_str(), lost.next_actions.len()), ("job_lost", 0));
}

#[test]
fn cancelling_says_where_the_job_stands_then() {
    assert_eq!(call(json!({"action": "cancel", "job_id": "job_1"})).unwrap().data["job"]["state"], "cancelled");
}

#[test]
fn a_list_is_filtered_cut_and_explains_that_it_is_empty() {
    assert_eq!(ids(&call(json!({"action": "list", "state": "lost"})).unwrap().data), ["job_3"]);
    assert_eq!(ids(&call(json!({"action": "list", "limit": 1})).unwrap().data), ["job_1"]);
    let empty = call(json!({"action": "list", "state": "failed"})).unwrap();
    assert_eq!((ids(&empty.data).len(), empty.summary.as_str()), (0, "There are no failed jobs in this workspace."));
}

#[test]
fn what_is_missing_or_strange_is_named() {
    assert_eq!(call(json!({"action": "result"})).unwrap_err().field.as_deref(), Some("job_id"));
    assert_eq!(call(json!({"job_id": "job_9"})).unwrap_err().code, Code::NotFound);
}

#[test]
fn the_description_is_short_enough_for_every_listing() {
    assert!(Job.spec().description.chars().count() <= 700, "{}", Job.spec().description.chars().count());
}
