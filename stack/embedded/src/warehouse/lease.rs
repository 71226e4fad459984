//! The lease on the warehouse file: who may open it while another program works on it for minutes.
//!
//! DuckDB's own lock on the file is given up between the statements of such a program, so it does not keep others out. The
//! lease does: the workers share it for the time of a call, and a program like dbt has it alone. Readers who do not get it
//! read a copy. It is a lock file, so it also holds between the processes of a workspace.

use std::path::PathBuf;
use std::sync::Arc;

use data_stack_core::{Control, ToolError};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::locking::{FileLock, Share};

/// The lease of one workspace.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    path: PathBuf,
    /// Keeps the calls of this process in order: who waits to be alone is not overtaken for ever.
    turns: Arc<RwLock<()>>,
}

/// A share in the lease; given back when dropped.
#[derive(Debug)]
pub(crate) struct Shared {
    _lock: FileLock,
    _turn: OwnedRwLockReadGuard<()>,
}

/// The whole lease; given back when dropped.
#[derive(Debug)]
pub(crate) struct Alone {
    _lock: FileLock,
    _turn: OwnedRwLockWriteGuard<()>,
}

impl Lease {
    /// The lease whose lock file is `path`.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, turns: Arc::default() }
    }

    /// A share if nobody has, or waits for, the whole lease.
    pub(crate) fn try_share(&self) -> Result<Option<Shared>, ToolError> {
        let Ok(turn) = self.turns.clone().try_read_owned() else { return Ok(None) };
        let lock = FileLock::try_take(&self.path, Share::Shared)?;
        Ok(lock.map(|lock| Shared { _lock: lock, _turn: turn }))
    }

    /// Waits for a share.
    pub(crate) async fn share(&self, control: &Control) -> Result<Shared, ToolError> {
        let turn = tokio::select! {
            biased;
            turn = self.turns.clone().read_owned() => turn,
            error = control.ended() => return Err(error),
        };
        let waiting = || control.progress(0.0, None, "waiting for dbt, which works on the warehouse");
        let lock = FileLock::take(&self.path, Share::Shared, control, waiting).await?;
        Ok(Shared { _lock: lock, _turn: turn })
    }

    /// Waits until nobody else has the file.
    pub(crate) async fn hand_over(&self, control: &Control) -> Result<Alone, ToolError> {
        let turn = tokio::select! {
            biased;
            turn = self.turns.clone().write_owned() => turn,
            error = control.ended() => return Err(error),
        };
        let waiting = || control.progress(0.0, None, "waiting for calls that use the warehouse");
        let lock = FileLock::take(&self.path, Share::Alone, control, waiting).await?;
        Ok(Alone { _lock: lock, _turn: turn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_has_the_whole_lease_keeps_out_sharers_of_every_process() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::new(folder.path().join("lease"));
        let other_process = Lease::new(folder.path().join("lease"));
        let control = Control::unlimited();
        let shared = lease.share(&control).await.unwrap();
        assert!(other_process.try_share().unwrap().is_some());
        drop(shared);
        let alone = lease.hand_over(&control).await.unwrap();
        assert!(lease.try_share().unwrap().is_none());
        assert!(other_process.try_share().unwrap().is_none());
        drop(alone);
        assert!(lease.try_share().unwrap().is_some());
    }

    #[tokio::test]
    async fn who_waits_to_be_alone_is_not_overtaken() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::new(folder.path().join("lease"));
        let shared = lease.try_share().unwrap().unwrap();
        let control = Control::unlimited();
        let waiting = lease.hand_over(&control);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(lease.try_share().unwrap().is_none());
        drop(shared);
        waiting.await.unwrap();
    }
}
