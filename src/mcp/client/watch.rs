//! How a call is watched from outside: its progress, its limit, its cancellation.

use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use tokio_util::sync::CancellationToken;

/// A step that the server reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How much is done.
    pub done: f64,
    /// How much there is, where it is known.
    pub total: Option<f64>,
    /// The phase and the item.
    pub message: String,
}

/// What holds for one call.
pub struct Watch<'a> {
    pub(super) limit: Duration,
    pub(super) cancel: CancellationToken,
    on_progress: Box<dyn FnMut(Step) + Send + 'a>,
}

impl<'a> Watch<'a> {
    /// A call that may take this long.
    pub fn within(limit: Duration) -> Self {
        Self { limit, cancel: CancellationToken::new(), on_progress: Box::new(|_| ()) }
    }

    /// A call that is cancelled with `cancel`.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// A call whose steps are handed to `see`.
    #[must_use]
    pub fn on_progress(mut self, see: impl FnMut(Step) + Send + 'a) -> Self {
        self.on_progress = Box::new(see);
        self
    }

    /// Hands on a step if it belongs to the call with this token.
    pub(super) fn see(&mut self, token: &ProgressToken, step: &ProgressNotificationParam) {
        if step.progress_token == *token {
            (self.on_progress)(Step { done: step.progress, total: step.total, message: step.message.clone().unwrap_or_default() });
        }
    }
}
