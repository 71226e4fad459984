//! The program on standard streams.

use serde_json::{Value, json};

use crate::program::{Server, demo_workspace, hello, workspace};

/// What a request of the 2026 revision carries.
fn modern() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
    })
}

#[test]
fn every_revision_is_answered_in_its_own_words() {
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let folder = workspace();
        let (mut server, introduction) = Server::session(folder.path(), &[], revision);
        assert_eq!(introduction["result"]["protocolVersion"], revision);
        assert_eq!(server.call("query_duckdb", &json!({"sql": "select 42 as n"}))["data"]["rows"], json!([[42]]), "{revision}");
    }
    let folder = workspace();
    let mut server = Server::start(folder.path(), &[]);
    let discovered = server.request("server/discover", &json!({"_meta": modern()}));
    assert!(discovered["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{discovered}");
    let call = json!({"_meta": modern(), "name": "query_duckdb", "arguments": {"sql": "select 42 as n"}});
    let answer = server.request("tools/call", &call);
    assert_eq!(answer["result"]["structuredContent"]["data"]["rows"], json!([[42]]), "{answer}");
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
}

#[test]
fn both_eras_are_served_on_one_connection() {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    let modern = server.request("tools/list", &json!({"_meta": modern()}));
    server.send(r#"{"jsonrpc":"2.0","id":"again","method":"tools/list","params":{}}"#);
    let legacy = server.answer(&json!("again"));
    let names = |answer: &Value| answer["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&modern), names(&legacy));
}

#[test]
fn what_is_no_message_is_survived_and_the_next_request_answered() {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    let deep = vec![b'['; 100_000];
    let hostile: [&[u8]; 7] = [
        br#"{"jsonrpc":"2.0","id":1,"method":"tools/ca"#,
        b"\xff\xfe\x00",
        b"",
        b"null",
        br#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#,
        br#"{"id":{},"method":7}"#,
        &deep,
    ];
    for line in hostile {
        server.send_bytes(line);
    }
    let answer = server.call("query_duckdb", &json!({"sql": "select 1"}));
    assert_eq!(answer["ok"], true, "{answer}");
}

#[test]
fn a_line_of_100_mb_is_survived_without_keeping_it() {
    let folder = workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    server.send_bytes(&vec![b'x'; 100 << 20]);
    assert_eq!(server.request("ping", &json!({}))["result"], json!({}));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    assert!(peak.trim().parse::<u64>().unwrap() < 100 * 1024, "the server kept the line: {peak} kB at its peak");
}

#[test]
fn standard_output_carries_nothing_but_messages() {
    let folder = demo_workspace();
    let (mut server, _) = Server::session(folder.path(), &["--effects", "write"], "2025-11-25");
    server.call("profile_csv", &json!({"path": "transactions.csv"}));
    server.call("ingest", &json!({"source": "transactions.csv", "table": "transactions"}));
    server.call("query_duckdb", &json!({"sql": "select nonsense"}));
    // `answer` fails on a line that is not JSON; what is left must be messages too.
    server.hang_up();
    while let Some(line) = server.line() {
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["jsonrpc"], "2.0", "{line}");
    }
}

#[test]
fn progress_is_reported_only_where_it_was_asked_for_and_never_falls() {
    let folder = demo_workspace();
    let (mut server, _) = Server::session(folder.path(), &["--effects", "write"], "2025-11-25");
    let call = |id: u8, meta: Value| {
        let params = json!({"name": "profile_csv", "arguments": {"path": "transactions.csv"}, "_meta": meta});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
    };
    let reports = |server: &mut Server, id: u8, meta: Value| {
        server.send(&call(id, meta));
        let mut reports = Vec::new();
        loop {
            let message: Value = serde_json::from_str(&server.line().unwrap()).unwrap();
            if message["id"] == id {
                return reports;
            }
            if message["method"] == "notifications/progress" {
                reports.push(message["params"].clone());
            }
        }
    };
    assert_eq!(reports(&mut server, 1, json!({})), Vec::<Value>::new());
    let told = reports(&mut server, 2, json!({"progressToken": "t"}));
    let done: Vec<f64> = told.iter().map(|report| report["progress"].as_f64().unwrap()).collect();
    assert!(done.windows(2).all(|pair| pair[0] < pair[1]), "{done:?}");
    assert!(told.iter().all(|report| report["progressToken"] == "t"), "{told:?}");
}

#[test]
fn a_request_before_the_session_began_is_refused_and_not_fatal() {
    let folder = workspace();
    let mut server = Server::start(folder.path(), &[]);
    let refused = server.request("tools/list", &json!({}));
    assert!(refused["error"]["code"].is_i64(), "{refused}");
    let introduction = server.request("initialize", &hello("2025-11-25"));
    assert_eq!(introduction["result"]["protocolVersion"], "2025-11-25", "{introduction}");
}
