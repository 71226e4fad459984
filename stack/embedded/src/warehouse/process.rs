//! One worker process, as its parent holds it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};

use crate::engine::Sandbox;
use crate::worker::protocol::{FromWorker, Request, ToWorker, frame, frame_length};

/// How long stopped work may take to end before its process is killed.
const GRACE: Duration = Duration::from_secs(2);
/// How often a running statement's progress is asked for.
const POLL: Duration = Duration::from_secs(1);
/// What a worker keeps of its parent's environment.
const ENVIRONMENT: [&str; 9] =
    ["HOME", "LANG", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "PATH", "RUST_BACKTRACE", "RUST_LOG", "TMPDIR", "TZ"];

/// A running worker. Dropping it kills the process.
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: Frames,
    calls: u64,
}

impl Worker {
    /// Starts a worker in `folder`, which relative paths in SQL start at.
    pub(super) fn spawn(command: &[OsString], folder: &Path) -> Result<Self, ToolError> {
        let Some((program, arguments)) = command.split_first() else { return Err(ToolError::internal("no worker command is set")) };
        let kept = ENVIRONMENT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        let spawned = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(kept)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(|error| not_started(program, &error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self { child, input, output: Frames { output, bytes: Vec::new() }, calls: 0 }),
            _ => Err(ToolError::internal("the worker has no streams")),
        }
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends work and waits for its answer. When the call ends first, the work is stopped, and killed if it does not stop.
    pub(super) async fn call(&mut self, sandbox: Sandbox, request: Request, control: &Control) -> Result<Value, Broken> {
        self.calls += 1;
        let id = self.calls;
        self.send(&ToWorker::Run { id, sandbox, request: Box::new(request) }).await?;
        let mut polls = polls();
        let mut ended = std::pin::pin!(control.ended());
        let mut stopping: Option<(ToolError, Instant)> = None;
        loop {
            let kill_at = stopping.as_ref().map_or_else(Instant::now, |(_, kill_at)| *kill_at);
            tokio::select! {
                biased;
                received = self.output.next() => match received {
                    Ok(Some(FromWorker::Done(answer))) => return answer.map_err(|error| Broken::Answer(reason(error, stopping))),
                    Ok(Some(FromWorker::Progress { done, total, message })) => control.progress(done, total, message),
                    Ok(None) | Err(_) => return Err(self.died(stopping).await),
                },
                error = &mut ended, if stopping.is_none() => {
                    stopping = Some((error, Instant::now() + GRACE));
                    self.send(&ToWorker::Interrupt { id }).await?;
                }
                () = sleep_until(kill_at), if stopping.is_some() => return Err(self.killed(stopping).await),
                _ = polls.tick() => self.send(&ToWorker::Poll).await?,
            }
        }
    }

    async fn send(&mut self, message: &ToWorker) -> Result<(), Broken> {
        let bytes = frame(message).map_err(|error| Broken::Answer(ToolError::internal(format!("a request cannot be sent: {error}"))))?;
        if self.input.write_all(&bytes).await.is_err() {
            return Err(self.died(None).await);
        }
        Ok(())
    }

    async fn killed(&mut self, stopping: Option<(ToolError, Instant)>) -> Broken {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "a worker could not be killed");
        }
        Broken::Process(stopping.map_or_else(ToolError::cancelled, |(error, _)| error))
    }

    async fn died(&mut self, stopping: Option<(ToolError, Instant)>) -> Broken {
        let status = match timeout(GRACE, self.child.wait()).await {
            Ok(Ok(status)) => Some(status),
            _ => None,
        };
        Broken::Process(stopping.map_or_else(|| obituary(status), |(error, _)| error))
    }
}

/// Why a call failed, and whether the worker can be used again.
pub(super) enum Broken {
    /// The worker answered with an error and goes on.
    Answer(ToolError),
    /// The process is gone.
    Process(ToolError),
}

/// Work that was stopped says only that it was; its caller knows why.
fn reason(error: ToolError, stopping: Option<(ToolError, Instant)>) -> ToolError {
    match stopping {
        Some((reason, _)) if error.code == Code::Cancelled => reason,
        _ => error,
    }
}

fn polls() -> Interval {
    let mut polls = interval_at(Instant::now() + POLL, POLL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    polls
}

fn not_started(program: &OsString, error: &io::Error) -> ToolError {
    let message = format!("the DuckDB worker {} does not start: {error}", program.display());
    ToolError::new(Code::Unavailable, message, "Run `data-stack doctor`; the program may have been moved or replaced while it ran.")
}

fn obituary(status: Option<ExitStatus>) -> ToolError {
    let signal = status.and_then(|status| status.signal());
    let details = json!({ "signal": signal, "exit_code": status.and_then(|status| status.code()) });
    let error = match signal {
        Some(9) => ToolError::new(
            Code::Limit,
            "the DuckDB worker was killed (signal 9), as the system does when it runs out of memory",
            "Give the call a smaller `memory_mb`, so that DuckDB uses the disk instead, or ask for less.",
        ),
        Some(signal) => {
            let message = format!("the DuckDB worker crashed on this statement (signal {signal})");
            ToolError::new(Code::Failed, message, "Write the statement another way; the next call has a new worker.")
        }
        None => ToolError::new(Code::Failed, "the DuckDB worker ended without an answer", "Call again; the next call has a new worker.")
            .retryable(),
    };
    error.details(details)
}

/// The worker's messages. A wait for the next one may be given up and begun again without losing any of it.
struct Frames {
    output: ChildStdout,
    bytes: Vec<u8>,
}

impl Frames {
    async fn next(&mut self) -> io::Result<Option<FromWorker>> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            if self.output.read_buf(&mut self.bytes).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn take(&mut self) -> io::Result<Option<FromWorker>> {
        let Some((header, rest)) = self.bytes.split_first_chunk::<4>() else { return Ok(None) };
        let length = frame_length(*header)?;
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = serde_json::from_slice(body)?;
        self.bytes.drain(..4 + length);
        Ok(Some(message))
    }
}
