//! Folders for working copies: each for one call, readable by this process alone, gone with the call.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_stack_core::ToolError;

use crate::ingest::steps::io_error;

/// Folders that a killed process left behind are removed after this time.
const ABANDONED: Duration = Duration::from_secs(24 * 3_600);
const PREFIX: &str = "load-";

/// Where the folders are made.
#[derive(Debug, Clone)]
pub(crate) struct Spool(PathBuf);

impl Spool {
    /// Folders below `folder`, which is made when it is needed.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// A folder that is gone when it is dropped.
    pub(crate) fn bench(&self) -> Result<tempfile::TempDir, ToolError> {
        let broken =
            |error: std::io::Error| io_error(&format!("the folder for working copies, {}, cannot be made", self.0.display()), &error);
        crate::private::folder(&self.0).map_err(broken)?;
        // The engine compares the paths that it may read with all links followed.
        let spool = self.0.canonicalize().map_err(broken)?;
        remove_abandoned(&spool);
        tempfile::Builder::new().prefix(PREFIX).tempdir_in(&spool).map_err(broken)
    }
}

/// Removes what processes that were killed left behind.
fn remove_abandoned(spool: &Path) {
    let Ok(entries) = std::fs::read_dir(spool) else { return };
    for entry in entries.flatten() {
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| SystemTime::now().duration_since(modified).ok());
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours
            && age.is_some_and(|age| age > ABANDONED)
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, "an abandoned working copy could not be removed");
        }
    }
}
