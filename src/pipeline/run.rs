//! Steps five to seven of one call, in a task of their own: so that a call can outlive its first answer as a job, and a panic
//! or a caller that vanishes ends the call and nothing else.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use data_stack_core::{Call, Control, Effect, Port, Progress, Reply, ToolError};
use futures::FutureExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Answer, Claim, Envelope, Frontend, JobHandle, Passage, Pipeline};
use crate::catalog::Entry;

/// How long work may take to stop by itself before it is dropped.
const GRACE: Duration = Duration::from_millis(1_500);

/// A call that may run.
pub(super) struct Work {
    pub(super) entry: &'static Entry,
    pub(super) call: Box<dyn Call>,
    pub(super) claim: Option<Claim>,
    pub(super) cancel: CancellationToken,
    pub(super) frontend: Arc<dyn Frontend>,
}

impl Pipeline {
    /// Runs the call and waits for it up to `wait`; then it goes on as a job.
    pub(super) async fn perform(self: Arc<Self>, passage: &Passage, work: Work, wait: Duration) -> Answer {
        // The work's own token, not a child of the caller's: a transport cancels the request once it is answered, and an answer
        // that hands out a job must not end the job.
        let (caller, cancel) = (work.cancel.clone(), CancellationToken::new());
        // A caller that drops this future has gone; its work goes with it.
        let guard = cancel.clone().drop_guard();
        let (sender, progress) = watch::channel(None);
        let frontend = work.frontend.clone();
        let control = Control::new(
            cancel.clone(),
            Some(work.entry.spec().limits.deadline),
            Arc::new(move |step: Progress| {
                sender.send_replace(Some(step.clone()));
                frontend.report(step);
            }),
        );
        let passage = Arc::new(passage.clone());
        let mut task = tokio::spawn(self.clone().complete(passage.clone(), work, control));
        let waited = tokio::select! {
            biased;
            ended = &mut task => Some(ended),
            () = caller.cancelled() => {
                cancel.cancel();
                Some((&mut task).await)
            }
            () = sleep(wait) => None,
        };
        if let Some(ended) = waited {
            return ended.unwrap_or_else(|error| self.refuse(&passage, ToolError::internal(format!("the call ended abnormally: {error}"))));
        }
        guard.disarm();
        self.promote(&passage, &cancel, progress, task)
    }

    async fn complete(self: Arc<Self>, passage: Arc<Passage>, mut work: Work, control: Control) -> Answer {
        let claim = work.claim.take();
        let result = self.run(&passage, work, control).await;
        let answer = self.finish(&passage, result);
        if let Some(claim) = claim {
            claim.keep(&answer.envelope);
        }
        answer
    }

    async fn run(&self, passage: &Passage, work: Work, control: Control) -> Result<Reply<Value>, ToolError> {
        let ports = work.entry.spec().ports;
        let uses_warehouse = ports.contains(&Port::Warehouse) || ports.contains(&Port::Ingest);
        let effect = passage.effect.unwrap_or(Effect::Destroy);
        // A call that only puts others to work takes no turn: each of those takes its own, and would wait for this one for ever.
        let _turn = if ports.contains(&Port::Tools) { None } else { Some(self.admission.admit(effect, uses_warehouse, &control).await?) };
        let running = AssertUnwindSafe(work.call.run(self.context(passage, control.clone()))).catch_unwind();
        tokio::pin!(running);
        let ended = tokio::select! {
            biased;
            result = &mut running => return result.unwrap_or_else(|panic| Err(panicked(passage.tool, panic.as_ref()))),
            ended = control.ended() => ended,
        };
        // What the work itself says of its end, a partial result or a better reason, is worth a moment.
        control.token().cancel();
        match tokio::time::timeout(GRACE, running).await {
            Ok(Ok(Err(error))) if error.code == ended.code => Err(error),
            Ok(Ok(Ok(reply))) => Ok(reply),
            _ => Err(ended),
        }
    }

    /// Hands the running call to the job store.
    fn promote(
        self: &Arc<Self>,
        passage: &Passage,
        cancel: &CancellationToken,
        progress: watch::Receiver<Option<Progress>>,
        task: tokio::task::JoinHandle<Answer>,
    ) -> Answer {
        let (status, running) = match self.jobs.begin(passage.tool, cancel.clone(), progress) {
            Ok(begun) => begun,
            Err(error) => {
                // Work that nobody could ask about again must not go on unseen.
                cancel.cancel();
                return passage.answer(&self.settings.environment, Err(error));
            }
        };
        self.metrics.promoted();
        let (pipeline, passage_copy) = (self.clone(), passage.clone());
        tokio::spawn(async move {
            let answer = task
                .await
                .unwrap_or_else(|error| pipeline.refuse(&passage_copy, ToolError::internal(format!("the call ended abnormally: {error}"))));
            let code = answer.envelope.error.as_ref().map(|error| error.code);
            running.finish(code, &serde_json::to_value(&answer.envelope).unwrap_or_default());
        });
        let mut envelope = Envelope::empty(passage.tool, &passage.request_id, &passage.started_at, &self.settings.environment);
        envelope.ok = true;
        envelope.duration_ms = (passage.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let poll = status.poll_after_ms.unwrap_or_default();
        envelope.next_actions.push(data_stack_core::NextAction {
            tool: "job".into(),
            arguments: serde_json::json!({"action": "status", "job_id": status.job_id, "wait_s": 20}),
            why: "waits for the job and shows how far it is".into(),
        });
        let summary = format!("`{}` goes on as job {}. Ask with the `job` tool.", passage.tool, status.job_id);
        envelope.job = Some(JobHandle { job_id: status.job_id, state: "running".into(), poll_after_ms: poll });
        Answer { envelope, summary, images: Vec::new(), app: None, effect: passage.effect.unwrap_or(Effect::Read) }
    }
}

/// Sleeps for `duration`; for ever when it is too long to count.
async fn sleep(duration: Duration) {
    match tokio::time::Instant::now().checked_add(duration) {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn panicked(tool: &str, panic: &(dyn std::any::Any + Send)) -> ToolError {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    tracing::error!(tool, said, "a tool panicked");
    ToolError::internal(format!("`{tool}` met a defect: {}", data_stack_core::text::clean(said, 300)))
}
