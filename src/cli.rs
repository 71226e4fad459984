//! The terminal's face: the only place that knows the command line and the only one that writes to standard output.
//!
//! Every command that calls a tool goes through the same pipeline as an agent's call, with the terminal as its frontend. A
//! command is one entry in [`COMMANDS`]; its arguments are built only when it is the one that was called.

mod analyze;
mod approve;
mod audit;
mod call;
mod completions;
mod config;
mod demo;
mod doctor;
mod exit;
mod flags;
mod globals;
mod install;
mod logging;
mod personas;
mod reference;
mod screen;
mod serve;
mod session;
mod table;
mod terminal;
mod tools;
mod transform;
mod validate;
mod view;

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

pub use exit::{Exit, Failure};
pub use screen::Screen;

use crate::config::{Config, Sources, Stance};
use crate::pipeline::Envelope;
use globals::Globals;

/// A command of the program.
struct Entry {
    name: &'static str,
    about: &'static str,
    /// Adds its arguments and subcommands.
    arguments: fn(Command) -> Command,
    run: fn(&mut Cli<'_>, &ArgMatches) -> Result<Exit, Failure>,
}

/// All commands, in the order in which help shows them.
static COMMANDS: &[Entry] = &[
    Entry { name: "mcp", about: "Serve an MCP client on standard input and output", arguments: serve::mcp_arguments, run: serve::mcp },
    Entry { name: "serve", about: "Serve MCP clients over HTTP", arguments: serve::http_arguments, run: serve::http },
    Entry { name: "demo", about: "Show everything on real data, in one minute", arguments: demo::arguments, run: demo::run },
    Entry { name: "query", about: "Run one SQL statement", arguments: call::query_arguments, run: call::query },
    Entry { name: "ingest", about: "Load files into a table", arguments: call::ingest_arguments, run: call::ingest },
    Entry {
        name: "analyze",
        about: "Profile a file: types, gaps, distributions, warnings",
        arguments: analyze::arguments,
        run: analyze::run,
    },
    Entry { name: "transform", about: "Run a pipeline: profile, load, build, test", arguments: transform::arguments, run: transform::run },
    Entry {
        name: "validate",
        about: "Check data quality: tests, freshness, expectations, one verdict",
        arguments: validate::arguments,
        run: validate::run,
    },
    Entry { name: "describe", about: "Show schemas, tables and columns", arguments: call::describe_arguments, run: call::describe },
    Entry { name: "job", about: "Follow, read or stop calls that run on", arguments: call::job_arguments, run: call::job },
    Entry { name: "approve", about: "Say yes to a call that waits for a person", arguments: approve::arguments, run: approve::run },
    Entry { name: "call", about: "Call any tool by its name", arguments: call::arguments, run: call::run },
    Entry { name: "tools", about: "Show the tools, their schemas and what a listing costs", arguments: tools::arguments, run: tools::run },
    Entry { name: "persona", about: "Show the personas", arguments: personas::arguments, run: personas::run },
    Entry { name: "doctor", about: "Check everything that data-stack needs", arguments: doctor::arguments, run: doctor::run },
    Entry { name: "config", about: "Show the settings and where they come from", arguments: config::arguments, run: config::run },
    Entry { name: "audit", about: "Check or read the record of calls", arguments: audit::arguments, run: audit::run },
    Entry { name: "session", about: "Play scripted MCP sessions", arguments: session::arguments, run: session::run },
    Entry { name: "completions", about: "Print a completion script for a shell", arguments: completions::arguments, run: completions::run },
];

/// A running command: where it writes and what holds for all commands.
struct Cli<'a> {
    screen: &'a mut Screen,
    globals: Globals,
    around: &'a Sources,
}

impl Cli<'_> {
    /// The settings, with what is doubtful about them said on standard error.
    fn config(&mut self, stance: Stance) -> Result<Config, Failure> {
        let config = self.globals.config(self.around, stance)?;
        for warning in &config.warnings {
            self.screen.warning(&warning.message)?;
        }
        Ok(config)
    }

    /// Answers with `data` in the envelope that every command shares.
    fn answer(&mut self, command: &str, environment: &str, ok: bool, data: Value) -> Result<(), Failure> {
        let mut envelope = Envelope::empty(command, &crate::clock::random_id("req_"), &crate::clock::now(), environment);
        envelope.ok = ok;
        envelope.data = Some(data);
        Ok(self.screen.json(&json!(envelope))?)
    }
}

/// Runs the program with this process's arguments and streams.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "worker") {
        return serve::worker(arguments.get(2).map(OsString::as_os_str));
    }
    logging::start();
    let mut screen = Screen::of_process();
    match Sources::of_process(Stance::Person) {
        Ok(around) => run(arguments, &around, &mut screen).into(),
        Err(error) => Failure::from(error).show(&mut screen).into(),
    }
}

/// Runs the program with these arguments, the first of which is its name; settings come from `around` and the flags.
pub fn run(arguments: Vec<OsString>, around: &Sources, screen: &mut Screen) -> Exit {
    let ended = travel(arguments, around, screen);
    let ended = ended.and_then(|exit| screen.flush().map(|()| exit).map_err(Failure::from));
    ended.unwrap_or_else(|failure| failure.show(screen))
}

fn travel(arguments: Vec<OsString>, around: &Sources, screen: &mut Screen) -> Result<Exit, Failure> {
    let program = program(arguments.first().map(OsString::as_os_str));
    let matches = match tree(program).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return exit::usage(&error, screen),
    };
    let Some((name, inner)) = matches.subcommand() else { return Ok(Exit::Usage) };
    let Some(entry) = COMMANDS.iter().find(|entry| entry.name == name) else { return Ok(Exit::Usage) };
    let globals = Globals::read(innermost(inner))?;
    (entry.run)(&mut Cli { screen, globals, around }, inner)
}

/// The matches of the deepest subcommand: clap hands global flags down to it.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}

/// The whole command line; what a command takes is added when it is needed.
fn tree(program: &'static str) -> Command {
    let root = Command::new(program)
        .about("One binary that lets an AI agent and a person run a whole modern data stack")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by policy, 4 needs a person's consent, 5 timed out, 6 something is missing, 130 interrupted.");
    COMMANDS
        .iter()
        .fold(globals::add(root), |root, entry| root.subcommand(Command::new(entry.name).about(entry.about).defer(entry.arguments)))
}

/// The name that the program goes by; it has two.
fn program(first: Option<&OsStr>) -> &'static str {
    let name = first.map(Path::new).and_then(Path::file_stem).and_then(OsStr::to_str);
    if name == Some("claude-data") { "claude-data" } else { "data-stack" }
}
