//! The road that every call takes, whoever makes it: resolve → audit → validate → policy → admit → run → shape → close.
//!
//! Nothing else calls a tool.

pub mod admit;
pub mod approval;
pub mod audit;
pub mod envelope;
pub mod frontend;
pub mod metrics;
mod onward;
pub mod policy;
mod replay;
pub mod resolve;
mod run;
mod secrets;
pub mod shape;
mod trace;
pub mod validate;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use data_stack_core::{Code, Control, Ctx, Effect, Ports, ToolError};
use serde_json::Value;

use crate::catalog::Entry;
use crate::config::Settings;
use crate::jobs::JobStore;
use crate::prompts::Persona;
use admit::Admission;
use approval::Approvals;
use audit::{Audit, Closing};
pub use envelope::{Answer, Envelope, JobHandle, Outcome};
pub use frontend::{Caller, Confirmation, Consent, Frontend, Request};
use metrics::Metrics;
use onward::Onward;
use policy::{Decision, Policy};
use replay::{Claim, Found, Replays};
use run::Work;
use trace::{Ended, Traces};

/// The host's one road to its tools.
pub struct Pipeline {
    catalog: &'static [Entry],
    settings: Settings,
    persona: Option<Persona>,
    policy: Policy,
    ports: Arc<Ports>,
    audit: Audit,
    admission: Admission,
    approvals: Approvals,
    jobs: Arc<JobStore>,
    metrics: Metrics,
    replays: Replays,
    traces: Traces,
}

/// A call on its way, and what is known of it so far.
#[derive(Clone)]
struct Passage {
    request_id: String,
    tool: &'static str,
    started_at: String,
    started: Instant,
    caller: Caller,
    decision: &'static str,
    effect: Option<Effect>,
}

impl Pipeline {
    /// A pipeline over a backend's ports. Touches no disk and starts nothing.
    pub fn new(settings: Settings, persona: Option<Persona>, backend: Ports) -> Arc<Self> {
        Self::with_catalog(settings, persona, backend, crate::catalog::entries())
    }

    /// A pipeline over other tools than the product's.
    pub fn with_catalog(settings: Settings, persona: Option<Persona>, backend: Ports, catalog: &'static [Entry]) -> Arc<Self> {
        let effects = persona.as_ref().map_or(settings.effects, |persona| persona.effects.min(settings.effects));
        let jobs = Arc::new(JobStore::new(&settings.state()));
        let segment = format!("{}-{}", crate::clock::now().replace([':', '.'], ""), crate::clock::random_id(""));
        Arc::new_cyclic(|road| Self {
            ports: Arc::new(Ports { jobs: Some(jobs.clone()), tools: Some(Arc::new(Onward(road.clone()))), ..backend }),
            catalog,
            policy: Policy { effects, ask: settings.ask },
            audit: Audit::new(settings.state().join("audit"), segment),
            admission: Admission::new(settings.limits.concurrent, settings.limits.queue),
            approvals: Approvals::of(&settings),
            metrics: Metrics::default(),
            replays: Replays::new(&settings.state()),
            traces: Traces::default(),
            settings,
            persona,
            jobs,
        })
    }

    /// The tools that callers of this process see, by name.
    pub fn listing(&self) -> impl Iterator<Item = &'static Entry> {
        resolve::visible(self.catalog, self.policy.effects, self.persona.as_ref(), self.ports.clone())
    }

    /// The policy in force: what may be called at all, and from which effect on a person is asked.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The persona in force.
    pub fn persona(&self) -> Option<&Persona> {
        self.persona.as_ref()
    }

    /// The highest effect that a call may have here.
    pub fn effects(&self) -> Effect {
        self.policy.effects
    }

    /// The backends, for resources and completions; tools reach them only through a call.
    pub fn ports(&self) -> &Arc<Ports> {
        &self.ports
    }

    /// The numbers of this process in Prometheus' text format.
    pub fn metrics(&self) -> String {
        self.metrics.render(self.jobs.running())
    }

    /// Makes a call. Dropping the future cancels the work, unless it has become a job.
    pub async fn call(self: &Arc<Self>, request: Request, frontend: Arc<dyn Frontend>) -> Outcome {
        let mut passage = Passage::begin(request.caller.clone());
        match self.clone().travel(&mut passage, request, frontend).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Answered(self.refuse(&passage, error)),
        }
    }

    /// Cancels what runs and closes the record.
    pub async fn shutdown(&self, limit: Duration) {
        self.jobs.shutdown(limit).await;
        self.traces.flush(limit).await;
        self.audit.seal();
    }

    async fn travel(self: Arc<Self>, passage: &mut Passage, request: Request, frontend: Arc<dyn Frontend>) -> Result<Outcome, ToolError> {
        let resolved = resolve::resolve(self.catalog, &request.tool, self.policy.effects, self.persona.as_ref(), &self.ports);
        let recorded = self.record_opening(passage, &request);
        let entry = resolved?;
        passage.tool = entry.spec().name;

        let arguments = validate::validate(&entry.schemas().input, request.arguments)?;
        let call = entry.tool().bind(arguments.clone())?;
        passage.effect = Some(call.effect());

        passage.decision = "denied";
        let digest = digest(passage.tool, &arguments);
        let confirmation =
            Confirmation { tool: passage.tool.into(), effect: call.effect(), consequence: call.consequence(), digest: digest.clone() };
        let decision = self.policy.decide(confirmation)?;
        let claim = match self.claim(request.idempotency_key.as_deref(), &digest, call.effect())? {
            Some(Found::Answer(envelope)) => return Ok(self.replay(passage, *envelope)),
            Some(Found::Nothing(claim)) => Some(claim),
            None => None,
        };
        passage.decision = match decision {
            Decision::Allow => "allowed",
            Decision::Ask(_) if self.approvals.redeem(&digest) => "approved",
            Decision::Ask(confirmation) => match frontend.confirm(&confirmation).await {
                Consent::Granted => "confirmed",
                Consent::Pending => return Ok(self.ask(passage, confirmation)),
                Consent::Declined => return Err(policy::declined(&confirmation)),
                Consent::Unavailable => return Err(self.leave_question(&confirmation, &passage.caller)),
                Consent::Invalid(reason) => return Err(policy::invalid_consent(&confirmation, reason)),
            },
        };
        if call.effect() > Effect::Read {
            recorded.and_then(|()| self.audit.sync())?;
        }

        let wait = request.wait.unwrap_or(self.settings.limits.wait);
        Ok(Outcome::Answered(self.perform(passage, Work { entry, call, claim, cancel: request.cancel, frontend }, wait).await))
    }

    /// Takes the caller's idempotency key for a call that changes something.
    fn claim(&self, key: Option<&str>, digest: &str, effect: Effect) -> Result<Option<Found>, ToolError> {
        key.filter(|_| effect > Effect::Read).map(|key| self.replays.claim(key, digest)).transpose()
    }

    fn replay(&self, passage: &Passage, envelope: Envelope) -> Outcome {
        self.close(passage, "replayed", "ok", 0, false);
        let summary = format!("This call was done before, as {}; this is its answer.", envelope.request_id);
        Outcome::Answered(Answer { envelope, summary, images: Vec::new(), app: None, effect: passage.effect.unwrap_or(Effect::Read) })
    }

    fn record_opening(&self, passage: &Passage, request: &Request) -> Result<(), ToolError> {
        let persona = self.persona.as_ref().map(|persona| persona.name.as_str());
        let recorded =
            self.audit.open(&passage.request_id, &request.tool, &request.caller, persona, &self.settings.environment, &request.arguments);
        recorded.inspect_err(|error| tracing::error!(%error, "the audit record cannot be written"))
    }

    /// Nobody can be asked here: a person is asked in a terminal, and this call is refused until they have answered.
    fn leave_question(&self, confirmation: &Confirmation, caller: &Caller) -> ToolError {
        match self.approvals.ask(confirmation, caller, &self.settings.environment) {
            Ok(question) => policy::unconfirmed(confirmation, &question.code),
            Err(error) => ToolError::internal(format!("the question to a person cannot be written: {error}")),
        }
    }

    fn ask(&self, passage: &Passage, confirmation: Confirmation) -> Outcome {
        self.close(passage, "asked", "input_required", 0, false);
        Outcome::NeedsInput(confirmation)
    }

    fn refuse(&self, passage: &Passage, error: ToolError) -> Answer {
        self.finish(passage, Err(error))
    }

    /// Shapes and records how a call ended.
    fn finish(&self, passage: &Passage, result: Result<data_stack_core::Reply<Value>, ToolError>) -> Answer {
        let result = result
            .map(|reply| shape::shape(reply, self.settings.limits.result_tokens, self.ports.artifacts.as_deref(), &passage.request_id));
        let mut answer = passage.answer(&self.settings.environment, result);
        secrets::mask(&mut answer, secrets::known());
        let outcome = answer.envelope.error.as_ref().map_or("ok", |error| error.code.as_str());
        let bytes = answer.envelope.data.as_ref().map_or(0, shape::size);
        self.close(passage, passage.decision, outcome, bytes, answer.envelope.truncated.is_some());
        answer
    }

    fn close(&self, passage: &Passage, decision: &'static str, outcome: &'static str, bytes: usize, truncated: bool) {
        let seconds = passage.started.elapsed().as_secs_f64();
        self.metrics.record(passage.tool, outcome, seconds, bytes, truncated);
        let closing =
            Closing { request_id: &passage.request_id, decision, effect: passage.effect, outcome, duration_ms: seconds * 1e3, bytes };
        if let Err(error) = self.audit.close(&closing) {
            tracing::error!(%error, "the audit record cannot be written");
        }
        self.trace(passage, decision, outcome);
    }

    fn trace(&self, passage: &Passage, decision: &str, outcome: &str) {
        let persona = self.persona.as_ref().map_or("", |persona| &persona.name);
        self.traces.record(&Ended {
            tool: passage.tool,
            started: SystemTime::now() - passage.started.elapsed(),
            parent: passage.caller.traceparent.as_deref(),
            outcome,
            facts: [
                ("data_stack.request_id", &passage.request_id),
                ("data_stack.effect", passage.effect.map_or("", Effect::as_str)),
                ("data_stack.decision", decision),
                ("data_stack.persona", persona),
                ("deployment.environment.name", &self.settings.environment),
            ],
        });
    }

    fn context(&self, passage: &Passage, control: Control) -> Ctx {
        Ctx { request_id: passage.request_id.clone(), environment: self.settings.environment.clone(), control, ports: self.ports.clone() }
    }
}

impl Passage {
    fn begin(caller: Caller) -> Self {
        Self {
            request_id: crate::clock::random_id("req_"),
            tool: "unknown",
            started_at: crate::clock::now(),
            started: Instant::now(),
            caller,
            decision: "refused",
            effect: None,
        }
    }

    fn answer(&self, environment: &str, result: Result<data_stack_core::Reply<Value>, ToolError>) -> Answer {
        let mut envelope = Envelope::empty(self.tool, &self.request_id, &self.started_at, environment);
        envelope.duration_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let effect = self.effect.unwrap_or(Effect::Read);
        match result {
            Ok(reply) => {
                envelope.ok = reply.failure.is_none();
                envelope.error = reply.failure;
                envelope.data = Some(reply.data);
                envelope.truncated = reply.truncated;
                envelope.warnings = reply.warnings;
                envelope.next_actions = reply.next_actions;
                envelope.links = reply.links;
                Answer { envelope, summary: reply.summary, images: reply.images, app: reply.app, effect }
            }
            Err(error) => {
                let summary = std::iter::once(format!("{}: {}", error.code, error.message))
                    .chain(error.hints.iter().cloned())
                    .collect::<Vec<_>>()
                    .join("\n");
                envelope.error = Some(error);
                Answer { envelope, summary: data_stack_core::text::clean(&summary, 4_000), images: Vec::new(), app: None, effect }
            }
        }
    }
}

/// Names a call by its tool and its validated arguments.
fn digest(tool: &str, arguments: &Value) -> String {
    blake3::hash(format!("{tool}\n{arguments}").as_bytes()).to_hex().to_string()
}

/// What a tool that does not exist is refused with; the nearest names are in the hint.
fn unknown_tool(name: &str, known: &[&'static str]) -> ToolError {
    let near = data_stack_core::nearest::nearest(name, known.iter().copied(), 3);
    let hint = if near.is_empty() {
        format!("The tools here are: {}.", known.join(", "))
    } else {
        format!("Did you mean `{}`?", near.join("`, `"))
    };
    ToolError::new(Code::NotFound, format!("there is no tool `{}` here", data_stack_core::text::clean(name, 80)), hint)
        .at("tool")
        .valid(near)
}
