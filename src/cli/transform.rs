//! `transform`: a pipeline from a file to checked models, as one run with one report.

use std::path::Path;
use std::time::Instant;

use clap::{Arg, ArgMatches, Command};
use data_stack_core::{Code, ToolError, text};
use serde_json::{Value, json};

use super::Cli;
use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::terminal::{Finished, Host};
use crate::config::Stance;

/// Endings of files that a pipeline can begin with.
const ENDINGS: [&str; 5] = [".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"];

/// A pipeline: its name, and its steps for a source.
struct Pipeline {
    name: &'static str,
    steps: fn(&str) -> Vec<Step>,
}

/// One call of a pipeline.
struct Step {
    title: &'static str,
    tool: &'static str,
    arguments: Value,
}

static PIPELINES: &[Pipeline] = &[Pipeline { name: "eda-to-dashboard", steps: eda_to_dashboard }];

fn eda_to_dashboard(source: &str) -> Vec<Step> {
    vec![
        Step { title: "profile", tool: "profile_csv", arguments: json!({"path": source, "report": true}) },
        Step { title: "ingest", tool: "ingest", arguments: json!({"source": source, "mode": "replace"}) },
        Step { title: "build", tool: "run_dbt", arguments: json!({"command": "build"}) },
        Step { title: "validate", tool: "validate", arguments: json!({"record": true}) },
    ]
}

/// The arguments of `transform`.
pub(super) fn arguments(command: Command) -> Command {
    let names: Vec<&str> = PIPELINES.iter().map(|pipeline| pipeline.name).collect();
    command
        .arg(Arg::new("pipeline").long("pipeline").value_name("NAME").default_value(names[0]).value_parser(names).help("The pipeline"))
        .arg(Arg::new("source").long("source").value_name("FILE").help("The file to begin with; by default the workspace's only one"))
        .after_help(
            "Profiles the file, loads it, builds and tests the dbt project and judges the result. Stops at the first step that fails.",
        )
}

/// Runs a pipeline.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let name = matches.get_one::<String>("pipeline").map_or("", String::as_str);
    let Some(pipeline) = PIPELINES.iter().find(|pipeline| pipeline.name == name) else { return Ok(Exit::Usage) };
    let config = cli.config(Stance::Person)?;
    let source = match matches.get_one::<String>("source") {
        Some(source) => source.clone(),
        None => only_file(&config.settings.workspace)?,
    };
    let environment = config.settings.environment.clone();
    let host = Host::open(config.settings, cli.screen.dialog)?;
    let mut taken = Vec::new();
    let mut end = Exit::Done;
    for step in (pipeline.steps)(&source) {
        let started = Instant::now();
        let Finished { answer, exit } = host.call(step.tool, step.arguments)?;
        if !cli.globals.json {
            tell(cli, step.title, started, exit, &answer.summary)?;
        }
        taken.push(json!({"step": step.title, "answer": answer.envelope}));
        if exit != Exit::Done {
            end = exit;
            break;
        }
    }
    if cli.globals.json {
        let data = json!({"pipeline": pipeline.name, "source": source, "steps": taken});
        cli.answer("transform", &environment, end == Exit::Done, data)?;
    }
    Ok(end)
}

fn tell(cli: &mut Cli<'_>, title: &str, started: Instant, exit: Exit, summary: &str) -> Result<(), Failure> {
    let (tone, mark) = if exit == Exit::Done { (Tone::Good, "done  ") } else { (Tone::Bad, "failed") };
    let mark = cli.screen.paint(tone, mark);
    cli.screen.line(&format!("{mark}  {title}, {:.1} s", started.elapsed().as_secs_f64()))?;
    for line in text::clean(summary, 1_200).lines() {
        cli.screen.line(&format!("        {line}"))?;
    }
    Ok(cli.screen.flush()?)
}

/// The only data file right in the workspace.
fn only_file(workspace: &Path) -> Result<String, ToolError> {
    let entries = std::fs::read_dir(workspace).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<String> = names.filter(|name| ENDINGS.iter().any(|ending| name.to_lowercase().ends_with(ending))).collect();
    found.sort();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(ToolError::new(Code::NotFound, format!("{} holds no data file", workspace.display()), "Name one with --source.")),
        several => {
            let message = format!("the workspace holds several data files: {}", several.join(", "));
            Err(ToolError::invalid("source", message, "Name one of them with --source.").valid(found.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_begins_with_the_only_file_and_asks_where_there_are_several() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(only_file(folder.path()).unwrap_err().code, Code::NotFound);
        std::fs::write(folder.path().join("a.CSV"), "a\n1\n").unwrap();
        std::fs::write(folder.path().join("notes.md"), "").unwrap();
        assert_eq!(only_file(folder.path()).unwrap(), "a.CSV");
        std::fs::write(folder.path().join("b.parquet"), "").unwrap();
        assert_eq!(only_file(folder.path()).unwrap_err().valid_values, ["a.CSV", "b.parquet"]);
    }

    #[test]
    fn every_step_calls_a_tool_that_exists_with_arguments_that_it_takes() {
        for step in PIPELINES.iter().flat_map(|pipeline| (pipeline.steps)("a.csv")) {
            let entry = super::super::call::entry(step.tool).unwrap();
            assert!(entry.tool().bind(step.arguments).is_ok(), "{}", step.title);
        }
    }
}
