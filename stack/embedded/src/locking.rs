//! Locks between processes: files whose lock the kernel gives back when their holder ends, however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};
use rustix::fs::{FlockOperation, flock};

use crate::private;

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// A lock on a file; given back when dropped.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

/// How a lock is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// With others that share.
    Shared,
    /// With nobody.
    Alone,
}

impl FileLock {
    /// The lock if it is free now.
    pub(crate) fn try_take(path: &Path, share: Share) -> Result<Option<Self>, ToolError> {
        let file = open(path).map_err(|error| unusable(path, &error))?;
        let operation = match share {
            Share::Shared => FlockOperation::NonBlockingLockShared,
            Share::Alone => FlockOperation::NonBlockingLockExclusive,
        };
        match flock(&file, operation) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(unusable(path, &error.into())),
        }
    }

    /// Waits for the lock; `waiting` is called once when it is not free.
    pub(crate) async fn take(path: &Path, share: Share, control: &Control, waiting: impl FnOnce() + Send) -> Result<Self, ToolError> {
        let mut waiting = Some(waiting);
        loop {
            if let Some(lock) = Self::try_take(path, share)? {
                return Ok(lock);
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            tokio::select! {
                biased;
                error = control.ended() => return Err(error),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        private::folder(folder)?;
    }
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

fn unusable(path: &Path, error: &io::Error) -> ToolError {
    ToolError::new(
        Code::Unavailable,
        format!("the lock file {} cannot be used: {error}", path.display()),
        "Mend the folder's rights, or free disk space.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sharers_keep_out_only_those_who_want_to_be_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/lock");
        let first = FileLock::try_take(&path, Share::Shared).unwrap();
        let second = FileLock::try_take(&path, Share::Shared).unwrap();
        assert!(first.is_some() && second.is_some());
        assert!(FileLock::try_take(&path, Share::Alone).unwrap().is_none());
        let brief = Control::unlimited().within(Duration::from_millis(1));
        let mut waited = false;
        let refused = FileLock::take(&path, Share::Alone, &brief, || waited = true).await.unwrap_err();
        assert_eq!((refused.code, waited), (Code::Timeout, true));
        drop((first, second));
        assert!(FileLock::try_take(&path, Share::Alone).unwrap().is_some());
    }
}
