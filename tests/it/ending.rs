//! How the program ends: promptly, whoever asks, and with everything that it started.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::program::{Server, runs, signal, until, workspace};

/// What is promised: gone within this.
const PROMISED: Duration = Duration::from_secs(2);

/// Ends a server in the midst of a query and checks that it and its workers have gone in time.
fn ends_in_time(how: &str, end: impl FnOnce(&mut Server)) {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    let workers = server.busy();
    let asked = Instant::now();
    end(&mut server);
    server.ended();
    let took = asked.elapsed();
    assert!(took < PROMISED, "{how}: it took {took:?}");
    until("the workers have gone", || workers.iter().all(|worker| !runs(*worker)));
    let took = asked.elapsed();
    assert!(took < PROMISED, "{how}: the workers outlived the server, {took:?}");
}

#[test]
fn the_end_of_input_ends_a_busy_server() {
    ends_in_time("end of input", Server::hang_up);
}

#[test]
fn an_interrupt_ends_a_busy_server() {
    ends_in_time("SIGINT", |server| signal(server.child.id(), Signal::INT));
}

#[test]
fn a_termination_ends_a_busy_server() {
    ends_in_time("SIGTERM", |server| signal(server.child.id(), Signal::TERM));
}

#[test]
fn workers_do_not_outlive_a_server_that_was_killed() {
    ends_in_time("SIGKILL", |server| server.child.kill().unwrap());
}

#[test]
fn an_idle_server_ends_well_when_its_client_has_gone() {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    server.hang_up();
    assert!(server.ended().success());
}

#[test]
fn a_cancelled_call_stops_its_work_and_the_next_is_answered() {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    server.busy();
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"busy"}}"#);
    let answer = server.call("query_duckdb", &json!({"sql": "select 1"}));
    assert_eq!(answer["data"]["rows"], json!([[1]]), "{answer}");
    let running = server.call("job", &json!({"action": "list", "state": "running"}));
    assert_eq!(running["data"]["jobs"], json!([]), "{running}");
}

#[test]
fn a_call_in_flight_at_the_end_is_closed_in_the_record() {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    server.busy();
    server.hang_up();
    server.ended();
    let verified = crate::program::command(folder.path(), &["audit", "verify", "--json"]).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}
