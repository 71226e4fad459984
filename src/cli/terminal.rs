//! The terminal as a frontend of the pipeline: a progress bar, a question, and Ctrl-C.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_stack_core::text::clean;
use data_stack_core::{BoxFuture, Code, Progress, ProgressSink, ToolError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use crate::config::Settings;
use crate::host;
use crate::pipeline::{Answer, Caller, Confirmation, Consent, Envelope, Frontend, Pipeline, Request};

/// How long work may take to stop once the command has its answer.
const FAREWELL: Duration = Duration::from_secs(2);

/// A pipeline in this process with the terminal in front of it.
pub(super) struct Host {
    runtime: Option<Runtime>,
    pipeline: Arc<Pipeline>,
    dialog: bool,
}

/// How a call ended.
pub(super) struct Finished {
    pub(super) answer: Answer,
    pub(super) exit: Exit,
}

impl Host {
    /// Opens the host; `dialog` says whether a person can be asked and shown progress.
    pub(super) fn open(settings: Settings, dialog: bool) -> Result<Self, ToolError> {
        Self::over(|| host::open(settings), dialog)
    }

    /// A host over the pipeline that `open` makes, inside the host's runtime.
    pub(super) fn over(open: impl FnOnce() -> Result<Arc<Pipeline>, ToolError>, dialog: bool) -> Result<Self, ToolError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| ToolError::internal(format!("the runtime cannot be started: {error}")))?;
        let pipeline = {
            let _entered = runtime.enter();
            open()?
        };
        Ok(Self { runtime: Some(runtime), pipeline, dialog })
    }

    /// The pipeline.
    pub(super) fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// Runs a future to its end.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    /// Calls a tool and waits for its end; Ctrl-C and SIGTERM cancel it.
    pub(super) fn call(&self, tool: &str, arguments: Value) -> Result<Finished, ToolError> {
        let cancel = CancellationToken::new();
        let frontend = Arc::new(Terminal::new(self.dialog, cancel.clone()));
        let request = Request {
            tool: tool.to_owned(),
            arguments,
            caller: caller(),
            cancel: cancel.clone(),
            wait: Some(Duration::MAX),
            idempotency_key: None,
        };
        let outcome = self.block_on(async {
            let watch = tokio::spawn(cancel_on_signal(cancel.clone())?);
            let outcome = self.pipeline.call(request, frontend.clone()).await;
            watch.abort();
            Ok::<_, ToolError>(outcome)
        });
        frontend.clear();
        let answer = outcome.transpose()?.and_then(crate::pipeline::Outcome::into_answer);
        let answer = answer.ok_or_else(|| ToolError::internal("the call ended with a question that nobody was asked"))?;
        let exit = match &answer.envelope.error {
            None if has_failed(&answer.envelope) => Exit::Failed,
            None => Exit::Done,
            Some(_) if cancel.is_cancelled() => Exit::Interrupted,
            Some(error) if error.code == Code::Denied && frontend.asked_in_vain.load(Ordering::Relaxed) => Exit::Approval,
            Some(error) => error.code.into(),
        };
        Ok(Finished { answer, exit })
    }
}

/// This program itself; what started it may name its span in `TRACEPARENT`.
fn caller() -> Caller {
    let client = concat!("data-stack ", env!("CARGO_PKG_VERSION")).to_owned();
    Caller { frontend: "cli", client: Some(client), traceparent: std::env::var("TRACEPARENT").ok() }
}

/// Whether a tool that judges found a failure: the call went well, but what it judged should stop a pipeline.
fn has_failed(envelope: &Envelope) -> bool {
    envelope.data.as_ref().is_some_and(|data| data["verdict"] == "fail")
}

impl Drop for Host {
    /// Closes the record of calls and leaves no thread behind that could hold the program back.
    fn drop(&mut self) {
        let pipeline = self.pipeline.clone();
        self.block_on(async move { pipeline.shutdown(FAREWELL).await });
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Fires `cancel` on Ctrl-C and SIGTERM. The signals are caught from the moment this returns, not from when its future first runs.
fn cancel_on_signal(cancel: CancellationToken) -> Result<impl Future<Output = ()>, ToolError> {
    let caught = |kind| signal(kind).map_err(|error| ToolError::internal(format!("signals cannot be caught: {error}")));
    let (mut interrupt, mut terminate) = (caught(SignalKind::interrupt())?, caught(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancel.cancel();
    })
}

/// One call's frontend.
pub(super) struct Terminal {
    bar: ProgressBar,
    dialog: bool,
    cancel: CancellationToken,
    /// Whether the call needed a person and there was none.
    asked_in_vain: AtomicBool,
}

impl Terminal {
    pub(super) fn new(dialog: bool, cancel: CancellationToken) -> Self {
        let bar = ProgressBar::hidden();
        if dialog {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::default_spinner());
        }
        Self { bar, dialog, cancel, asked_in_vain: AtomicBool::new(false) }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl ProgressSink for Terminal {
    fn report(&self, progress: Progress) {
        if !self.dialog {
            return;
        }
        if let Some(total) = progress.total.filter(|total| *total > 0.0) {
            if self.bar.length() != Some(total as u64) {
                self.bar.set_length(total as u64);
                let style = ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}");
                self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            }
            self.bar.set_position(progress.done as u64);
        } else {
            self.bar.tick();
        }
        self.bar.set_message(clean(&progress.message, 80).replace('\n', " "));
    }
}

impl Frontend for Terminal {
    fn confirm<'a>(&'a self, confirmation: &'a Confirmation) -> BoxFuture<'a, Consent> {
        Box::pin(async move {
            if !self.dialog {
                self.asked_in_vain.store(true, Ordering::Relaxed);
                return Consent::Unavailable;
            }
            let question = format!(
                "`{}` would {}: {}\nType yes to go on: ",
                confirmation.tool,
                confirmation.effect,
                clean(&confirmation.consequence, 1_000)
            );
            let answer = tokio::task::spawn_blocking(move || ask(&question));
            tokio::select! {
                answer = answer => match answer {
                    Ok(true) => Consent::Granted,
                    _ => Consent::Declined,
                },
                () = self.cancel.cancelled() => Consent::Declined,
            }
        })
    }
}

/// Asks on standard error and reads one line; anything but `yes` is a no.
pub(super) fn ask(question: &str) -> bool {
    let mut err = std::io::stderr();
    let mut line = String::new();
    let asked = err.write_all(question.as_bytes()).and_then(|()| err.flush()).and_then(|()| std::io::stdin().read_line(&mut line));
    asked.is_ok() && line.trim().eq_ignore_ascii_case("yes")
}

#[cfg(test)]
mod tests {
    use super::{Exit, Host};
    use crate::catalog;
    use crate::config::Settings;
    use crate::pipeline::Pipeline;
    use data_stack_core::{AnyTool, Code, Ctx, Effect, Limits, Ports, Reply, Spec, Tool, ToolError};
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::{Value, json};

    /// Ends as it is told to.
    #[derive(Clone)]
    struct Puppet;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Strings {
        effect: Effect,
        fails_with: Option<Code>,
        verdict: Option<String>,
    }

    impl Tool for Puppet {
        type Input = Strings;
        type Output = Value;

        const SPEC: Spec = Spec {
            name: "puppet",
            title: "Puppet",
            description: "",
            effect: Effect::Read,
            max_effect: Effect::Destroy,
            idempotent: true,
            open_world: false,
            ports: &[],
            limits: Limits::seconds(60),
            examples: &[],
        };

        fn effect(&self, input: &Strings) -> Effect {
            input.effect
        }

        async fn run(&self, input: Strings, _ctx: &Ctx) -> Result<Reply<Value>, ToolError> {
            match input.fails_with {
                Some(code) => Err(ToolError::new(code, "as it was told", "Tell it otherwise.")),
                None if input.verdict.is_some() => Ok(Reply::new(json!({"verdict": input.verdict}), "It judged.")),
                None => Ok(Reply::new(json!({"danced": true}), "It danced.")),
            }
        }
    }

    static PUPPET: &dyn AnyTool = &Puppet;

    fn called(effects: Effect, arguments: Value) -> (Exit, Option<Value>) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { effects, ..Settings::for_workspace(folder.path().into()) };
        let open = || Ok(Pipeline::with_catalog(settings, None, Ports::default(), catalog::of(&[PUPPET])));
        let finished = Host::over(open, false).unwrap().call("puppet", arguments).unwrap();
        (finished.exit, finished.answer.envelope.data)
    }

    #[test]
    fn a_verdict_decides_the_exit_code_of_a_call_that_went_well() {
        for (verdict, exit) in [("pass", Exit::Done), ("warn", Exit::Done), ("fail", Exit::Failed)] {
            let arguments = json!({"effect": "read", "verdict": verdict});
            assert_eq!(called(Effect::Read, arguments), (exit, Some(json!({"verdict": verdict}))), "{verdict}");
        }
    }

    #[test]
    fn every_end_of_a_call_has_its_exit_code() {
        let danced = Some(json!({"danced": true}));
        for (effects, arguments, exit) in [
            (Effect::Destroy, json!({"effect": "read"}), Exit::Done),
            (Effect::Destroy, json!({"effect": "write"}), Exit::Done),
            (Effect::Destroy, json!({"effect": "destroy"}), Exit::Approval),
            (Effect::Write, json!({"effect": "destroy"}), Exit::Refused),
            (Effect::Read, json!({"effect": "write"}), Exit::Refused),
            (Effect::Read, json!({"effect": "none"}), Exit::Usage),
            (Effect::Read, json!({"effect": "read", "fails_with": "failed"}), Exit::Failed),
            (Effect::Read, json!({"effect": "read", "fails_with": "timeout"}), Exit::Timeout),
            (Effect::Read, json!({"effect": "read", "fails_with": "unavailable"}), Exit::Missing),
            (Effect::Read, json!({"effect": "read", "fails_with": "denied"}), Exit::Refused),
            (Effect::Read, json!({"effect": "read", "fails_with": "cancelled"}), Exit::Interrupted),
        ] {
            let expected = (exit, danced.clone().filter(|_| exit == Exit::Done));
            assert_eq!(called(effects, arguments.clone()), expected, "{effects} {arguments}");
        }
    }
}
