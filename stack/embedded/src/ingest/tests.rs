//! Loads from end to end: real files, the real engine in process, a real database file.

mod dirty;
mod failure;
mod modes;
mod remote;
mod sources;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_stack_core::ports::ingest::{Dialect, IngestJob, LoadMode, LoadReport, OnError, Preview, SchemaPolicy};
use data_stack_core::ports::{Artifacts, Files, Ingest};
use data_stack_core::{BoxFuture, Control, ToolError};
use serde_json::Value;

use super::plan::IngestRequest;
use super::service::{EmbeddedIngest, LoadEngine};
use super::source::copy::SizeLimits;
use super::steps::Steps;
use crate::artifacts::ArtifactFolder;
use crate::fetch::{Fetcher, RemoteSettings};
use crate::files::LocalFiles;

/// Runs requests in this process; the file is open for the request only, as in the worker.
pub(super) struct InProcess {
    pub(super) database: PathBuf,
}

impl InProcess {
    pub(super) fn carry_out(&self, request: IngestRequest, steps: &dyn Steps) -> Result<Value, ToolError> {
        let connection = duckdb::Connection::open(&self.database).unwrap();
        super::load::run(&connection, request, steps)
    }
}

impl LoadEngine for InProcess {
    fn run<'a>(&'a self, request: IngestRequest, control: &'a Control) -> BoxFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move { self.carry_out(request, control) })
    }
}

/// A workspace with a warehouse.
pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) ingest: EmbeddedIngest,
    artifacts: Arc<ArtifactFolder>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(RemoteSettings::default(), SizeLimits::default())
    }

    pub(super) fn with(remote: RemoteSettings, sizes: SizeLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files: Arc<dyn Files> = Arc::new(LocalFiles::new(folder.path(), []).unwrap());
        let artifacts = Arc::new(ArtifactFolder::new(folder.path().join("artifacts")));
        let engine = Arc::new(InProcess { database: folder.path().join("w.duckdb") });
        let spool = folder.path().join("spool");
        let ingest = EmbeddedIngest::new(files, artifacts.clone(), engine, Fetcher::new(remote).unwrap(), spool, sizes);
        Self { folder, ingest, artifacts }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(super) fn load(&self, job: IngestJob) -> Result<LoadReport, ToolError> {
        let report = runtime().block_on(self.ingest.load(job, &Control::unlimited()));
        assert_eq!(entries(&self.path("spool")), Vec::<String>::new(), "working copies are removed");
        report
    }

    pub(super) fn preview(&self, job: IngestJob) -> Result<Preview, ToolError> {
        runtime().block_on(self.ingest.preview(job, &Control::unlimited()))
    }

    /// The rows of a query, values as text, fields joined by `|`.
    pub(super) fn query(&self, sql: &str) -> Vec<String> {
        query(&self.path("w.duckdb"), sql)
    }

    pub(super) fn artifact(&self, uri: &str) -> String {
        std::fs::read_to_string(self.artifacts.find(uri).unwrap().path).unwrap()
    }
}

pub(super) fn query(database: &Path, sql: &str) -> Vec<String> {
    let connection = duckdb::Connection::open(database).unwrap();
    let sql = format!("SELECT concat_ws('|', *COLUMNS(*)) FROM ({sql})");
    let mut statement = connection.prepare(&sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn entries(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .map(|found| found.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default()
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A job that creates table `t` from `source`.
pub(super) fn job(source: &str) -> IngestJob {
    IngestJob {
        source: source.into(),
        format: None,
        table: "t".into(),
        mode: LoadMode::Create,
        schema_policy: SchemaPolicy::Fail,
        on_error: OnError::Fail,
        force: false,
        types: Vec::new(),
        dialect: Dialect::default(),
        sheet: None,
        request_id: "request".into(),
    }
}

pub(super) fn append(source: &str) -> IngestJob {
    IngestJob { mode: LoadMode::Append, ..job(source) }
}

pub(super) fn replace(source: &str) -> IngestJob {
    IngestJob { mode: LoadMode::Replace, ..job(source) }
}

pub(super) fn columns(report: &LoadReport) -> Vec<String> {
    report.columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect()
}
