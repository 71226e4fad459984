//! Step five: reads share, writes are alone, and nobody waits for ever.

use std::sync::Arc;
use std::time::Duration;

use data_stack_core::{Code, Control, Effect, ToolError};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore};

/// The turns that calls take.
pub struct Admission {
    slots: Arc<Semaphore>,
    warehouse: Arc<RwLock<()>>,
    queue: Duration,
}

/// A turn; given back when dropped.
pub struct Turn {
    _slot: OwnedSemaphorePermit,
    _lock: Option<Lock>,
}

enum Lock {
    Shared { _guard: OwnedRwLockReadGuard<()> },
    Exclusive { _guard: OwnedRwLockWriteGuard<()> },
}

impl Admission {
    /// Admits at most `concurrent` calls at once; each waits at most `queue` for its turn.
    pub fn new(concurrent: usize, queue: Duration) -> Self {
        Self { slots: Arc::new(Semaphore::new(concurrent)), warehouse: Arc::new(RwLock::new(())), queue }
    }

    /// Waits for a turn.
    pub async fn admit(&self, effect: Effect, uses_warehouse: bool, control: &Control) -> Result<Turn, ToolError> {
        let waiting = async {
            let lock = if uses_warehouse { Some(self.lock(effect).await) } else { None };
            let slot = self.slots.clone().acquire_owned().await.map_err(|_| ToolError::internal("the server is shutting down"))?;
            Ok(Turn { _slot: slot, _lock: lock })
        };
        tokio::select! {
            biased;
            turn = waiting => turn,
            ended = control.ended() => Err(ended),
            () = tokio::time::sleep(self.queue) => Err(self.busy(effect)),
        }
    }

    async fn lock(&self, effect: Effect) -> Lock {
        if effect == Effect::Read {
            Lock::Shared { _guard: self.warehouse.clone().read_owned().await }
        } else {
            Lock::Exclusive { _guard: self.warehouse.clone().write_owned().await }
        }
    }

    fn busy(&self, effect: Effect) -> ToolError {
        let waited = self.queue.as_secs_f64();
        let reason = if effect == Effect::Read {
            "a write to the warehouse is still running, or all slots are taken"
        } else {
            "other calls still use the warehouse, or all slots are taken"
        };
        ToolError::new(
            Code::Limit,
            format!("waited {waited:.0} s for a turn: {reason}"),
            "Call `job` with action `list` to see what runs, and try again when it has ended.",
        )
        .retryable()
    }
}

#[cfg(test)]
mod tests {
    use super::Admission;
    use data_stack_core::{Code, Control, Effect};
    use std::time::Duration;

    #[tokio::test]
    async fn reads_share_and_a_write_is_alone() {
        let admission = Admission::new(4, Duration::from_millis(20));
        let control = Control::unlimited();
        let one = admission.admit(Effect::Read, true, &control).await.ok();
        let two = admission.admit(Effect::Read, true, &control).await.ok();
        assert!(one.is_some() && two.is_some());
        let refused = admission.admit(Effect::Write, true, &control).await.err().map(|error| (error.code, error.retryable));
        assert_eq!(refused, Some((Code::Limit, true)));
        drop((one, two));
        assert!(admission.admit(Effect::Write, true, &control).await.is_ok());
    }

    #[tokio::test]
    async fn a_cancelled_call_leaves_the_queue() {
        let admission = Admission::new(1, Duration::from_secs(60));
        let control = Control::unlimited();
        let _turn = admission.admit(Effect::Read, false, &control).await.ok();
        control.token().cancel();
        assert_eq!(admission.admit(Effect::Read, false, &control).await.err().map(|error| error.code), Some(Code::Cancelled));
    }
}
