//! Calls that run on after their first answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BoxFuture, Control, ToolError};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = crate::schema::names_only)]
pub enum JobState {
    /// Its work goes on.
    Running,
    /// It ended with a result.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// Its caller stopped it.
    Cancelled,
    /// The process that ran it is gone.
    Lost,
}

impl JobState {
    /// Whether the job will not change any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Running)
    }
}

/// A job as callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobStatus {
    /// Unguessable.
    pub job_id: String,
    /// The tool that runs.
    pub tool: String,
    /// Where it stands.
    pub state: JobState,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it last gave a sign of life, RFC 3339.
    pub heartbeat_at: String,
    /// How much is done, in the unit that the message names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<f64>,
    /// How much there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// The latest progress message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When to ask again, in milliseconds; absent when the job has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_after_ms: Option<u64>,
}

/// The job store of a workspace, shared by all its processes.
pub trait Jobs: Send + Sync {
    /// Where the job stands; waits up to `wait_s` seconds for it to end.
    fn status<'a>(&'a self, id: &'a str, wait_s: f64, control: &'a Control) -> BoxFuture<'a, Result<JobStatus, ToolError>>;
    /// The envelope that the call ended with.
    fn result(&self, id: &str) -> Result<Value, ToolError>;
    /// Stops the job and says where it stands then.
    fn cancel<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<JobStatus, ToolError>>;
    /// The newest jobs first, at most `limit`; in the given state only, if any.
    fn list(&self, state: Option<JobState>, limit: usize) -> Result<Vec<JobStatus>, ToolError>;
}
