//! Cold start, memory, and round trips through the whole pipeline, beside the transport alone in the same run.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops at the first fault")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const STARTS: usize = 21;
const STDIO_CALLS: usize = 3_000;
const HTTP_CALLS: usize = 4_000;
const CONNECTIONS: usize = 8;

fn main() {
    println!("{:<44} {:>12} {:>12} {:>8}", "measure (median)", "ours", "baseline", "ratio");
    cold_start();
    stdio();
    http();
}

fn row(name: &str, ours: f64, baseline: f64, unit: &str) {
    println!("{name:<44} {:>12} {:>12} {:>8.2}", format!("{ours:.1} {unit}"), format!("{baseline:.1} {unit}"), ours / baseline);
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A server on stdio, spoken to in raw JSON-RPC so that no client's cost is in the figures.
struct Server {
    child: Child,
    reader: BufReader<std::process::ChildStdout>,
    next: u64,
}

impl Server {
    fn start(workspace: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_data-stack"))
            .args(["mcp", "--workspace"])
            .arg(workspace)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let reader = BufReader::new(child.stdout.take().unwrap());
        Self { child, reader, next: 0 }
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let message = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        self.send(&message);
        loop {
            let mut line = String::new();
            assert!(self.reader.read_line(&mut line).unwrap() > 0, "the server closed its output");
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == self.next {
                assert!(answer.get("error").is_none(), "{answer}");
                return answer["result"].clone();
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(format!("{message}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    fn initialize(&mut self) {
        self.request(
            "initialize",
            &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }

    /// Resident memory in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

fn cold_start() {
    let workspace = tempfile::tempdir().unwrap();
    let (mut ours, mut bare, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut server = Server::start(workspace.path());
        server.initialize();
        ours.push(begun.elapsed().as_secs_f64() * 1e3);
        memory.push(server.memory());
        drop(server);
        let begun = Instant::now();
        Command::new(env!("CARGO_BIN_EXE_data-stack")).arg("--version").stdout(Stdio::null()).status().unwrap();
        bare.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    row("cold start to first answer / --version", median(ours), median(bare), "ms");
    row("memory after start / limit of 30 MiB", median(memory), 30.0, "MiB");
}

fn stdio() {
    let workspace = tempfile::tempdir().unwrap();
    let mut server = Server::start(workspace.path());
    server.initialize();
    let (mut ours, mut transport) = (Vec::new(), Vec::new());
    for _ in 0..STDIO_CALLS {
        ours.push(timed(|| server.request("tools/call", &json!({"name": "job", "arguments": {"action": "list"}}))));
        transport.push(timed(|| server.request("ping", &json!({}))));
    }
    row("stdio tools/call / ping", median(ours), median(transport), "µs");
}

fn timed<T>(work: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    let _ = work();
    begun.elapsed().as_secs_f64() * 1e6
}

fn http() {
    let workspace = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let token_file = workspace.path().join("token");
    let mut server = Command::new(env!("CARGO_BIN_EXE_data-stack"))
        .args(["serve", "--bind", &address.to_string(), "--token-file"])
        .arg(&token_file)
        .arg("--workspace")
        .arg(workspace.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while TcpStream::connect(address).is_err() {
        assert!(server.try_wait().unwrap().is_none(), "the server ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    let token = std::fs::read_to_string(&token_file).unwrap();
    let call = call_request(token.trim());
    let health = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let latency = |request: &str| median(drive(address, request, 500));
    row("HTTP tools/call / GET healthz, 1 connection", latency(&call), latency(&health), "µs");
    row("HTTP calls a second / healthz, 8 connections", throughput(address, &call), throughput(address, &health), "/s");
    server.kill().unwrap();
    server.wait().unwrap();
}

/// A stateless call as a client of revision 2026-07-28 sends it.
fn call_request(token: &str) -> String {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"}
    });
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "job", "arguments": {"action": "list"}, "_meta": meta}}).to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: job\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends the request so often over one connection; the time of each in µs.
fn drive(address: SocketAddr, request: &str, times: usize) -> Vec<f64> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    (0..times)
        .map(|_| {
            timed(|| {
                stream.write_all(request.as_bytes()).unwrap();
                read_response(&mut reader);
            })
        })
        .collect()
}

fn throughput(address: SocketAddr, request: &str) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| drive(address, request, HTTP_CALLS / CONNECTIONS));
        }
    });
    HTTP_CALLS as f64 / begun.elapsed().as_secs_f64()
}

fn read_response(reader: &mut BufReader<TcpStream>) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    let (mut length, mut chunked) = (0, false);
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        chunked |= header.starts_with("transfer-encoding:") && header.contains("chunked");
    }
    if !chunked {
        return skip(reader, length);
    }
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        skip(reader, size + 2);
        if size == 0 {
            return;
        }
    }
}

fn skip(reader: &mut BufReader<TcpStream>, length: usize) {
    std::io::copy(&mut reader.take(length as u64), &mut std::io::sink()).unwrap();
}
