//! The ingest port: sources are prepared here, and the engine takes them into the table.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_stack_core::ports::ingest::{IngestJob, LoadMode, LoadReport, OnError, Preview, SourceFile};
use data_stack_core::ports::{Artifacts, Files, Ingest};
use data_stack_core::{BoxFuture, Control, ToolError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::names::TableName;
use super::plan::{IngestRequest, LoadPlan, Loaded, Outcome, Outlook, Prepared};
use super::rejects;
use super::report;
use super::source::copy::SizeLimits;
use super::source::locate::Locator;
use super::source::prepare::{self, Bench, Staged};
use super::source::spool::Spool;
use crate::fetch::Fetcher;

/// Runs the worker's side of a load.
pub trait LoadEngine: Send + Sync {
    /// Carries out a request; the answer's shape follows from it.
    fn run<'a>(&'a self, request: IngestRequest, control: &'a Control) -> BoxFuture<'a, Result<Value, ToolError>>;
}

/// Loads files of this machine, and of others where the operator allows, into the warehouse.
pub struct EmbeddedIngest {
    locator: Locator,
    artifacts: Arc<dyn Artifacts>,
    engine: Arc<dyn LoadEngine>,
    spool: Spool,
    limits: SizeLimits,
}

impl EmbeddedIngest {
    /// A loader that keeps private copies below `spool` while it works.
    pub fn new(
        files: Arc<dyn Files>,
        artifacts: Arc<dyn Artifacts>,
        engine: Arc<dyn LoadEngine>,
        fetcher: Fetcher,
        spool: PathBuf,
        limits: SizeLimits,
    ) -> Self {
        Self { locator: Locator::new(files, fetcher, "source"), artifacts, engine, spool: Spool::new(spool), limits }
    }

    /// The same loader over another engine.
    #[cfg(test)]
    pub(super) fn with_engine(&self, engine: Arc<dyn LoadEngine>) -> Self {
        let Self { locator, artifacts, spool, limits, .. } = self;
        Self { locator: locator.clone(), artifacts: artifacts.clone(), engine, spool: spool.clone(), limits: *limits }
    }

    async fn preview_job(&self, job: IngestJob, control: &Control) -> Result<Preview, ToolError> {
        let table = TableName::parse(&job.table)?;
        let bench = self.spool.bench()?;
        let staged = self.stage(&job, bench.path(), control).await?;
        let loaded: Loaded = self.ask(IngestRequest::Ledger { table: job.table.clone() }, control).await?;
        let files = with_loads(&staged, &loaded);
        let prepared = self.prepare(staged, &job, bench.path(), control).await?;
        let plan = plan(&job, table, &prepared);
        let outlook: Outlook = self.ask(IngestRequest::Preview(Box::new(plan)), control).await?;
        Ok(report::preview(&job, files, &prepared, outlook))
    }

    async fn load_job(&self, job: IngestJob, control: &Control) -> Result<LoadReport, ToolError> {
        let table = TableName::parse(&job.table)?;
        let bench = self.spool.bench()?;
        let staged = self.stage(&job, bench.path(), control).await?;
        let loaded: Loaded = self.ask(IngestRequest::Ledger { table: job.table.clone() }, control).await?;
        let files = with_loads(&staged, &loaded);
        let staged = pending(&job, staged, &loaded);
        if staged.is_empty() {
            return Ok(report::nothing_new(&table, files, loaded));
        }
        let prepared = self.prepare(staged, &job, bench.path(), control).await?;
        accept(&job, &prepared)?;
        let plan = plan(&job, table.clone(), &prepared);
        let outcome: Outcome = self.ask(IngestRequest::Load(Box::new(plan)), control).await?;
        let all = report::rejects(&prepared, &outcome);
        if outcome.loaded.is_empty() && !outcome.misfits.is_empty() {
            return Err(rejects::refusal(&all));
        }
        let link = if all.is_empty() {
            None
        } else {
            Some(self.artifacts.put(&format!("rejects-{}.csv", job.request_id), "text/csv", rejects::as_csv(&all).as_bytes())?)
        };
        Ok(report::loaded(&table, files, prepared, outcome, all, link))
    }

    async fn ask<T: DeserializeOwned>(&self, request: IngestRequest, control: &Control) -> Result<T, ToolError> {
        let answer = self.engine.run(request, control).await?;
        serde_json::from_value(answer).map_err(|error| ToolError::internal(format!("the worker's answer cannot be read: {error}")))
    }

    async fn stage(&self, job: &IngestJob, folder: &Path, control: &Control) -> Result<Vec<Staged>, ToolError> {
        let inputs = self.locator.open(&job.source, folder, control).await?;
        let (job, folder, control, limits) = (job.clone(), folder.to_owned(), control.clone(), self.limits);
        blocking(move || {
            let bench = Bench { folder: &folder, limits, steps: &control };
            inputs.into_iter().enumerate().map(|(number, input)| prepare::stage(input, number, &job, &bench)).collect()
        })
        .await
    }

    async fn prepare(&self, staged: Vec<Staged>, job: &IngestJob, folder: &Path, control: &Control) -> Result<Vec<Prepared>, ToolError> {
        let (job, folder, control, limits) = (job.clone(), folder.to_owned(), control.clone(), self.limits);
        blocking(move || {
            let bench = Bench { folder: &folder, limits, steps: &control };
            staged.into_iter().map(|staged| prepare::prepare(staged, &job, &bench)).collect()
        })
        .await
    }
}

impl Ingest for EmbeddedIngest {
    fn preview<'a>(&'a self, job: IngestJob, control: &'a Control) -> BoxFuture<'a, Result<Preview, ToolError>> {
        Box::pin(self.preview_job(job, control))
    }

    fn load<'a>(&'a self, job: IngestJob, control: &'a Control) -> BoxFuture<'a, Result<LoadReport, ToolError>> {
        Box::pin(self.load_job(job, control))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ToolError> + Send + 'static) -> Result<T, ToolError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ToolError::internal(format!("the work on the source ended: {error}")))?
}

/// The files, with the time at which the same content was loaded before.
fn with_loads(staged: &[Staged], loaded: &Loaded) -> Vec<SourceFile> {
    let load_of =
        |blake3: &str| loaded.entries.iter().find(|entry| loaded.exists && entry.blake3 == blake3).map(|entry| entry.loaded_at.clone());
    staged.iter().map(|staged| SourceFile { loaded_at: load_of(&staged.file.blake3), ..staged.file.clone() }).collect()
}

/// The files that a load still has to read. Whether a replacement changes anything is told by the whole set.
fn pending(job: &IngestJob, staged: Vec<Staged>, loaded: &Loaded) -> Vec<Staged> {
    let known = |staged: &Staged| loaded.exists && loaded.entries.iter().any(|entry| entry.blake3 == staged.file.blake3);
    if job.force {
        return staged;
    }
    if job.mode == LoadMode::Replace {
        let same = staged.len() == loaded.entries.len() && staged.iter().all(known);
        return if same { Vec::new() } else { staged };
    }
    staged.into_iter().filter(|staged| !known(staged)).collect()
}

/// Refuses what must not be loaded: lines that cannot be read, where the caller wants none, and lines that do not add up.
fn accept(job: &IngestJob, prepared: &[Prepared]) -> Result<(), ToolError> {
    let rejected: Vec<_> = prepared.iter().flat_map(|prepared| prepared.rejects.iter().cloned()).collect();
    if job.on_error == OnError::Fail && !rejected.is_empty() {
        return Err(rejects::refusal(&rejected));
    }
    match prepared.iter().flat_map(|prepared| &prepared.checks).find(|check| !check.passed) {
        None => Ok(()),
        Some(check) => Err(report::unaccounted(check)),
    }
}

fn plan(job: &IngestJob, table: TableName, prepared: &[Prepared]) -> LoadPlan {
    LoadPlan {
        table,
        mode: job.mode,
        schema_policy: job.schema_policy,
        on_error: job.on_error,
        force: job.force,
        types: job.types.clone(),
        parts: prepared.iter().map(|prepared| prepared.part.clone()).collect(),
        request_id: job.request_id.clone(),
    }
}
