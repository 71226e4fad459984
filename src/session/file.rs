//! The script as it stands in its file.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use data_stack_core::nearest::nearest;
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::check::Matcher;
use super::path::Selector;
use crate::mcp::client::{Era, Listing, Person};

/// A session: a server, and what to do with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What the session shows, for the log and the report.
    pub name: String,
    /// Why it exists; for readers only.
    #[serde(default)]
    pub description: String,
    /// The server to start.
    #[serde(default)]
    pub(super) server: ServerSpec,
    /// A running server to talk to instead.
    pub(super) url: Option<String>,
    /// The era of the protocol to speak.
    #[serde(default)]
    pub(super) era: EraName,
    /// Who answers the server's questions.
    #[serde(default)]
    pub(super) person: PersonName,
    /// Seconds that each step may take unless it says otherwise.
    #[serde(default = "default_limit")]
    pub(super) timeout_s: f64,
    /// Values for `${name}`.
    #[serde(default)]
    pub(super) variables: Map<String, Value>,
    /// Keys whose values differ from run to run, besides the usual ones: masked in snapshots.
    #[serde(default)]
    pub(super) mask: Vec<String>,
    /// What to do, in order.
    pub(super) steps: Vec<Spanned<Step>>,
    /// The file itself.
    #[serde(skip)]
    pub(super) path: PathBuf,
}

fn default_limit() -> f64 {
    60.0
}

/// How the server is started.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerSpec {
    /// The persona that it takes on.
    pub(super) persona: Option<String>,
    /// The highest effect that it allows.
    pub(super) effects: Option<String>,
    /// Further arguments before the command `mcp`.
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Environment variables.
    #[serde(default)]
    pub(super) env: Map<String, Value>,
    /// Files for its workspace.
    #[serde(default)]
    pub(super) files: Vec<Spanned<Fixture>>,
    /// Another server than this program: its command line.
    #[serde(default)]
    pub(super) command: Vec<String>,
}

/// A file for the workspace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixture {
    /// A file to copy, named relative to the script.
    pub(super) copy: Option<PathBuf>,
    /// The content, written out.
    pub(super) text: Option<String>,
    /// Its name in the workspace; that of the copied file when absent.
    pub(super) to: Option<PathBuf>,
}

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

/// The protocol's generation, as written.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EraName {
    #[default]
    Modern,
    Legacy,
}

impl From<EraName> for Era {
    fn from(name: EraName) -> Self {
        match name {
            EraName::Modern => Self::Modern,
            EraName::Legacy => Self::Legacy,
        }
    }
}

/// The person, as written.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PersonName {
    #[default]
    Absent,
    Agrees,
    Declines,
}

impl From<PersonName> for Person {
    fn from(name: PersonName) -> Self {
        match name {
            PersonName::Absent => Self::Absent,
            PersonName::Agrees => Self::Agrees,
            PersonName::Declines => Self::Declines,
        }
    }
}

/// Reads a script and checks all that can be checked without playing it. Errors name the file and the line.
pub fn read(path: &Path) -> anyhow::Result<Script> {
    let source = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    parse(&source, path)
}

/// Reads a script from its text.
pub(super) fn parse(source: &str, path: &Path) -> anyhow::Result<Script> {
    let mut script: Script = serde_saphyr::from_str(source).map_err(|error| locate(&error, path))?;
    path.clone_into(&mut script.path);
    for step in &script.steps {
        step.value.verify().with_context(|| format!("{}:{}", path.display(), step.defined.line()))?;
    }
    for fixture in &script.server.files {
        if fixture.value.copy.is_some() == fixture.value.text.is_some() || (fixture.value.text.is_some() && fixture.value.to.is_none()) {
            bail!("{}:{}: a file is `copy: <path>` or `text: …` with `to: <name>`", path.display(), fixture.defined.line());
        }
    }
    if script.steps.is_empty() {
        bail!("{}: the session has no steps", path.display());
    }
    Ok(script)
}

/// The reader's error with file and line, and the nearest name where one is unknown.
fn locate(error: &serde_saphyr::Error, path: &Path) -> anyhow::Error {
    let line = error.location().map_or(1, |location| location.line());
    let message = error.without_snippet().to_string();
    let hint = nearest_key(&message).map(|name| format!("; did you mean `{name}`?"));
    anyhow::anyhow!("{}:{line}: {message}{}", path.display(), hint.unwrap_or_default())
}

/// The known key nearest to the one that `unknown field `x`, expected one of a, b at …` complains of.
fn nearest_key(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("unknown field `")?;
    let (wrong, rest) = rest.split_once('`')?;
    let known = rest.split([' ', ',', '`']).filter(|word| !word.is_empty());
    nearest(wrong, known, 1).pop()
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

    fn verify(&self) -> anyhow::Result<()> {
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
