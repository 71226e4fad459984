//! Everything that a program has started, wherever it went.
//!
//! A process group alone does not hold: whoever calls `setsid` leaves it, and whoever outlives its parent leaves the tree of
//! processes as well. But each is born with its parent's environment. So the program gets a mark there, and whoever carries it
//! belongs to the family. Only a process that wipes its own environment and outlives its parent would not be found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// The variable that holds the mark.
pub(super) const MARK: &str = "DATA_STACK_RUN";
/// How often the processes are looked through: one that is just starting another may do so a last time.
const ROUNDS: usize = 5;

/// A mark that no other program of this machine has.
pub(super) fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{}-{now:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A program with all that it started; killed when dropped, so that nothing outlives the call however it ends.
pub(super) struct Family {
    group: Option<Pid>,
    mark: String,
}

impl Family {
    pub(super) fn of(child: &Child, mark: String) -> Self {
        Self { group: child.id().and_then(|id| Pid::from_raw(id as i32)), mark }
    }

    /// Sends the signal to everyone.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            match kill_process_group(group, signal) {
                Err(error) if error != rustix::io::Errno::SRCH => tracing::warn!(%error, "a process group could not be stopped"),
                _ => {}
            }
        }
        self.signal_marked(signal);
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

#[cfg(target_os = "linux")]
impl Family {
    fn signal_marked(&self, signal: Signal) {
        let entry = format!("{MARK}={}", self.mark);
        let rounds = if signal == Signal::KILL { ROUNDS } else { 1 };
        for _ in 0..rounds {
            let processes = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
            let pids = processes.filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?));
            if pids.filter(|pid| signal_if_stray(*pid, &entry, self.group, signal)).count() == 0 {
                return;
            }
        }
    }
}

/// Sends the signal if the process carries the mark and is not in the group, which has the signal already: dbt takes a second one
/// for impatience and cleans up no more. The process is held by a descriptor before its mark is read again, so that no other one
/// can be hit that gets the number in between.
#[cfg(target_os = "linux")]
fn signal_if_stray(pid: Pid, entry: &str, group: Option<Pid>, signal: Signal) -> bool {
    use rustix::process::{PidfdFlags, getpgid, pidfd_open, pidfd_send_signal};
    let is_marked = || {
        let environment = std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
    };
    if !is_marked() || getpgid(Some(pid)).ok() == group {
        return false;
    }
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    is_marked() && pidfd_send_signal(process, signal).is_ok()
}

#[cfg(not(target_os = "linux"))]
impl Family {
    /// Elsewhere the environments of processes cannot be read: the group must do.
    fn signal_marked(&self, _: Signal) {
        let _ = (ROUNDS, &self.mark);
    }
}
