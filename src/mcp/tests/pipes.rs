//! Standard input and output.

use std::fs::File;
use std::io::{BufRead, BufReader, Lines, PipeReader, PipeWriter, Write, pipe};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::workspace;
use crate::mcp::stdio::{Pipes, serve};

/// A server on two pipes.
struct Served {
    input: Option<PipeWriter>,
    output: Lines<BufReader<PipeReader>>,
    server: tokio::task::JoinHandle<anyhow::Result<()>>,
    _folder: tempfile::TempDir,
}

impl Served {
    fn start(max_body: usize) -> Self {
        let (folder, pipeline) = workspace(|settings| settings.http.max_body = max_body);
        let ((theirs_in, input), (output, theirs_out)) = (pipe().unwrap(), pipe().unwrap());
        let pipes = Pipes::new(File::from(OwnedFd::from(theirs_in)), File::from(OwnedFd::from(theirs_out)));
        let server = tokio::spawn(serve(pipeline, pipes));
        Self { input: Some(input), output: BufReader::new(output).lines(), server, _folder: folder }
    }

    fn send(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.write_all(b"\n").unwrap();
    }

    fn receive(&mut self) -> Value {
        serde_json::from_str(&self.output.next().unwrap().unwrap()).unwrap()
    }
}

fn ping(id: u32) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"}).to_string().into_bytes()
}

fn call(seconds: f64) -> Vec<u8> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": "probe", "arguments": {"action": "sleep", "seconds": seconds}, "_meta": meta});
    json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params}).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_are_answered_and_the_next_good_one_too() {
    let mut served = Served::start(1 << 10);
    for (bad, code) in [
        (b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"met".to_vec(), -32700),
        (vec![0xff, 0xfe, b'{', b'}'], -32700),
        (vec![b'x'; 1 << 20], -32600),
        (b"[]".to_vec(), -32600),
    ] {
        served.send(&bad);
        assert_eq!(served.receive()["error"]["code"], code);
    }
    served.send(b"{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}");
    served.send(&ping(5));
    assert_eq!(served.receive(), json!({"jsonrpc": "2.0", "id": 5, "result": {}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_ends_the_server_and_its_running_call() {
    let mut served = Served::start(1 << 20);
    served.send(&call(3_600.0));
    served.send(&ping(5));
    let started = Instant::now();
    drop(served.input.take());
    served.server.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let last: Value = served.output.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).last().unwrap();
    assert_eq!(last["result"]["structuredContent"]["error"]["code"], "cancelled", "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_the_client_closed_its_end_is_answered() {
    let mut served = Served::start(1 << 20);
    served.send(&call(0.0));
    drop(served.input.take());
    assert_eq!(served.receive()["result"]["structuredContent"]["ok"], json!(true));
    served.server.await.unwrap().unwrap();
}
