//! The files that a call may read: only below the roots that the operator granted.

use std::path::PathBuf;

use crate::ToolError;

/// A granted file, opened. The handle is what was checked: a later swap of the path changes nothing.
#[derive(Debug)]
pub struct OpenedFile {
    /// The path after all links were followed.
    pub path: PathBuf,
    /// The open file.
    pub file: std::fs::File,
    /// Its size in bytes when opened.
    pub bytes: u64,
    /// When it was last changed.
    pub modified: std::time::SystemTime,
}

/// Opens and lists files below the granted roots.
pub trait Files: Send + Sync {
    /// Opens a regular file. Relative paths start at the workspace; `~` is the home folder. Refusals name the roots.
    fn open(&self, path: &str) -> Result<OpenedFile, ToolError>;
    /// The granted files that match a path or glob, in order of name; an error when none does.
    fn resolve(&self, pattern: &str) -> Result<Vec<PathBuf>, ToolError>;
    /// Paths that begin with `prefix`, for completion; at most `limit`, folders with a trailing slash.
    fn complete(&self, prefix: &str, limit: usize) -> Vec<String>;
    /// The granted roots.
    fn roots(&self) -> Vec<PathBuf>;
}
