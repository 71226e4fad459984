//! The granted roots and the one canonicaliser of paths.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use data_stack_core::{Code, ToolError, nearest::nearest};

/// Folders below which files are granted. The first is the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots(Vec<PathBuf>);

/// A path that lies below a root: both without links.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) root: PathBuf,
    pub(super) below: PathBuf,
}

impl Granted {
    pub(super) fn path(&self) -> PathBuf {
        self.root.join(&self.below)
    }
}

impl Roots {
    /// The workspace and further folders. Granted folders that do not exist grant nothing and are left out.
    pub fn new(workspace: &Path, granted: impl IntoIterator<Item = PathBuf>) -> Result<Self, ToolError> {
        let workspace = std::fs::canonicalize(workspace).map_err(|error| {
            let message = format!("the workspace {} cannot be opened: {error}", workspace.display());
            ToolError::new(Code::Unavailable, message, "Create the folder or name another with `--workspace`.")
        })?;
        let mut roots = vec![workspace];
        for folder in granted {
            match std::fs::canonicalize(home(&folder)) {
                Ok(folder) if !roots.contains(&folder) => roots.push(folder),
                Ok(_) => {}
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "a granted folder cannot be opened and grants nothing"),
            }
        }
        Ok(Self(roots))
    }

    /// The folders, without links.
    pub fn paths(&self) -> &[PathBuf] {
        &self.0
    }

    /// The workspace.
    pub fn workspace(&self) -> &Path {
        self.0.first().map_or(Path::new("/"), PathBuf::as_path)
    }

    /// `path` as an absolute path: relative ones start at the workspace, `~` is the home folder.
    pub(super) fn absolute(&self, path: &str) -> Result<PathBuf, ToolError> {
        if path.is_empty() {
            return Err(ToolError::invalid("path", "the path is empty", format!("Name a file below {self}.")));
        }
        if path.contains('\0') {
            return Err(ToolError::invalid("path", "the path holds a NUL character", "Remove the NUL character."));
        }
        Ok(self.workspace().join(home(Path::new(path))))
    }

    /// Holds an absolute path, with all its links followed, against the roots.
    pub(super) fn grant(&self, shown: &str, path: &Path) -> Result<Granted, ToolError> {
        let canonical = match std::fs::canonicalize(path) {
            Ok(canonical) => canonical,
            // Whether a path outside the roots exists is nobody's business: it is refused before it is looked for.
            Err(_) if !self.holds(&lexical(path)) => return Err(self.refuse(shown)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.missing(shown, path)),
            Err(error) => return Err(unreadable(shown, &error)),
        };
        self.below(&canonical).ok_or_else(|| self.refuse(shown))
    }

    /// The root that holds a path without links, and the path below it.
    pub(super) fn below(&self, canonical: &Path) -> Option<Granted> {
        let strip = |root: &PathBuf| canonical.strip_prefix(root).ok().map(|below| Granted { root: root.clone(), below: below.to_owned() });
        self.0.iter().find_map(strip)
    }

    /// Whether a path, taken by its letters, lies below a root.
    pub(super) fn holds(&self, path: &Path) -> bool {
        self.0.iter().any(|root| path.starts_with(root))
    }

    /// The refusal of a path outside the roots.
    pub(super) fn refuse(&self, shown: &str) -> ToolError {
        let message = format!("`{shown}` lies outside the folders that this server may read");
        ToolError::new(Code::Denied, message, format!("Use a file below {self}, or let the operator grant its folder with `--root`."))
            .at("path")
    }

    fn missing(&self, shown: &str, path: &Path) -> ToolError {
        let names: Vec<String> = path.parent().map(entries).unwrap_or_default();
        let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let alike = nearest(&wanted, names.iter().map(String::as_str), 3);
        let hint =
            if alike.is_empty() { format!("Files are granted below {self}.") } else { format!("Did you mean {}?", alike.join(", ")) };
        ToolError::new(Code::NotFound, format!("there is no file `{shown}`"), hint).at("path").valid(alike)
    }
}

impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.0.iter().map(|root| root.display().to_string()).collect();
        f.write_str(&shown.join(", "))
    }
}

/// The error for a file that the operating system does not let us read.
pub(super) fn unreadable(shown: &str, error: &std::io::Error) -> ToolError {
    ToolError::new(Code::Unavailable, format!("`{shown}` cannot be read: {error}"), "Check the file's permissions.").at("path")
}

/// The names in a folder; none when it cannot be read.
pub(super) fn entries(folder: &Path) -> Vec<String> {
    let Ok(listing) = std::fs::read_dir(folder) else { return Vec::new() };
    listing.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// `~` and `~/...` as a path in the home folder; other paths as they are.
fn home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// The path with `.` and `..` resolved by its letters alone.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}
