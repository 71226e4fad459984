//! `tools`: what there is, how it is called, and what a listing costs an agent.

use clap::{Arg, ArgAction, ArgMatches, Command};
use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::table::{Table, count};
use super::terminal::Host;
use super::{Cli, reference};
use crate::catalog::{self, Entry};
use crate::config::Stance;
use crate::mcp;
use crate::pipeline::{envelope, shape};

/// The arguments of `tools`.
pub(super) fn arguments(command: Command) -> Command {
    let switch = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    command
        .arg(Arg::new("schema").long("schema").value_name("TOOL").help("Print the tool's input and output schema"))
        .arg(switch("tokens", "Print the estimated tokens (bytes / 4) of the exact tools/list result"))
        .arg(switch("hash", "Print the BLAKE3 of the exact tools/list result"))
        .arg(switch("markdown", "Print the reference of all tools in Markdown"))
        .after_help("`--effects read` shows what a read-only server lists; `--persona` what a persona sees.")
}

/// Shows the tools.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    if matches.get_flag("markdown") {
        cli.screen.out(&reference::markdown(catalog::entries()))?;
        return Ok(Exit::Done);
    }
    if let Some(name) = matches.get_one::<String>("schema") {
        let schema = schema(name)?;
        cli.screen.line(&format!("{schema:#}"))?;
        return Ok(Exit::Done);
    }
    let config = cli.config(Stance::Person)?;
    let host = Host::open(config.settings, false)?;
    let listing = mcp::listing(host.pipeline());
    let bytes = shape::size(&listing);
    let tokens = bytes.div_ceil(shape::BYTES_PER_TOKEN);
    let hash = blake3::hash(listing.to_string().as_bytes()).to_hex();
    if cli.globals.json {
        let tools: Vec<Value> = host.pipeline().listing().map(facts).collect();
        let environment = host.pipeline().settings().environment.clone();
        cli.answer("tools", &environment, true, json!({"tools": tools, "bytes": bytes, "tokens": tokens, "blake3": hash.as_str()}))?;
        return Ok(Exit::Done);
    }
    let single = match (matches.get_flag("tokens"), matches.get_flag("hash")) {
        (false, false) => None,
        (true, false) => Some(tokens.to_string()),
        (false, true) => Some(hash.to_string()),
        (true, true) => Some(format!("{tokens} {hash}")),
    };
    if let Some(text) = single {
        cli.screen.line(&text)?;
        return Ok(Exit::Done);
    }
    table(host.pipeline().listing()).show(cli.screen)?;
    cli.screen.line(&format!("\ntools/list: {} bytes, {} tokens, blake3 {hash}", count(bytes as u64), count(tokens as u64)))?;
    Ok(Exit::Done)
}

fn schema(name: &str) -> Result<Value, ToolError> {
    let entry = super::call::entry(name).ok_or_else(|| {
        let near = data_stack_core::nearest::nearest(name, catalog::entries().iter().map(|entry| entry.spec().name), 1);
        let hint = near.first().map_or_else(|| "`data-stack tools` lists them.".to_owned(), |near| format!("Did you mean `{near}`?"));
        ToolError::invalid("schema", format!("there is no tool `{name}`"), hint).valid(near)
    })?;
    Ok(json!({"input": entry.schemas().input, "output": envelope::schema(&entry.schemas().output)}))
}

fn facts(entry: &'static Entry) -> Value {
    let spec = entry.spec();
    json!({
        "name": spec.name, "title": spec.title, "effect": spec.effect, "max_effect": spec.max_effect,
        "idempotent": spec.idempotent, "open_world": spec.open_world, "deadline_s": spec.limits.deadline.as_secs(),
    })
}

fn table(entries: impl Iterator<Item = &'static Entry>) -> Table {
    let mut table = Table::new(&["tool", "effect", "limit", "title"]);
    for entry in entries {
        let spec = entry.spec();
        let effect = reference::effects(spec);
        table.row(&[spec.name, &effect, &format!("{} s", spec.limits.deadline.as_secs()), spec.title]);
    }
    table
}
