//! `persona`: the roles that an agent can take on.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::Cli;
use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::table::Table;
use crate::prompts::{Persona, persona, personas};

/// The arguments of `persona`.
pub(super) fn arguments(command: Command) -> Command {
    let name = Arg::new("name").required(true).value_name("NAME");
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("Show all personas"))
        .subcommand(Command::new("show").about("Show one persona with what its agent is told").arg(name))
}

/// Shows personas.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    match matches.subcommand() {
        Some(("show", matches)) => one(cli, &persona(matches.get_one::<String>("name").map_or("", String::as_str))?),
        _ => all(cli, &personas()?),
    }
}

fn all(cli: &mut Cli<'_>, personas: &[Persona]) -> Result<Exit, Failure> {
    if cli.globals.json {
        let data: Vec<Value> = personas.iter().map(facts).collect();
        cli.answer("persona list", "", true, json!({"personas": data}))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["persona", "effects", "tools", "about"]);
    for persona in personas {
        table.row(&[&persona.name, persona.effects.as_str(), &persona.tools.join(", "), &persona.description]);
    }
    table.show(cli.screen)?;
    Ok(Exit::Done)
}

fn one(cli: &mut Cli<'_>, persona: &Persona) -> Result<Exit, Failure> {
    if cli.globals.json {
        cli.answer("persona show", "", true, facts(persona))?;
        return Ok(Exit::Done);
    }
    let title = cli.screen.paint(Tone::Strong, &format!("{} ({})", persona.title, persona.name));
    cli.screen.line(&title)?;
    cli.screen.line(&format!("{}\nEffects up to {}. Tools: {}.\n", persona.description, persona.effects, persona.tools.join(", ")))?;
    cli.screen.line(&persona.body)?;
    for workflow in &persona.workflows {
        let heading = cli.screen.paint(Tone::Strong, &format!("\n{}: {}", workflow.name, workflow.description));
        cli.screen.line(&format!("{heading}\n{}", workflow.body))?;
    }
    Ok(Exit::Done)
}

fn facts(persona: &Persona) -> Value {
    let workflows: Vec<Value> = persona
        .workflows
        .iter()
        .map(|workflow| {
            let arguments: Vec<Value> = workflow
                .arguments
                .iter()
                .map(|argument| json!({"name": argument.name, "description": argument.description, "required": argument.required}))
                .collect();
            json!({"name": workflow.name, "title": workflow.title, "description": workflow.description, "arguments": arguments, "body": workflow.body})
        })
        .collect();
    json!({
        "name": persona.name, "title": persona.title, "description": persona.description, "effects": persona.effects,
        "tools": persona.tools, "body": persona.body, "workflows": workflows,
    })
}
