//! The warm, sandboxed instance and the database files that are attached to it for one call.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_stack_core::ToolError;
use data_stack_core::ports::warehouse::QueryLimits;
use serde::{Deserialize, Serialize};

use super::handle::{Connection, Database, EngineError};
use super::interrupt::{Interrupter, Registration, Running};
use super::lock;
use super::snapshot::Snapshot;

/// How long a call waits for a lock that another process holds; calls of data-stack hold it for their own time only.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What statements may reach and use; locked when the instance opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Folders whose files SQL may read, with all links followed.
    pub roots: Vec<PathBuf>,
    /// The database file, which may lie outside the roots.
    pub database: PathBuf,
    /// Where DuckDB puts what does not fit in memory.
    pub temporary: PathBuf,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Temporary files in bytes.
    pub temporary_bytes: u64,
    /// Threads.
    pub threads: usize,
}

impl Sandbox {
    /// A sandbox over `roots` and `database` within `limits`.
    pub fn new(roots: Vec<PathBuf>, database: PathBuf, temporary: PathBuf, limits: QueryLimits) -> Self {
        let QueryLimits { memory, temporary: temporary_bytes, threads, .. } = limits;
        Self { roots, database, temporary, memory_bytes: memory, temporary_bytes, threads }
    }
}

/// How a database file is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Shared with other readers; a file that does not exist reads as an empty database.
    Read,
    /// Exclusive; a file that does not exist is made.
    Write,
}

/// The database files of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The file that unqualified names mean.
    pub path: PathBuf,
    /// How it is attached.
    pub access: Access,
    /// Further files as alias and path; always attached for reading.
    pub attach: Vec<(String, PathBuf)>,
}

impl Target {
    /// One file and no further ones.
    pub fn new(path: impl Into<PathBuf>, access: Access) -> Self {
        Self { path: path.into(), access, attach: Vec::new() }
    }
}

/// A warm DuckDB instance with its sandbox locked.
pub struct Session {
    admin: Connection,
    /// Gives files back. No interrupter knows it: a call that is stopped must not leave its files attached for the next.
    closer: Connection,
    database: Arc<Database>,
    interrupter: Interrupter,
    sandbox: Sandbox,
}

impl Session {
    /// Opens an instance; its statements stop when `interrupter` fires.
    pub fn open(sandbox: Sandbox, interrupter: Interrupter) -> Result<Self, ToolError> {
        Self::start(sandbox, interrupter).map_err(|error| ToolError::internal(format!("DuckDB does not start: {error}")))
    }

    fn start(sandbox: Sandbox, interrupter: Interrupter) -> Result<Self, EngineError> {
        let database = Arc::new(Database::open(&[
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            ("allow_community_extensions", "false"),
            ("allow_unsigned_extensions", "false"),
            ("allow_persistent_secrets", "false"),
            ("threads", &sandbox.threads.max(1).to_string()),
            ("memory_limit", &format!("{}B", sandbox.memory_bytes)),
        ])?);
        let admin = Connection::open(&database, &interrupter)?;
        admin.run(&lockdown(&sandbox))?;
        let closer = Connection::open(&database, &Interrupter::default())?;
        Ok(Self { admin, closer, database, interrupter, sandbox })
    }

    /// DuckDB's version.
    pub fn version(&self) -> Result<String, ToolError> {
        let connection = self.database.crate_connection().and_then(|connection| connection.version());
        connection.map_err(|error| ToolError::internal(format!("DuckDB does not tell its version: {error}")))
    }

    /// A connection without a database file.
    pub(crate) fn bare(&self) -> Result<Connection, EngineError> {
        Connection::open(&self.database, &self.interrupter)
    }

    /// What it was opened with.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Attaches the call's files; they are detached, and their locks given back, when the result is dropped. Waits a
    /// moment for a lock that another process holds.
    pub fn attach(&self, target: &Target) -> Result<Attached<'_>, ToolError> {
        let started = Instant::now();
        loop {
            let error = match self.attach_all(target) {
                Ok(attached) => return Ok(attached),
                Err(error) => error,
            };
            self.interrupter.check()?;
            if !lock::is_conflict(&error) || started.elapsed() > LOCK_PATIENCE {
                return Err(lock::attach_error(&error, &target.path));
            }
            std::thread::sleep(LOCK_PAUSE);
        }
    }

    /// Like [`Session::attach`] for reading, but when another process holds the file's lock, a consistent copy is read.
    /// The flag says whether it is a copy.
    pub fn attach_or_copy(&self, target: &Target) -> Result<(Attached<'_>, bool), ToolError> {
        match self.attach_all(target) {
            Ok(attached) => Ok((attached, false)),
            Err(error) if lock::is_conflict(&error) => self.attach_copy(target).map(|attached| (attached, true)),
            Err(error) => Err(lock::attach_error(&error, &target.path)),
        }
    }

    /// Attaches a consistent copy for reading and leaves the file itself alone.
    pub fn attach_copy(&self, target: &Target) -> Result<Attached<'_>, ToolError> {
        if !target.path.exists() {
            return self.attach(target);
        }
        let copy = Snapshot::take(&target.path, &self.sandbox.temporary, &|| self.interrupter.check())?;
        let target = Target { path: copy.path().to_owned(), access: Access::Read, attach: target.attach.clone() };
        let mut attached = self.attach_all(&target).map_err(|error| lock::attach_error(&error, &target.path))?;
        attached.copy = Some(copy);
        Ok(attached)
    }

    fn attach_all(&self, target: &Target) -> Result<Attached<'_>, EngineError> {
        let mut attached = Attached { session: self, catalog: alias_of(&target.path), aliases: Vec::new(), copy: None };
        let main = attached.catalog.clone();
        attached.add(&main, &target.path, target.access)?;
        for (alias, path) in &target.attach {
            attached.add(alias, path, Access::Read)?;
        }
        Ok(attached)
    }
}

/// Database files attached for one call.
pub struct Attached<'session> {
    session: &'session Session,
    catalog: String,
    aliases: Vec<String>,
    copy: Option<Snapshot>,
}

/// A connection of the `duckdb` crate that stops when the call is cancelled.
pub struct CrateConnection {
    _registration: Registration,
    connection: duckdb::Connection,
}

impl std::ops::Deref for CrateConnection {
    type Target = duckdb::Connection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl Attached<'_> {
    /// The catalogue that unqualified names mean: the file's name without its extension.
    pub fn catalog(&self) -> &str {
        &self.catalog
    }

    /// A connection on which unqualified names mean the target. Drop it before this.
    pub(crate) fn connect(&self) -> Result<Connection, EngineError> {
        let connection = Connection::open(&self.session.database, &self.session.interrupter)?;
        connection.run(&format!("USE {}", identifier(&self.catalog)))?;
        Ok(connection)
    }

    /// A connection of the `duckdb` crate on which unqualified names mean the target. Drop it before this.
    pub fn connection(&self) -> Result<CrateConnection, ToolError> {
        let open = || {
            let connection = self.session.database.crate_connection()?;
            connection.execute_batch(&format!("USE {}", identifier(&self.catalog)))?;
            Ok(connection)
        };
        let connection = open().map_err(|error: duckdb::Error| ToolError::internal(format!("DuckDB refuses a connection: {error}")))?;
        let registration = self.session.interrupter.register(Running::Crate(connection.interrupt_handle()));
        Ok(CrateConnection { _registration: registration, connection })
    }

    fn add(&mut self, alias: &str, path: &Path, access: Access) -> Result<(), EngineError> {
        let missing = access == Access::Read && !path.exists();
        let source = if missing { ":memory:".into() } else { path.to_string_lossy() };
        // Naming the type saves DuckDB from opening the file once more to find it out.
        let options = if access == Access::Read && !missing { " (TYPE duckdb, READ_ONLY)" } else { " (TYPE duckdb)" };
        // Kept before it is attached: an interrupted statement may have done its work.
        self.aliases.push(alias.to_owned());
        self.session.admin.run(&format!("ATTACH {} AS {}{options}", literal(&source), identifier(alias)))
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        for alias in self.aliases.drain(..) {
            if let Err(error) = self.session.closer.run(&format!("DETACH DATABASE IF EXISTS {}", identifier(&alias))) {
                tracing::warn!(%alias, %error, "a database file could not be detached");
            }
        }
        self.copy = None;
    }
}

fn lockdown(sandbox: &Sandbox) -> String {
    let roots: Vec<String> = sandbox.roots.iter().chain([&sandbox.temporary]).map(|root| literal(&root.to_string_lossy())).collect();
    let file = sandbox.database.to_string_lossy();
    let files: Vec<String> = ["", ".wal", ".wal.checkpoint", ".wal.recovery"].iter().map(|end| literal(&format!("{file}{end}"))).collect();
    format!(
        "SET temp_directory={temporary}; SET max_temp_directory_size='{size}B'; SET allowed_directories=[{roots}]; \
         SET allowed_paths=[{files}]; SET enable_progress_bar=true; SET enable_progress_bar_print=false; SET progress_bar_time=0; \
         SET enable_external_access=false; SET lock_configuration=true;",
        temporary = literal(&sandbox.temporary.to_string_lossy()),
        size = sandbox.temporary_bytes,
        roots = roots.join(","),
        files = files.join(","),
    )
}

/// The name under which a file is attached, the one that DuckDB itself would choose, so that names stored in views fit.
fn alias_of(path: &Path) -> String {
    let stem = path.file_stem().map_or_else(|| "warehouse".into(), |stem| stem.to_string_lossy().into_owned());
    if ["memory", "system", "temp"].contains(&stem.to_lowercase().as_str()) { format!("{stem}_db") } else { stem }
}

/// A name as an SQL identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::{Access, Interrupter, Sandbox, Session, Target};

    #[test]
    fn a_call_that_is_stopped_while_it_gives_its_file_back_leaves_nothing_attached() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("warehouse.duckdb");
        let sandbox = Sandbox {
            roots: vec![folder.path().into()],
            database: path.clone(),
            temporary: folder.path().join("temporary"),
            memory_bytes: 1 << 28,
            temporary_bytes: 1 << 28,
            threads: 1,
        };
        let interrupter = Interrupter::default();
        let session = Session::open(sandbox, interrupter.clone()).unwrap();
        let target = Target::new(&path, Access::Write);
        for call in 0..50 {
            interrupter.begin(call);
            let attached = session.attach(&target).unwrap();
            let done = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        interrupter.fire(call);
                    }
                });
                drop(attached);
                done.store(true, Ordering::SeqCst);
            });
            interrupter.end();
        }
    }
}
