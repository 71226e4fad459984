//! The steps of a pipeline, one after the other, each a call of a tool.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use data_stack_core::ports::tools::Called;
use data_stack_core::{Ctx, Progress, ResourceLink, ToolError};
use serde_json::json;

use super::types::{State, StepResult, TransformInput, TransformOutput};
use super::{dashboard, project};

/// A step of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Profile,
    Ingest,
    Build,
    Validate,
    Dashboard,
}

/// The steps, in order.
const STEPS: [Step; 5] = [Step::Profile, Step::Ingest, Step::Build, Step::Validate, Step::Dashboard];

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Ingest => "ingest",
            Self::Build => "build",
            Self::Validate => "validate",
            Self::Dashboard => "dashboard",
        }
    }
}

/// A run of the pipeline on its way.
pub(super) struct Course<'a> {
    input: &'a TransformInput,
    ctx: &'a Ctx,
    output: TransformOutput,
    links: Vec<ResourceLink>,
}

/// What a step comes to.
pub(super) enum Came {
    /// A call of a tool.
    Called(Box<Called>),
    /// Work of the pipeline itself, in a sentence.
    Done(String),
    /// Nothing, and why.
    Skipped(String),
}

impl<'a> Course<'a> {
    pub(super) fn new(input: &'a TransformInput, ctx: &'a Ctx) -> Result<Self, ToolError> {
        if input.source.trim().is_empty() {
            return Err(ToolError::invalid("source", "no file is named", "Name a file, such as `transactions.csv`."));
        }
        let steps = STEPS.map(|step| StepResult { step: step.as_str().to_owned(), ..StepResult::default() }).to_vec();
        let output = TransformOutput {
            pipeline: input.pipeline,
            source: input.source.clone(),
            steps,
            untrusted: true,
            ..TransformOutput::default()
        };
        Ok(Self { input, ctx, output, links: Vec::new() })
    }

    /// Takes the steps, up to the first that fails.
    pub(super) async fn run(mut self) -> (TransformOutput, Vec<ResourceLink>, Option<ToolError>) {
        for index in 0..STEPS.len() {
            let started = Instant::now();
            let within = self.within(index);
            let came = match within.control.check() {
                Ok(()) => self.take(index, &within).await,
                Err(error) => Err(error),
            };
            let failure = self.enter(index, started, came);
            if failure.is_some() {
                return (self.output, self.links, failure);
            }
        }
        (self.output, self.links, None)
    }

    async fn take(&mut self, index: usize, within: &Ctx) -> Result<Came, ToolError> {
        let tools = self.ctx.ports.tools()?;
        let source = &self.input.source;
        match STEPS[index] {
            Step::Profile => Ok(called(tools.call("profile_csv", json!({"path": source, "report": true}), within).await)),
            Step::Ingest => {
                let mut arguments = json!({"source": source, "mode": "replace"});
                if let Some(table) = &self.input.table {
                    arguments["table"] = json!(table);
                }
                let called = tools.call("ingest", arguments, within).await;
                self.output.table = called.data["table"].as_str().map(str::to_owned);
                Ok(Came::Called(Box::new(called)))
            }
            Step::Build => {
                let ready = project::ready(self.output.table.as_deref(), within).await?;
                self.output.placed = ready.placed;
                match ready.missing {
                    Some(why) => Ok(Came::Skipped(why)),
                    None => Ok(called(tools.call("run_dbt", json!({"command": "build"}), within).await)),
                }
            }
            Step::Validate => Ok(called(tools.call("validate", json!({"record": true}), within).await)),
            Step::Dashboard => {
                let written = dashboard::write(self.output.table.as_deref(), self.is_built(), within).await?;
                self.output.tables = written.tables;
                self.links.extend(written.links);
                Ok(written.came)
            }
        }
    }

    /// Whether models were built in this run.
    fn is_built(&self) -> bool {
        STEPS.iter().zip(&self.output.steps).any(|(step, result)| *step == Step::Build && result.state == State::Done)
    }

    /// Enters how a step ended, and says why the run ends with it, if it does.
    fn enter(&mut self, index: usize, started: Instant, came: Result<Came, ToolError>) -> Option<ToolError> {
        let step = &mut self.output.steps[index];
        step.elapsed_s = (started.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
        let (state, summary, failure) = match came {
            Ok(Came::Called(called)) => {
                step.request_id = called.request_id;
                self.links.extend(called.links);
                (if called.error.is_some() { State::Failed } else { State::Done }, called.summary, called.error)
            }
            Ok(Came::Done(what)) => (State::Done, what, None),
            Ok(Came::Skipped(why)) => (State::Skipped, why, None),
            Err(error) => (State::Failed, error.message.clone(), Some(error)),
        };
        step.state = state;
        step.summary = summary;
        failure
    }

    /// The context of a step: its progress counts as a part of the whole.
    fn within(&self, index: usize) -> Ctx {
        let (sink, name, furthest) = (self.ctx.control.sink(), STEPS[index].as_str(), AtomicU64::new(0));
        sink.report(Progress { done: index as f64, total: Some(STEPS.len() as f64), message: name.to_owned() });
        let report = move |step: Progress| {
            let share = step.total.filter(|total| *total > 0.0).map_or(0.0, |total| (step.done / total).clamp(0.0, 0.99));
            // A step may have phases that each count from the beginning; the whole never goes back.
            let furthest = furthest.fetch_max((share * 1e6) as u64, Ordering::Relaxed).max((share * 1e6) as u64) as f64 / 1e6;
            let message = format!("{name}: {}", step.message);
            sink.report(Progress { done: index as f64 + furthest, total: Some(STEPS.len() as f64), message });
        };
        Ctx { control: self.ctx.control.reporting(Arc::new(report)), ..self.ctx.clone() }
    }
}

fn called(called: Called) -> Came {
    Came::Called(Box::new(called))
}
