//! `analyze`: a profile of a file, on the terminal or as a report.

mod view;

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use data_stack_core::{Code, ToolError};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::terminal::Finished;
use super::{Cli, call, flags, view as answers};
use crate::pipeline::Envelope;

/// The tool behind it.
const TOOL: &str = "profile_csv";
/// Its arguments that this command gives by itself.
const OWN: [&str; 2] = ["path", "report"];

/// The arguments of `analyze`: its own, and the tool's.
pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .arg(Arg::new("file").index(1).value_name("SOURCE").help("A file, a glob, or an http(s) or s3 address; or name --table or --sql"))
        .arg(Arg::new("source").long("source").value_name("SOURCE").conflicts_with("file").help("The same as the argument SOURCE"))
        .arg(
            Arg::new("output")
                .long("output")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .help("Write the report here: a file that ends in .html, or a folder for the report and its data"),
        );
    flags::add(command, &schema(), &[])
}

/// Profiles a file.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let output = matches.get_one::<PathBuf>("output");
    let given = matches.get_one::<String>("source").or_else(|| matches.get_one("file"));
    let mut arguments = flags::read(&schema(), matches)?;
    if let Some(source) = given {
        arguments["path"] = json!(source);
    }
    if output.is_some() {
        arguments["report"] = json!(true);
    }
    let Finished { answer, exit } = call::finish(cli, TOOL, arguments)?;
    let data = answer.envelope.data.clone().unwrap_or_default();
    let written = match output.filter(|_| answer.envelope.ok) {
        Some(output) => Some(write(output, &answer.envelope)?),
        None => None,
    };
    if cli.globals.json || !answer.envelope.ok || !data["columns"].is_array() {
        answers::show(cli.screen, cli.globals.json, &answer)?;
    } else {
        view::show(cli.screen, &data)?;
        answers::remarks(cli.screen, &Envelope { links: Vec::new(), ..answer.envelope })?;
    }
    for file in written.unwrap_or_default() {
        cli.screen.note(Tone::Good, "written", &file.display().to_string())?;
    }
    Ok(exit)
}

/// The tool's input schema.
fn declared() -> Value {
    call::entry(TOOL).map_or_else(|| json!({}), |entry| entry.schemas().input.clone())
}

/// The tool's input schema without what this command gives by itself.
fn schema() -> Value {
    let mut schema = declared();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !OWN.contains(&name.as_str()));
    }
    schema
}

/// Writes the report, and beside it the answer's data where `output` is a folder.
fn write(output: &Path, envelope: &Envelope) -> Result<Vec<PathBuf>, ToolError> {
    let report = envelope.links.iter().find(|link| link.mime_type.starts_with("text/html")).ok_or_else(|| {
        ToolError::new(Code::Failed, "the profile came without a report", "Run `data-stack doctor`: is the artifact store there?")
    })?;
    let unwritable = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| {
            ToolError::invalid("output", format!("{path} cannot be written: {error}"), "Name a file or folder that you can write.")
        }
    };
    let is_file = output.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("html") || kind.eq_ignore_ascii_case("htm"));
    let folder = if is_file { output.parent().unwrap_or(Path::new("")) } else { output };
    if !folder.as_os_str().is_empty() {
        std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    }
    let page = if is_file { output.to_owned() } else { output.join("report.html") };
    // Written anew rather than copied: the store's files are for their owner only, a report is for showing.
    std::fs::read(&report.path).and_then(|content| std::fs::write(&page, content)).map_err(unwritable(&page))?;
    if is_file {
        return Ok(vec![page]);
    }
    let facts = output.join("profile.json");
    std::fs::write(&facts, format!("{:#}\n", json!(envelope))).map_err(unwritable(&facts))?;
    Ok(vec![page, facts])
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::pipeline::Envelope;
    use data_stack_core::ResourceLink;
    use serde_json::{Value, json};

    #[test]
    fn a_report_goes_to_a_file_or_with_its_data_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made.html");
        std::fs::write(&made, "<html>").unwrap();
        let mut envelope = Envelope::empty("profile_csv", "r", "t", "local");
        envelope.links.push(ResourceLink {
            uri: "artifact://1".into(),
            name: "report".into(),
            mime_type: "text/html".into(),
            bytes: 6,
            path: made.display().to_string(),
        });
        let (file, both) = (folder.path().join("deep/report.html"), folder.path().join("eda-report"));
        assert_eq!(write(&file, &envelope).unwrap(), std::slice::from_ref(&file));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "<html>");
        assert_eq!(write(&both, &envelope).unwrap(), [both.join("report.html"), both.join("profile.json")]);
        let facts: Value = serde_json::from_str(&std::fs::read_to_string(both.join("profile.json")).unwrap()).unwrap();
        assert_eq!(facts, json!(envelope));
    }
}
