//! `dashboard`: a dashboard as a page or as pictures, from a table, a question or a specification.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use data_stack_core::{ResourceLink, ToolError};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::screen::Tone;
use super::terminal::Finished;
use super::{Cli, call, flags, view};

/// The tool behind it.
const TOOL: &str = "render_dashboard";
/// Its arguments that this command gives by itself.
const OWN: [&str; 2] = ["dashboard", "table"];

/// The arguments of `dashboard`: its own, and the tool's.
pub(super) fn arguments(command: Command) -> Command {
    let output = Arg::new("output")
        .long("output")
        .value_name("PATH")
        .value_parser(value_parser!(PathBuf))
        .help("Write it here: a file, or a folder for several pictures");
    let command = command
        .arg(Arg::new("kept").index(1).value_name("NAME").help("A dashboard kept in the workspace"))
        .arg(Arg::new("data").long("data").value_name("TABLE").conflicts_with("kept").help("A table to make a dashboard of"))
        .arg(output);
    flags::add(command, &schema(), &[])
}

/// Renders a dashboard.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let mut arguments = flags::read(&schema(), matches)?;
    for (flag, field) in [("kept", "dashboard"), ("data", "table")] {
        if let Some(value) = matches.get_one::<String>(flag) {
            arguments[field] = json!(value);
        }
    }
    let Finished { answer, exit } = call::finish(cli, TOOL, arguments)?;
    view::show(cli.screen, cli.globals.json, &answer)?;
    if let Some(output) = matches.get_one::<PathBuf>("output").filter(|_| answer.envelope.ok) {
        for file in write(output, &answer.envelope.links)? {
            cli.screen.note(Tone::Good, "written", &file.display().to_string())?;
        }
    }
    Ok(exit)
}

/// The tool's input schema without what this command gives by itself.
fn schema() -> Value {
    let mut schema = call::entry(TOOL).map_or_else(|| json!({}), |entry| entry.schemas().input.clone());
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !OWN.contains(&name.as_str()));
    }
    schema
}

/// Copies what was made to where a person looks for it.
fn write(output: &Path, links: &[ResourceLink]) -> Result<Vec<PathBuf>, ToolError> {
    let is_file = links.len() == 1 && output.extension().is_some();
    let folder = if is_file { output.parent().unwrap_or(Path::new("")) } else { output };
    let unwritable = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| {
            ToolError::invalid("output", format!("{path} cannot be written: {error}"), "Name a file or folder that you can write.")
        }
    };
    if !folder.as_os_str().is_empty() {
        std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    }
    let copy = |link: &ResourceLink| {
        let path = if is_file { output.to_owned() } else { output.join(&link.name) };
        // Written anew rather than copied: the store's files are for their owner only, a dashboard is for showing.
        std::fs::read(&link.path).and_then(|content| std::fs::write(&path, content)).map_err(unwritable(&path))?;
        Ok(path)
    };
    links.iter().map(copy).collect()
}

#[cfg(test)]
mod tests {
    use super::write;
    use data_stack_core::ResourceLink;

    #[test]
    fn one_file_goes_where_it_is_named_and_several_into_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let link = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, name).unwrap();
            ResourceLink {
                uri: "artifact://1".into(),
                name: name.into(),
                mime_type: "image/png".into(),
                bytes: 1,
                path: path.display().to_string(),
            }
        };
        let (page, pictures) = (folder.path().join("deep/page.html"), folder.path().join("pictures"));
        assert_eq!(write(&page, &[link("a.html")]).unwrap(), std::slice::from_ref(&page));
        assert_eq!(std::fs::read_to_string(&page).unwrap(), "a.html");
        let written = write(&pictures, &[link("a.png"), link("b.png")]).unwrap();
        assert_eq!(written, [pictures.join("a.png"), pictures.join("b.png")]);
    }
}
