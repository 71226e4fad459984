//! The program under test: started in a workspace of its own, spoken to line by line, and never left behind.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longest wait for anything that is bound to happen: a hang becomes a failure with a name.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// A query that runs for hours unless it is stopped.
pub(crate) const ENDLESS: &str = "select count(*) from range(1000000000) a, range(1000000) b";

/// The program's path.
pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_data-stack"))
}

/// The checkout.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty workspace.
pub(crate) fn workspace() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A workspace with the demonstration's file and a small dbt project over it.
pub(crate) fn demo_workspace() -> tempfile::TempDir {
    let folder = workspace();
    std::fs::copy(checkout().join("data/transactions.csv"), folder.path().join("transactions.csv")).unwrap();
    std::fs::create_dir_all(folder.path().join("dbt/models")).unwrap();
    for file in ["dbt_project.yml", "models/country_sales.sql", "models/schema.yml"] {
        std::fs::copy(checkout().join("tests/fixtures/shop").join(file), folder.path().join("dbt").join(file)).unwrap();
    }
    folder
}

/// The program with a workspace and none of the user's own configuration.
pub(crate) fn command(workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("--workspace").arg(workspace).args(arguments).env("XDG_CONFIG_HOME", workspace.join(".no-configuration"));
    command
}

/// A server on standard streams.
pub(crate) struct Server {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Server {
    /// Starts `data-stack … mcp`.
    pub(crate) fn start(workspace: &Path, arguments: &[&str]) -> Self {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["mcp"]).collect();
        let mut child = command(workspace, &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { input: child.stdin.take(), child, lines }
    }

    /// Starts it and begins a session of that revision.
    pub(crate) fn session(workspace: &Path, arguments: &[&str], revision: &str) -> (Self, Value) {
        let mut server = Self::start(workspace, arguments);
        let introduction = server.request("initialize", &hello(revision));
        server.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        (server, introduction)
    }

    /// Sends a line.
    pub(crate) fn send(&mut self, line: &str) {
        self.send_bytes(line.as_bytes());
    }

    /// Sends bytes and an end of line.
    pub(crate) fn send_bytes(&mut self, line: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).and_then(|()| input.write_all(b"\n")).and_then(|()| input.flush()).unwrap();
    }

    /// The next line that the server wrote; none when its output has ended.
    pub(crate) fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => Some(line),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the server wrote nothing for {LIMIT:?}"),
        }
    }

    /// Sends a request and gives its result; passes over everything else.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params}).to_string());
        self.answer(&method.into())
    }

    /// The answer to the request with this id.
    pub(crate) fn answer(&mut self, id: &Value) -> Value {
        loop {
            let line = self.line().expect("the server ended before it answered");
            let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if message["id"] == *id {
                return message;
            }
        }
    }

    /// Calls a tool and gives its structured answer.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.request("tools/call", &json!({"name": tool, "arguments": arguments}))["result"]["structuredContent"].clone()
    }

    /// Calls a tool and gives its structured answer, also where the call goes on as a job.
    pub(crate) fn finished(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.call(tool, arguments);
        self.followed(answer)
    }

    /// The answer, or that of the job as which the call goes on.
    pub(crate) fn followed(&mut self, answer: Value) -> Value {
        let Some(job) = answer["job"]["job_id"].as_str().map(str::to_owned) else { return answer };
        while self.call("job", &json!({"action": "status", "job_id": job, "wait_s": 30}))["data"]["job"]["state"] == "running" {}
        self.call("job", &json!({"action": "result", "job_id": job}))["data"]["result"].clone()
    }

    /// Starts the endless query and waits until the process that runs it is there; gives the processes.
    pub(crate) fn busy(&mut self) -> Vec<u32> {
        let call = json!({"jsonrpc": "2.0", "id": "busy", "method": "tools/call", "params": {"name": "query_duckdb", "arguments": {"sql": ENDLESS}}});
        self.send(&call.to_string());
        let server = self.child.id();
        until("a worker process is there", || !children(server).is_empty());
        children(server)
    }

    /// Closes the server's input.
    pub(crate) fn hang_up(&mut self) {
        self.input = None;
    }

    /// Waits for the server's end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The parameters of `initialize`.
pub(crate) fn hello(revision: &str) -> Value {
    json!({"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}})
}

/// Waits for a process to end.
pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    let mut status = None;
    until("the process has ended", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < give_up, "waited {LIMIT:?} in vain until {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The processes that a process has started and that still run.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

/// Whether a process runs; one that has ended and waits to be collected does not.
pub(crate) fn runs(process: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, signal: rustix::process::Signal) {
    let process = rustix::process::Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    rustix::process::kill_process(process, signal).unwrap();
}
