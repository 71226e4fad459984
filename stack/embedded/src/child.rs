//! Programs run to their end: with nothing to read, with output that cannot grow without bound here, and with everything that
//! they start ended with them.

mod family;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};
use family::Family;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout};

/// How long a group may take to end after SIGTERM; the pipeline itself waits only 1.5 s for stopped work.
const GRACE: Duration = Duration::from_millis(700);
/// How long output is still read after the program has ended: a process that it left behind may hold the stream open.
const DRAIN: Duration = Duration::from_millis(300);
/// Bytes of a line that are kept.
const LINE: usize = 4 << 20;

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) folder: PathBuf,
    /// The whole environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Bytes that it printed.
    pub(crate) printed: u64,
    /// Why it was stopped, if it was.
    pub(crate) stopped: Option<ToolError>,
}

/// Runs the program and hands each line that it prints to `each`. When the call ends first, the whole group is stopped.
pub(crate) async fn run(program: &Program, control: &Control, mut each: impl FnMut(&[u8]) + Send) -> Result<Ended, ToolError> {
    control.check()?;
    drive(Started::new(program, Stdio::null())?, control, &mut each).await
}

/// A program that was started ahead of its work and waits for one line on its standard input that says what that is.
pub(crate) struct Standby(Started);

impl Standby {
    /// Starts the program.
    pub(crate) fn start(program: &Program) -> Result<Self, ToolError> {
        Started::new(program, Stdio::piped()).map(Self)
    }

    /// Gives the program its work; from then on it is as one that was [`run`]. `None` where it has ended meanwhile.
    pub(crate) async fn run(self, order: &[u8], control: &Control, mut each: impl FnMut(&[u8]) + Send) -> Result<Option<Ended>, ToolError> {
        control.check()?;
        let mut started = self.0;
        let has_ended = started.child.try_wait().is_ok_and(|status| status.is_some());
        let Some(mut input) = started.child.stdin.take().filter(|_| !has_ended) else { return Ok(None) };
        let given = async { input.write_all(order).await.and(input.write_all(b"\n").await).and(input.flush().await) };
        if given.await.is_err() {
            return Ok(None);
        }
        drop(input);
        drive(started, control, &mut each).await.map(Some)
    }
}

/// A program on its way, with all that it starts.
struct Started {
    child: Child,
    family: Family,
}

impl Started {
    fn new(program: &Program, input: Stdio) -> Result<Self, ToolError> {
        let mark = family::mark();
        let child = spawn(program, input, &mark)?;
        Ok(Self { family: Family::of(&child, mark), child })
    }
}

async fn drive(started: Started, control: &Control, each: &mut (impl FnMut(&[u8]) + Send)) -> Result<Ended, ToolError> {
    let Started { mut child, family } = started;
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(ToolError::internal("a program has no streams"));
    };
    let (mut out, mut err) = (Lines::new(out), Lines::new(err));
    let mut stop = Stop::default();
    let mut ended = std::pin::pin!(control.ended());
    let status = loop {
        tokio::select! {
            biased;
            error = &mut ended, if stop.reason.is_none() => stop.begin(error, &family),
            () = sleep_until(stop.kill_at()), if stop.pending() => stop.kill(&family),
            read = out.next(), if out.open => if read { each(&out.line) },
            read = err.next(), if err.open => if read { each(&err.line) },
            status = child.wait() => break status.map_err(|error| ToolError::internal(format!("a program cannot be waited for: {error}")))?,
        }
    };
    let rest = async {
        while out.next().await {
            each(&out.line);
        }
        while err.next().await {
            each(&err.line);
        }
    };
    // Whoever still holds the stream is ended with the family below.
    let _ = timeout(DRAIN, rest).await;
    drop(family);
    Ok(Ended { status, printed: out.printed + err.printed, stopped: stop.reason })
}

fn spawn(program: &Program, input: Stdio, mark: &str) -> Result<Child, ToolError> {
    let spawned = Command::new(&program.path)
        .args(&program.arguments)
        .env_clear()
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .env(family::MARK, mark)
        .current_dir(&program.folder)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    spawned.map_err(|error| {
        let message = format!("{} cannot be started: {error}", program.path.display());
        ToolError::new(Code::Unavailable, message, "Run `data-stack doctor` for what is missing.")
    })
}

/// How far a program's end has been asked for.
#[derive(Default)]
struct Stop {
    reason: Option<ToolError>,
    since: Option<Instant>,
    killed: bool,
}

impl Stop {
    fn begin(&mut self, reason: ToolError, family: &Family) {
        family.signal(Signal::TERM);
        self.reason = Some(reason);
        self.since = Some(Instant::now());
    }

    fn kill_at(&self) -> Instant {
        self.since.unwrap_or_else(Instant::now) + GRACE
    }

    fn pending(&self) -> bool {
        self.since.is_some() && !self.killed
    }

    fn kill(&mut self, family: &Family) {
        family.signal(Signal::KILL);
        self.killed = true;
    }
}

/// A stream as lines; what is beyond [`LINE`] bytes of one is read and dropped.
struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    complete: bool,
    open: bool,
    printed: u64,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 << 10, input), line: Vec::new(), complete: false, open: true, printed: 0 }
    }

    /// Whether there is a next line, which is then in `line`. May be given up and begun again without losing any of it.
    async fn next(&mut self) -> bool {
        if self.complete {
            self.line.clear();
            self.complete = false;
        }
        while self.open && !self.complete {
            if self.fill().await.is_err() {
                self.open = false;
            }
        }
        std::mem::replace(&mut self.complete, true) || !self.line.is_empty()
    }

    async fn fill(&mut self) -> io::Result<()> {
        let available = self.input.fill_buf().await?;
        let end = memchr::memchr(b'\n', available);
        let text = &available[..end.unwrap_or(available.len())];
        self.line.extend_from_slice(&text[..text.len().min(LINE.saturating_sub(self.line.len()))]);
        let used = text.len() + usize::from(end.is_some());
        self.open = used > 0;
        self.complete = end.is_some();
        self.printed += used as u64;
        self.input.consume(used);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio_util::sync::CancellationToken;

    fn shell(script: &str) -> Program {
        Program {
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            folder: "/".into(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        }
    }

    async fn lines(script: &str) -> (Vec<String>, Ended) {
        let mut lines = Vec::new();
        let ended =
            run(&shell(script), &Control::unlimited(), |line| lines.push(String::from_utf8_lossy(line).into_owned())).await.unwrap();
        (lines, ended)
    }

    #[tokio::test]
    async fn every_line_arrives_and_the_last_needs_no_end() {
        let (lines, ended) = lines("echo a; echo; printf b; exit 3").await;
        assert_eq!(lines, ["a", "", "b"]);
        assert_eq!((ended.status.code(), ended.printed, ended.stopped), (Some(3), 4, None));
    }

    #[tokio::test]
    async fn an_endless_line_is_cut_and_counted() {
        let (lines, ended) = lines("head -c 100000000 /dev/zero; echo; echo end").await;
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LINE, 3]);
        assert_eq!(ended.printed, 100_000_005);
    }

    #[tokio::test]
    async fn nothing_can_be_read_by_the_program_and_nothing_is_inherited() {
        let (lines, _) = lines("cat; env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD -e ^DATA_STACK_RUN").await;
        assert_eq!(lines, ["PATH=/usr/bin:/bin"]);
    }

    #[tokio::test]
    async fn a_group_that_ignores_the_polite_signal_is_killed_with_its_children() {
        let cancel = CancellationToken::new();
        let control = Control::new(cancel.clone(), None, Arc::new(|_| {}));
        let mut children = Vec::new();
        let program = shell("trap '' TERM; (trap '' TERM; sleep 600) & echo $!; wait");
        let ended = run(&program, &control, |line| {
            children.push(String::from_utf8_lossy(line).parse::<i32>().unwrap());
            cancel.cancel();
        });
        let ended = ended.await.unwrap();
        assert_eq!(ended.stopped.map(|error| error.code), Some(Code::Cancelled));
        assert_eq!(children.len(), 1);
        assert!(gone(children[0]), "{children:?}");
    }

    fn gone(pid: i32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    }

    /// Prints its number from a session of its own, deaf to the polite signal, and stays.
    const STRAY: &str = "setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 600; done'";

    #[tokio::test]
    async fn whoever_leaves_group_and_tree_is_ended_when_the_call_is_stopped() {
        let cancel = CancellationToken::new();
        let control = Control::new(cancel.clone(), None, Arc::new(|_| {}));
        let mut strays = Vec::new();
        let program = shell(&format!("({STRAY} &); {STRAY} & wait; sleep 600"));
        let ended = run(&program, &control, |line| {
            strays.push(String::from_utf8_lossy(line).parse::<i32>().unwrap());
            if strays.len() == 2 {
                cancel.cancel();
            }
        });
        assert!(ended.await.unwrap().stopped.is_some());
        assert_eq!(strays.iter().map(|pid| gone(*pid)).collect::<Vec<_>>(), [true, true], "{strays:?}");
    }

    #[tokio::test]
    async fn a_program_on_standby_does_what_it_is_told_and_one_that_has_ended_is_none() {
        let control = Control::unlimited();
        let mut said = Vec::new();
        let standby = Standby::start(&shell("read order; echo got $order; read more || echo no more")).unwrap();
        let ended = standby.run(b"work", &control, |line| said.push(String::from_utf8_lossy(line).into_owned())).await.unwrap();
        assert_eq!((said, ended.unwrap().status.code()), (vec!["got work".to_owned(), "no more".to_owned()], Some(0)));
        let mut gone = Standby::start(&shell("exit 3")).unwrap();
        gone.0.child.wait().await.unwrap();
        assert!(gone.run(b"work", &control, |_| ()).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn whoever_is_left_behind_by_a_program_that_ended_well_is_ended_too() {
        let (lines, ended) = lines(&format!("({STRAY} &) | head -n 1")).await;
        assert!(ended.status.success());
        assert!(gone(lines[0].parse().unwrap()), "{lines:?}");
    }
}
