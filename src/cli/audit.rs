//! `audit`: is the record of calls whole, and what does it say?

use std::io;

use clap::{Arg, ArgMatches, Command, value_parser};
use data_stack_core::{Code, ToolError};
use serde_json::json;

use super::Cli;
use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::table::{Table, count, shown};
use crate::config::{Settings, Stance};
use crate::pipeline::audit::{Verification, tail, verify};

/// The arguments of `audit`.
pub(super) fn arguments(command: Command) -> Command {
    let lines = Arg::new("lines").short('n').long("lines").default_value("20").value_parser(value_parser!(u32)).help("How many entries");
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("verify").about("Check that no entry was changed, removed or added"))
        .subcommand(Command::new("tail").about("Show the newest entries").arg(lines))
}

/// Checks or reads the record.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let settings = cli.config(Stance::Person)?.settings;
    match matches.subcommand() {
        Some(("verify", _)) => check(cli, &settings),
        Some(("tail", matches)) => read(cli, &settings, matches.get_one::<u32>("lines").map_or(20, |lines| *lines as usize)),
        _ => Ok(Exit::Usage),
    }
}

fn unreadable(settings: &Settings, error: &io::Error) -> ToolError {
    let message = format!("the record in {} cannot be read: {error}", settings.state().join("audit").display());
    ToolError::new(Code::Unavailable, message, "Mend the folder's permissions.")
}

fn check(cli: &mut Cli<'_>, settings: &Settings) -> Result<Exit, Failure> {
    let found = verify(&settings.state().join("audit")).map_err(|error| unreadable(settings, &error))?;
    let whole = found.problems.is_empty();
    let exit = if whole { Exit::Done } else { Exit::Failed };
    if cli.globals.json {
        cli.answer("audit verify", &settings.environment, whole, json!(found))?;
        return Ok(exit);
    }
    let Verification { segments, lines, unsealed, problems } = found;
    for problem in &problems {
        cli.screen.note(Tone::Bad, "error", problem)?;
    }
    let verdict = if whole { "The record is whole" } else { "The record was tampered with or damaged" };
    let open = if unsealed.is_empty() { String::new() } else { format!(", {} still open or ended without a seal", unsealed.len()) };
    cli.screen.line(&format!("{verdict}: {} line(s) in {segments} segment(s){open}.", count(lines)))?;
    Ok(exit)
}

fn read(cli: &mut Cli<'_>, settings: &Settings, limit: usize) -> Result<Exit, Failure> {
    let entries = tail(&settings.state().join("audit"), limit).map_err(|error| unreadable(settings, &error))?;
    if cli.globals.json {
        cli.answer("audit tail", &settings.environment, true, json!({"entries": entries}))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["at", "event", "request", "tool", "by", "decision", "outcome", "ms"]).align_end(7);
    for line in &entries {
        let entry = &line["entry"];
        let text = |name: &str| if entry[name].is_null() { String::new() } else { shown(&entry[name]) };
        let took = entry["duration_ms"].as_f64().map_or_else(String::new, |took| format!("{took:.1}"));
        let at = line["at"].as_str().unwrap_or_default();
        let cells = [at, &text("event"), &text("request_id"), &text("tool"), &text("frontend"), &text("decision"), &text("outcome"), &took];
        table.row(&cells);
    }
    if table.is_empty() {
        cli.screen.line("No calls are recorded yet.")?;
    } else {
        table.show(cli.screen)?;
    }
    Ok(Exit::Done)
}
