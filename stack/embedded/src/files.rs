//! The files that a call may read: below the granted roots, and nowhere else.
//!
//! A path is made canonical with all its links followed, held against the roots, and then opened component by component
//! below the root's own handle without following any link. What was checked is therefore what is opened: a path that is
//! swapped in between fails instead of leading out.

mod complete;
mod glob;
mod open;
mod roots;

use std::path::{Path, PathBuf};

use data_stack_core::ports::Files;
use data_stack_core::ports::files::OpenedFile;
use data_stack_core::{Code, ToolError};

pub use roots::Roots;

/// The granted files of this machine.
#[derive(Debug, Clone)]
pub struct LocalFiles {
    roots: Roots,
}

impl LocalFiles {
    /// Grants `workspace`, at which relative paths start, and the folders in `granted`.
    pub fn new(workspace: impl AsRef<Path>, granted: impl IntoIterator<Item = PathBuf>) -> Result<Self, ToolError> {
        Ok(Self { roots: Roots::new(workspace.as_ref(), granted)? })
    }

    /// Opens `path` after the checks that [`Files::open`] states.
    fn open_checked(&self, path: &str) -> Result<OpenedFile, ToolError> {
        let wanted = self.roots.absolute(path)?;
        let granted = self.roots.grant(path, &wanted)?;
        open::open_below(&granted).map_err(|refusal| refusal.into_error(path, &self.roots))
    }
}

impl Files for LocalFiles {
    fn open(&self, path: &str) -> Result<OpenedFile, ToolError> {
        self.open_checked(path)
    }

    fn resolve(&self, pattern: &str) -> Result<Vec<PathBuf>, ToolError> {
        if !glob::is_pattern(pattern) {
            return Ok(vec![self.open_checked(pattern)?.path]);
        }
        let found = glob::expand(&self.roots, pattern)?;
        if found.is_empty() {
            let message = format!("no file matches `{pattern}`");
            return Err(ToolError::new(Code::NotFound, message, format!("Files are granted below {}.", self.roots)).at("path"));
        }
        Ok(found)
    }

    fn complete(&self, prefix: &str, limit: usize) -> Vec<String> {
        complete::complete(&self.roots, prefix, limit)
    }

    fn roots(&self) -> Vec<PathBuf> {
        self.roots.paths().to_vec()
    }
}

#[cfg(test)]
mod tests;
