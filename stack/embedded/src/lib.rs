//! The embedded stack: DuckDB in worker processes, local files, artifacts. No service has to run.

pub mod artifacts;
mod child;
pub mod dbt;
pub mod engine;
pub mod fetch;
pub mod files;
pub mod ingest;
mod locking;
mod private;
pub mod python;
pub mod quality;
pub mod settings;
pub mod sources;
pub mod starter;
pub mod warehouse;
pub mod worker;

use std::sync::Arc;

use data_stack_core::{Ports, ToolError};

pub use settings::{PoolSettings, Settings};

/// The backends of a workspace. Opens no database and starts no process; that happens with the first call that needs it.
///
/// A backend whose settings are wrong is left out, with the reason in the log.
pub fn open(settings: Settings) -> Ports {
    let settings = Arc::new(settings);
    let artifacts = Arc::new(artifacts::ArtifactFolder::new(settings.state.join("artifacts")));
    let pool = warehouse::pool::Pool::new(Arc::clone(&settings));
    let mut ports = Ports { artifacts: Some(artifacts.clone()), ..Ports::default() };
    if let Err(error) = add_files_and_ingest(&mut ports, &settings, &pool, &artifacts) {
        tracing::error!(%error, "files cannot be read or loaded");
    }
    ports.starter = Some(Arc::new(starter::EmbeddedStarter::new(&settings)));
    ports.quality = Some(Arc::new(quality::EmbeddedQuality::new(&settings, pool.lease().clone())));
    ports.dbt = Some(Arc::new(dbt::EmbeddedDbt::new(&settings, &pool, artifacts.clone())));
    ports.warehouse = Some(Arc::new(warehouse::EmbeddedWarehouse::new(settings, pool, artifacts)));
    ports
}

fn add_files_and_ingest(
    ports: &mut Ports,
    settings: &Arc<Settings>,
    pool: &Arc<warehouse::pool::Pool>,
    artifacts: &Arc<artifacts::ArtifactFolder>,
) -> Result<(), ToolError> {
    let files = Arc::new(files::LocalFiles::new(&settings.workspace, settings.roots.iter().cloned())?);
    ports.files = Some(files.clone());
    let fetcher = fetch::Fetcher::new(settings.remote.clone())?;
    let spool = settings.state.join("ingest");
    let engine = Arc::new(ingest::WorkerEngine::new(Arc::clone(settings), Arc::clone(pool), spool.clone()));
    let sizes = settings.source_sizes;
    let sources = sources::EmbeddedSources::new(files.clone(), engine.clone(), fetcher.clone(), spool.clone(), sizes);
    ports.sources = Some(Arc::new(sources));
    ports.ingest = Some(Arc::new(ingest::EmbeddedIngest::new(files, artifacts.clone(), engine, fetcher, spool, sizes)));
    Ok(())
}
