//! The flags that hold for every command.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data_stack_core::ToolError;
use serde_json::{Value, json};

use crate::config::{Config, Flag, Sources, Stance, load};

/// What the flags said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Globals {
    /// `--workspace`.
    pub(super) workspace: Option<PathBuf>,
    /// Settings from flags.
    pub(super) flags: Vec<Flag>,
    /// `--json`.
    pub(super) json: bool,
}

/// Flags that each set one setting: flag, setting, value's name, what it does.
const SETTINGS: [(&str, &str, &str, &str); 5] = [
    ("environment", "environment", "NAME", "Work on this environment"),
    ("persona", "persona", "NAME", "Narrow tools and effects to this persona"),
    ("effects", "effects", "LEVEL", "Allow calls up to this effect: read, write or destroy"),
    ("root", "roots", "FOLDER", "Let calls read the files in this folder too; may be repeated"),
    ("network", "network", "PREFIX", "Let loads and profiles fetch from addresses that begin like this; may be repeated"),
];

/// Under which help shows the flags.
const HEADING: &str = "For every command";

/// Adds the flags to the root command.
pub(super) fn add(command: Command) -> Command {
    let command = command
        .arg(
            Arg::new("workspace")
                .long("workspace")
                .global(true)
                .help_heading(HEADING)
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("The folder with the data and the warehouse [default: DATA_STACK_WORKSPACE or the current folder]"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .global(true)
                .help_heading(HEADING)
                .action(ArgAction::SetTrue)
                .help("Answer with one JSON envelope"),
        )
        .arg(
            Arg::new("set")
                .long("set")
                .global(true)
                .help_heading(HEADING)
                .action(ArgAction::Append)
                .value_name("KEY=VALUE")
                .help("Set any setting, such as limits.wait_s=10; `config show` names them all"),
        );
    SETTINGS.iter().fold(command, |command, (flag, _, value, help)| {
        command.arg(Arg::new(*flag).long(*flag).global(true).help_heading(HEADING).action(ArgAction::Append).value_name(*value).help(*help))
    })
}

impl Globals {
    /// Reads the flags from the matches of the command that was called.
    pub(super) fn read(matches: &ArgMatches) -> Result<Self, ToolError> {
        let mut flags = Vec::new();
        for (flag, key, ..) in SETTINGS {
            let given: Vec<&String> = matches.get_many(flag).unwrap_or_default().collect();
            let value = match given.as_slice() {
                [] => continue,
                several if key == "roots" || key == "network" => json!(several),
                [.., last] => json!(last),
            };
            flags.push(Flag { key: key.into(), value, flag: format!("--{flag}") });
        }
        for pair in matches.get_many::<String>("set").unwrap_or_default() {
            flags.push(parse_pair(pair)?);
        }
        Ok(Self { workspace: matches.get_one::<PathBuf>("workspace").cloned(), flags, json: matches.get_flag("json") })
    }

    /// Adds flags that were given later; they win.
    pub(super) fn merge(&mut self, later: Self) {
        self.workspace = later.workspace.or(self.workspace.take());
        self.flags.extend(later.flags);
        self.json |= later.json;
    }

    /// Adds a setting from a command's own flag.
    pub(super) fn set(&mut self, key: &str, value: Value, flag: &str) {
        self.flags.push(Flag { key: key.into(), value, flag: flag.into() });
    }

    /// The settings that hold for `stance`, from the flags and everything around them.
    pub(super) fn config(&self, around: &Sources, stance: Stance) -> Result<Config, ToolError> {
        load(&Sources { workspace: self.workspace.clone(), flags: self.flags.clone(), stance, ..around.clone() })
    }
}

fn parse_pair(pair: &str) -> Result<Flag, ToolError> {
    let (key, value) = pair.split_once('=').ok_or_else(|| {
        ToolError::invalid("set", format!("`--set {pair}` has no value"), "Write `--set key=value`, such as `--set limits.wait_s=10`.")
    })?;
    Ok(Flag { key: key.trim().into(), value: json!(value), flag: format!("--set {}", key.trim()) })
}
