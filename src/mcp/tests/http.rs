//! HTTP: the gate, both eras, the limits.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::support::workspace;
use crate::config::Settings;
use crate::mcp::http::{Token, app};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct Http {
    address: SocketAddr,
    end: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Drop for Http {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Http {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let (folder, pipeline) = workspace(change);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let end = CancellationToken::new();
        let app = app(&pipeline, Some(address.port()), Token::of(TOKEN), &end);
        let stop = end.clone().cancelled_owned();
        tokio::spawn(axum::serve(listener, app).with_graceful_shutdown(stop).into_future());
        Self { address, end, _folder: folder }
    }

    /// Sends a request and reads until the connection is closed.
    async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = self.open(line, headers, body).await;
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        let text = String::from_utf8(text).unwrap();
        (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
    }

    async fn open(&self, line: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let host = if headers.iter().any(|(name, _)| *name == "Host") { String::new() } else { format!("Host: {}\r\n", self.address) };
        let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
        let length = body.len();
        let request = format!("{line} HTTP/1.1\r\n{host}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn post(&self, extra: &[(&str, &str)], body: &Value) -> (u16, String) {
        let bearer = format!("Bearer {TOKEN}");
        let mut headers = vec![
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        headers.extend(extra);
        self.send("POST /mcp", &headers, &body.to_string()).await
    }
}

fn initialize() -> Value {
    let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
}

fn modern(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

#[tokio::test]
async fn only_a_request_with_our_host_our_origin_and_the_token_gets_in() {
    let http = Http::start(|settings| settings.http.allowed_origins = vec!["https://app.example:8443".into()]).await;
    let bearer = format!("Bearer {TOKEN}");
    let own = format!("http://127.0.0.1:{}", http.address.port());
    let good = ("Authorization", bearer.as_str());
    for (line, headers, status) in [
        ("GET /metrics", vec![good], 200),
        ("GET /metrics", vec![("authorization", "bearer 0123456789abcdef0123456789abcdef")], 200),
        ("GET /metrics", vec![], 401),
        ("GET /metrics", vec![("Authorization", "Bearer wrong")], 401),
        ("GET /metrics", vec![("Authorization", TOKEN)], 401),
        ("GET /metrics", vec![("Authorization", "Basic 0123456789abcdef0123456789abcdef")], 401),
        ("POST /mcp", vec![], 401),
        ("GET /mcp", vec![], 401),
        ("GET /healthz", vec![], 200),
        ("GET /healthz", vec![("Host", "evil.example")], 403),
        ("GET /metrics", vec![good, ("Host", "evil.example:80")], 403),
        ("GET /metrics", vec![good, ("Host", "127.0.0.1.evil.example")], 403),
        ("GET /metrics", vec![good, ("Host", "localhost:1")], 200),
        ("GET /metrics", vec![good, ("Host", "[::1]:80")], 200),
        ("GET /metrics", vec![good, ("Origin", &own)], 200),
        ("GET /metrics", vec![good, ("Origin", "https://app.example:8443")], 200),
        ("GET /metrics", vec![good, ("Origin", "https://app.example")], 403),
        ("GET /metrics", vec![good, ("Origin", "http://evil.example")], 403),
        ("GET /metrics", vec![good, ("Origin", "null")], 403),
        ("GET /metrics", vec![good, ("Origin", &own), ("Origin", "http://evil.example")], 403),
        ("GET /sse", vec![good], 404),
        ("GET /nothing", vec![], 404),
    ] {
        let (found, text) = http.send(line, &headers, "").await;
        assert_eq!(found, status, "{line} {headers:?}: {text}");
        assert_eq!(text.contains("www-authenticate: Bearer"), status == 401, "{text}");
    }
}

#[tokio::test]
async fn both_eras_are_served_at_one_address() {
    let http = Http::start(|_| {}).await;
    let (status, text) = http.post(&[], &initialize()).await;
    assert!(status == 200 && text.contains("mcp-session-id") && text.contains("x-accel-buffering: no"), "{text}");
    let new = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")];
    let (status, text) = http.post(&new, &modern("tools/list", json!({}))).await;
    assert!(status == 200 && text.contains("\"probe\"") && !text.contains("mcp-session-id"), "{text}");
}

#[tokio::test]
async fn what_does_not_fit_the_protocol_has_its_own_status() {
    let http = Http::start(|_| {}).await;
    let new = ("MCP-Protocol-Version", "2026-07-28");
    let list = modern("tools/list", json!({}));
    for (headers, body, status, code) in [
        (vec![], list.clone(), 400, "-32020"),
        (vec![new, ("Mcp-Method", "tools/call")], list.clone(), 400, "-32020"),
        (vec![new, ("Mcp-Method", "tools/nothing")], modern("tools/nothing", json!({})), 404, "-32601"),
        (vec![], json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), 422, ""),
    ] {
        let (found, text) = http.post(&headers, &body).await;
        assert!((found == status || status == 422 && found >= 400) && text.contains(code), "{body}: {text}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let http = Http::start(|settings| settings.http.max_body = 2_000).await;
    let (status, _) = http.post(&[], &json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "y".repeat(3_000)}})).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn sessions_are_few_and_requests_without_one_are_not_counted() {
    let http = Http::start(|settings| settings.http.max_sessions = 1).await;
    assert_eq!(http.post(&[], &initialize()).await.0, 200);
    assert_eq!(http.post(&[], &initialize()).await.0, 503);
    let new = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")];
    assert_eq!(http.post(&new, &modern("tools/list", json!({}))).await.0, 200);
}

#[tokio::test]
async fn the_oldest_transport_is_served_on_request_behind_the_same_gate() {
    let http = Http::start(|settings| settings.http.legacy_sse = true).await;
    let bearer = format!("Bearer {TOKEN}");
    let good = [("Authorization", bearer.as_str())];
    assert_eq!(http.send("GET /sse", &[], "").await.0, 401);
    assert_eq!(http.send("GET /sse", &[good[0], ("Origin", "http://evil.example")], "").await.0, 403);
    assert_eq!(http.send("POST /messages?sessionId=none", &good, "{}").await.0, 404);
    let mut stream = http.open("GET /sse", &good, "").await;
    let mut text = String::new();
    let address = loop {
        read_more(&mut stream, &mut text).await;
        if let Some((_, rest)) = text.split_once("data: /messages?")
            && let Some((query, _)) = rest.split_once('\n')
        {
            break format!("POST /messages?{}", query.trim());
        }
    };
    assert_eq!(http.send(&address, &good, &initialize().to_string()).await.0, 202);
    while !text.contains("\"protocolVersion\":\"2025-06-18\"") {
        read_more(&mut stream, &mut text).await;
    }
    assert_eq!(http.send(&address, &good, "garbage").await.0, 400);
}

async fn read_more(stream: &mut TcpStream, text: &mut String) {
    let mut part = [0; 4_096];
    let read = stream.read(&mut part).await.unwrap();
    assert!(read > 0, "the stream has ended: {text}");
    text.push_str(std::str::from_utf8(&part[..read]).unwrap());
}
