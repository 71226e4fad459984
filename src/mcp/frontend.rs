//! What a call over MCP gives the pipeline: progress to the client's token, and a person's answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_stack_core::{BoxFuture, Progress, ProgressSink};
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::consent::Asker;
use crate::pipeline::{Confirmation, Consent, Frontend};

/// When a call that has reported nothing gives its first sign of life.
const FIRST: Duration = Duration::from_millis(1_500);
/// The longest silence of a running call after that.
const BEAT: Duration = Duration::from_secs(4);
/// The least time between two notifications; what comes faster is merged.
const PACE: Duration = Duration::from_millis(100);
/// How long a call's end waits for the last notification to be written.
const FLUSH: Duration = Duration::from_millis(500);

/// The frontend of one call.
pub(super) struct McpFrontend {
    steps: Option<watch::Sender<Option<Progress>>>,
    asker: Asker,
    refused: AtomicBool,
}

impl McpFrontend {
    /// A frontend that asks with `asker`, and a reporter when the client gave a token.
    pub(super) fn new(tool: &str, asker: Asker, token: Option<ProgressToken>, peer: &Peer<RoleServer>) -> (Arc<Self>, Option<Reporter>) {
        let Some(token) = token else { return (Arc::new(Self { steps: None, asker, refused: AtomicBool::default() }), None) };
        let (sender, receiver) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let line = Line { peer: peer.clone(), token, sent: None, tool: data_stack_core::text::clean(tool, 80), started: Instant::now() };
        let task = tokio::spawn(line.report(receiver, stopped));
        (Arc::new(Self { steps: Some(sender), asker, refused: AtomicBool::default() }), Some(Reporter { stop, task }))
    }
}

impl McpFrontend {
    /// Whether the client sent a consent along that does not hold: a defect of the request, not of the call.
    pub(super) fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }
}

impl ProgressSink for McpFrontend {
    fn report(&self, progress: Progress) {
        if let Some(steps) = &self.steps {
            steps.send_replace(Some(progress));
        }
    }
}

impl Frontend for McpFrontend {
    fn confirm<'a>(&'a self, confirmation: &'a Confirmation) -> BoxFuture<'a, Consent> {
        Box::pin(async {
            let consent = self.asker.ask(confirmation).await;
            if matches!(consent, Consent::Invalid(_)) {
                self.refused.store(true, Ordering::Release);
            }
            consent
        })
    }
}

/// The task that writes a call's progress.
pub(super) struct Reporter {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Reporter {
    /// Ends the reports; nothing is sent after this returns.
    pub(super) async fn finish(self) {
        let _ = self.stop.send(true);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(FLUSH, self.task).await.is_err() {
            abort.abort();
        }
    }
}

struct Line {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    sent: Option<f64>,
    tool: String,
    started: Instant,
}

impl Line {
    async fn report(mut self, mut steps: watch::Receiver<Option<Progress>>, mut stopped: watch::Receiver<bool>) {
        let mut beat = self.started + FIRST;
        let mut earliest = self.started;
        loop {
            let fresh = tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return,
                changed = next(&mut steps, earliest) => match changed {
                    Ok(()) => true,
                    Err(_) => return,
                },
                () = tokio::time::sleep_until(beat) => false,
            };
            let step = steps.borrow_and_update().clone();
            if self.send(step, fresh).await.is_err() {
                return;
            }
            earliest = Instant::now() + PACE;
            beat = Instant::now() + BEAT;
        }
    }

    async fn send(&mut self, step: Option<Progress>, fresh: bool) -> Result<(), rmcp::ServiceError> {
        let running = format!("`{}` runs since {:.0} s", self.tool, self.started.elapsed().as_secs_f64());
        let Progress { done, total, message } = step.unwrap_or(Progress { done: 0.0, total: None, message: String::new() });
        let message = match (fresh, message.is_empty()) {
            (_, true) => running,
            (true, false) => message,
            (false, false) => format!("{message} ({running})"),
        };
        let done = rising(self.sent, done);
        self.sent = Some(done);
        let mut note = ProgressNotificationParam::new(self.token.clone(), done).with_message(data_stack_core::text::clean(&message, 300));
        if let Some(total) = total.filter(|total| total.is_finite()) {
            note = note.with_total(total.max(done));
        }
        self.peer.notify_progress(note).await
    }
}

/// Waits for a step, but not before `earliest`.
async fn next(steps: &mut watch::Receiver<Option<Progress>>, earliest: Instant) -> Result<(), watch::error::RecvError> {
    tokio::time::sleep_until(earliest).await;
    steps.changed().await
}

/// The protocol wants each value above the one before it, also for a sign of life with nothing new.
fn rising(sent: Option<f64>, done: f64) -> f64 {
    let done = if done.is_finite() { done } else { 0.0 };
    match sent {
        Some(sent) if done <= sent => sent + (sent.abs() * 1e-9).max(1e-3),
        _ => done,
    }
}

#[cfg(test)]
mod tests {
    use super::rising;

    #[test]
    fn reported_values_always_rise() {
        let mut sent = None;
        for done in [0.0, 0.0, 5.0, 3.0, 5.0, f64::NAN, 1e12, 1e12] {
            let value = rising(sent, done);
            assert!(sent.is_none_or(|sent| value > sent), "{sent:?} {value}");
            sent = Some(value);
        }
    }
}
