//! The port: what is wanted is found, and opened source by source.

use std::path::PathBuf;
use std::sync::Arc;

use data_stack_core::ports::sources::{Format, OpenedSource, Wanted, Written};
use data_stack_core::ports::{Files, Sources};
use data_stack_core::{BoxFuture, Code, Control, ToolError};

use super::convert::{self, Bench, Readied};
use super::relation;
use crate::engine::flatten::Relation;
use crate::fetch::Fetcher;
use crate::ingest::WorkerEngine;
use crate::ingest::names::TableName;
use crate::ingest::source::copy::{Input, SizeLimits};
use crate::ingest::source::locate::Locator;
use crate::ingest::source::spool::Spool;

/// Files that one pattern may name: each stays open while it is read.
const MOST_FILES: usize = 500;

/// Opens files of this machine, of others where the operator allows, and tables and queries of the warehouse.
pub struct EmbeddedSources {
    locator: Locator,
    engine: Arc<WorkerEngine>,
    spool: Spool,
    limits: SizeLimits,
}

impl EmbeddedSources {
    /// Sources whose working copies lie below `spool` while they are made.
    pub fn new(files: Arc<dyn Files>, engine: Arc<WorkerEngine>, fetcher: Fetcher, spool: PathBuf, limits: SizeLimits) -> Self {
        Self { locator: Locator::new(files, fetcher, "path"), engine, spool: Spool::new(spool), limits }
    }

    async fn open_wanted(&self, wanted: Wanted, control: &Control) -> Result<Vec<OpenedSource>, ToolError> {
        match wanted {
            Wanted::Place { path, sheet, entry } => {
                let opened = self.place(&path, sheet.as_deref(), entry.as_deref(), control).await;
                opened.map_err(|error| renamed(error, "source", "path"))
            }
            Wanted::Table(table) => {
                let TableName { schema, name } = TableName::parse(&table)?;
                let relation = Relation::Table { target: self.engine.database(), schema, name };
                self.rows(table, Format::Table, relation, control).await.map_err(|error| renamed(error, "sql", "table"))
            }
            Wanted::Query(sql) => {
                let relation = Relation::Query { target: self.engine.database(), sql };
                self.rows("query".to_owned(), Format::Query, relation, control).await
            }
        }
    }

    async fn place(&self, path: &str, sheet: Option<&str>, entry: Option<&str>, control: &Control) -> Result<Vec<OpenedSource>, ToolError> {
        let folder = Arc::new(self.spool.bench()?);
        let inputs = self.locator.open(path, folder.path(), control).await?;
        if inputs.len() > MOST_FILES {
            let message = format!("`{path}` names {} files; at most {MOST_FILES} are read as one", inputs.len());
            return Err(ToolError::new(Code::Limit, message, "Use a narrower pattern.").at("path"));
        }
        let mut opened = Vec::with_capacity(inputs.len());
        for (number, input) in inputs.into_iter().enumerate() {
            opened.push(self.file(number, input, sheet, entry, &folder, control).await?);
        }
        Ok(opened)
    }

    async fn file(
        &self,
        number: usize,
        input: Input,
        sheet: Option<&str>,
        entry: Option<&str>,
        folder: &Arc<tempfile::TempDir>,
        control: &Control,
    ) -> Result<OpenedSource, ToolError> {
        let (limits, held) = (self.limits, Arc::clone(folder));
        let (sheet, entry, steps) = (sheet.map(str::to_owned), entry.map(str::to_owned), control.clone());
        let work = move || {
            let bench = Bench { folder: held.path(), number, limits, control: &steps };
            convert::ready(input, sheet.as_deref(), entry.as_deref(), &bench)
        };
        match stoppable(work, control).await? {
            Readied::Text(source) => Ok(source),
            Readied::Rows(source, relation) => {
                let path = folder.path().join(format!("{number}.text"));
                let written = relation::write(&self.engine, relation, &path, limits.unpacked, &source.name, control).await?;
                convert::with_text(source, &path, written)
            }
        }
    }

    async fn rows(&self, name: String, format: Format, relation: Relation, control: &Control) -> Result<Vec<OpenedSource>, ToolError> {
        let folder = self.spool.bench()?;
        let path = folder.path().join("text");
        let label = if format == Format::Table { format!("table {name}") } else { "the query".to_owned() };
        let written: Written = relation::write(&self.engine, relation, &path, self.limits.unpacked, &label, control).await?;
        convert::rows(name, format, &path, written).map(|source| vec![source])
    }
}

impl Sources for EmbeddedSources {
    fn open<'a>(&'a self, wanted: Wanted, control: &'a Control) -> BoxFuture<'a, Result<Vec<OpenedSource>, ToolError>> {
        Box::pin(self.open_wanted(wanted, control))
    }
}

/// An error about what we call one thing and the caller another.
fn renamed(error: ToolError, ours: &str, theirs: &str) -> ToolError {
    if error.field.as_deref() == Some(ours) { error.at(theirs) } else { error }
}

/// Works on a thread of its own. A caller that stops is answered at once; the work ends at its next step.
async fn stoppable<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ToolError> + Send + 'static,
    control: &Control,
) -> Result<T, ToolError> {
    tokio::select! {
        done = tokio::task::spawn_blocking(work) => done.map_err(|error| ToolError::internal(format!("the work on the source ended: {error}")))?,
        stopped = control.ended() => Err(stopped),
    }
}
