//! `mcp`, `serve` and `worker`: the commands that an agent's client or this program itself starts.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::{Cli, install};
use crate::config::{Settings, Stance};
use crate::{host, mcp};

/// The arguments of `mcp`.
pub(super) fn mcp_arguments(command: Command) -> Command {
    command.subcommand(install::add(Command::new("install").about("Enter this server in a client's configuration")))
}

/// Serves one client on standard input and output, or enters the server in a client's configuration.
pub(super) fn mcp(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    if let Some(("install", matches)) = matches.subcommand() {
        return install::run(cli, matches);
    }
    let pipeline = host::open(cli.config(Stance::Agent)?.settings)?;
    mcp::serve_stdio(pipeline)?;
    Ok(Exit::Done)
}

/// Flags of `serve` that each set one setting: flag, setting, value's name, what it does.
const HTTP_SETTINGS: [(&str, &str, &str, &str); 4] = [
    ("bind", "http.bind", "ADDRESS:PORT", "Listen here, or at `unix:FILE` [default: 127.0.0.1:8931]"),
    ("token-file", "http.token_file", "FILE", "The bearer token's file; made when it is missing"),
    ("allowed-host", "http.allowed_hosts", "HOST", "Accept requests that name this host; may be repeated"),
    ("allowed-origin", "http.allowed_origins", "ORIGIN", "Accept browsers from this origin; may be repeated"),
];

/// Switches of `serve`.
const HTTP_SWITCHES: [(&str, &str, &str); 2] = [
    ("behind-proxy", "http.behind_proxy", "A TLS-terminating proxy stands in front: allow a bind beyond loopback"),
    ("legacy-sse", "http.legacy_sse", "Serve the older HTTP+SSE endpoints too"),
];

/// The arguments of `serve`.
pub(super) fn http_arguments(command: Command) -> Command {
    let command = HTTP_SETTINGS.iter().fold(command, |command, (flag, _, value, help)| {
        command.arg(Arg::new(*flag).long(*flag).action(ArgAction::Append).value_name(*value).help(*help))
    });
    HTTP_SWITCHES
        .iter()
        .fold(command, |command, (flag, _, help)| command.arg(Arg::new(*flag).long(*flag).action(ArgAction::SetTrue).help(*help)))
}

/// Serves clients over HTTP.
pub(super) fn http(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    for (flag, key, ..) in HTTP_SETTINGS {
        let given: Vec<&String> = matches.get_many(flag).unwrap_or_default().collect();
        let value = match given.as_slice() {
            [] => continue,
            several if flag.starts_with("allowed") => json!(several),
            [.., last] => json!(last),
        };
        cli.globals.set(key, value, &format!("--{flag}"));
    }
    for (flag, key, _) in HTTP_SWITCHES.iter().filter(|(flag, ..)| matches.get_flag(flag)) {
        cli.globals.set(key, json!(true), &format!("--{flag}"));
    }
    let settings = cli.config(Stance::Agent)?.settings;
    let pipeline = host::open(settings.clone())?;
    let screen = &mut *cli.screen;
    let mut told = Ok(());
    mcp::serve_http(pipeline, |place, token_file| {
        told = announce(screen, &settings, &place.to_string(), &token_file.display().to_string());
    })?;
    told?;
    Ok(Exit::Done)
}

fn announce(screen: &mut super::Screen, settings: &Settings, place: &str, token_file: &str) -> std::io::Result<()> {
    screen.note(
        Tone::Good,
        "serving",
        &format!("{place}, effects up to {}, workspace {}", settings.effects, settings.workspace.display()),
    )?;
    screen.note(Tone::Strong, "token", &format!("send the content of {token_file} as `Authorization: Bearer …`"))?;
    screen.flush()
}

/// Becomes a worker process; the server starts it, people do not.
pub(super) fn worker(kind: Option<&OsStr>) -> ExitCode {
    match kind.and_then(OsStr::to_str) {
        Some("duckdb") => data_stack_embedded::worker::main(),
        _ => Exit::Usage.into(),
    }
}
