//! One run of dbt: its environment, its turn on the project, its hold on the warehouse, its process.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use data_stack_core::{Control, ToolError};
use tokio::sync::OwnedMutexGuard;

use super::Reach;
use super::listen::{Heard, Listener};
use super::project::{Project, WAREHOUSE, unwritable};
use super::standby::{self, Ahead};
use crate::child::{self, Ended, Program};
use crate::locking::{FileLock, Share};
use crate::private;
use crate::python::{DBT, Environments};
use crate::settings::Settings;
use crate::warehouse::copy::copy;
use crate::warehouse::lease::{Alone, Lease};

/// dbt's command line, without the folder of the call among the places that modules are loaded from.
const ENTRY: &str = "from dbt.cli.main import cli; cli(prog_name='dbt')";
/// Variables of this process that dbt gets.
const VARIABLES: [&str; 16] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "XDG_CACHE_HOME",
    "DATA_STACK_TARGET",
    "DATA_STACK_EXTENSIONS",
];
/// Beginnings of further ones: the user's own settings of dbt, and where the compose stack's lake is.
const FAMILIES: [&str; 3] = ["DBT_", "DATA_STACK_LAKE_", "DATA_STACK_S3_"];

/// Bytes of dbt's own log file, of which it keeps five.
const LOG_BYTES: &str = "2097152";

/// Starts dbt.
pub(super) struct Runner {
    settings: Arc<Settings>,
    environments: Environments,
    lease: Lease,
    ahead: Ahead,
    /// The calls of this process that want the same project, in order.
    queues: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

/// A turn on a project, with what the command needs open.
pub(super) struct Session<'a> {
    settings: &'a Settings,
    ahead: &'a Ahead,
    project: &'a Project,
    python: PathBuf,
    /// `read` or `write`: each has its own target folder, since dbt parses anew when the warehouse's place changes.
    folder: PathBuf,
    warehouse: PathBuf,
    _warehouse: Option<Alone>,
    _turn: FileLock,
    _queue: OwnedMutexGuard<()>,
}

impl Runner {
    pub(super) fn new(settings: Arc<Settings>, environments: Environments, lease: Lease) -> Self {
        Self { settings, environments, lease, ahead: Ahead::default(), queues: Mutex::default() }
    }

    /// Waits for a turn on the project and opens what the command reaches.
    pub(super) async fn begin<'a>(&'a self, project: &'a Project, reach: Reach, control: &Control) -> Result<Session<'a>, ToolError> {
        let python = self.environments.python(&DBT, control).await?;
        let queue = self.queue(project, control).await?;
        let waiting = || control.progress(0.0, None, format!("waiting for another command on the dbt project {}", project.name));
        let turn = FileLock::take(&project.state.join("lock"), Share::Alone, control, waiting).await?;
        let folder = project.state.join(if reach == Reach::Warehouse { "write" } else { "read" });
        private::folder(&folder).map_err(|error| unwritable(&folder, &error))?;
        let held = if reach == Reach::Warehouse { Some(self.lease.hand_over(control).await?) } else { None };
        let warehouse = match reach {
            Reach::Warehouse => self.settings.database.clone(),
            Reach::Copy => copy(&self.settings.database, &self.lease, &folder, control).await?,
            Reach::Files => folder.join(self.settings.database.file_name().unwrap_or_default()),
        };
        Ok(Session {
            settings: &self.settings,
            ahead: &self.ahead,
            project,
            python,
            folder,
            warehouse,
            _warehouse: held,
            _turn: turn,
            _queue: queue,
        })
    }

    async fn queue(&self, project: &Project, control: &Control) -> Result<OwnedMutexGuard<()>, ToolError> {
        let queue = self.queues.lock().unwrap_or_else(PoisonError::into_inner).entry(project.state.clone()).or_default().clone();
        tokio::select! {
            biased;
            turn = queue.lock_owned() => Ok(turn),
            error = control.ended() => Err(error),
        }
    }
}

impl Session<'_> {
    /// The folder in which dbt leaves its artifacts.
    pub(super) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// Runs dbt to its end.
    pub(super) async fn run(&self, arguments: &[OsString], control: &Control) -> Result<Heard, ToolError> {
        let program = self.program(arguments)?;
        let mut listener = Listener::new(control);
        listener.begin();
        let ended = self.carry_out(&program, control, &mut listener).await?;
        self.ahead.refill(&program);
        Ok(listener.end(ended))
    }

    /// By the process that has dbt loaded already, or by a new one.
    async fn carry_out(&self, program: &Program, control: &Control, listener: &mut Listener<'_>) -> Result<Ended, ToolError> {
        if let Some((loaded, order)) = self.ahead.take(&self.python).zip(standby::order(program))
            && let Some(ended) = loaded.run(&order, control, |line| listener.line(line)).await?
        {
            return Ok(ended);
        }
        child::run(program, control, |line| listener.line(line)).await
    }

    fn program(&self, command: &[OsString]) -> Result<Program, ToolError> {
        let profiles = self.project.profiles(self.settings)?;
        let mut arguments: Vec<OsString> = ["-I", "-u", "-c", ENTRY].map(OsString::from).into();
        arguments.extend(command.iter().cloned());
        for (option, folder) in [
            ("--project-dir", self.project.folder.clone()),
            ("--profiles-dir", profiles),
            ("--log-path", self.project.state.join("logs")),
            ("--target-path", self.target()),
        ] {
            let has_target = !command.first().is_some_and(|command| command == "deps" || command == "debug");
            if has_target || option != "--target-path" {
                arguments.extend([option.into(), folder.into_os_string()]);
            }
        }
        arguments.extend(["--log-format", "json", "--no-use-colors", "--no-send-anonymous-usage-stats"].map(OsString::from));
        Ok(Program { path: self.python.clone(), arguments, folder: self.project.folder.clone(), environment: self.environment() })
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment: Vec<_> = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_handed_on)).collect();
        environment.extend([
            (WAREHOUSE.into(), self.warehouse.clone().into_os_string()),
            ("DATA_STACK_WORKSPACE".into(), self.settings.workspace.clone().into_os_string()),
            ("DBT_SEND_ANONYMOUS_USAGE_STATS".into(), "false".into()),
            ("DO_NOT_TRACK".into(), "1".into()),
            ("DBT_LOG_FILE_MAX_BYTES".into(), LOG_BYTES.into()),
        ]);
        environment
    }
}

/// Whether dbt gets the variable of this process.
fn is_handed_on(name: &str) -> bool {
    VARIABLES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::is_handed_on;

    #[test]
    fn dbt_gets_its_own_variables_and_those_of_the_stack_and_no_secrets_of_others() {
        let handed_on =
            ["DBT_PROFILE_X", "DATA_STACK_TARGET", "DATA_STACK_LAKE_CATALOG", "DATA_STACK_S3_SECRET", "DATA_STACK_EXTENSIONS", "HOME"];
        assert_eq!(handed_on.map(is_handed_on), [true; 6]);
        assert_eq!(["AWS_SECRET_ACCESS_KEY", "DATA_STACK_TOKEN", "PYTHONPATH", "GITHUB_TOKEN"].map(is_handed_on), [false; 4]);
    }
}
