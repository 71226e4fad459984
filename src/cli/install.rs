//! `mcp install`: enters this server in a client's configuration and leaves everything else in it as it is.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use data_stack_core::{Code, ToolError};
use serde_json::{Map, Value, json};

use super::Cli;
use super::exit::{Exit, Failure};
use super::screen::Tone;
use crate::config::{Layer, Stance};

/// A client that can start MCP servers.
struct Client {
    name: &'static str,
    /// The object in its file that holds the servers.
    servers: &'static str,
    /// What the user does afterwards.
    then: &'static str,
    file: fn(&Place<'_>) -> Option<PathBuf>,
}

/// Where a client's file may lie.
struct Place<'a> {
    workspace: &'a Path,
    home: Option<&'a Path>,
    /// The system's folder for programs' settings, where it has one besides the home folder.
    settings: Option<&'a Path>,
    system: &'a str,
}

static CLIENTS: &[Client] = &[
    Client {
        name: "claude-code",
        servers: "mcpServers",
        then: "Start `claude` in the workspace and approve the server.",
        file: |place| Some(place.workspace.join(".mcp.json")),
    },
    Client {
        name: "claude-desktop",
        servers: "mcpServers",
        then: "Quit Claude Desktop and start it again.",
        file: |place| Some(place.desktop()?.join("Claude/claude_desktop_config.json")),
    },
    Client {
        name: "cursor",
        servers: "mcpServers",
        then: "Open the workspace in Cursor and turn the server on in Settings → MCP.",
        file: |place| Some(place.workspace.join(".cursor/mcp.json")),
    },
    Client {
        name: "vscode",
        servers: "servers",
        then: "Open the workspace in VS Code and start the server from .vscode/mcp.json.",
        file: |place| Some(place.workspace.join(".vscode/mcp.json")),
    },
];

impl Place<'_> {
    /// The folder in which desktop programs keep their settings.
    fn desktop(&self) -> Option<PathBuf> {
        match self.system {
            "macos" => Some(self.home?.join("Library/Application Support")),
            _ => self.settings.map(Path::to_owned).or_else(|| Some(self.home?.join(".config"))),
        }
    }
}

/// Adds the arguments of `mcp install`.
pub(super) fn add(command: Command) -> Command {
    let names: Vec<&str> = CLIENTS.iter().map(|client| client.name).collect();
    let client = Arg::new("client").long("client").required(true).value_name("CLIENT").value_parser(PossibleValuesParser::new(names));
    let name = Arg::new("name").long("name").default_value("data-stack").help("The server's name in the client");
    let print = Arg::new("print").long("print").action(ArgAction::SetTrue).help("Print the entry and change nothing");
    command.arg(client).arg(name).arg(print)
}

/// Enters the server, or prints what would be entered.
pub(super) fn run(cli: &mut Cli<'_>, matches: &ArgMatches) -> Result<Exit, Failure> {
    let config = cli.config(Stance::Agent)?;
    let wanted = matches.get_one::<String>("client").map_or("", String::as_str);
    let Some(client) = CLIENTS.iter().find(|client| client.name == wanted) else { return Ok(Exit::Usage) };
    let name = matches.get_one::<String>("name").map_or("data-stack", String::as_str);
    let from_flag = |key: &str| config.origins.get(key).is_some_and(|origin| origin.layer == Layer::Flag);
    let mut arguments = vec!["mcp".to_owned(), "--workspace".to_owned(), config.settings.workspace.display().to_string()];
    if from_flag("effects") {
        arguments.extend(["--effects".to_owned(), config.settings.effects.to_string()]);
    }
    if let Some(persona) = config.settings.persona.as_ref().filter(|_| from_flag("persona")) {
        arguments.extend(["--persona".to_owned(), persona.clone()]);
    }
    let entry = json!({"type": "stdio", "command": executable()?, "args": arguments});
    if matches.get_flag("print") {
        cli.screen.line(&format!("{:#}", json!({client.servers: {name: entry}})))?;
        return Ok(Exit::Done);
    }
    enter(cli, client, name, &entry, &config.settings.workspace)
}

fn enter(cli: &mut Cli<'_>, client: &Client, name: &str, entry: &Value, workspace: &Path) -> Result<Exit, Failure> {
    let settings = cli.around.variables.iter().find(|(name, _)| name == settings_variable()).map(|(_, value)| PathBuf::from(value));
    let place = Place { workspace, home: cli.around.home.as_deref(), settings: settings.as_deref(), system: std::env::consts::OS };
    let file = (client.file)(&place).ok_or_else(|| {
        ToolError::new(
            Code::NotFound,
            format!("no home folder is known, so the file of {} cannot be found", client.name),
            "Use --print and paste the entry yourself.",
        )
    })?;
    let done = install(&file, client.servers, name, entry)?;
    if cli.globals.json {
        let data = json!({"client": client.name, "file": file, "changed": done.changed, "backup": done.backup, "entry": {name: entry}});
        cli.answer("mcp install", "", true, data)?;
        return Ok(Exit::Done);
    }
    let verb = if done.changed { "Entered" } else { "Nothing to change:" };
    cli.screen.line(&format!("{verb} `{name}` in {}.", file.display()))?;
    if let Some(backup) = done.backup {
        cli.screen.note(Tone::Faint, "backup", &backup.display().to_string())?;
    }
    cli.screen.note(Tone::Strong, "next", client.then)?;
    Ok(Exit::Done)
}

/// The variable that names the folder for programs' settings.
const fn settings_variable() -> &'static str {
    if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" }
}

/// This program, so that a client finds it whatever its own search path is.
pub(super) fn executable() -> Result<PathBuf, ToolError> {
    std::env::current_exe().map_err(|error| ToolError::internal(format!("this program's own path cannot be found: {error}")))
}

/// What an installation did.
#[derive(Debug, PartialEq, Eq)]
struct Installed {
    changed: bool,
    backup: Option<PathBuf>,
}

/// Enters a server in a file. The file changes at once or not at all; its old content is kept beside it.
fn install(file: &Path, servers: &str, name: &str, entry: &Value) -> Result<Installed, ToolError> {
    // A link stays a link: the file that it leads to is the one that changes.
    let file = &file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let old = match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unusable(file, &error.to_string())),
    };
    let mut document = parse(file, old.as_deref().unwrap_or_default())?;
    let list = document.entry(servers).or_insert_with(|| json!({}));
    let Value::Object(list) = list else { return Err(unusable(file, &format!("`{servers}` is not an object"))) };
    if merge(list, name, entry) {
        return Ok(Installed { changed: false, backup: None });
    }
    let backup = old.map(|text| keep(file, &text)).transpose().map_err(|error| unusable(file, &error.to_string()))?;
    replace(file, &format!("{:#}\n", Value::Object(document))).map_err(|error| unusable(file, &error.to_string()))?;
    Ok(Installed { changed: true, backup })
}

fn parse(file: &Path, text: &str) -> Result<Map<String, Value>, ToolError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|error| unusable(file, &format!("it is not a plain JSON object: {error}")))
}

/// Puts the entry into the list; what a user added to an earlier entry, such as `env`, stays. Says whether it was there already.
fn merge(list: &mut Map<String, Value>, name: &str, entry: &Value) -> bool {
    let mut merged = list.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    merged.extend(entry.as_object().cloned().unwrap_or_default());
    let merged = Value::Object(merged);
    let same = list.get(name) == Some(&merged);
    list.insert(name.to_owned(), merged);
    same
}

fn keep(file: &Path, text: &str) -> std::io::Result<PathBuf> {
    let stamp = crate::clock::now().replace([':', '.'], "");
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{stamp}.bak"));
    let backup = file.with_file_name(name);
    std::fs::write(&backup, text)?;
    if let Ok(metadata) = std::fs::metadata(file) {
        std::fs::set_permissions(&backup, metadata.permissions())?;
    }
    Ok(backup)
}

fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // A new file has the usual rights; one that was there keeps its own.
    let rights = std::fs::metadata(file).map_or_else(|_| Permissions::from_mode(0o666), |found| found.permissions());
    let kept = file.exists().then(|| rights.clone());
    let mut new = tempfile::Builder::new().permissions(rights).tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    if let Some(rights) = kept {
        new.as_file().set_permissions(rights)?;
    }
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}

fn unusable(file: &Path, reason: &str) -> ToolError {
    ToolError::new(
        Code::Failed,
        format!("{} was left as it is: {reason}", file.display()),
        "Add `--print` to see the entry, and paste it into the file yourself.",
    )
}

#[cfg(test)]
mod tests {
    use super::{CLIENTS, Installed, Permissions, PermissionsExt, Place, install};
    use serde_json::{Value, json};
    use std::path::Path;

    fn entry() -> Value {
        json!({"type": "stdio", "command": "/bin/data-stack", "args": ["mcp"]})
    }

    #[test]
    fn every_client_has_its_file_on_every_system() {
        for (system, settings, expected) in [
            ("linux", None, "/home/ann/.config/Claude/claude_desktop_config.json"),
            ("linux", Some("/cfg"), "/cfg/Claude/claude_desktop_config.json"),
            ("macos", None, "/home/ann/Library/Application Support/Claude/claude_desktop_config.json"),
            ("windows", Some("/roaming"), "/roaming/Claude/claude_desktop_config.json"),
        ] {
            let place = Place { workspace: Path::new("/w"), home: Some(Path::new("/home/ann")), settings: settings.map(Path::new), system };
            let files: Vec<String> = CLIENTS.iter().map(|client| (client.file)(&place).unwrap().display().to_string()).collect();
            assert_eq!(files, ["/w/.mcp.json", expected, "/w/.cursor/mcp.json", "/w/.vscode/mcp.json"], "{system}");
        }
    }

    #[test]
    fn other_servers_unknown_keys_and_their_order_stay_for_every_client() {
        for client in CLIENTS {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("config.json");
            let old = json!({
                "zeta": [1, 2.5, null], client.servers: {"github": {"command": "gh"}, "data-stack": {"command": "old", "env": {"A": "1"}}}, "alpha": {"ü": true}
            });
            std::fs::write(&file, old.to_string()).unwrap();
            let done = install(&file, client.servers, "data-stack", &entry()).unwrap();
            let expected = json!({
                "zeta": [1, 2.5, null],
                client.servers: {"github": {"command": "gh"}, "data-stack": {"command": "/bin/data-stack", "env": {"A": "1"}, "type": "stdio", "args": ["mcp"]}},
                "alpha": {"ü": true}
            });
            assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{expected:#}\n"), "{}", client.name);
            assert_eq!(std::fs::read_to_string(done.backup.unwrap()).unwrap(), old.to_string());
            assert_eq!(install(&file, client.servers, "data-stack", &entry()).unwrap(), Installed { changed: false, backup: None });
        }
    }

    #[test]
    fn a_missing_or_empty_file_is_made() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("empty.json"), " \n").unwrap();
        for name in ["new/deep/config.json", "empty.json"] {
            let file = folder.path().join(name);
            install(&file, "servers", "data-stack", &entry()).unwrap();
            let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            assert_eq!(written, json!({"servers": {"data-stack": entry()}}));
        }
    }

    #[test]
    fn a_file_that_is_not_understood_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        for text in ["// a comment\n{\"servers\": {}}", "[]", "{\"servers\": []}", "{\"servers\": {}"] {
            std::fs::write(&file, text).unwrap();
            assert!(install(&file, "servers", "data-stack", &entry()).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_link_stays_a_link_and_rights_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        std::fs::write(&real, "{}").unwrap();
        std::fs::set_permissions(&real, Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        install(&link, "servers", "data-stack", &entry()).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
