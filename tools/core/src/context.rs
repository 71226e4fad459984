//! What a running call holds: its ports, its deadline, its cancellation and its way to report progress.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::{Ports, ToolError};

/// A step of a running call.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// How much is done, in the unit that `message` names; never falls.
    pub done: f64,
    /// How much there is, where it is known.
    pub total: Option<f64>,
    /// The phase and the item, such as `loading 3/12 orders.csv`.
    pub message: String,
}

/// Where progress goes; each frontend has its own.
pub trait ProgressSink: Send + Sync {
    /// Takes one step. Must not block.
    fn report(&self, progress: Progress);
}

impl<F: Fn(Progress) + Send + Sync> ProgressSink for F {
    fn report(&self, progress: Progress) {
        self(progress);
    }
}

/// The caller's hold on running work: cancellation, deadline and progress. Cheap to clone; crosses every port.
#[derive(Clone)]
pub struct Control {
    cancel: CancellationToken,
    started: Instant,
    deadline: Option<Instant>,
    progress: Arc<dyn ProgressSink>,
}

impl Control {
    /// A control that ends when `cancel` fires or `limit` has passed.
    pub fn new(cancel: CancellationToken, limit: Option<Duration>, progress: Arc<dyn ProgressSink>) -> Self {
        let started = Instant::now();
        Self { cancel, started, deadline: limit.and_then(|limit| started.checked_add(limit)), progress }
    }

    /// A control that never ends by itself and reports nowhere.
    pub fn unlimited() -> Self {
        Self::new(CancellationToken::new(), None, Arc::new(|_: Progress| {}))
    }

    /// The same control with its deadline brought forward to `limit` from now, never later than it was.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        let started = Instant::now();
        let sooner = started.checked_add(limit);
        let deadline = match (self.deadline, sooner) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { started, deadline, ..self.clone() }
    }

    /// The same control with its steps going to `progress`.
    #[must_use]
    pub fn reporting(&self, progress: Arc<dyn ProgressSink>) -> Self {
        Self { progress, ..self.clone() }
    }

    /// The same control for work of several phases, each of which counts from 0: what it reports never falls, and the
    /// total grows with the phases that are met.
    #[must_use]
    pub fn in_phases(&self) -> Self {
        let (sink, phases) = (Arc::clone(&self.progress), Mutex::new(Phases::default()));
        self.reporting(Arc::new(move |step: Progress| sink.report(phases.lock().unwrap_or_else(PoisonError::into_inner).place(step))))
    }

    /// Where its steps go.
    pub fn sink(&self) -> Arc<dyn ProgressSink> {
        Arc::clone(&self.progress)
    }

    /// The token that fires when the caller cancels.
    pub fn token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// When the work must have ended.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How long is left; `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Fails with `cancelled` or `timeout` when the work must stop; call it in every loop.
    pub fn check(&self) -> Result<(), ToolError> {
        if self.cancel.is_cancelled() {
            return Err(ToolError::cancelled());
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(ToolError::timeout(deadline - self.started)),
            _ => Ok(()),
        }
    }

    /// Waits until the work must stop and says why.
    pub async fn ended(&self) -> ToolError {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.cancel.cancelled() => ToolError::cancelled(),
            () = deadline => ToolError::timeout(self.deadline.map_or(Duration::ZERO, |end| end - self.started)),
        }
    }

    /// Reports a step.
    pub fn progress(&self, done: f64, total: Option<f64>, message: impl Into<String>) {
        self.progress.report(Progress { done, total, message: message.into() });
    }
}

/// What earlier phases amount to.
#[derive(Default)]
struct Phases {
    before: f64,
    done: f64,
}

impl Phases {
    /// A step of the running phase as a step of all; a step back begins the next phase.
    fn place(&mut self, step: Progress) -> Progress {
        if step.done < self.done {
            self.before += self.done;
        }
        self.done = step.done;
        Progress { done: self.before + step.done, total: step.total.map(|total| self.before + total), ..step }
    }
}

/// What a tool is handed to run with.
#[derive(Clone)]
pub struct Ctx {
    /// Names the call in the audit log and in every artifact it makes.
    pub request_id: String,
    /// The environment the call works on, such as `local`.
    pub environment: String,
    /// Cancellation, deadline and progress.
    pub control: Control,
    /// The backends.
    pub ports: Arc<Ports>,
}

#[cfg(test)]
mod tests {
    use super::{Control, Progress};
    use std::sync::{Arc, Mutex};

    #[test]
    fn the_steps_of_several_phases_never_fall() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let control = Control::unlimited().reporting(Arc::new(move |step: Progress| kept.lock().unwrap().push((step.done, step.total))));
        let control = control.in_phases();
        for (done, total) in [(1.0, Some(4.0)), (4.0, Some(4.0)), (0.0, None), (10.0, None), (2.0, Some(5.0))] {
            control.progress(done, total, "");
        }
        let expected = [(1.0, Some(4.0)), (4.0, Some(4.0)), (4.0, None), (14.0, None), (16.0, Some(19.0))];
        assert_eq!(*seen.lock().unwrap(), expected);
    }
}
