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
    current: Mutex<Current>,
}

/// The request that runs, and what runs for it.
#[derive(Default)]
struct Current {
    request: Option<u64>,
    running: Vec<(u64, Running)>,
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
    /// Makes ready for a request; only it can be stopped from now on.
    pub fn begin(&self, request: u64) {
        let mut current = self.lock();
        current.request = Some(request);
        self.0.fired.store(false, Ordering::SeqCst);
    }

    /// Ends the request: a stop that comes too late for it must not meet the next.
    pub fn end(&self) {
        let mut current = self.lock();
        current.request = None;
        self.0.fired.store(false, Ordering::SeqCst);
    }

    /// Stops the request if it still runs, and says whether it does. Between two statements there is nothing to stop, so
    /// the work must also [`Interrupter::check`], and the caller repeat this.
    pub fn fire(&self, request: u64) -> bool {
        let current = self.lock();
        if current.request != Some(request) {
            return false;
        }
        self.0.fired.store(true, Ordering::SeqCst);
        for (_, running) in &current.running {
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

    /// Fails with `cancelled` when the work must stop.
    pub fn check(&self) -> Result<(), ToolError> {
        if self.fired() { Err(ToolError::cancelled()) } else { Ok(()) }
    }

    /// How much of the running statement is done, in percent, where DuckDB knows.
    pub fn percent(&self) -> Option<f64> {
        self.lock().running.iter().rev().find_map(|(_, running)| match running {
            // SAFETY: registered, therefore open.
            Running::Raw(connection) => Some(unsafe { ffi::duckdb_query_progress(connection.0) }.percentage).filter(|done| *done >= 0.0),
            Running::Crate(_) => None,
        })
    }

    /// Makes a connection stoppable until the registration is dropped, which must come before the connection closes.
    pub(crate) fn register(&self, running: Running) -> Registration {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.lock().running.push((id, running));
        Registration { interrupter: self.clone(), id }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.interrupter.lock().running.retain(|(id, _)| *id != self.id);
    }
}
