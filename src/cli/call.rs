//! Commands that call a tool: by its name, or by a shorter one for daily use.
//!
//! Flags come from the tool's input schema, so that a tool's new argument is on the command line at once.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::terminal::{Finished, Host};
use super::{Cli, flags, globals, view};
use crate::catalog::{self, Entry};
use crate::config::Stance;

/// The arguments of `call`. Its help is its own: with a tool named, the tool's flags are what is asked for.
pub(super) fn arguments(command: Command) -> Command {
    let names: Vec<&str> = catalog::entries().iter().map(|entry| entry.spec().name).collect();
    command
        .disable_help_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::SetTrue).help("Print help; with a tool, its flags"))
        .arg(Arg::new("tool").required_unless_present("help").value_name("TOOL").help(format!("The tool: {}", names.join(", "))))
        .arg(
            Arg::new("rest")
                .value_name("FLAGS")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString))
                .help("Its arguments as flags, or `--args JSON`; `call TOOL --help` shows them"),
        )
}

/// Calls the tool that was named.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let Some(name) = matches.get_one::<String>("tool").map(String::as_str) else {
        let mut command = arguments(globals::add(Command::new("call").bin_name("data-stack call")));
        cli.screen.out(&command.render_help().to_string())?;
        return Ok(Exit::Done);
    };
    let schema = entry(name).map_or_else(|| json!({}), |entry| entry.schemas().input.clone());
    let about = entry(name).map_or("", |entry| entry.spec().title);
    let command = Command::new("call").no_binary_name(true).bin_name(format!("data-stack call {name}")).about(about);
    let command = flags::add(flags::add_whole(globals::add(command)), &schema, &[]);
    let rest = matches.get_many::<OsString>("rest").unwrap_or_default().cloned();
    let help = matches.get_flag("help").then(|| OsString::from("--help"));
    let inner = match command.try_get_matches_from(rest.chain(help)) {
        Ok(inner) => inner,
        Err(error) => return super::exit::usage(&error, cli.screen),
    };
    cli.globals.merge(Globals::read(&inner)?);
    let arguments = flags::read(&schema, &inner)?;
    perform(cli, name, arguments)
}

/// The tool of that name, whether or not it may be called here.
pub(super) fn entry(name: &str) -> Option<&'static Entry> {
    catalog::entries().iter().find(|entry| entry.spec().name == name)
}

/// Calls a tool and shows how it ended.
pub(super) fn perform(cli: &mut Cli<'_>, tool: &str, arguments: Value) -> Result<Exit, Failure> {
    let Finished { answer, exit } = finish(cli, tool, arguments)?;
    view::show(cli.screen, cli.globals.json, &answer)?;
    Ok(exit)
}

/// Calls a tool.
pub(super) fn finish(cli: &mut Cli<'_>, tool: &str, arguments: Value) -> Result<Finished, Failure> {
    let config = cli.config(Stance::Person)?;
    let host = Host::open(config.settings, cli.screen.dialog)?;
    Ok(host.call(tool, arguments)?)
}

/// A tool's flags, those in `positional` also without their names.
pub(super) fn add_tool(command: Command, tool: &str, positional: &[&str]) -> Command {
    match entry(tool) {
        Some(entry) => flags::add(command, &entry.schemas().input, positional),
        None => positional.iter().enumerate().fold(command, |command, (index, name)| {
            command.arg(Arg::new((*name).to_owned()).index(index + 1).value_name(name.to_uppercase()))
        }),
    }
}

/// What was given for a tool's flags.
pub(super) fn read_tool(tool: &str, matches: &ArgMatches) -> Result<Value, ToolError> {
    entry(tool).map_or_else(|| Ok(json!({})), |entry| flags::read(&entry.schemas().input, matches))
}

/// The arguments of `query`.
pub(super) fn query_arguments(command: Command) -> Command {
    add_tool(command, "query_duckdb", &["sql"]).after_help("`-` as the statement reads it from standard input.")
}

/// Runs a statement.
pub(super) fn query(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let mut arguments = read_tool("query_duckdb", matches)?;
    if arguments["sql"] == "-" {
        arguments["sql"] = json!(std::io::read_to_string(std::io::stdin())?);
    }
    perform(cli, "query_duckdb", arguments)
}

/// The arguments of `ingest`.
pub(super) fn ingest_arguments(command: Command) -> Command {
    add_tool(command, "ingest", &["source"])
}

/// Loads files.
pub(super) fn ingest(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let arguments = read_tool("ingest", matches)?;
    perform(cli, "ingest", arguments)
}

/// The arguments of `describe`.
pub(super) fn describe_arguments(command: Command) -> Command {
    add_tool(command, "describe_data", &["table"])
}

/// Shows the catalogue.
pub(super) fn describe(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let arguments = read_tool("describe_data", matches)?;
    perform(cli, "describe_data", arguments)
}

/// The arguments of `job`.
pub(super) fn job_arguments(command: Command) -> Command {
    add_tool(command, "job", &["action", "job_id"])
}

/// Follows, reads or stops a job.
pub(super) fn job(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let arguments = read_tool("job", matches)?;
    perform(cli, "job", arguments)
}
