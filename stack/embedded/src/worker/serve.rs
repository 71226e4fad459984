//! The worker's two threads: one works, one listens.

use std::fs::File;
use std::io::{self, BufReader};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use data_stack_core::{Code, ToolError};
use serde_json::Value;

use super::dispatch::{Output, Work, dispatch};
use super::protocol::{FromWorker, Request, ToWorker, read_frame};
use crate::engine::{Interrupter, Sandbox, Session};

/// How often a stop is repeated until the work has ended: a stop that falls between two statements is lost on DuckDB.
const REPEAT_STOP: Duration = Duration::from_millis(20);

type Job = (Sandbox, Box<Request>);

/// Serves requests on standard input until it ends. The entry of `data-stack worker duckdb`.
pub fn main() -> ExitCode {
    match claim_stdout() {
        Ok(output) => {
            volunteer_for_the_memory_killer();
            serve(&Output::new(output));
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the worker cannot claim its output");
            ExitCode::FAILURE
        }
    }
}

/// Moves standard output away and puts standard error in its place, so that nothing a library prints can break a frame.
fn claim_stdout() -> io::Result<File> {
    let output = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(output))
}

/// When the machine runs out of memory, this process should end and not the server.
fn volunteer_for_the_memory_killer() {
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "500") {
        tracing::debug!(%error, "the worker keeps its rank for the memory killer");
    }
}

fn serve(output: &Output) {
    let interrupter = Interrupter::default();
    let (jobs, queue) = mpsc::channel();
    let listener = {
        let (interrupter, output) = (interrupter.clone(), output.clone());
        move || listen(&jobs, &interrupter, &output)
    };
    std::thread::spawn(listener);
    let mut session = None;
    let work = Work::new(interrupter.clone(), output.clone());
    while let Ok((sandbox, request)) = queue.recv() {
        let answer = FromWorker::Done(answer(&mut session, &sandbox, *request, &work, &interrupter));
        interrupter.end();
        if output.send(&answer).is_err() {
            return;
        }
    }
}

fn answer(
    session: &mut Option<Session>,
    sandbox: &Sandbox,
    request: Request,
    work: &Work,
    interrupter: &Interrupter,
) -> Result<Value, ToolError> {
    let traces = request.leaves_traces();
    let answer = ready(session, sandbox, interrupter).and_then(|session| dispatch(session, request, work));
    if traces || answer.as_ref().is_err_and(|error| error.code == Code::Internal) {
        *session = None;
    }
    // What stopped work says of its end depends on where it was; that it was stopped is what counts.
    answer.map_err(|error| if interrupter.fired() { ToolError::cancelled() } else { error })
}

/// The warm engine, opened anew when it has another sandbox.
fn ready<'a>(session: &'a mut Option<Session>, sandbox: &Sandbox, interrupter: &Interrupter) -> Result<&'a Session, ToolError> {
    if session.as_ref().is_some_and(|session| session.sandbox() != sandbox) {
        *session = None;
    }
    match session {
        Some(session) => Ok(session),
        None => Ok(session.insert(Session::open(sandbox.clone(), interrupter.clone())?)),
    }
}

/// Reads the parent's messages. When the parent is gone, however it went, its end of the pipe closes and the process ends
/// at once, whatever it is doing: the kernel's death signal would instead follow the parent's thread, which may end first.
fn listen(jobs: &mpsc::Sender<Job>, interrupter: &Interrupter, output: &Output) {
    let mut input = BufReader::new(io::stdin().lock());
    while let Ok(Some(message)) = read_frame(&mut input) {
        match message {
            ToWorker::Run { id, sandbox, request } => {
                interrupter.begin(id);
                if jobs.send((sandbox, request)).is_err() {
                    break;
                }
            }
            ToWorker::Interrupt { id } => stop(interrupter, id),
            ToWorker::Poll => report(interrupter, output),
        }
    }
    #[expect(clippy::exit, reason = "the other thread may be deep in the engine, and nobody is left to answer to")]
    std::process::exit(0);
}

fn stop(interrupter: &Interrupter, id: u64) {
    let interrupter = interrupter.clone();
    std::thread::spawn(move || {
        while interrupter.fire(id) {
            std::thread::sleep(REPEAT_STOP);
        }
    });
}

fn report(interrupter: &Interrupter, output: &Output) {
    let Some(percent) = interrupter.percent() else { return };
    let message = FromWorker::Progress { done: percent, total: Some(100.0), message: "percent of the statement".into() };
    if let Err(error) = output.send(&message) {
        tracing::debug!(%error, "progress could not be sent");
    }
}
