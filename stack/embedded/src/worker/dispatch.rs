//! Request in, answer out: the one place that knows every kind of work.

use std::sync::{Arc, Mutex, PoisonError};

use data_stack_core::ToolError;
use serde::Serialize;
use serde_json::Value;

use super::protocol::{FromWorker, Request, write_frame};
use crate::engine::{Interrupter, Session, catalog, flatten, query};
use crate::ingest;

/// What running work holds: its way to be stopped and to report progress.
pub struct Work {
    interrupter: Interrupter,
    output: Output,
}

/// The worker's end of the answer stream, shared by the thread that works and the thread that listens.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<std::fs::File>>);

impl Output {
    pub(super) fn new(file: std::fs::File) -> Self {
        Self(Arc::new(Mutex::new(file)))
    }

    pub(super) fn send(&self, message: &FromWorker) -> std::io::Result<()> {
        write_frame(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), message)
    }
}

impl Work {
    pub(super) fn new(interrupter: Interrupter, output: Output) -> Self {
        Self { interrupter, output }
    }

    /// Fails with `cancelled` when the work must stop; call it in every loop.
    pub fn check(&self) -> Result<(), ToolError> {
        self.interrupter.check()
    }

    /// Reports a step.
    pub fn progress(&self, done: f64, total: Option<f64>, message: impl Into<String>) {
        let message = FromWorker::Progress { done, total, message: message.into() };
        if let Err(error) = self.output.send(&message) {
            tracing::debug!(%error, "progress could not be sent");
        }
    }
}

/// Does the work.
pub(super) fn dispatch(session: &Session, request: Request, work: &Work) -> Result<Value, ToolError> {
    work.check()?;
    match request {
        Request::Version => as_json(session.version()?),
        Request::Query(request) => as_json(query::run(session, &request)?),
        Request::Catalog(request) => as_json(catalog::run(session, &request)?),
        Request::Flatten(request) => as_json(flatten::run(session, &request)?),
        Request::Ingest(request) => ingest::run(session, *request, work),
    }
}

fn as_json(answer: impl Serialize) -> Result<Value, ToolError> {
    serde_json::to_value(answer).map_err(|error| ToolError::internal(format!("the answer cannot be written as JSON: {error}")))
}
