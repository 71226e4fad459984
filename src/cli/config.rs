//! `config`: the settings in force and where each of them comes from.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use super::Cli;
use super::exit::{Exit, Failure};
use super::table::Table;
use crate::config::key::Key;
use crate::config::{Config, Stance};

/// The arguments of `config`.
pub(super) fn arguments(command: Command) -> Command {
    let origins = Arg::new("origins").long("origins").action(ArgAction::SetTrue).help("Show where each value comes from");
    let agent = Arg::new("agent").long("agent").action(ArgAction::SetTrue).help("Show what holds for an agent, under `mcp` and `serve`");
    let show = Command::new("show").about("Show every setting with its value").arg(origins).arg(agent);
    command.subcommand_required(true).arg_required_else_help(true).subcommand(show)
}

/// Shows the settings.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let Some(("show", matches)) = matches.subcommand() else { return Ok(Exit::Usage) };
    let stance = if matches.get_flag("agent") { Stance::Agent } else { Stance::Person };
    let config = cli.config(stance)?;
    if cli.globals.json {
        let data = json!({"settings": settings(&config), "files": config.files, "warnings": config.warnings});
        cli.answer("config show", &config.settings.environment, true, data)?;
        return Ok(Exit::Done);
    }
    table(&config, matches.get_flag("origins")).show(cli.screen)?;
    Ok(Exit::Done)
}

fn settings(config: &Config) -> Map<String, Value> {
    let entry = |value: Value, layer: &str, from: &str| json!({"value": value, "layer": layer, "from": from});
    config.rows().map(|(name, value, origin)| (name.to_owned(), entry(value, origin.layer.as_str(), &origin.from))).collect()
}

fn table(config: &Config, origins: bool) -> Table {
    let headings: &[&str] = if origins { &["setting", "value", "layer", "from"] } else { &["setting", "value", "about"] };
    let mut table = Table::new(headings);
    for (name, value, origin) in config.rows() {
        let key = Key::find(name);
        let text = key.map_or_else(|| value.as_str().unwrap_or_default().to_owned(), |key| key.kind.show(&value));
        if origins {
            table.row(&[name, &text, origin.layer.as_str(), &origin.from]);
        } else {
            table.row(&[name, &text, key.map_or("The folder with the data and the warehouse.", |key| key.about)]);
        }
    }
    table
}
