//! A step of a script: one action, and what must hold afterwards.

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::Matcher;
use super::path::Selector;
use crate::mcp::client::Listing;

/// One step. Exactly one of the actions is given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// What it shows.
    pub(super) name: Option<String>,

    /// Action: call a tool with `args`.
    pub(super) call: Option<String>,
    /// Action: get a prompt with `args`.
    pub(super) prompt: Option<String>,
    /// Action: read a resource.
    pub(super) resource: Option<String>,
    /// Action: complete an argument.
    pub(super) complete: Option<Completion>,
    /// Action: list what there is of one kind.
    pub(super) list: Option<Kind>,
    /// Action: end the connection and make a new one.
    pub(super) reconnect: Option<Ending>,
    /// Action: send raw messages on a connection of their own.
    pub(super) raw: Option<super::raw::Raw>,

    /// Arguments of a call or a prompt.
    #[serde(default)]
    pub(super) args: Map<String, Value>,
    /// When to cancel the call.
    pub(super) cancel: Option<Cancel>,

    /// How it must end: `ok`, an error code, `job`, `cancelled`, `timeout`, or the number of a JSON-RPC error.
    pub(super) expect: Option<Value>,
    /// What must stand where in the result.
    #[serde(default)]
    pub(super) check: Map<String, Value>,
    /// What must hold for the text of the result.
    pub(super) text: Option<Value>,
    /// What must hold for the progress that was reported.
    pub(super) progress: Option<ProgressSpec>,
    /// The snapshot that the result must equal.
    pub(super) snapshot: Option<String>,
    /// Values for later steps: a name, and the path that its value stands at.
    #[serde(default)]
    pub(super) save: Map<String, Value>,

    /// Seconds that it may take.
    pub(super) timeout_s: Option<f64>,
    /// Seconds for which it is repeated until it holds.
    pub(super) retry_s: Option<f64>,
}

/// An argument to complete.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Completion {
    /// The prompt that it belongs to …
    pub(super) prompt: Option<String>,
    /// … or the resource template.
    pub(super) template: Option<String>,
    /// Its name.
    pub(super) argument: String,
    /// What was written of it so far.
    #[serde(default)]
    pub(super) value: String,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Tools,
    Prompts,
    Resources,
    Templates,
}

impl From<Kind> for Listing {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Tools => Self::Tools,
            Kind::Prompts => Self::Prompts,
            Kind::Resources => Self::Resources,
            Kind::Templates => Self::Templates,
        }
    }
}

/// How a connection ends before the next is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ending {
    /// The client closes it.
    Close,
    /// The server is killed, as by a crash.
    Kill,
}

/// When a call is cancelled.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cancel {
    /// As soon as it reports progress.
    FirstProgress,
    /// After so many milliseconds.
    AfterMs(u64),
}

/// What must hold for progress.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProgressSpec {
    /// The least number of steps.
    #[serde(default)]
    pub(super) at_least: usize,
    /// What some step's message must match.
    pub(super) message: Option<Value>,
}

impl Step {
    /// The actions of which one is given, by name.
    fn actions(&self) -> Vec<&'static str> {
        [
            ("call", self.call.is_some()),
            ("prompt", self.prompt.is_some()),
            ("resource", self.resource.is_some()),
            ("complete", self.complete.is_some()),
            ("list", self.list.is_some()),
            ("reconnect", self.reconnect.is_some()),
            ("raw", self.raw.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }

    /// What it shows, or else what it does.
    pub(super) fn title(&self) -> String {
        let action = self.actions().first().copied().unwrap_or("nothing");
        let listed = self.list.map(|kind| format!("{kind:?}").to_lowercase());
        let completed = self.complete.as_ref().map(|completion| completion.argument.clone());
        let target = self.call.clone().or_else(|| self.prompt.clone()).or_else(|| self.resource.clone()).or(listed).or(completed);
        self.name.clone().unwrap_or_else(|| target.map_or_else(|| action.to_owned(), |target| format!("{action} {target}")))
    }

    /// Checks all that can be checked without playing it.
    pub(super) fn verify(&self) -> anyhow::Result<()> {
        match self.actions().as_slice() {
            [_] => {}
            [] => bail!("the step does nothing: give it one of call, prompt, resource, complete, list, reconnect, raw"),
            several => bail!("the step has several actions, {}: make a step of each", several.join(" and ")),
        }
        if self.cancel.is_some() && self.call.is_none() {
            bail!("only a `call` can be cancelled");
        }
        if let Some(completion) = &self.complete
            && completion.prompt.is_some() == completion.template.is_some()
        {
            bail!("`complete` needs either `prompt` or `template`");
        }
        if let Some(raw) = &self.raw {
            raw.verify()?;
        }
        for (path, expected) in &self.check {
            Selector::parse(path)?;
            Matcher::parse(expected).with_context(|| format!("at `{path}`"))?;
        }
        for path in self.save.values() {
            Selector::parse(path.as_str().context("`save` needs a path for each name")?)?;
        }
        let matchers = self.expect.iter().chain(&self.text).chain(self.progress.iter().filter_map(|progress| progress.message.as_ref()));
        matchers.into_iter().try_for_each(|matcher| Matcher::parse(matcher).map(|_| ()))
    }
}
