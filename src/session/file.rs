//! The script as it stands in its file.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use data_stack_core::nearest::nearest;
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::step::Step;
use crate::mcp::client::{Era, Person};

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
