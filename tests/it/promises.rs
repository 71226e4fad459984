//! What the README and the paste-ready configuration promise.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{binary, checkout, command, workspace};

fn read(path: &str) -> String {
    std::fs::read_to_string(checkout().join(path)).unwrap()
}

/// Every code block's lines that begin with the program's name.
fn commands(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("```").skip(1).step_by(2);
    blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("data-stack ")).map(str::to_owned).collect()
}

#[test]
fn every_command_in_the_documents_exists() {
    let documents = ["README.md", "docs/sessions.md", "docs/security.md"];
    let written: Vec<String> = documents.iter().flat_map(|path| commands(&read(path))).collect();
    assert!(written.len() > 5, "{written:?}");
    for line in written {
        let words: Vec<&str> = line.split_whitespace().take_while(|word| !word.starts_with(['-', '"', '#', '<'])).collect();
        // The command, and its subcommand where it has some, must know themselves.
        let folder = workspace();
        let known = (1..=words.len().min(2)).rev().any(|length| {
            let arguments: Vec<&str> = words[..length].iter().copied().chain(["--help"]).collect();
            command(folder.path(), &arguments).stdin(Stdio::null()).output().unwrap().status.success()
        });
        assert!(known, "README names `data-stack {line}`, which does not exist");
    }
}

#[test]
fn every_file_that_the_readme_links_to_exists() {
    let readme = read("README.md");
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let missing: Vec<&str> =
        links.filter(|link| !link.contains("://") && !checkout().join(link.split('#').next().unwrap_or(link)).exists()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn the_scripts_that_the_readme_names_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    for script in ["scripts/test", "scripts/setup-tests", ".ci/run"] {
        let mode = std::fs::metadata(checkout().join(script)).unwrap().permissions().mode();
        assert!(mode & 0o111 != 0, "{script} is not executable");
    }
}

#[test]
fn the_paste_ready_configuration_starts_a_server_that_answers() {
    let configuration: Value = serde_json::from_str(&read("mcp.json")).unwrap();
    for (name, server) in configuration["mcpServers"].as_object().unwrap() {
        assert_eq!(defaulted(server["command"].as_str().unwrap()), "data-stack", "{name}");
        let arguments = server["args"].as_array().unwrap().iter().map(|argument| defaulted(argument.as_str().unwrap()));
        let folder = workspace();
        let mut child = std::process::Command::new(binary())
            .args(arguments)
            .current_dir(folder.path())
            .env("XDG_CONFIG_HOME", folder.path().join("none"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": crate::program::hello("2025-11-25")});
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{hello}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let answer: Value = serde_json::from_slice(output.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{name}");
    }
}

/// The text with every `${NAME:-default}` as a client reads it where the variable is not set.
fn defaulted(text: &str) -> String {
    match text.split_once("${").and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (variable, after))) => {
            let default = variable.split_once(":-").map_or("", |(_, default)| default);
            format!("{before}{default}{}", defaulted(after))
        }
        None => text.to_owned(),
    }
}
