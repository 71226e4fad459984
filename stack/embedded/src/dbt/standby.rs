//! dbt, loaded ahead: most of what a small command takes is Python reading dbt in, so the next one is begun while nobody waits.
//!
//! Each command still has a process of its own that ends with it: nothing of a project stays behind, a stop is a kill, and the
//! warehouse is not held between commands, as a worker that runs several would do. A process that is not wanted soon is let go.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::child::{Program, Standby};

/// Reads dbt in, waits for its order, and is then as a process that was started for it.
const ENTRY: &str = r"
import json, os, sys
import dbt.adapters.duckdb
from dbt.cli.main import cli
line = sys.stdin.readline()
if line:
    order = json.loads(line)
    os.environ.update(order['environment'])
    os.chdir(order['folder'])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    cli(order['arguments'], prog_name='dbt')
";
/// How long a process that has just done its work is followed by none: a command line ends then, and the next step of a series
/// has begun by itself.
const REST: Duration = Duration::from_millis(300);
/// How long a loaded one is kept.
const IDLE: Duration = Duration::from_secs(120);

/// At most one process that waits.
#[derive(Clone, Default)]
pub(super) struct Ahead {
    waiting: Arc<Mutex<Option<Waiting>>>,
}

struct Waiting {
    python: PathBuf,
    process: Standby,
    /// Tells it from those that came before in its place.
    number: u64,
}

impl Ahead {
    /// The process that waits, if it is one of that interpreter.
    pub(super) fn take(&self, python: &PathBuf) -> Option<Standby> {
        self.slot().take().filter(|waiting| waiting.python == *python).map(|waiting| waiting.process)
    }

    /// Begins the next process in a while, like the one for `program`, and lets it go when it is not wanted.
    pub(super) fn refill(&self, program: &Program) {
        let ahead = self.clone();
        let arguments = ["-I", "-u", "-c", ENTRY].map(OsString::from).into();
        // Not in the project's folder: that may be gone when the process is wanted.
        let next = Program { arguments, folder: PathBuf::from("/"), ..program.clone() };
        tokio::spawn(async move {
            tokio::time::sleep(REST).await;
            if let Some(number) = ahead.begin(&next) {
                tokio::time::sleep(IDLE).await;
                ahead.let_go(number);
            }
        });
    }

    fn begin(&self, program: &Program) -> Option<u64> {
        let mut slot = self.slot();
        if slot.is_some() {
            return None;
        }
        let process = Standby::start(program).inspect_err(|error| tracing::debug!(%error, "dbt cannot be loaded ahead")).ok()?;
        let number = count();
        *slot = Some(Waiting { python: program.path.clone(), process, number });
        Some(number)
    }

    fn let_go(&self, number: u64) {
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|waiting| waiting.number == number) {
            *slot = None;
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count() -> u64 {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// What a process that waits is told to do, so that it does the same as one started for it; `None` for what JSON cannot say.
pub(super) fn order(program: &Program) -> Option<Vec<u8>> {
    // The interpreter's own arguments come first: three options and the entry.
    let arguments: Option<Vec<&str>> = program.arguments.iter().skip(4).map(|argument| argument.to_str()).collect();
    let variable = |(name, value): &(OsString, OsString)| Some((name.to_str()?.to_owned(), Value::from(value.to_str()?)));
    let environment: Option<Map<String, Value>> = program.environment.iter().map(variable).collect();
    let order = json!({"arguments": arguments?, "environment": environment?, "folder": program.folder.to_str()?});
    Some(order.to_string().into_bytes())
}
