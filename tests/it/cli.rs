//! The command line from outside: signals, pipes, the demonstration, and the reference that is made from the tools.

use std::io::{BufRead, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::program::{ENDLESS, LIMIT, checkout, command, workspace};

fn run(folder: &Path, line: &[&str]) -> Output {
    command(folder, line).stdin(Stdio::null()).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Waits until the record of calls names a call that has not ended.
fn wait_for_a_call(folder: &Path, child: &mut Child) {
    let give_up = Instant::now() + LIMIT;
    loop {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < give_up, "the call did not begin");
        let record = json(&run(folder, &["audit", "tail", "--json"]));
        if record["data"]["entries"].as_array().unwrap().iter().any(|line| line["entry"]["event"] == "open") {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_signal_stops_the_work_and_the_record_says_so() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let folder = workspace();
        let mut call = command(folder.path(), &["query", ENDLESS, "--timeout-s", "600"]);
        let mut child = call.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_a_call(folder.path(), &mut child);
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal:?}");
        let record = json(&run(folder.path(), &["audit", "tail", "-n", "1", "--json"]));
        assert_eq!(record["data"]["entries"][0]["entry"]["outcome"], "cancelled");
        assert!(run(folder.path(), &["audit", "verify"]).status.success());
    }
}

#[test]
fn what_destroys_needs_a_person_and_a_pipe_is_none() {
    let folder = workspace();
    assert!(run(folder.path(), &["query", "create table t as select 42 as answer", "--mode", "write"]).status.success());
    let refused = run(folder.path(), &["query", "drop table t", "--mode", "destroy"]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    let left = run(folder.path(), &["query", "select * from t"]);
    assert_eq!(String::from_utf8_lossy(&left.stdout), "answer\n──────\n    42\n");
}

#[test]
fn a_collector_gets_a_span_for_each_call_below_the_callers_own_and_no_argument() {
    let folder = workspace();
    let collector = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let received = std::thread::spawn(move || {
        let (stream, _) = collector.accept().unwrap();
        let mut reader = std::io::BufReader::new(stream);
        let head: Vec<String> = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        (head[0].clone(), body)
    });
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut call = command(folder.path(), &["query", "select 'a secret value' from nowhere"]);
    call.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("TRACEPARENT", format!("00-{trace}-00f067aa0ba902b7-01"));
    assert_eq!(call.stdin(Stdio::null()).output().unwrap().status.code(), Some(1));
    let (request, body) = received.join().unwrap();
    assert_eq!(request, "POST /v1/traces HTTP/1.1");
    let holds = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    let id: Vec<u8> = (0..trace.len()).step_by(2).map(|at| u8::from_str_radix(&trace[at..at + 2], 16).unwrap()).collect();
    assert!(holds(&id), "the caller's trace");
    for part in ["tools/call query_duckdb", "gen_ai.tool.name", "error.type", "not_found", "data_stack.decision"] {
        assert!(holds(part.as_bytes()), "{part}: {}", String::from_utf8_lossy(&body));
    }
    assert!(!holds(b"secret"));
}

/// Runs the program at a terminal of its own, on which a person types `typed`.
fn at_a_terminal(folder: &Path, line: &[&str], typed: &str) -> Output {
    let inner = command(folder, line);
    let words = std::iter::once(inner.get_program()).chain(inner.get_args()).map(|word| word.to_str().unwrap());
    let mut script = Command::new("script");
    script.args(["-qec", &words.collect::<Vec<_>>().join(" "), "/dev/null"]).env("XDG_CONFIG_HOME", folder.join(".no-configuration"));
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_yes_at_a_terminal_lets_the_refused_call_run_once() {
    let folder = workspace();
    let run = |line: &[&str]| run(folder.path(), line);
    let make = ["query", "create table t as select 42 as answer", "--mode", "write"];
    let destroy = ["query", "drop table t", "--mode", "destroy", "--json"];
    let code = |refused: &Output| {
        let hint = json(refused)["error"]["hints"][0].as_str().unwrap().to_owned();
        hint.split("approve ").nth(1).unwrap()[..8].to_owned()
    };
    assert!(run(&make).status.success());
    let refused = run(&destroy);
    assert_eq!(refused.status.code(), Some(4));
    let code = code(&refused);
    assert_eq!(run(&["approve", &code]).status.code(), Some(4), "a pipe is no person");
    assert_eq!(at_a_terminal(folder.path(), &["approve", &code], "no\n").status.code(), Some(3));
    assert_eq!(run(&destroy).status.code(), Some(4), "still refused");
    let approved = at_a_terminal(folder.path(), &["approve", &code], "yes\n");
    assert!(approved.status.success(), "{}", String::from_utf8_lossy(&approved.stdout));
    assert!(run(&destroy).status.success());
    assert!(run(&make).status.success());
    assert_eq!(run(&destroy).status.code(), Some(4), "once");
    let record = json(&run(&["audit", "tail", "--json"]));
    let decisions = record["data"]["entries"].as_array().unwrap().iter().filter(|line| line["entry"]["decision"] == "approved").count();
    assert_eq!(decisions, 1);
}

#[test]
fn the_demonstration_works_twice_and_answers_the_same() {
    let folder = workspace();
    let answers = |output: &Output| -> Vec<Value> {
        let envelope = json(output);
        assert_eq!(envelope["ok"], true, "{envelope}");
        let steps = envelope["data"]["steps"].as_array().unwrap().iter();
        steps.map(|step| step["answer"]["data"]["rows"].clone()).filter(|rows| !rows.is_null()).collect()
    };
    let first = answers(&run(folder.path(), &["demo", "--json"]));
    assert_eq!(first[0][0], serde_json::json!(["United Kingdom", 1885, 676_742.62, 90.4]));
    assert_eq!(answers(&run(folder.path(), &["demo", "--json"])), first);
    for page in ["eda-report.html", "pipeline-report.html"] {
        let page = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(page.starts_with("<!"), "{}", &page[..page.len().min(200)]);
    }
    assert!(folder.path().join("dbt/dbt_project.yml").is_file());
    let score = run(folder.path(), &["query", "--json", "select count(*), min(status) from _data_stack.quality"]);
    assert_eq!(json(&score)["data"]["rows"], serde_json::json!([[2, "pass"]]));
}

#[test]
fn without_python_the_demonstration_says_so_and_goes_on() {
    let folder = workspace();
    let mut command = command(folder.path(), &["demo"]);
    let command = command.env_remove("DATA_STACK_PYTHON_DBT").env("PATH", "").env("XDG_CACHE_HOME", folder.path().join("cache"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("not here: ") && said.contains("Python") && said.contains("676742.62"), "{said}");
}

#[test]
fn both_names_are_the_same_program() {
    let version = |path: &str| String::from_utf8(Command::new(path).arg("--version").output().unwrap().stdout).unwrap();
    let (one, other) = (version(env!("CARGO_BIN_EXE_data-stack")), version(env!("CARGO_BIN_EXE_claude-data")));
    assert_eq!(one.replace("data-stack", "claude-data"), other);
}

#[test]
fn the_reference_of_the_tools_is_the_one_in_the_checkout() {
    let folder = workspace();
    let path = checkout().join("tools/README.md");
    let made = String::from_utf8(run(folder.path(), &["tools", "--markdown"]).stdout).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "tools/README.md is not what `data-stack tools --markdown` prints; run with UPDATE_GOLDEN=1");
}
