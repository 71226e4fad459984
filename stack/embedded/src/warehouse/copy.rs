//! A copy of the warehouse for programs that read it for long, or that nobody would trust with the file itself.

use std::fs;
use std::path::{Path, PathBuf};

use data_stack_core::{Code, Control, ToolError};

use super::lease::Lease;
use crate::engine::snapshot::Snapshot;
use crate::private;

/// Copies the last committed state of `database` into `folder`, in the place of an earlier copy, and says where it is. Where
/// there is no warehouse yet, there is no file at that place either.
pub(crate) async fn copy(database: &Path, lease: &Lease, folder: &Path, control: &Control) -> Result<PathBuf, ToolError> {
    let (source, folder, control) = (database.to_owned(), folder.to_owned(), control.clone());
    // Without a share another program is writing; a copy during which nothing changed is then what was committed last.
    let share = lease.try_share()?;
    let copying = tokio::task::spawn_blocking(move || {
        let _share = share;
        let failed = |error: std::io::Error| {
            let message = format!("{} cannot be written: {error}", folder.display());
            ToolError::new(Code::Unavailable, message, "Mend the folder's rights, or free disk space.")
        };
        private::folder(&folder).map_err(failed)?;
        if source.exists() {
            return Snapshot::take(&source, &folder, &|| control.check())?.place(&folder).map_err(failed);
        }
        let place = folder.join(source.file_name().unwrap_or_default());
        match fs::remove_file(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(place),
        }
    });
    copying.await.map_err(|error| ToolError::internal(format!("the copy of the warehouse failed: {error}")))?
}
