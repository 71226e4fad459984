//! The command line in this process: whole outputs and exit codes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Exit, Screen, run};
use crate::config::{Sources, Stance};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream whose reader has gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `work` writes to standard output.
pub(super) fn captured(work: impl FnOnce(&mut Screen) -> io::Result<()>) -> String {
    let sink = Sink::default();
    work(&mut Screen::to(sink.clone(), io::sink())).unwrap();
    sink.text()
}

struct Bench {
    folder: tempfile::TempDir,
}

/// How a run ended: exit code, standard output, standard error.
type Ended = (u8, String, String);

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn around(&self) -> Sources {
        Sources {
            files: vec![self.folder.path().join("user.toml")],
            variables: Vec::new(),
            flags: Vec::new(),
            workspace: None,
            current_folder: self.folder.path().canonicalize().unwrap(),
            home: Some(PathBuf::from("/home/ann")),
            stance: Stance::Person,
        }
    }

    fn run(&self, line: &[&str]) -> Ended {
        let (out, err) = (Sink::default(), Sink::default());
        let arguments = std::iter::once(&"data-stack").chain(line).map(Into::into).collect();
        let exit = run(arguments, &self.around(), &mut Screen::to(out.clone(), err.clone()));
        (exit as u8, out.text(), err.text())
    }

    fn json(&self, line: &[&str]) -> (u8, serde_json::Value) {
        let (exit, out, err) = self.run(line);
        assert_eq!(err, "", "{line:?}");
        (exit, serde_json::from_str(&out).unwrap())
    }
}

#[test]
fn wrong_usage_ends_with_two_and_says_what_was_meant() {
    for (line, said) in [
        (vec!["qery", "select 1"], "error: unrecognized subcommand 'qery'"),
        (vec!["call", "job", "--limits", "3"], "error: unexpected argument '--limits' found"),
        (vec!["call", "job", "--limit", "many"], "error: `limit` is \"many\", which is not a whole number\nhint: Send a whole number.\n"),
        (
            vec!["job", "status"],
            "error: `job_id` is missing\nhint: Give the `job_id` that a call returned; action `list` shows the jobs.\n",
        ),
        (vec!["job", "list", "--set", "limits.wait_s"], "error: `--set limits.wait_s` has no value\n"),
        (
            vec!["job", "list", "--set", "limits.wait=1"],
            "error: there is no setting `limits.wait` (in --set limits.wait)\nhint: Did you mean `limits.wait_s`?\n",
        ),
        (
            vec!["job", "list", "--workspace", "/does/not/exist"],
            "error: /does/not/exist cannot be the workspace: No such file or directory (os error 2)\n",
        ),
    ] {
        let (exit, out, err) = Bench::new().run(&line);
        assert_eq!((exit, out.as_str()), (2, ""), "{line:?}");
        assert!(err.starts_with(said), "{line:?}: {err}");
    }
}

#[test]
fn help_and_version_are_answers() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["--version"]), (0, format!("data-stack {}\n", env!("CARGO_PKG_VERSION")), String::new()));
    for (line, said) in [
        (vec!["--help"], "Usage: data-stack [OPTIONS] <COMMAND>"),
        (vec!["call", "--help"], "Usage: data-stack call"),
        (vec!["call", "job", "--help"], "--job-id <TEXT>"),
        (vec!["call", "job", "--limit", "3", "-h"], "--job-id <TEXT>"),
        (vec!["job", "--help"], "Usage: data-stack job"),
    ] {
        let (exit, out, err) = bench.run(&line);
        assert_eq!((exit, err.as_str()), (0, ""), "{line:?}");
        assert!(out.contains(said), "{line:?}: {out}");
    }
}

#[test]
fn a_tool_that_does_not_exist_is_refused_with_its_nearest_name() {
    let (exit, out, err) = Bench::new().run(&["call", "jobb"]);
    assert_eq!((exit, out.as_str(), err.as_str()), (1, "", "error: there is no tool `jobb` here\nhint: Did you mean `job`?\n"));
}

#[test]
fn a_call_prints_the_same_envelope_that_agents_get() {
    let bench = Bench::new();
    let (exit, envelope) = bench.json(&["call", "job", "--action", "list", "--limit", "3", "--json"]);
    let keys: Vec<&str> = envelope.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((exit, keys), (0, vec!["ok", "tool", "request_id", "started_at", "duration_ms", "environment", "data"]));
    assert_eq!(envelope["data"], serde_json::json!({"jobs": []}));
    let (exit, envelope) = bench.json(&["--json", "job", "status", "job_1"]);
    assert_eq!((exit, &envelope["ok"], &envelope["error"]["code"]), (1, &serde_json::json!(false), &serde_json::json!("not_found")));
}

#[test]
fn a_call_is_answered_in_text_too() {
    assert_eq!(Bench::new().run(&["job", "list"]), (0, "There are no jobs.\n".into(), String::new()));
}

#[test]
fn policy_refuses_with_three_and_says_who_can_change_it() {
    let line = ["query", "create table t (i int)", "--mode", "write", "--effects", "read"];
    let (exit, out, err) = Bench::new().run(&line);
    assert_eq!((exit, out.as_str()), (3, ""), "{err}");
    assert_eq!(
        err,
        "error: `query_duckdb` with these arguments would write, and this server allows calls up to `read`\n\
         hint: Ask the operator to start data-stack with `--effects write`, or ask for something that only reads.\n"
    );
}

#[test]
fn every_call_is_recorded_and_the_record_is_whole() {
    let bench = Bench::new();
    bench.run(&["job", "list"]);
    bench.run(&["call", "jobb"]);
    let (exit, out, err) = bench.run(&["audit", "verify"]);
    assert_eq!((exit, out.as_str(), err.as_str()), (0, "The record is whole: 4 line(s) in 2 segment(s).\n", ""));
    let (_, envelope) = bench.json(&["audit", "tail", "-n", "3", "--json"]);
    let outcomes: Vec<&serde_json::Value> =
        envelope["data"]["entries"].as_array().unwrap().iter().map(|line| &line["entry"]["outcome"]).collect();
    assert_eq!(outcomes, [&serde_json::json!("ok"), &serde_json::Value::Null, &serde_json::json!("not_found")]);
}

#[test]
fn a_record_that_was_tampered_with_fails() {
    let bench = Bench::new();
    bench.run(&["job", "list"]);
    let folder = bench.folder.path().join(".data-stack/audit");
    let segment =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).find(|path| !path.ends_with("index.jsonl")).unwrap();
    let text = std::fs::read_to_string(&segment).unwrap();
    std::fs::write(&segment, text.replace("\"cli\"", "\"abc\"")).unwrap();
    let (exit, out, _) = bench.run(&["audit", "verify"]);
    assert_eq!((exit, out.starts_with("The record was tampered with or damaged")), (1, true), "{out}");
}

#[test]
fn settings_are_shown_with_their_origins() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("data-stack.toml"), "effects = \"read\"\nlimits.wait_s = 44").unwrap();
    let (exit, envelope) = bench.json_with_warnings(&["config", "show", "--json"]);
    let project = bench.folder.path().canonicalize().unwrap().join("data-stack.toml").display().to_string();
    assert_eq!(exit, 0);
    assert_eq!(envelope["data"]["settings"]["effects"], serde_json::json!({"value": "read", "layer": "project", "from": project}));
    assert_eq!(envelope["data"]["settings"]["limits.wait_s"], serde_json::json!({"value": 25, "layer": "default", "from": "built in"}));
    assert_eq!(envelope["data"]["warnings"][0]["code"], "project_setting_refused");
}

impl Bench {
    fn json_with_warnings(&self, line: &[&str]) -> (u8, serde_json::Value) {
        let (exit, out, err) = self.run(line);
        assert!(err.lines().all(|line| line.starts_with("warning: ")) && !err.is_empty(), "{err}");
        (exit, serde_json::from_str(&out).unwrap())
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let bench = Bench::new();
    let arguments = ["data-stack", "tools"].map(Into::into).into();
    assert_eq!(run(arguments, &bench.around(), &mut Screen::to(Gone, Sink::default())), Exit::Done);
}

#[test]
fn every_shell_gets_a_script_for_both_names() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (exit, out, err) = Bench::new().run(&["completions", shell]);
        assert_eq!((exit, err.as_str()), (0, ""), "{shell}");
        assert!(["data-stack", "claude-data", "doctor"].iter().all(|word| out.contains(word)), "{shell}");
    }
}

#[test]
fn an_installation_names_this_program_the_workspace_and_what_was_asked_for() {
    let bench = Bench::new();
    let (exit, out, err) = bench.run(&["mcp", "install", "--client", "vscode", "--effects", "write", "--print"]);
    let printed: serde_json::Value = serde_json::from_str(&out).unwrap();
    let program = std::env::current_exe().unwrap();
    let workspace = bench.folder.path().canonicalize().unwrap();
    assert_eq!((exit, err.as_str()), (0, ""));
    assert_eq!(
        printed,
        serde_json::json!({"servers": {"data-stack": {"type": "stdio", "command": program, "args": ["mcp", "--workspace", workspace, "--effects", "write"]}}})
    );
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0);
}

#[test]
fn the_configuration_to_paste_is_one_that_the_program_takes() {
    let file: serde_json::Value = serde_json::from_str(include_str!("../../mcp.json")).unwrap();
    let entry = &file["mcpServers"]["data-stack"];
    assert_eq!(default_of(entry["command"].as_str().unwrap()), "data-stack");
    let arguments: Vec<String> = entry["args"].as_array().unwrap().iter().map(|word| default_of(word.as_str().unwrap())).collect();
    let line = std::iter::once("data-stack".to_owned()).chain(arguments);
    let matches = super::tree("data-stack").try_get_matches_from(line).unwrap();
    let inner = matches.subcommand_matches("mcp").unwrap();
    let flags = super::Globals::read(inner).unwrap();
    assert_eq!(flags.workspace, Some(PathBuf::from(".")));
    assert_eq!(
        flags.flags.iter().map(|flag| (flag.key.as_str(), &flag.value)).collect::<Vec<_>>(),
        [("effects", &serde_json::json!("read"))]
    );
}

/// `${NAME:-default}` as a client reads it where the variable is not set.
fn default_of(word: &str) -> String {
    let inside = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).and_then(|rest| rest.split_once(":-"));
    inside.map_or(word, |(_, default)| default).to_owned()
}
