//! `approve`: a person's yes to a call whose client could not ask for it.

use clap::{Arg, ArgMatches, Command};
use data_stack_core::{Code, ToolError};
use serde_json::json;

use super::Cli;
use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::table::Table;
use super::terminal;
use crate::config::{Settings, Stance};
use crate::pipeline::approval::{Approvals, Question};

/// The arguments of `approve`.
pub(super) fn arguments(command: Command) -> Command {
    command.arg(Arg::new("code").value_name("CODE").help("The code that the refused call gave; without it, all open questions are shown"))
}

/// Answers a question, or shows those that are open.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let settings = cli.config(Stance::Person)?.settings;
    let approvals = Approvals::of(&settings);
    let open = approvals.open().map_err(|error| unreadable(&settings, &error))?;
    let Some(code) = matches.get_one::<String>("code") else { return show(cli, &settings, &open) };
    let Some(question) = open.into_iter().find(|question| question.code == *code) else { return Err(unknown(code).into()) };
    if !cli.screen.dialog {
        cli.screen.error(&nobody(code))?;
        return Ok(Exit::Approval);
    }
    cli.screen.note(Tone::Strong, "asked by", &format!("{}, in the environment `{}`", question.caller, question.environment))?;
    cli.screen.note(Tone::Strong, "call", &format!("`{}`, which would {}", question.tool, question.effect))?;
    if !terminal::ask(&format!("{}\nType yes to let it run once: ", question.consequence)) {
        cli.screen.line("Not approved; the call stays refused.")?;
        return Ok(Exit::Refused);
    }
    let approved = approvals.approve(code).map_err(|error| unreadable(&settings, &error))?;
    let question = approved.ok_or_else(|| unknown(code))?;
    cli.screen.line(&format!("Approved until {:.0}: the same call, made again, runs once.", question.expires_at))?;
    Ok(Exit::Done)
}

fn show(cli: &mut Cli<'_>, settings: &Settings, open: &[Question]) -> Result<Exit, Failure> {
    if cli.globals.json {
        cli.answer("approve", &settings.environment, true, json!({"questions": open}))?;
        return Ok(Exit::Done);
    }
    if open.is_empty() {
        cli.screen.line("No call waits for consent.")?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["code", "tool", "would", "consequence", "asked by", "approved"]);
    for Question { code, tool, effect, consequence, caller, approved, .. } in open {
        table.row(&[code, tool, effect, consequence, caller, if *approved { "yes" } else { "no" }]);
    }
    table.show(cli.screen)?;
    Ok(Exit::Done)
}

fn unknown(code: &str) -> ToolError {
    let message = format!("no open question has the code `{}`", data_stack_core::text::clean(code, 40));
    ToolError::new(Code::NotFound, message, "Codes hold for 10 minutes; `data-stack approve` lists those that are open.").at("code")
}

fn nobody(code: &str) -> ToolError {
    let message = "consent is given at a terminal, and standard input or standard error is none";
    ToolError::new(Code::Denied, message, format!("Run `data-stack approve {code}` in a terminal, without pipes."))
}

fn unreadable(settings: &Settings, error: &std::io::Error) -> ToolError {
    let message = format!("the questions in {} cannot be read or written: {error}", settings.state().join("approvals").display());
    ToolError::new(Code::Unavailable, message, "Mend the folder's permissions.")
}
