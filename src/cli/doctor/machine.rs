//! The machine: folders, disk, memory and ports.

use std::net::TcpListener;
use std::path::Path;

use super::Check;
use crate::config::key::show_bytes;

/// Free disk below which work is likely to fail, in bytes.
const DISK: u64 = 1 << 30;

/// Whether the workspace can be written.
pub(super) fn workspace(folder: &Path) -> Check {
    match tempfile::NamedTempFile::new_in(folder) {
        Ok(_) => Check::ok("workspace", true, folder.display().to_string()),
        Err(error) => Check::missing(
            "workspace",
            true,
            format!("{} cannot be written: {error}", folder.display()),
            "Mend the folder's permissions, or name another with --workspace.",
        ),
    }
}

/// Whether calls can be recorded and what was recorded is whole.
pub(super) fn audit(folder: &Path) -> Check {
    let writable = std::fs::create_dir_all(folder).and_then(|()| tempfile::NamedTempFile::new_in(folder));
    if let Err(error) = writable {
        let found = format!("{} cannot be written: {error}", folder.display());
        return Check::missing("audit", true, found, "Mend the folder's permissions; until then only reading calls run.");
    }
    match crate::pipeline::audit::verify(folder) {
        Ok(found) if found.problems.is_empty() => Check::ok("audit", true, format!("{} line(s), whole", found.lines)),
        Ok(found) => Check::doubtful(
            "audit",
            true,
            format!("{} problem(s): {}", found.problems.len(), found.problems[0]),
            "`data-stack audit verify` shows them all; keep the folder as evidence and start a new one.",
        ),
        Err(error) => Check::missing("audit", true, format!("it cannot be read: {error}"), "Mend the folder's permissions."),
    }
}

/// Whether there is room for data and temporary files.
pub(super) fn disk(folder: &Path) -> Check {
    match rustix::fs::statvfs(folder) {
        Err(error) => Check::doubtful("disk", true, format!("the free space is unknown: {error}"), "Make sure that 1 GiB is free."),
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            if free >= DISK {
                return Check::ok("disk", true, format!("{} free", show_bytes(free)));
            }
            Check::doubtful("disk", true, format!("only {} free", show_bytes(free)), format!("Free {}.", show_bytes(DISK - free)))
        }
    }
}

/// Whether one query can use the memory that it is allowed.
pub(super) fn memory(allowed: u64) -> Check {
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    match available {
        None => Check::ok("memory", false, format!("unknown; one query may use {}", show_bytes(allowed))),
        Some(available) if available >= allowed => {
            Check::ok("memory", false, format!("{} available, one query may use {}", show_bytes(available), show_bytes(allowed)))
        }
        Some(available) => Check::doubtful(
            "memory",
            false,
            format!("{} available, and one query may use {}", show_bytes(available), show_bytes(allowed)),
            "Lower `query.memory`, or close other programs.",
        ),
    }
}

/// What Linux says is available without swapping, in bytes.
fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// Whether the HTTP server's address is free.
pub(super) fn port(address: &str) -> Check {
    match TcpListener::bind(address) {
        Ok(_) => Check::ok("http port", false, format!("{address} is free")),
        Err(error) => Check::doubtful(
            "http port",
            false,
            format!("{address} cannot be used: {error}"),
            "Only `serve` needs it: stop the program that has it, or choose another with --bind.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{available, port, workspace};
    use crate::cli::doctor::State;

    #[test]
    fn available_memory_is_read_in_bytes() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), Some(2 << 20));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
    }

    #[test]
    fn a_port_in_use_and_a_missing_folder_are_found() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        assert_eq!(port(&address).state, State::Doubtful);
        drop(taken);
        assert_eq!(port(&address).state, State::Ok);
        assert_eq!(workspace(std::path::Path::new("/does/not/exist")).state, State::Missing);
    }
}
