//! The job store: calls that outlived their first answer, kept on disk so that every process of the workspace sees them and
//! none vanishes with the process that ran it.

mod record;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use data_stack_core::ports::Jobs;
use data_stack_core::ports::jobs::{JobState, JobStatus};
use data_stack_core::{BoxFuture, Code, Control, Progress, ToolError};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use record::{Record, Store};

/// How often a running job is written down and looks for a wish to cancel it from another process.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// When to ask for a running job again.
const POLL: Duration = Duration::from_secs(2);

/// The jobs of a workspace.
pub struct JobStore {
    store: Store,
    live: Arc<Mutex<HashMap<String, Live>>>,
}

#[derive(Clone)]
struct Live {
    status: watch::Receiver<JobStatus>,
    cancel: CancellationToken,
}

/// The running end of a job, held by the pipeline.
pub struct Running {
    store: Store,
    live: Arc<Mutex<HashMap<String, Live>>>,
    status: watch::Sender<JobStatus>,
}

impl JobStore {
    /// The store below the state folder; touches nothing before the first job.
    pub fn new(state: &Path) -> Self {
        Self { store: Store::new(state.join("jobs")), live: Arc::default() }
    }

    /// Makes a job of a running call.
    pub fn begin(
        &self,
        tool: &str,
        cancel: CancellationToken,
        progress: watch::Receiver<Option<Progress>>,
    ) -> Result<(JobStatus, Running), ToolError> {
        let now = crate::clock::now();
        let status = JobStatus {
            job_id: crate::clock::random_id("job_"),
            tool: tool.to_owned(),
            state: JobState::Running,
            started_at: now.clone(),
            heartbeat_at: now,
            done: None,
            total: None,
            message: None,
            poll_after_ms: Some(POLL.as_millis() as u64),
        };
        self.store.claim()?;
        self.store.write(&Record { status: status.clone(), instance: Store::instance().to_owned() })?;
        let (sender, receiver) = watch::channel(status.clone());
        if let Ok(mut live) = self.live.lock() {
            live.insert(status.job_id.clone(), Live { status: receiver, cancel: cancel.clone() });
        }
        tokio::spawn(supervise(self.store.clone(), sender.clone(), progress, cancel));
        Ok((status, Running { store: self.store.clone(), live: self.live.clone(), status: sender }))
    }

    /// Cancels all jobs of this process and waits until they have ended, at most `limit`.
    pub async fn shutdown(&self, limit: Duration) {
        let live: Vec<Live> = self.live.lock().map(|live| live.values().cloned().collect()).unwrap_or_default();
        for job in &live {
            job.cancel.cancel();
        }
        let ended = async {
            for mut job in live {
                let _ = job.status.wait_for(|status| status.state.is_final()).await;
            }
        };
        let _ = tokio::time::timeout(limit, ended).await;
    }

    /// How many jobs of this process run.
    pub fn running(&self) -> usize {
        self.live.lock().map(|live| live.len()).unwrap_or_default()
    }

    fn find_live(&self, id: &str) -> Option<Live> {
        self.live.lock().ok()?.get(id).cloned()
    }
}

impl Running {
    /// Ends the job with the envelope of its call.
    pub fn finish(self, code: Option<Code>, envelope: &Value) {
        let state = match code {
            None => JobState::Succeeded,
            Some(Code::Cancelled) => JobState::Cancelled,
            Some(_) => JobState::Failed,
        };
        let mut status = self.status.borrow().clone();
        status.state = state;
        status.heartbeat_at = crate::clock::now();
        status.poll_after_ms = None;
        let kept = self
            .store
            .write_result(&status.job_id, envelope)
            .and_then(|()| self.store.write(&Record { status: status.clone(), instance: Store::instance().to_owned() }));
        if let Err(error) = kept {
            tracing::error!(job = status.job_id, %error, "the job's result could not be kept");
        }
        if let Ok(mut live) = self.live.lock() {
            live.remove(&status.job_id);
        }
        self.status.send_replace(status);
    }
}

/// Writes progress down and watches for a wish to cancel, until the job ends.
async fn supervise(store: Store, status: watch::Sender<JobStatus>, progress: watch::Receiver<Option<Progress>>, cancel: CancellationToken) {
    let mut tick = tokio::time::interval(HEARTBEAT);
    loop {
        tick.tick().await;
        if status.borrow().state.is_final() {
            return;
        }
        let latest = progress.borrow().clone();
        let mut ended = false;
        status.send_modify(|status| {
            ended = status.state.is_final();
            if !ended {
                advance(status, latest);
            }
        });
        let snapshot = status.borrow().clone();
        if ended || snapshot.state.is_final() {
            return;
        }
        let id = snapshot.job_id.clone();
        if let Err(error) = store.beat(&Record { status: snapshot, instance: Store::instance().to_owned() }) {
            tracing::warn!(job = id, %error, "the job's progress could not be kept");
        }
        if store.cancel_wanted(&id) {
            cancel.cancel();
        }
    }
}

fn advance(status: &mut JobStatus, progress: Option<Progress>) {
    status.heartbeat_at = crate::clock::now();
    if let Some(Progress { done, total, message }) = progress {
        status.done = Some(done);
        status.total = total;
        status.message = Some(message);
    }
}

impl Jobs for JobStore {
    fn status<'a>(&'a self, id: &'a str, wait_s: f64, control: &'a Control) -> BoxFuture<'a, Result<JobStatus, ToolError>> {
        Box::pin(async move {
            let wait = Duration::try_from_secs_f64(wait_s.max(0.0)).unwrap_or_default();
            let until = tokio::time::Instant::now() + wait;
            loop {
                let status = match self.find_live(id) {
                    Some(live) => live.status.borrow().clone(),
                    None => self.store.read(id)?.status,
                };
                if status.state.is_final() || tokio::time::Instant::now() >= until {
                    return Ok(status);
                }
                tokio::select! {
                    ended = control.ended() => return Err(ended),
                    () = tokio::time::sleep_until(until.min(tokio::time::Instant::now() + Duration::from_millis(100))) => {}
                }
            }
        })
    }

    fn result(&self, id: &str) -> Result<Value, ToolError> {
        let status = self.store.read(id)?.status;
        match status.state {
            JobState::Running => Err(ToolError::new(
                Code::Unavailable,
                format!("job `{id}` is still running"),
                "Call `job` with action `status` and a `wait_s`.",
            )
            .retryable()),
            JobState::Lost => Err(ToolError::new(
                Code::Failed,
                format!("job `{id}` was lost: the process that ran it ended"),
                format!("Call `{}` again; a lost job has changed nothing or all it was asked to.", status.tool),
            )),
            _ => self.store.read_result(id),
        }
    }

    fn cancel<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<JobStatus, ToolError>> {
        Box::pin(async move {
            match self.find_live(id) {
                Some(live) => live.cancel.cancel(),
                None if self.store.read(id)?.status.state == JobState::Running => self.store.want_cancel(id)?,
                None => {}
            }
            self.status(id, 5.0, &Control::unlimited()).await
        })
    }

    fn list(&self, state: Option<JobState>, limit: usize) -> Result<Vec<JobStatus>, ToolError> {
        let mut all: Vec<JobStatus> = self
            .store
            .all()?
            .into_iter()
            .map(|record| record.status)
            .filter(|status| state.is_none_or(|state| status.state == state))
            .collect();
        all.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| a.job_id.cmp(&b.job_id)));
        all.truncate(limit);
        Ok(all)
    }
}

/// Where the jobs of a state folder are kept.
pub fn folder(state: &Path) -> PathBuf {
    state.join("jobs")
}

/// The name of this process among those of the workspace.
fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| crate::clock::random_id(&format!("{}-", std::process::id())))
}

#[cfg(test)]
mod tests;
