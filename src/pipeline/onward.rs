//! Calls that a running call makes: down the same road, with the same record.

use std::sync::{Arc, Weak};
use std::time::Duration;

use data_stack_core::ports::Tools;
use data_stack_core::ports::tools::Called;
use data_stack_core::{BoxFuture, Ctx, Effect, Progress, ProgressSink, ToolError};
use serde_json::Value;

use super::{Caller, Confirmation, Consent, Frontend, Pipeline, Request};

/// The pipeline as a port of the tools that put others to work.
pub(super) struct Onward(pub(super) Weak<Pipeline>);

impl Tools for Onward {
    fn call<'a>(&'a self, tool: &'a str, arguments: Value, ctx: &'a Ctx) -> BoxFuture<'a, Called> {
        let request = Request {
            tool: tool.to_owned(),
            arguments,
            caller: Caller { frontend: "tool", client: Some(ctx.request_id.clone()) },
            cancel: ctx.control.token().clone(),
            wait: Some(Duration::MAX),
            idempotency_key: None,
        };
        Box::pin(async move {
            let Some(pipeline) = self.0.upgrade() else { return failed(ToolError::cancelled()) };
            let outcome = pipeline.call(request, Arc::new(Within(ctx.control.sink()))).await;
            let Some(answer) = outcome.into_answer() else {
                return failed(ToolError::internal("a call within a call was answered with a question"));
            };
            Called {
                request_id: answer.envelope.request_id,
                summary: answer.summary,
                data: answer.envelope.data.unwrap_or(Value::Null),
                error: answer.envelope.error,
                links: answer.envelope.links,
            }
        })
    }
}

fn failed(error: ToolError) -> Called {
    Called { request_id: String::new(), summary: error.message.clone(), data: Value::Null, error: Some(error), links: Vec::new() }
}

/// The frontend of a call within a call: its steps go to the outer one's caller.
struct Within(Arc<dyn ProgressSink>);

impl ProgressSink for Within {
    fn report(&self, progress: Progress) {
        self.0.report(progress);
    }
}

impl Frontend for Within {
    /// A person has allowed the outer call, whose consequence names what its parts write; what destroys is asked of a person
    /// who sees that very call.
    fn confirm<'a>(&'a self, confirmation: &'a Confirmation) -> BoxFuture<'a, Consent> {
        let consent = if confirmation.effect <= Effect::Write { Consent::Granted } else { Consent::Unavailable };
        Box::pin(std::future::ready(consent))
    }
}
