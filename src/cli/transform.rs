//! `transform`: a pipeline from a file to what dashboards show, for people and CI.

use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use data_stack_core::{Code, ToolError};
use data_stack_transform::PIPELINES;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::{Cli, call};
use crate::config::Stance;

/// The tool behind it.
const TOOL: &str = "transform";
/// Endings of files that a pipeline can begin with.
const ENDINGS: [&str; 5] = [".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"];

/// The arguments of `transform`.
pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(Arg::new("pipeline").long("pipeline").value_name("NAME").default_value(PIPELINES[0]).value_parser(PIPELINES).help("The pipeline"))
        .arg(Arg::new("source").long("source").value_name("FILE").help("The file to begin with; by default the workspace's only one"))
        .arg(Arg::new("table").long("table").value_name("TABLE").help("The table that it goes to; by default from the file's name"))
        .after_help(
            "Profiles the file, loads it, builds and tests the dbt project, judges the result and writes what dashboards show. A workspace without a project gets the one for the example's data. Stops at the first step that fails.",
        )
}

/// Runs a pipeline.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let named = |name: &str| matches.get_one::<String>(name).cloned();
    let source = match named("source") {
        Some(source) => source,
        None => only_file(&cli.globals.config(cli.around, Stance::Person)?.settings.workspace)?,
    };
    let mut arguments = json!({"source": source, "pipeline": named("pipeline")});
    if let Some(table) = named("table") {
        arguments["table"] = json!(table);
    }
    call::perform(cli, TOOL, arguments)
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
}
