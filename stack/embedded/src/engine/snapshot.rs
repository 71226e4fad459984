//! A consistent copy of a database file that another process is writing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_stack_core::{Code, ToolError};
use tempfile::TempDir;

/// How often a copy is begun anew because the file changed meanwhile.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// A copy in a folder of its own, under the file's own name so that names stored in it still fit; removed when dropped.
pub(crate) struct Snapshot {
    folder: TempDir,
    path: PathBuf,
}

impl Snapshot {
    /// Copies the file and its write-ahead log into a new folder below `temporary`.
    ///
    /// A writer changes the file only at a checkpoint and the log only at a commit, so a copy during which neither changed
    /// is a state that was committed.
    pub(crate) fn take(source: &Path, temporary: &Path, check: &dyn Fn() -> Result<(), ToolError>) -> Result<Self, ToolError> {
        let failed = |error: io::Error| {
            let message = format!("the snapshot of {} failed: {error}", source.display());
            ToolError::new(Code::Failed, message, "Check the space left on the disk and the file's rights.")
        };
        for _ in 0..ATTEMPTS {
            check()?;
            if let Some(snapshot) = Self::attempt(source, temporary).map_err(failed)? {
                return Ok(snapshot);
            }
            std::thread::sleep(PAUSE);
        }
        let message = format!("{} changed during every one of {ATTEMPTS} attempts to copy it", source.display());
        Err(ToolError::new(Code::Unavailable, message, "Call again when the writer is less busy.").retryable())
    }

    /// The copy.
    pub(crate) fn path(&self) -> &Path {
        debug_assert!(self.path.starts_with(self.folder.path()));
        &self.path
    }

    /// Puts the copy into a folder under the file's own name, in the place of an earlier one, and says where it is.
    pub(crate) fn place(self, folder: &Path) -> io::Result<PathBuf> {
        let place = folder.join(self.path.file_name().unwrap_or_default());
        for old in [&place, &log_of(&place)] {
            match fs::remove_file(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, &place)?;
        if log_of(&self.path).exists() {
            fs::rename(log_of(&self.path), log_of(&place))?;
        }
        Ok(place)
    }

    fn attempt(source: &Path, temporary: &Path) -> io::Result<Option<Self>> {
        let folder = TempDir::with_prefix_in("snapshot-", temporary)?;
        let path = folder.path().join(source.file_name().unwrap_or_default());
        let before = (state(source)?, state(&log_of(source))?);
        fs::copy(source, &path)?;
        if before.1.is_some() {
            fs::copy(log_of(source), log_of(&path))?;
        }
        let unchanged = before == (state(source)?, state(&log_of(source))?);
        Ok(unchanged.then_some(Self { folder, path }))
    }
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".wal");
    name.into()
}

/// A file's size and time of change; `None` when it is not there.
fn state(path: &Path) -> io::Result<Option<(u64, SystemTime)>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some((found.len(), found.modified()?))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
