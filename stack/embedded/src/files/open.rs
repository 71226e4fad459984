//! Opening below a root's handle without following a link.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use data_stack_core::ports::files::OpenedFile;
use data_stack_core::{Code, ToolError};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::roots::{Granted, Roots, unreadable};

/// Why a checked path was not opened.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not a regular file but this.
    Kind(&'static str),
    /// A link appeared in the path after it was checked.
    Changed,
    /// The operating system refuses.
    System(std::io::Error),
}

impl Refusal {
    pub(super) fn into_error(self, shown: &str, roots: &Roots) -> ToolError {
        match self {
            Self::Kind(kind) => ToolError::invalid(
                "path",
                format!("`{shown}` is {kind}, not a regular file"),
                format!("Name a regular file below {roots}."),
            ),
            Self::Changed => {
                let message = format!("`{shown}` changed while it was opened and may lead out of the granted folders");
                ToolError::new(Code::Denied, message, format!("Use a file below {roots} that nothing moves.")).at("path")
            }
            Self::System(error) => unreadable(shown, &error),
        }
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        match error {
            Errno::LOOP | Errno::XDEV | Errno::NOTDIR => Self::Changed,
            other => Self::System(other.into()),
        }
    }
}

/// Opens a granted regular file. Never blocks on a FIFO and never follows a link.
pub(super) fn open_below(granted: &Granted) -> Result<OpenedFile, Refusal> {
    if granted.below.as_os_str().is_empty() {
        return Err(Refusal::Kind("a folder"));
    }
    let root = rustix::fs::openat(CWD, &granted.root, folder_flags(), Mode::empty())?;
    let handle = open_at(&root, &granted.below)?;
    let stat = rustix::fs::fstat(&handle)?;
    if let Some(kind) = irregular(FileType::from_raw_mode(stat.st_mode)) {
        return Err(Refusal::Kind(kind));
    }
    let file = File::from(handle);
    let metadata = file.metadata().map_err(Refusal::System)?;
    let modified = metadata.modified().map_err(Refusal::System)?;
    Ok(OpenedFile { path: granted.path(), bytes: metadata.len(), modified, file })
}

fn file_flags() -> OFlags {
    OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// One system call where the kernel has it; component by component elsewhere.
#[cfg(target_os = "linux")]
fn open_at(root: &OwnedFd, below: &Path) -> Result<OwnedFd, Refusal> {
    use rustix::fs::ResolveFlags;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(root, below, file_flags(), Mode::empty(), resolve) {
        // Old kernels do not have the call and some sandboxes forbid it.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => walk(root, below),
        Ok(handle) => Ok(handle),
        Err(error) => Err(explain(root, below, error)),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_at(root: &OwnedFd, below: &Path) -> Result<OwnedFd, Refusal> {
    walk(root, below)
}

/// Opens each folder on the way by its own handle.
pub(super) fn walk(root: &OwnedFd, below: &Path) -> Result<OwnedFd, Refusal> {
    let mut names = Vec::new();
    for component in below.components() {
        match component {
            Component::Normal(name) => names.push(name),
            _ => return Err(Refusal::Changed),
        }
    }
    let Some((last, folders)) = names.split_last() else { return Err(Refusal::Kind("a folder")) };
    let mut at = root.as_fd().try_clone_to_owned().map_err(Refusal::System)?;
    for folder in folders {
        at = rustix::fs::openat(&at, *folder, folder_flags(), Mode::empty())?;
    }
    rustix::fs::openat(&at, *last, file_flags(), Mode::empty()).map_err(|error| explain(&at, Path::new(last), error))
}

/// A socket cannot be opened at all: say what it is instead of what the kernel says.
fn explain(at: &OwnedFd, path: &Path, error: Errno) -> Refusal {
    let stat = if error == Errno::NXIO { rustix::fs::statat(at, path, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).ok() } else { None };
    match stat.and_then(|stat| irregular(FileType::from_raw_mode(stat.st_mode))) {
        Some(kind) => Refusal::Kind(kind),
        None => error.into(),
    }
}

fn irregular(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile => None,
        FileType::Directory => Some("a folder"),
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        FileType::Symlink => Some("a link"),
        FileType::Unknown => Some("of an unknown kind"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, folder_flags, open_at, walk};
    use rustix::fs::{CWD, Mode};

    #[test]
    fn both_ways_of_opening_refuse_links_and_open_files_in_folders() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("real")).unwrap();
        std::fs::write(root.path().join("real/a.csv"), "a").unwrap();
        std::os::unix::fs::symlink("real", root.path().join("link")).unwrap();
        std::os::unix::fs::symlink("real/a.csv", root.path().join("a.csv")).unwrap();
        let handle = rustix::fs::openat(CWD, root.path(), folder_flags(), Mode::empty()).unwrap();
        for open in [open_at, walk] {
            assert!(open(&handle, "real/a.csv".as_ref()).is_ok());
            assert!(matches!(open(&handle, "link/a.csv".as_ref()), Err(Refusal::Changed)));
            assert!(matches!(open(&handle, "a.csv".as_ref()), Err(Refusal::Changed)));
            assert!(matches!(open(&handle, "../a.csv".as_ref()), Err(Refusal::Changed)));
        }
    }
}
