//! A server process of one's own: started in a group of its own, so that nothing it starts can outlive it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::ClientError;

/// How long a server may take to go once its input is closed.
const GRACE: Duration = Duration::from_secs(5);

/// How to start a server.
#[derive(Debug, Clone)]
pub struct ServerCommand {
    program: PathBuf,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    log: Log,
}

/// Where the server's standard error goes.
#[derive(Debug, Clone, Default)]
pub enum Log {
    /// Where this process' own goes.
    Inherit,
    /// Nowhere.
    #[default]
    Discard,
    /// To the end of a file.
    File(PathBuf),
}

impl ServerCommand {
    /// A server that is this program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), environment: Vec::new(), folder: None, log: Log::default() }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts it in this folder.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Says where its standard error goes.
    #[must_use]
    pub fn log(mut self, log: Log) -> Self {
        self.log = log;
        self
    }

    /// The process as it would be started, its streams as this command says and its end bound to the handle's.
    pub fn process(&self) -> Result<Command, ClientError> {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(self.log.open()?).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Ok(command)
    }

    pub(super) fn start(&self) -> Result<(Server, (ChildStdout, ChildStdin)), ClientError> {
        let cannot = |why: String| ClientError::Unreachable(format!("`{}` cannot be started: {why}", self.program.display()));
        let mut child = self.process()?.spawn().map_err(|error| cannot(error.to_string()))?;
        let pipes = child.stdout.take().zip(child.stdin.take()).ok_or_else(|| cannot("it has no input or output".into()))?;
        Ok((Server { child }, pipes))
    }
}

impl Log {
    fn open(&self) -> Result<Stdio, ClientError> {
        match self {
            Self::Inherit => Ok(Stdio::inherit()),
            Self::Discard => Ok(Stdio::null()),
            Self::File(path) => {
                let file = std::fs::File::options().create(true).append(true).open(path);
                let file =
                    file.map_err(|error| ClientError::Unreachable(format!("the log {} cannot be written: {error}", path.display())))?;
                Ok(file.into())
            }
        }
    }
}

/// A running server.
pub(super) struct Server {
    child: Child,
}

impl Server {
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the server has gone after its input was closed; kills it and its group if it does not go.
    pub(super) async fn end(mut self) {
        let group = self.pid();
        let gone = tokio::time::timeout(GRACE, self.child.wait()).await.is_ok();
        if !gone {
            kill_group(group);
            let _ = self.child.wait().await;
        }
    }

    /// Kills the server alone, as a crash would: what it started must notice by itself.
    pub(super) async fn kill(mut self) {
        let _ = self.child.kill().await;
    }
}

#[cfg(unix)]
fn kill_group(leader: Option<u32>) {
    let leader = leader.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(leader) = leader {
        // It fails only when the group has gone meanwhile.
        let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: Option<u32>) {}
