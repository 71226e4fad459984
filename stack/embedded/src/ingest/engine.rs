//! Loads run where all of DuckDB runs: in a worker process, which holds the database's lock for the load alone.

use std::path::PathBuf;
use std::sync::Arc;

use data_stack_core::{BoxFuture, Control, ToolError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plan::IngestRequest;
use super::service::LoadEngine;
use super::steps::{Steps, io_error};
use crate::engine::{Access, Sandbox, Session, Target};
use crate::private;
use crate::settings::Settings;
use crate::warehouse::pool::Pool;
use crate::worker::Work;
use crate::worker::protocol::Request;

/// A request and the database file that it is for.
#[derive(Debug, Serialize, Deserialize)]
pub struct IngestWork {
    target: Target,
    request: IngestRequest,
}

impl IngestWork {
    /// Whether the work changes the database.
    pub(crate) fn writes(&self) -> bool {
        self.target.access == Access::Write
    }
}

/// Carries out work in the worker.
pub(crate) fn run(session: &Session, ingest: IngestWork, work: &Work) -> Result<Value, ToolError> {
    let attached = session.attach(&ingest.target)?;
    let connection = attached.connection()?;
    super::load::run(&connection, ingest.request, work)
}

impl Steps for Work {
    fn check(&self) -> Result<(), ToolError> {
        Self::check(self)
    }

    fn progress(&self, done: f64, total: Option<f64>, message: String) {
        Self::progress(self, done, total, message);
    }
}

/// Sends requests to the worker processes of the warehouse.
pub struct WorkerEngine {
    settings: Arc<Settings>,
    pool: Arc<Pool>,
    spool: PathBuf,
}

impl WorkerEngine {
    /// An engine whose workers may read the private copies below `spool` and the workspace, and nothing else.
    pub(crate) fn new(settings: Arc<Settings>, pool: Arc<Pool>, spool: PathBuf) -> Self {
        Self { settings, pool, spool }
    }

    /// Lets a worker do work that reads private copies or the database.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Request, control: &Control) -> Result<T, ToolError> {
        self.pool.run(self.sandbox()?, request, control).await
    }

    /// The database file, for reading.
    pub(crate) fn database(&self) -> Target {
        Target::new(&self.settings.database, Access::Read)
    }

    fn sandbox(&self) -> Result<Sandbox, ToolError> {
        let temporary = self.settings.state.join("tmp");
        for folder in [&temporary, &self.spool] {
            private::folder(folder).map_err(|error| io_error(&format!("the folder {} cannot be made", folder.display()), &error))?;
        }
        let mut roots = self.settings.granted();
        let spool = self.spool.canonicalize().unwrap_or_else(|_| self.spool.clone());
        if !roots.iter().any(|root| spool.starts_with(root)) {
            roots.push(spool);
        }
        Ok(Sandbox::new(roots, self.settings.database.clone(), temporary, self.settings.limits))
    }

    async fn carry_out(&self, request: IngestRequest, control: &Control) -> Result<Value, ToolError> {
        let access = if matches!(request, IngestRequest::Load(_)) { Access::Write } else { Access::Read };
        let target = Target::new(&self.settings.database, access);
        let work = Request::Ingest(Box::new(IngestWork { target, request }));
        self.ask(work, control).await.map_err(for_loads)
    }
}

/// A load cannot work on a copy, so a held lock has another next step than it has for a query.
fn for_loads(error: ToolError) -> ToolError {
    let locked = error.details.as_ref().is_some_and(|details| details.get("holder_pid").is_some());
    if !locked {
        return error;
    }
    let hint = "Nothing was changed. Call again when the holder has finished.".to_owned();
    ToolError { hints: vec![hint], ..error }
}

impl LoadEngine for WorkerEngine {
    fn run<'a>(&'a self, request: IngestRequest, control: &'a Control) -> BoxFuture<'a, Result<Value, ToolError>> {
        Box::pin(self.carry_out(request, control))
    }
}
