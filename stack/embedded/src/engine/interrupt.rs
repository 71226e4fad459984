//! Stopping a running statement from another thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use data_stack_core::ToolError;
use duckdb::{InterruptHandle, ffi};

/// Stops whatever runs for the current request and tells how far it is. Cheap to clone; shared by the thread that works
/// and the thread that listens.
#[derive(Clone, Default)]
pub struct Interrupter(Arc<State>);

#[derive(Default)]
struct State {
    fired: AtomicBool,
    next: AtomicU64,
    running: Mutex<Vec<(u64, Running)>>,
}

/// A connection that can be told to stop.
pub(crate) enum Running {
    /// A connection of ours.
    Raw(RawConnection),
    /// A connection of the `duckdb` crate.
    Crate(Arc<InterruptHandle>),
}

/// A connection's address, used across threads only while it is registered, that is, before it is closed.
pub(crate) struct RawConnection(pub(crate) ffi::duckdb_connection);

// SAFETY: DuckDB allows `duckdb_interrupt` and `duckdb_query_progress` from any thread while the connection is open, and
// a registration ends, under the lock, before its connection closes.
unsafe impl Send for RawConnection {}

/// Ends a connection's registration when dropped.
pub(crate) struct Registration {
    interrupter: Interrupter,
    id: u64,
}

impl Interrupter {
    /// Stops the running statements. Between two statements there is nothing to stop, so the work must also
    /// [`Interrupter::check`], and the caller repeat with [`Interrupter::again`].
    pub fn fire(&self) {
        self.0.fired.store(true, Ordering::SeqCst);
        self.again();
    }

    /// Stops the running statements once more if the work has not ended yet, and says whether that is so.
    pub fn again(&self) -> bool {
        let running = self.lock();
        if !self.fired() {
            return false;
        }
        for (_, running) in running.iter() {
            match running {
                // SAFETY: registered, therefore open.
                Running::Raw(connection) => unsafe { ffi::duckdb_interrupt(connection.0) },
                Running::Crate(handle) => handle.interrupt(),
            }
        }
        true
    }

    /// Whether the work must stop.
    pub fn fired(&self) -> bool {
        self.0.fired.load(Ordering::SeqCst)
    }

    /// Makes ready for the next request.
    pub fn reset(&self) {
        self.0.fired.store(false, Ordering::SeqCst);
    }

    /// Fails with `cancelled` when the work must stop.
    pub fn check(&self) -> Result<(), ToolError> {
        if self.fired() { Err(ToolError::cancelled()) } else { Ok(()) }
    }

    /// How much of the running statement is done, in percent, where DuckDB knows.
    pub fn percent(&self) -> Option<f64> {
        self.lock().iter().rev().find_map(|(_, running)| match running {
            // SAFETY: registered, therefore open.
            Running::Raw(connection) => Some(unsafe { ffi::duckdb_query_progress(connection.0) }.percentage).filter(|done| *done >= 0.0),
            Running::Crate(_) => None,
        })
    }

    /// Makes a connection stoppable until the registration is dropped, which must come before the connection closes.
    pub(crate) fn register(&self, running: Running) -> Registration {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.lock().push((id, running));
        Registration { interrupter: self.clone(), id }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Running)>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.interrupter.lock().retain(|(id, _)| *id != self.id);
    }
}
