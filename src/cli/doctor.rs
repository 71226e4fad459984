//! `doctor`: everything that data-stack needs, whether it is there, and how to get it.

mod machine;
mod programs;
mod python;

use std::time::Duration;

use clap::{ArgMatches, Command};
use data_stack_core::ToolError;
use serde::Serialize;
use serde_json::json;

use super::Cli;
use super::exit::{Exit, Failure};
use super::screen::{Screen, Tone};
use super::terminal::Host;
use crate::catalog;
use crate::config::{Config, Stance};

/// How long anything may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    /// Whether data-stack cannot work without it.
    required: bool,
    state: State,
    /// What is there, or why it is not.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Doubtful,
    Missing,
}

impl Check {
    fn ok(name: &'static str, required: bool, found: impl Into<String>) -> Self {
        Self { name, required, state: State::Ok, found: found.into(), fix: None }
    }

    fn doubtful(name: &'static str, required: bool, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, required, state: State::Doubtful, found: found.into(), fix: Some(fix.into()) }
    }

    fn missing(name: &'static str, required: bool, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Missing, ..Self::doubtful(name, required, found, fix) }
    }

    fn failed(name: &'static str, required: bool, error: &ToolError) -> Self {
        Self::missing(name, required, error.message.clone(), error.hints.join(" "))
    }
}

/// The arguments of `doctor`: none of its own.
pub(super) fn arguments(command: Command) -> Command {
    command.after_help("Ends with 6 when something required is missing.")
}

/// Checks everything.
pub(super) fn run(cli: &mut Cli<'_>, _matches: &ArgMatches) -> Result<Exit, Failure> {
    let (environment, checks) = match cli.globals.config(cli.around, Stance::Person) {
        Ok(config) => (config.settings.environment.clone(), examine(&config)),
        Err(error) => (String::new(), vec![Check::failed("configuration", true, &error)]),
    };
    let sound = checks.iter().all(|check| check.state != State::Missing || !check.required);
    if cli.globals.json {
        cli.answer("doctor", &environment, sound, json!({"checks": checks}))?;
    } else {
        show(cli.screen, &checks)?;
        let verdict = if sound { "Everything that is required is there." } else { "Something required is missing." };
        cli.screen.line(&format!("\n{verdict}"))?;
    }
    Ok(if sound { Exit::Done } else { Exit::Missing })
}

fn show(screen: &mut Screen, checks: &[Check]) -> std::io::Result<()> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let (tone, mark) = match (check.state, check.required) {
            (State::Ok, _) => (Tone::Good, "ok      "),
            (State::Doubtful, _) => (Tone::Doubtful, "check   "),
            (State::Missing, true) => (Tone::Bad, "missing "),
            (State::Missing, false) => (Tone::Faint, "optional"),
        };
        let mark = screen.paint(tone, mark);
        screen.line(&format!("{mark}  {:width$}  {}", check.name, data_stack_core::text::clean(&check.found, 400)))?;
        if let Some(fix) = &check.fix {
            screen.line(&format!("{:10}{:width$}  → {}", "", "", data_stack_core::text::clean(fix, 600)))?;
        }
    }
    Ok(())
}

fn examine(config: &Config) -> Vec<Check> {
    let settings = &config.settings;
    let mut checks = vec![
        configuration(config),
        machine::workspace(&settings.workspace),
        machine::audit(&settings.state().join("audit")),
        machine::disk(&settings.workspace),
        machine::memory(settings.query.memory),
        machine::port(&settings.http.bind),
    ];
    match Host::open(settings.clone(), false) {
        Ok(host) => {
            checks.insert(3, duckdb(&host));
            checks.insert(4, tools(&host));
            checks.extend(host.block_on(programs::examine(LIMIT)).unwrap_or_default());
            checks.extend(host.block_on(python::examine(settings, LIMIT)).unwrap_or_default());
        }
        Err(error) => checks.insert(3, Check::failed("host", true, &error)),
    }
    checks
}

fn configuration(config: &Config) -> Check {
    let files: Vec<String> = config.files.iter().map(|file| file.display().to_string()).collect();
    let found = if files.is_empty() { "no settings files; the defaults hold".to_owned() } else { files.join(", ") };
    if config.warnings.is_empty() {
        return Check::ok("configuration", true, found);
    }
    let warnings: Vec<&str> = config.warnings.iter().map(|warning| warning.message.as_str()).collect();
    Check::doubtful("configuration", true, warnings.join(" "), "`data-stack config show --origins` shows where each value comes from.")
}

/// Whether the engine's worker starts and answers.
fn duckdb(host: &Host) -> Check {
    let name = "duckdb";
    if super::call::entry("query_duckdb").is_none() {
        return Check::missing(name, true, "this build has no query tool", "Install a complete build of data-stack.");
    }
    match host.call("query_duckdb", json!({"sql": "select version() as version"})) {
        Err(error) => Check::failed(name, true, &error),
        Ok(finished) => match (&finished.answer.envelope.error, &finished.answer.envelope.data) {
            (Some(error), _) => Check::failed(name, true, error),
            (None, data) => {
                let version = data.as_ref().and_then(|data| data.pointer("/rows/0/0")).and_then(|version| version.as_str());
                let took = finished.answer.envelope.duration_ms;
                Check::ok(name, true, format!("{}, answered in {took:.0} ms", version.unwrap_or("unknown version")))
            }
        },
    }
}

/// The tools that cannot be offered, and why.
fn tools(host: &Host) -> Check {
    let ports = host.pipeline().ports();
    let lacking: Vec<String> = catalog::entries()
        .iter()
        .map(catalog::Entry::spec)
        .filter_map(|spec| {
            let absent: Vec<&str> = spec.ports.iter().filter(|port| !ports.has(**port)).map(|port| port.as_str()).collect();
            (!absent.is_empty()).then(|| format!("`{}` lacks {}", spec.name, absent.join(" and ")))
        })
        .collect();
    let all = catalog::entries().len();
    if lacking.is_empty() {
        return Check::ok("tools", false, format!("all {all} have their backends"));
    }
    Check::doubtful(
        "tools",
        false,
        format!("{} of {all}: {}", lacking.len(), lacking.join(", ")),
        "Install a complete build of data-stack.",
    )
}
