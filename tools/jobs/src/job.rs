//! The `job` tool.

use data_stack_core::ports::Jobs;
use data_stack_core::ports::jobs::{JobState, JobStatus};
use data_stack_core::{Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many jobs `list` shows where the caller does not say.
const LIST: usize = 20;

/// The `job` tool.
#[derive(Debug, Clone, Copy)]
pub struct Job;

/// What is asked of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Where it stands.
    Status,
    /// What it ended with.
    Result,
    /// Stop it.
    Cancel,
    /// Which there are.
    List,
}

/// The arguments.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What to do; `status` with a `job_id`, else `list`.
    pub action: Option<Action>,
    /// The job, as a call returned it.
    #[schemars(length(min = 1, max = 64))]
    pub job_id: Option<String>,
    /// `status`: seconds to wait for the end.
    #[schemars(range(min = 0, max = 45))]
    #[serde(default)]
    pub wait_s: f64,
    /// `list`: only jobs in this state.
    pub state: Option<JobState>,
    /// `list`: at most so many.
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<usize>,
}

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Output {
    /// The job; for all actions but `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobStatus>,
    /// The envelope that the call ended with; for `result`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub result: Option<Value>,
    /// The newest jobs first; for `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<Vec<JobStatus>>,
}

impl Tool for Job {
    type Input = Input;
    type Output = Output;

    const SPEC: Spec = Spec {
        name: "job",
        title: "Follow, read or stop a job",
        description: include_str!("job.md"),
        // Stopping one's own call changes no data.
        effect: Effect::Read,
        max_effect: Effect::Read,
        idempotent: true,
        open_world: false,
        ports: &[Port::Jobs],
        limits: Limits::seconds(60),
        examples: &[Example {
            title: "The newest failed jobs",
            arguments: r#"{"action": "list", "state": "failed", "limit": 5}"#,
            expect: &[("/jobs", "[]")],
        }],
    };

    async fn run(&self, input: Input, ctx: &Ctx) -> Result<Reply<Output>, ToolError> {
        let jobs = ctx.ports.jobs()?;
        let action = input.action.unwrap_or(if input.job_id.is_some() { Action::Status } else { Action::List });
        match action {
            Action::List => list(jobs, &input),
            Action::Status => {
                let status = jobs.status(id(&input)?, input.wait_s, &ctx.control).await?;
                Ok(stand(status))
            }
            Action::Cancel => {
                let status = jobs.cancel(id(&input)?).await?;
                Ok(stand(status))
            }
            Action::Result => result(jobs, id(&input)?, ctx).await,
        }
    }
}

fn id(input: &Input) -> Result<&str, ToolError> {
    input.job_id.as_deref().ok_or_else(|| {
        ToolError::invalid("job_id", "`job_id` is missing", "Give the `job_id` that a call returned; action `list` shows the jobs.")
    })
}

fn list(jobs: &dyn Jobs, input: &Input) -> Result<Reply<Output>, ToolError> {
    let found = jobs.list(input.state, input.limit.unwrap_or(LIST))?;
    let summary = if found.is_empty() {
        let state = input.state.map_or(String::new(), |state| format!("{} ", name(state)));
        format!("There are no {state}jobs in this workspace.")
    } else {
        found.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    Ok(Reply::new(Output { jobs: Some(found), ..Output::default() }, summary))
}

/// Where a job stands, with the call that would come next.
fn stand(status: JobStatus) -> Reply<Output> {
    let reply = Reply::new(Output::default(), line(&status));
    let reply = match status.state {
        JobState::Running => reply.next(
            "job",
            json!({"action": "status", "job_id": status.job_id, "wait_s": 20}),
            "waits for the end and shows how far it is",
        ),
        JobState::Succeeded | JobState::Failed | JobState::Cancelled => {
            reply.next("job", json!({"action": "result", "job_id": status.job_id}), "gets the answer that the call ended with")
        }
        JobState::Lost => reply.warn("job_lost", "The process that ran this job is gone; call its tool again."),
    };
    reply.map(|output| Output { job: Some(status), ..output })
}

async fn result(jobs: &dyn Jobs, id: &str, ctx: &Ctx) -> Result<Reply<Output>, ToolError> {
    let envelope = jobs.result(id)?;
    let status = jobs.status(id, 0.0, &ctx.control).await?;
    let summary = format!("{}\nIts answer is in `result`.", line(&status));
    Ok(Reply::new(Output { job: Some(status), result: Some(envelope), jobs: None }, summary))
}

fn line(status: &JobStatus) -> String {
    let JobStatus { job_id, tool, state, started_at, done, total, message, .. } = status;
    let share = done.zip(*total).filter(|(_, total)| *total > 0.0).map(|(done, total)| format!(", {:.0} %", done / total * 100.0));
    let message = message.as_ref().map(|message| format!(", {message}"));
    format!("{job_id}: {tool} {}, since {started_at}{}{}", name(*state), share.unwrap_or_default(), message.unwrap_or_default())
}

const fn name(state: JobState) -> &'static str {
    match state {
        JobState::Running => "running",
        JobState::Succeeded => "succeeded",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
        JobState::Lost => "lost",
    }
}

#[cfg(test)]
mod tests;
