//! A workspace of its own for every test.

use std::path::{Path, PathBuf};

use data_stack_core::ports::Warehouse;
use data_stack_core::ports::warehouse::{QueryJob, QueryLimits, QueryPage};
use data_stack_core::{Control, Effect, Ports, ToolError};
use data_stack_embedded::Settings;
use data_stack_embedded::engine::{Access, Interrupter, Sandbox, Session, Target};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const LIMITS: QueryLimits = QueryLimits { memory: 512 << 20, temporary: 256 << 20, threads: 2, output: 16 << 20 };

/// A folder with a warehouse over it.
pub(crate) struct Workspace {
    _folder: TempDir,
    pub(crate) settings: Settings,
    ports: Ports,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A workspace whose settings `change` has changed.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().canonicalize().unwrap();
        let mut settings = Settings::new(workspace, vec![env!("CARGO_BIN_EXE_embedded-test-worker").into()]);
        settings.limits = LIMITS;
        change(&mut settings);
        let ports = data_stack_embedded::open(settings.clone());
        Self { _folder: folder, settings, ports }
    }

    /// The same workspace as another process would open it.
    pub(crate) fn reopened(&self) -> Ports {
        data_stack_embedded::open(self.settings.clone())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.settings.workspace.join(name)
    }

    pub(crate) fn warehouse(&self) -> &dyn Warehouse {
        self.ports.warehouse().unwrap()
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) async fn run(&self, job: QueryJob) -> Result<QueryPage, ToolError> {
        self.warehouse().query(job, &Control::unlimited()).await
    }

    pub(crate) async fn read(&self, sql: &str) -> Result<QueryPage, ToolError> {
        self.run(job(sql)).await
    }

    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        self.read(sql).await.unwrap().rows
    }

    pub(crate) async fn write(&self, sql: &str) -> QueryPage {
        self.run(QueryJob { effect: Effect::Destroy, ..job(sql) }).await.unwrap()
    }
}

/// A read with the usual limits.
pub(crate) fn job(sql: &str) -> QueryJob {
    QueryJob { limits: LIMITS, ..QueryJob::reading(sql, 100) }
}

/// An engine in this process, over a folder.
pub(crate) fn session(folder: &Path) -> Session {
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    let sandbox = Sandbox::new(vec![folder.to_owned()], folder.join("w.duckdb"), temporary, LIMITS);
    Session::open(sandbox, Interrupter::default()).unwrap()
}

/// The engine's database.
pub(crate) fn target(session: &Session, access: Access) -> Target {
    Target::new(&session.sandbox().database, access)
}
