//! `completions`: a script that teaches a shell the commands.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use super::Cli;
use super::exit::{Exit, Failure};

/// The arguments of `completions`.
pub(super) fn arguments(command: Command) -> Command {
    command.arg(Arg::new("shell").required(true).value_name("SHELL").value_parser(value_parser!(Shell)))
}

/// Prints the script, for both names of the program.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let Some(shell) = matches.get_one::<Shell>("shell") else { return Ok(Exit::Usage) };
    for program in ["data-stack", "claude-data"] {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut super::tree(program), program, &mut script);
        cli.screen.out(&String::from_utf8_lossy(&script))?;
    }
    Ok(Exit::Done)
}
