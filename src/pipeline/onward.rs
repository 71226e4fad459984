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
            caller: Caller { frontend: "tool", client: Some(ctx.request_id.clone()), ..Caller::default() },
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

#[cfg(test)]
mod tests {
    use data_stack_core::{AnyTool, Code, Limits, Port, Ports, Reply, Spec, Tool};
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::catalog;
    use crate::config::Settings;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Reach {
        effect: Effect,
    }

    const fn spec(name: &'static str, effect: Effect, ports: &'static [Port]) -> Spec {
        let (max_effect, limits) = (Effect::Destroy, Limits::seconds(60));
        Spec { name, title: "", description: "", effect, max_effect, idempotent: true, open_world: false, ports, limits, examples: &[] }
    }

    /// Does nothing, with an effect as it is told.
    #[derive(Clone)]
    struct Part;

    impl Tool for Part {
        type Input = Reach;
        type Output = Value;

        const SPEC: Spec = spec("part", Effect::Read, &[Port::Jobs]);

        fn effect(&self, input: &Reach) -> Effect {
            input.effect
        }

        async fn run(&self, _: Reach, _: &Ctx) -> Result<Reply<Value>, ToolError> {
            Ok(Reply::new(json!({"done": true}), "Done."))
        }
    }

    /// Calls the part.
    #[derive(Clone)]
    struct Whole;

    impl Tool for Whole {
        type Input = Reach;
        type Output = Value;

        const SPEC: Spec = spec("whole", Effect::Write, &[Port::Tools]);

        async fn run(&self, input: Reach, ctx: &Ctx) -> Result<Reply<Value>, ToolError> {
            let called = ctx.ports.tools()?.call("part", json!({"effect": input.effect}), ctx).await;
            let reply = Reply::new(called.data, called.summary);
            Ok(match called.error {
                Some(error) => reply.fail(error),
                None => reply,
            })
        }
    }

    /// A person who allows everything that is asked.
    struct Granting;

    impl ProgressSink for Granting {
        fn report(&self, _: Progress) {}
    }

    impl Frontend for Granting {
        fn confirm<'a>(&'a self, _: &'a Confirmation) -> BoxFuture<'a, Consent> {
            Box::pin(std::future::ready(Consent::Granted))
        }
    }

    async fn whole(effect: Effect) -> (Option<Code>, Vec<(String, String)>) {
        static TOOLS: [&dyn AnyTool; 2] = [&Part, &Whole];
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings { effects: Effect::Destroy, ask: Effect::Write, ..Settings::for_workspace(folder.path().into()) };
        // One call at a time: the whole must not take the turn that its part needs.
        settings.limits.concurrent = 1;
        let pipeline = Pipeline::with_catalog(settings, None, Ports::default(), catalog::of(&TOOLS));
        let request = Request {
            tool: "whole".into(),
            arguments: json!({"effect": effect}),
            caller: Caller { frontend: "test", ..Caller::default() },
            cancel: CancellationToken::new(),
            wait: Some(Duration::MAX),
            idempotency_key: None,
        };
        let answer = pipeline.call(request, Arc::new(Granting)).await.into_answer().unwrap();
        pipeline.shutdown(Duration::ZERO).await;
        let audit = std::fs::read_dir(folder.path().join(".data-stack/audit")).unwrap();
        let text: String = audit.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["entry"].clone());
        let said = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let opened = entries.filter(|entry| entry["event"] == "open").map(|entry| {
            let is_part = said(&entry, "client") == answer.envelope.request_id;
            (said(&entry, "tool"), if is_part { "the outer call".to_owned() } else { said(&entry, "client") })
        });
        let opened = opened.collect();
        (answer.envelope.error.map(|error| error.code), opened)
    }

    #[tokio::test]
    async fn a_part_is_recorded_under_its_whole_takes_its_own_turn_and_never_destroys() {
        let recorded = vec![("whole".to_owned(), String::new()), ("part".to_owned(), "the outer call".to_owned())];
        assert_eq!(whole(Effect::Write).await, (None, recorded.clone()));
        assert_eq!(whole(Effect::Destroy).await, (Some(Code::Denied), recorded));
    }
}
