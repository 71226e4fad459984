//! `session`: scripted MCP sessions, for continuous integration.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data_stack_core::ToolError;

use super::Cli;
use super::exit::{Exit, Failure};
use crate::session;

/// The arguments of `session`.
pub(super) fn arguments(command: Command) -> Command {
    let path = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
    };
    let switch = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let files = Arg::new("files").required(true).num_args(1..).value_name("FILE").value_parser(value_parser!(PathBuf));
    let run = Command::new("run")
        .about("Play sessions and compare what the server answers")
        .arg(files.help("Sessions in YAML, or folders of them"))
        .arg(path("junit", "Write the results as JUnit XML"))
        .arg(Arg::new("url").long("url").value_name("URL").help("Play against a running server instead of a new one"))
        .arg(path("token-file", "Send the content of this file as the bearer token").requires("url"))
        .arg(path("program", "Start this program as the server instead of this one"))
        .arg(switch("update", "Take what the server answers as the new snapshots"))
        .arg(switch("keep", "Keep the workspaces of failed sessions"));
    command.subcommand_required(true).arg_required_else_help(true).subcommand(run)
}

/// Plays sessions.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let Some(("run", matches)) = matches.subcommand() else { return Ok(Exit::Usage) };
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    let options = session::Options {
        files: matches.get_many::<PathBuf>("files").unwrap_or_default().cloned().collect(),
        url: matches.get_one::<String>("url").cloned(),
        token: path("token-file").map(|file| token(&file)).transpose()?,
        program: path("program"),
        junit: path("junit"),
        update: matches.get_flag("update"),
        keep: matches.get_flag("keep"),
    };
    let report = session::run(&options, cli.screen.writer())?;
    Ok(if report.passed() { Exit::Done } else { Exit::Failed })
}

/// A secret is given by the file that holds it, never on the command line, which every user of the machine can read.
fn token(file: &Path) -> Result<String, ToolError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        ToolError::invalid("token-file", format!("{} cannot be read: {error}", file.display()), "Name the token file that `serve` printed.")
    })?;
    Ok(text.trim().to_owned())
}
