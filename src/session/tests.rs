//! Scripts that are wrong, and sessions against a server of a few lines.

use std::path::{Path, PathBuf};

use super::file::parse;
use super::{Options, run};

fn refusal(source: &str) -> String {
    format!("{:#}", parse(source, Path::new("s.yaml")).unwrap_err())
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    let message = refusal("name: x\nsteps:\n  - call: query_duckdb\n    exptect: ok\n");
    assert!(message.starts_with("s.yaml:4: ") && message.contains("did you mean `expect`"), "{message}");
}

#[test]
fn a_step_without_an_action_or_with_two_is_refused_with_its_line() {
    let message = refusal("name: x\nsteps:\n  - name: nothing\n");
    assert!(message.starts_with("s.yaml:3: ") && message.contains("one of call, prompt"), "{message}");
    let message = refusal("name: x\nsteps:\n  - {list: tools}\n  - {list: tools, call: job}\n");
    assert!(message.starts_with("s.yaml:4: ") && message.contains("call and list"), "{message}");
}

#[test]
fn a_wrong_path_or_test_is_refused_before_anything_is_played() {
    let message = refusal("name: x\nsteps:\n  - list: tools\n    check: {rows: 1}\n");
    assert!(message.starts_with("s.yaml:3: ") && message.contains("JSON path"), "{message}");
    let message = refusal("name: x\nsteps:\n  - list: tools\n    check: {$.items: {length: 3, gtt: 1}}\n");
    assert!(message.contains("did you mean `gt`"), "{message}");
}

/// A server that knows `initialize`, and one tool that gives its arguments back.
const ECHO: &str = r#"
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m: continue
    if m["method"] == "initialize":
        r = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "echo", "version": "1"}}
    elif m["method"] == "tools/list":
        r = {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}
    else:
        r = {"content": [{"type": "text", "text": "done"}], "structuredContent": {"ok": True, "data": m["params"].get("arguments")}}
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}), flush=True)
"#;

/// Plays a script against [`ECHO`]; gives the log and whether it passed.
fn play(folder: &Path, steps: &str, update: bool) -> (String, bool) {
    let server = folder.join("echo.py");
    std::fs::write(&server, ECHO).unwrap();
    let script = folder.join("echo.yaml");
    let head = format!("name: echo\nera: legacy\nserver: {{command: [python3, {}]}}\nsteps:\n", server.display());
    std::fs::write(&script, head + steps).unwrap();
    let mut log = Vec::new();
    let options = Options { files: vec![PathBuf::from(folder)], update, junit: Some(folder.join("junit.xml")), ..Options::default() };
    let report = run(&options, &mut log).unwrap();
    (String::from_utf8(log).unwrap(), report.passed())
}

#[test]
fn saved_values_go_into_later_steps_and_everything_that_holds_passes() {
    let folder = tempfile::tempdir().unwrap();
    let steps = r#"
  - call: echo
    args: {rows: [{n: 7}]}
    check: {"$.data.rows[0].n": {gt: 6}}
    text: done
    save: {n: "$.data.rows[0].n"}
  - call: echo
    args: {m: "${n}", t: "n=${n}"}
    check: {$.data: {m: 7, t: n=7}}
  - list: tools
    check: {"$.items[*].name": [echo]}
  - reconnect: kill
  - call: echo
"#;
    let (log, passed) = play(folder.path(), steps, false);
    assert!(passed, "{log}");
    assert!(log.contains("1 of 1 sessions passed, 6 of 6 steps (0 failed, 0 skipped)"), "{log}");
}

#[test]
fn what_does_not_hold_is_told_with_its_line_and_what_follows_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let steps = "  - call: echo\n    args: {n: 1}\n    check: {$.data.n: 2}\n  - call: echo\n";
    let (log, passed) = play(folder.path(), steps, false);
    assert!(!passed);
    assert!(log.contains("FAIL") && log.contains("line 5") && log.contains("$.data.n: expected 2, got 1") && log.contains("skip"), "{log}");
    let junit = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    assert!(junit.contains(r#"tests="3" failures="1" skipped="1""#), "{junit}");
}

#[test]
fn a_snapshot_is_written_once_and_then_held_against_the_result_without_its_volatile_fields() {
    let folder = tempfile::tempdir().unwrap();
    let step = |value: u8, id: u8| format!("  - call: echo\n    args: {{n: {value}, request_id: {id}}}\n    snapshot: first\n");
    assert!(play(folder.path(), &step(1, 1), true).1);
    assert!(play(folder.path(), &step(1, 2), false).1);
    let (log, passed) = play(folder.path(), &step(3, 2), false);
    assert!(!passed && log.contains("-     \"n\": 1,") && log.contains("+     \"n\": 3,"), "{log}");
}

#[test]
fn an_unexpected_outcome_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (log, passed) = play(folder.path(), "  - call: echo\n    expect: invalid_input\n", false);
    assert!(!passed && log.contains(r#"expected "invalid_input", got "ok""#), "{log}");
}
