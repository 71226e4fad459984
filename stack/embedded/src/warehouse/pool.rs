//! The worker processes: one statement each at a time, a few kept warm.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use data_stack_core::{Control, ToolError};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::lease::{Lease, Shared};
use super::process::{Broken, Worker};
use crate::engine::{Access, Sandbox};
use crate::settings::Settings;
use crate::worker::protocol::Request;

/// Starts, lends and ends worker processes.
pub(crate) struct Pool {
    settings: Arc<Settings>,
    permits: Semaphore,
    lease: Lease,
    idle: Mutex<Vec<Idle>>,
}

/// A worker that waits for work, with the sandbox that its engine has.
struct Idle {
    worker: Worker,
    sandbox: Sandbox,
    since: Instant,
}

impl Pool {
    /// A pool without processes; they are started when they are needed.
    pub(crate) fn new(settings: Arc<Settings>) -> Arc<Self> {
        let permits = Semaphore::new(settings.pool.most.max(1));
        let lease = Lease::new(settings.state.join("warehouse.lease"));
        Arc::new(Self { settings, permits, lease, idle: Mutex::default() })
    }

    /// Lets a worker do the work and reads its answer.
    pub(crate) async fn run<T: DeserializeOwned>(
        self: &Arc<Self>,
        sandbox: Sandbox,
        mut request: Request,
        control: &Control,
    ) -> Result<T, ToolError> {
        let _share = self.share(&mut request, control).await?;
        let _permit = self.admit(control).await?;
        let mut worker = self.take(&sandbox)?;
        let answer = match worker.call(sandbox.clone(), request, control).await {
            Err(Broken::Process(error)) => return Err(error),
            Err(Broken::Answer(error)) => Err(error),
            Ok(answer) => Ok(answer),
        };
        self.give_back(Idle { worker, sandbox, since: Instant::now() });
        serde_json::from_value(answer?).map_err(|error| ToolError::internal(format!("the worker's answer has another shape: {error}")))
    }

    /// The lease on the warehouse file.
    pub(crate) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// A share in the warehouse's lease for a request that opens the file. A reader who does not get one reads a copy.
    async fn share(&self, request: &mut Request, control: &Control) -> Result<Option<Shared>, ToolError> {
        match request.opens(&self.settings.database) {
            None => Ok(None),
            Some(Access::Write) => self.lease.share(control).await.map(Some),
            Some(Access::Read) => {
                let share = self.lease.try_share()?;
                if share.is_none() && !request.read_copy() {
                    return self.lease.share(control).await.map(Some);
                }
                Ok(share)
            }
        }
    }

    async fn admit(&self, control: &Control) -> Result<SemaphorePermit<'_>, ToolError> {
        tokio::select! {
            permit = self.permits.acquire() => permit.map_err(|_| ToolError::internal("the worker pool is closed")),
            error = control.ended() => Err(error),
        }
    }

    /// An idle worker, best one whose engine already has this sandbox, or a new one.
    fn take(&self, sandbox: &Sandbox) -> Result<Worker, ToolError> {
        let mut idle = self.lock();
        while !idle.is_empty() {
            let index = idle.iter().rposition(|idle| idle.sandbox == *sandbox).unwrap_or(idle.len() - 1);
            let mut found = idle.remove(index);
            if found.worker.is_alive() {
                return Ok(found.worker);
            }
        }
        drop(idle);
        Worker::spawn(&self.settings.worker_command, &self.settings.workspace)
    }

    fn give_back(self: &Arc<Self>, worker: Idle) {
        let mut idle = self.lock();
        let first = idle.is_empty();
        idle.push(worker);
        let surplus = idle.len().saturating_sub(self.settings.pool.idle);
        idle.drain(..surplus);
        if first && !idle.is_empty() {
            tokio::spawn(sweep(Arc::downgrade(self), self.settings.pool.idle_time));
        }
    }

    /// Ends the workers that nobody has wanted for a while, and says whether any are left.
    fn end_idle(&self) -> bool {
        let mut idle = self.lock();
        idle.retain(|idle| idle.since.elapsed() < self.settings.pool.idle_time);
        !idle.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs while there are idle workers.
async fn sweep(pool: Weak<Pool>, idle_time: std::time::Duration) {
    loop {
        tokio::time::sleep(idle_time).await;
        match pool.upgrade() {
            Some(pool) if pool.end_idle() => {}
            _ => return,
        }
    }
}
