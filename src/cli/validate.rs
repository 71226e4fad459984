//! `validate`: the verdict over data and project, for people and CI.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::{Cli, call, flags};

/// The tool behind it.
const TOOL: &str = "validate";
/// The word for every source.
const ALL: &str = "all";

/// The arguments of `validate`: its own, and the tool's.
pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .arg(Arg::new("source").long("source").value_name("NAME").default_value(ALL).help("Only what is built on this dbt source"))
        .arg(
            Arg::new("quality-checks")
                .long("quality-checks")
                .action(ArgAction::SetTrue)
                .help("Make every check and keep the score in the warehouse, to see how it develops"),
        );
    flags::add(command, &schema(), &[]).after_help("Ends with 1 when the verdict is `fail`.")
}

/// Checks everything.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let mut arguments = flags::read(&schema(), matches)?;
    if let Some(source) = matches.get_one::<String>("source").filter(|source| *source != ALL) {
        arguments["select"] = json!([format!("source:{source}+")]);
    }
    if matches.get_flag("quality-checks") {
        arguments["record"] = json!(true);
    }
    call::perform(cli, TOOL, arguments)
}

fn schema() -> Value {
    call::entry(TOOL).map_or_else(|| json!({}), |entry| entry.schemas().input.clone())
}
