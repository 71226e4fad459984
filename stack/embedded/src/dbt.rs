//! dbt on the workspace's warehouse: typed jobs in, structured reports out.
//!
//! - Commands that write have the warehouse to themselves while they run; readers meanwhile read a copy.
//! - Commands that only read run on a copy, so that no macro or hook of theirs can change the warehouse.
//! - A project is worked on by one command at a time; further ones wait for their turn, those of other processes included.
//! - What dbt keeps for itself (`target`, logs) lies in data-stack's state folder, and not in the project.
//!
//! A project without a `profiles.yml` of its own gets one for the warehouse. One that has its own writes
//! `path: "{{ env_var('DATA_STACK_WAREHOUSE') }}"` there. dbt's environment holds that variable, the user's `DBT_*` variables,
//! those by which a profile finds the compose stack, and little else.

mod artifacts;
mod command;
mod contracts;
mod failure;
mod graph;
mod ledger;
mod listen;
mod plan;
mod profiles;
mod project;
mod report;
mod run;
mod standby;

use std::sync::Arc;

use data_stack_core::ports::dbt::{Contract, ContractsJob, DbtCommand, DbtEntry, DbtJob, DbtReport, Lineage, LineageJob};
use data_stack_core::ports::{Artifacts, Dbt};
use data_stack_core::{BoxFuture, Control, Effect, ResourceLink, ToolError};

pub(crate) use ledger::Ledger;
pub(crate) use project::has_project;

use crate::python::Environments;
use crate::settings::Settings;
use crate::warehouse::paths::Paths;
use crate::warehouse::pool::Pool;
use artifacts::Manifest;
use project::Project;
use run::{Runner, Session};

/// dbt in an environment of its own, on the workspace's warehouse.
pub struct EmbeddedDbt {
    settings: Arc<Settings>,
    paths: Paths,
    runner: Runner,
    ledger: Ledger,
    artifacts: Arc<dyn Artifacts>,
}

impl EmbeddedDbt {
    /// dbt for these settings; nothing is set up or started yet.
    pub(crate) fn new(settings: &Arc<Settings>, pool: &Pool, artifacts: Arc<dyn Artifacts>) -> Self {
        let environments = Environments::new(&settings.cache, settings.environments.clone());
        Self {
            paths: Paths::new(settings.workspace.clone(), settings.granted()),
            runner: Runner::new(Arc::clone(settings), environments, pool.lease().clone()),
            ledger: Ledger::of(settings),
            settings: Arc::clone(settings),
            artifacts,
        }
    }

    fn project(&self, wanted: Option<&str>) -> Result<Project, ToolError> {
        Project::find(&self.settings, &self.paths, wanted)
    }

    async fn run_job(&self, job: DbtJob, control: &Control) -> Result<DbtReport, ToolError> {
        let project = self.project(job.project.as_deref())?;
        let arguments = command::arguments(&job, &project, &self.paths)?;
        let reach = if job.effect() > Effect::Read { Reach::Warehouse } else { reach_of(job.command) };
        let session = self.runner.begin(&project, reach, control).await?;
        let heard = session.run(&arguments, control).await?;
        let manifest = Manifest::read(&session.target());
        if let Some(unmatched) = heard.unmatched() {
            return Err(failure::no_match(&unmatched, manifest.as_ref()));
        }
        let mut report = report::assemble(&job, &project, &session, heard, manifest.as_ref());
        if job.command == DbtCommand::Docs && report.succeeded {
            report.files.push(self.documentation(&session)?);
        }
        if let Some(manifest) = &manifest {
            self.ledger.record(&job, &report, manifest, &self.settings.database);
        }
        Ok(report)
    }

    /// The documentation as one page that needs nothing besides.
    fn documentation(&self, session: &Session<'_>) -> Result<ResourceLink, ToolError> {
        let page = self.artifacts.reserve("dbt-docs.html")?;
        std::fs::copy(session.target().join("static_index.html"), &page).map_err(|error| project::unwritable(&page, &error))?;
        self.artifacts.adopt(&page, "text/html")
    }

    async fn run_list(&self, job: DbtJob, control: &Control) -> Result<Vec<DbtEntry>, ToolError> {
        let project = self.project(job.project.as_deref())?;
        let arguments = command::listing(&job, &project, &self.paths)?;
        let session = self.runner.begin(&project, Reach::Files, control).await?;
        let heard = session.run(&arguments, control).await?;
        let manifest = read_whole(&session, &heard)?;
        Ok(plan::entries(&job, &heard.printed_ids(), &manifest, &self.ledger))
    }

    async fn run_lineage(&self, job: LineageJob, control: &Control) -> Result<Lineage, ToolError> {
        let command = if job.sql { DbtCommand::Compile } else { DbtCommand::Parse };
        let manifest = self.manifest(job.project.as_deref(), command, control).await?;
        graph::lineage(&job, &manifest)
    }

    async fn run_contracts(&self, job: ContractsJob, control: &Control) -> Result<Vec<Contract>, ToolError> {
        let manifest = self.manifest(job.project.as_deref(), DbtCommand::Parse, control).await?;
        Ok(contracts::declared(&manifest, &self.ledger, &self.settings.database))
    }

    /// The project as it is now, after `parse` or `compile`.
    async fn manifest(&self, project: Option<&str>, command: DbtCommand, control: &Control) -> Result<Manifest, ToolError> {
        let project = self.project(project)?;
        let arguments = command::arguments(&DbtJob { command, ..DbtJob::default() }, &project, &self.paths)?;
        let session = self.runner.begin(&project, reach_of(command), control).await?;
        let heard = session.run(&arguments, control).await?;
        read_whole(&session, &heard)
    }
}

/// What a command opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The project's files only.
    Files,
    /// A copy of the warehouse.
    Copy,
    /// The warehouse itself.
    Warehouse,
}

fn reach_of(command: DbtCommand) -> Reach {
    match command {
        DbtCommand::Parse | DbtCommand::List | DbtCommand::Lineage => Reach::Files,
        _ => Reach::Copy,
    }
}

/// The manifest of a command that ended well, or why it did not.
fn read_whole(session: &Session<'_>, heard: &listen::Heard) -> Result<Manifest, ToolError> {
    if let Some(error) = heard.stopped.clone() {
        return Err(error);
    }
    if let Some(unmatched) = heard.unmatched() {
        return Err(failure::no_match(&unmatched, Manifest::read(&session.target()).as_ref()));
    }
    let manifest = Manifest::read(&session.target()).filter(|_| heard.succeeded);
    manifest.ok_or_else(|| failure::unreadable_project(&failure::problems(heard)))
}

impl Dbt for EmbeddedDbt {
    fn run<'a>(&'a self, job: DbtJob, control: &'a Control) -> BoxFuture<'a, Result<DbtReport, ToolError>> {
        Box::pin(self.run_job(job, control))
    }

    fn list<'a>(&'a self, job: DbtJob, control: &'a Control) -> BoxFuture<'a, Result<Vec<DbtEntry>, ToolError>> {
        Box::pin(self.run_list(job, control))
    }

    fn lineage<'a>(&'a self, job: LineageJob, control: &'a Control) -> BoxFuture<'a, Result<Lineage, ToolError>> {
        Box::pin(self.run_lineage(job, control))
    }

    fn contracts<'a>(&'a self, job: ContractsJob, control: &'a Control) -> BoxFuture<'a, Result<Vec<Contract>, ToolError>> {
        Box::pin(self.run_contracts(job, control))
    }
}
