//! The program over HTTP: who is let in, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::program::{LIMIT, command, ended, hello, signal, workspace};

/// A server over HTTP.
struct Serving {
    child: Child,
    address: String,
    /// Where it listens instead of at the address.
    socket: Option<PathBuf>,
    token: String,
}

/// A connection.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// What is sent, its headers, and the status that must come back.
type Case = (&'static str, &'static [(&'static str, &'static str)], u16);

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Serving {
    fn start(workspace: &Path, arguments: &[&str]) -> Self {
        Self::bound(workspace, "127.0.0.1:0", arguments)
    }

    fn bound(workspace: &Path, bind: &str, arguments: &[&str]) -> Self {
        let token_file = workspace.join("token");
        let arguments: Vec<&str> =
            ["serve", "--bind", bind, "--token-file", token_file.to_str().unwrap()].iter().chain(arguments).copied().collect();
        let mut child = command(workspace, &arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split('/').next()?.to_owned())
        });
        // The rest of the log is read and thrown away, so that the server never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let token = std::fs::read_to_string(&token_file).unwrap().trim().to_owned();
        let socket = bind.strip_prefix("unix:").map(PathBuf::from);
        Self { child, address: address.expect("the server says where it listens"), socket, token }
    }

    fn connect(&self) -> Box<dyn Stream> {
        if let Some(path) = &self.socket {
            let stream = UnixStream::connect(path).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            return Box::new(stream);
        }
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Box::new(stream)
    }

    /// Sends a request as it stands, with what every request needs.
    fn send(&self, first_line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let mut request = format!("{first_line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request.extend(["Host: ", &self.address, "\r\n"]);
        }
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(b"\r\n")).unwrap();
        // A server that refuses early may close before the whole body is sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Sends a message to the endpoint, with `headers` in place of or beside the usual ones.
    fn post(&self, message: &Value, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let usual =
            [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(usual.iter().filter(|(name, _)| !headers.iter().any(|(given, _)| given == name)));
        all.retain(|(_, value)| !value.is_empty());
        self.send("POST /mcp", &all, message.to_string().as_bytes())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_socket_file_serves_the_same_behind_the_same_gates_and_goes_with_the_server() {
    let folder = workspace();
    let path = folder.path().join("server.sock");
    let mut server = Serving::bound(folder.path(), &format!("unix:{}", path.display()), &[]);
    assert_eq!(server.post(&initialize(), &[("Authorization", "")]).status, 401);
    assert_eq!(server.post(&initialize(), &[("Host", "evil.example")]).status, 403);
    let answer = server.post(&initialize(), &[]);
    assert!(answer.status == 200 && answer.body.contains("protocolVersion"), "{answer:?}");
    signal(server.child.id(), Signal::TERM);
    assert!(ended(&mut server.child).success());
    assert!(!path.exists());
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello("2025-11-25")})
}

#[test]
fn only_callers_with_the_token_a_good_host_and_no_foreign_origin_are_let_in() {
    let folder = workspace();
    let server = Serving::start(folder.path(), &[]);
    let cases: [Case; 9] = [
        ("a good request", &[], 200),
        ("no token", &[("Authorization", "")], 401),
        ("a wrong token", &[("Authorization", "Bearer nonsense")], 401),
        ("another scheme", &[("Authorization", "Basic bm9uc2Vuc2U=")], 401),
        ("a foreign host", &[("Host", "evil.example")], 403),
        ("a foreign origin", &[("Origin", "http://evil.example")], 403),
        ("the null origin", &[("Origin", "null")], 403),
        ("no JSON", &[("Content-Type", "text/plain")], 415),
        ("no event stream wanted", &[("Accept", "application/json")], 406),
    ];
    for (what, headers, expected) in cases {
        let answer = server.post(&initialize(), headers);
        assert_eq!(answer.status, expected, "{what}: {answer:?}");
    }
    let refused = server.post(&initialize(), &[("Authorization", "")]);
    assert!(refused.head.contains("www-authenticate: bearer"), "{refused:?}");
}

#[test]
fn the_guards_stand_before_every_path() {
    let folder = workspace();
    let server = Serving::start(folder.path(), &[]);
    for path in ["/mcp", "/metrics", "/nothing"] {
        let foreign = server.send(&format!("GET {path}"), &[("Host", "evil.example")], b"");
        assert_eq!(foreign.status, 403, "{path}: {foreign:?}");
        let unknown = server.send(&format!("GET {path}"), &[], b"");
        assert!([401, 404].contains(&unknown.status), "{path}: {unknown:?}");
    }
    assert_eq!(server.send("GET /healthz", &[], b"").status, 200);
    let bearer = format!("Bearer {}", server.token);
    let metrics = server.send("GET /metrics", &[("Authorization", &bearer)], b"");
    assert!(metrics.status == 200 && metrics.body.contains("# TYPE"), "{metrics:?}");
    // The older endpoints are off unless they were asked for.
    assert_eq!(server.send("GET /sse", &[("Authorization", &bearer)], b"").status, 404);
}

#[test]
fn a_body_beyond_the_limit_is_refused_and_the_next_request_answered() {
    let folder = workspace();
    let server = Serving::start(folder.path(), &[]);
    let huge = json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "x".repeat(8 << 20)}});
    assert_eq!(server.post(&huge, &[]).status, 413);
    assert_eq!(server.post(&initialize(), &[]).status, 200);
}

#[test]
fn the_token_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = workspace();
    let server = Serving::start(folder.path(), &[]);
    let mode = std::fs::metadata(folder.path().join("token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(server.token.len() >= 43, "256 bits in text: {}", server.token.len());
}

#[test]
fn a_bind_beyond_this_machine_is_refused_with_the_way_to_allow_it() {
    let folder = workspace();
    let output = command(folder.path(), &["serve", "--bind", "0.0.0.0:0"]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("behind"), "{said}");
}

#[test]
fn signals_end_it() {
    for end in [Signal::INT, Signal::TERM] {
        let folder = workspace();
        let mut server = Serving::start(folder.path(), &[]);
        assert_eq!(server.post(&initialize(), &[]).status, 200);
        signal(server.child.id(), end);
        ended(&mut server.child);
    }
}
