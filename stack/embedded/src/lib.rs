//! The embedded stack: DuckDB in worker processes, local files, artifacts. No service has to run.

pub mod artifacts;
pub mod engine;
mod private;
pub mod settings;
pub mod warehouse;
pub mod worker;

use std::sync::Arc;

use data_stack_core::Ports;

pub use settings::{PoolSettings, Settings};

/// The backends of a workspace. Opens no database and starts no process; that happens with the first call that needs it.
pub fn open(settings: Settings) -> Ports {
    let settings = Arc::new(settings);
    let artifacts = Arc::new(artifacts::ArtifactFolder::new(settings.state.join("artifacts")));
    let pool = warehouse::pool::Pool::new(Arc::clone(&settings));
    let warehouse = warehouse::EmbeddedWarehouse::new(settings, pool, artifacts.clone());
    Ports { warehouse: Some(Arc::new(warehouse)), artifacts: Some(artifacts), ..Ports::default() }
}
