//! Standard input and output: one message a line, and nothing else may ever reach the client.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::{ServerInitializeError, ServiceExt};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::runtime;
use super::server::Server;
use super::transport::{self, Channel, Parsed, QUEUE};
use crate::pipeline::Pipeline;

/// How long calls that are almost done may still answer after the client has closed its end.
const LAST_ANSWERS: Duration = Duration::from_millis(250);
/// How long cancelled calls may take to end.
const CALLS: Duration = Duration::from_secs(1);
/// How long jobs may take to end.
const JOBS: Duration = Duration::from_millis(500);
/// Most bytes that are written at once.
const MAX_WRITE: usize = 1 << 20;

/// The two ends of the client, taken away from everything else in this process.
pub(super) struct Pipes {
    input: File,
    output: File,
}

impl Pipes {
    /// Two given ends.
    #[cfg(test)]
    pub(super) fn new(input: File, output: File) -> Self {
        Self { input, output }
    }
}

/// Moves standard input and output to descriptors of our own, which no child inherits. What writes to standard output from now
/// on writes to standard error; what reads standard input finds it empty.
#[cfg(unix)]
pub(super) fn claim() -> anyhow::Result<Pipes> {
    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};
    let input = fcntl_dupfd_cloexec(stdin(), 3).context("standard input is closed")?;
    let output = fcntl_dupfd_cloexec(stdout(), 3).context("standard output is closed")?;
    let nothing = File::open("/dev/null").context("/dev/null cannot be opened")?;
    dup2_stdin(&nothing).context("standard input cannot be moved")?;
    // A process may be started without a standard error; then there is nowhere to write to.
    if dup2_stdout(stderr()).is_err() {
        dup2_stdout(File::options().write(true).open("/dev/null")?).context("standard output cannot be moved")?;
    }
    Ok(Pipes { input: input.into(), output: output.into() })
}

/// Serves the client until it goes or a signal comes.
pub(super) async fn serve(pipeline: Arc<Pipeline>, pipes: Pipes) -> anyhow::Result<()> {
    let server = Server::new(pipeline.clone(), "mcp-stdio");
    let end = CancellationToken::new();
    let gone = CancellationToken::new();
    let channel = open(pipes, pipeline.settings().http.max_body, gone.clone())?;
    let session = tokio::spawn(run(server, channel, end.clone()));
    let abort = session.abort_handle();
    tokio::pin!(session);
    tokio::select! {
        _ = &mut session => {}
        () = runtime::stopped() => {}
        () = left(&gone) => {}
    }
    end.cancel();
    if !abort.is_finished() {
        let _ = tokio::time::timeout(CALLS, session).await;
    }
    pipeline.shutdown(JOBS).await;
    Ok(())
}

async fn run(server: Server, channel: Channel, end: CancellationToken) {
    match Box::pin(server.serve_with_ct(channel, end)).await {
        Ok(running) => drop(running.waiting().await),
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {}
        Err(error) => tracing::error!(%error, "the session could not begin"),
    }
}

/// Waits until the client has closed its end and had a moment for its last answers.
async fn left(gone: &CancellationToken) {
    gone.cancelled().await;
    tokio::time::sleep(LAST_ANSWERS).await;
}

/// Starts the two threads that read and write: blocking is theirs to do, whatever kind of file the client has given us.
fn open(pipes: Pipes, limit: usize, gone: CancellationToken) -> anyhow::Result<Channel> {
    let (deliver, incoming) = mpsc::channel(QUEUE);
    let (outgoing, messages) = mpsc::channel(QUEUE);
    let (done, written) = oneshot::channel();
    let (answers, left) = (outgoing.downgrade(), gone.clone());
    std::thread::Builder::new()
        .name("mcp-input".into())
        .spawn(move || {
            read(BufReader::with_capacity(64 << 10, pipes.input), limit, &deliver, &answers);
            gone.cancel();
        })
        .context("the reading thread cannot start")?;
    std::thread::Builder::new()
        .name("mcp-output".into())
        .spawn(move || {
            if let Err(error) = write(pipes.output, messages) {
                tracing::info!(%error, "the client does not read any more");
                left.cancel();
            }
            let _ = done.send(());
        })
        .context("the writing thread cannot start")?;
    Ok(Channel::new(incoming, outgoing, Some(written)))
}

/// Reads lines until the end; a line that is too long is passed over without being kept.
fn read(
    mut input: impl BufRead,
    limit: usize,
    deliver: &mpsc::Sender<ClientJsonRpcMessage>,
    answers: &mpsc::WeakSender<ServerJsonRpcMessage>,
) {
    let mut line = Vec::new();
    loop {
        line.clear();
        let answer = match next_line(&mut input, &mut line, limit) {
            Ok(Line::Whole) => match transport::parse(&line) {
                Parsed::Message(message) => match deliver.blocking_send(*message) {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                Parsed::Ignored => continue,
                Parsed::Refused(answer) => *answer,
            },
            Ok(Line::TooLong) => transport::too_long(limit),
            Ok(Line::End) => return,
            Err(error) => {
                tracing::info!(%error, "standard input cannot be read any more");
                return;
            }
        };
        let Some(answers) = answers.upgrade() else { return };
        if answers.blocking_send(answer).is_err() {
            return;
        }
    }
}

enum Line {
    Whole,
    TooLong,
    End,
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>, limit: usize) -> io::Result<Line> {
    let mut too_long = false;
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if available.is_empty() {
            // A last line without its newline is still a message.
            return Ok(if too_long || line.is_empty() { Line::End } else { Line::Whole });
        }
        let newline = available.iter().position(|byte| *byte == b'\n');
        let taken = newline.unwrap_or(available.len());
        if line.len() + taken > limit {
            too_long = true;
            *line = Vec::new();
        } else if !too_long {
            line.extend_from_slice(&available[..taken]);
        }
        input.consume(newline.map_or(taken, |at| at + 1));
        if newline.is_some() {
            return Ok(if too_long { Line::TooLong } else { Line::Whole });
        }
    }
}

/// Writes messages until there are no more senders; what waits is written together.
fn write(mut output: impl Write, mut messages: mpsc::Receiver<ServerJsonRpcMessage>) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(message) = messages.blocking_recv() {
        buffer.clear();
        append(&mut buffer, &message)?;
        while buffer.len() < MAX_WRITE
            && let Ok(message) = messages.try_recv()
        {
            append(&mut buffer, &message)?;
        }
        output.write_all(&buffer)?;
        output.flush()?;
    }
    Ok(())
}

fn append(buffer: &mut Vec<u8>, message: &ServerJsonRpcMessage) -> io::Result<()> {
    serde_json::to_writer(&mut *buffer, message)?;
    buffer.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Line, next_line};
    use std::io::BufReader;

    fn lines(text: &[u8], limit: usize) -> Vec<String> {
        let mut input = BufReader::with_capacity(4, text);
        let mut found = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            match next_line(&mut input, &mut line, limit).unwrap() {
                Line::Whole => found.push(String::from_utf8(line.clone()).unwrap()),
                Line::TooLong => found.push("too long".into()),
                Line::End => return found,
            }
        }
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over_and_the_next_one_is_read() {
        let text = [&[b'x'; 1_000][..], b"\nshort\n\nlast"].concat();
        assert_eq!(lines(&text, 10), ["too long", "short", "", "last"]);
    }

    #[test]
    fn a_line_of_just_the_limit_is_whole() {
        assert_eq!(lines(b"1234567890\n12345678901\n", 10), ["1234567890", "too long"]);
    }

    #[test]
    fn memory_does_not_grow_with_a_line_that_is_too_long() {
        let text = vec![b'x'; 1 << 20];
        let mut line = Vec::new();
        assert!(matches!(next_line(&mut text.as_slice(), &mut line, 1_024), Ok(Line::End)));
        assert_eq!(line.capacity(), 0);
    }
}
