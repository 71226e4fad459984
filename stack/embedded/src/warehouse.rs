//! The warehouse port: resolves paths, lets a worker do the work, keeps results for later pages.

pub(crate) mod copy;
pub(crate) mod lease;
pub(crate) mod paths;
pub(crate) mod pool;
mod process;
mod results;

use std::path::PathBuf;
use std::sync::Arc;

use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Export, ExportFormat, QueryJob, QueryLimits, QueryPage};
use data_stack_core::ports::{Artifacts, Warehouse};
use data_stack_core::{BoxFuture, Control, Effect, ToolError};

use crate::dbt::Ledger;
use crate::engine::catalog::CatalogRequest;
use crate::engine::query::{QueryAnswer, QueryRequest};
use crate::engine::{Access, Sandbox, Target};
use crate::private;
use crate::settings::Settings;
use crate::worker::protocol::Request;
use paths::Paths;
use pool::Pool;
use results::{Results, Slot};

/// DuckDB behind worker processes.
pub struct EmbeddedWarehouse {
    settings: Arc<Settings>,
    pool: Arc<Pool>,
    artifacts: Arc<dyn Artifacts>,
    paths: Paths,
    results: Results,
    ledger: Ledger,
}

impl EmbeddedWarehouse {
    /// A warehouse over the settings' database; nothing is opened or started yet.
    pub(crate) fn new(settings: Arc<Settings>, pool: Arc<Pool>, artifacts: Arc<dyn Artifacts>) -> Self {
        let paths = Paths::new(settings.workspace.clone(), settings.granted());
        let results = Results::new(settings.state.join("results"), settings.result_lifetime);
        let ledger = Ledger::of(&settings);
        Self { settings, pool, artifacts, paths, results, ledger }
    }

    /// What the engine may reach and use for work within `limits`.
    pub(crate) fn sandbox(&self, limits: QueryLimits) -> Result<Sandbox, ToolError> {
        let temporary = self.settings.state.join("tmp");
        private::folder(&temporary).map_err(|error| {
            ToolError::new(
                data_stack_core::Code::Failed,
                format!("{} cannot be made: {error}", temporary.display()),
                "Check the folder's rights.",
            )
        })?;
        Ok(Sandbox::new(self.paths.roots().to_vec(), self.settings.database.clone(), temporary, limits))
    }

    fn target(&self, job: &QueryJob) -> Result<Target, ToolError> {
        let access = if job.effect == Effect::Read { Access::Read } else { Access::Write };
        let path = match &job.database {
            Some(path) => self.paths.database(path, access)?,
            None => self.settings.database.clone(),
        };
        let attach = job.attach.iter().map(|(alias, path)| self.paths.attached(alias, path)).collect::<Result<_, _>>()?;
        Ok(Target { path, access, attach })
    }

    async fn run_query(&self, job: QueryJob, control: &Control) -> Result<QueryPage, ToolError> {
        let limits = job.limits.at_most(self.settings.limits);
        let (target, sandbox) = (self.target(&job)?, self.sandbox(limits)?);
        let own = target.path == self.settings.database;
        let slot = self.results.slot()?;
        let export = job.export.as_ref().map(|export| self.artifacts.reserve(&file_name(export))).transpose()?;
        let request = QueryRequest {
            target,
            snapshot: job.snapshot,
            copy: false,
            sql: job.sql,
            parameters: job.parameters,
            effect: job.effect,
            explain: job.explain,
            limit: job.limit,
            spill: slot.rows_path(),
            spill_bytes: limits.output,
            export: job.export.as_ref().map(|export| export.format).zip(export.clone()),
        };
        let answer = self.pool.run(sandbox, Request::Query(request), control).await;
        let mut answer: QueryAnswer = answer.inspect_err(|_| discard(&slot, export.as_ref()))?;
        if own {
            self.ledger.add_to(&mut answer.origins);
        }
        self.page_of(answer, &slot, job.export.zip(export))
    }

    fn page_of(&self, answer: QueryAnswer, slot: &Slot, export: Option<(Export, PathBuf)>) -> Result<QueryPage, ToolError> {
        let cursor = if answer.spilled { Some(slot.keep(&answer)?) } else { None };
        let export = export.map(|(export, path)| self.artifacts.adopt(&path, mime_type(export.format))).transpose()?;
        let QueryAnswer { columns, rows, total_rows, rows_changed, statement, plan, elapsed_ms, warnings, origins, .. } = answer;
        Ok(QueryPage { columns, rows, total_rows, rows_changed, cursor, statement, plan, export, elapsed_ms, warnings, origins })
    }

    async fn run_catalog(&self, job: CatalogJob, control: &Control) -> Result<Catalog, ToolError> {
        let target = Target::new(&self.settings.database, Access::Read);
        let request = Request::Catalog(CatalogRequest::new(target, job));
        self.pool.run(self.sandbox(self.settings.limits)?, request, control).await
    }
}

impl Warehouse for EmbeddedWarehouse {
    fn query<'a>(&'a self, job: QueryJob, control: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        Box::pin(self.run_query(job, control))
    }

    fn page<'a>(&'a self, cursor: &'a str, limit: usize, control: &'a Control) -> BoxFuture<'a, Result<QueryPage, ToolError>> {
        Box::pin(self.results.page(cursor, limit, control))
    }

    fn catalog<'a>(&'a self, job: CatalogJob, control: &'a Control) -> BoxFuture<'a, Result<Catalog, ToolError>> {
        Box::pin(self.run_catalog(job, control))
    }
}

/// Removes what a failed call may have begun to write.
fn discard(slot: &Slot, export: Option<&PathBuf>) {
    for path in [Some(&slot.rows_path()), export].into_iter().flatten() {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(path = %path.display(), %error, "a file remains"),
            _ => {}
        }
    }
}

fn file_name(export: &Export) -> String {
    let extension = match export.format {
        ExportFormat::Csv => "csv",
        ExportFormat::Parquet => "parquet",
        ExportFormat::Arrow => "arrow",
        ExportFormat::Jsonl => "jsonl",
    };
    let stem = export.name.strip_suffix(&format!(".{extension}")).unwrap_or(&export.name);
    format!("{stem}.{extension}")
}

fn mime_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "text/csv",
        ExportFormat::Parquet => "application/vnd.apache.parquet",
        ExportFormat::Arrow => "application/vnd.apache.arrow.file",
        ExportFormat::Jsonl => "application/x-ndjson",
    }
}
