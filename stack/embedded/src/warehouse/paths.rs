//! Database files that a call names: below a granted root, with all links followed.

use std::path::{Path, PathBuf};

use data_stack_core::{Code, ToolError};

use crate::engine::Access;

/// Characters of an alias.
const ALIAS_LENGTH: usize = 64;

/// Resolves paths against the workspace and checks them against the roots.
#[derive(Debug)]
pub(crate) struct Paths {
    workspace: PathBuf,
    roots: Vec<PathBuf>,
}

impl Paths {
    pub(crate) fn new(workspace: PathBuf, roots: Vec<PathBuf>) -> Self {
        Self { workspace, roots }
    }

    pub(super) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The database file that a call works on; it may be new only where it is written.
    pub(super) fn database(&self, path: &str, access: Access) -> Result<PathBuf, ToolError> {
        self.resolve("database", path, access == Access::Write)
    }

    /// A file that is attached besides, and its alias.
    pub(super) fn attached(&self, alias: &str, path: &str) -> Result<(String, PathBuf), ToolError> {
        let plain = alias.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || alias.len() > ALIAS_LENGTH || ["memory", "system", "temp", "main"].contains(&alias.to_lowercase().as_str()) {
            let message = format!("`{}` cannot be an alias", data_stack_core::text::clean(alias, 80));
            return Err(ToolError::invalid("attach", message, "Use letters, digits and underscores, as in `sales=archive/sales.duckdb`."));
        }
        Ok((alias.to_owned(), self.resolve("attach", path, false)?))
    }

    /// A folder that exists.
    pub(crate) fn folder(&self, field: &str, path: &str) -> Result<PathBuf, ToolError> {
        let wanted = self.workspace.join(path);
        match wanted.canonicalize().ok() {
            Some(found) if found.is_dir() && self.roots.iter().any(|root| found.starts_with(root)) => Ok(found),
            None if self.roots.iter().any(|root| wanted.starts_with(root)) && !path.contains("..") => {
                let message = format!("there is no folder `{}`", data_stack_core::text::clean(path, 200));
                Err(ToolError::new(Code::NotFound, message, "Name an existing folder; relative paths start at the workspace.").at(field))
            }
            Some(found) if !found.is_dir() && self.roots.iter().any(|root| found.starts_with(root)) => Err(ToolError::invalid(
                field,
                format!("`{}` is no folder", data_stack_core::text::clean(path, 200)),
                "Name the folder that holds it.",
            )),
            _ => Err(self.refused(field, path)),
        }
    }

    fn resolve(&self, field: &str, path: &str, may_be_new: bool) -> Result<PathBuf, ToolError> {
        if path.is_empty() || path.contains('\0') {
            return Err(ToolError::invalid(
                field,
                "the path is empty or holds a NUL character",
                "Name a DuckDB file, such as `warehouse.duckdb`.",
            ));
        }
        let wanted = self.workspace.join(path);
        let found = wanted.canonicalize().ok().or_else(|| if may_be_new { new_file(&wanted) } else { None });
        match found {
            Some(found) if !self.roots.iter().any(|root| found.starts_with(root)) => Err(self.refused(field, path)),
            Some(found) if found.is_dir() => Err(ToolError::invalid(field, format!("`{path}` is a folder"), "Name a DuckDB file.")),
            Some(found) => Ok(found),
            None if self.roots.iter().any(|root| wanted.starts_with(root)) && !path.contains("..") => Err(missing(field, path)),
            None => Err(self.refused(field, path)),
        }
    }

    /// The same answer whether or not the file exists, so that nothing outside the roots can be probed.
    fn refused(&self, field: &str, path: &str) -> ToolError {
        let roots: Vec<String> = self.roots.iter().map(|root| root.display().to_string()).collect();
        let message = format!("`{}` is not below a granted folder", data_stack_core::text::clean(path, 200));
        ToolError::new(Code::Denied, message, format!("Name a file below: {}.", roots.join(", "))).at(field).valid(roots)
    }
}

fn missing(field: &str, path: &str) -> ToolError {
    let message = format!("there is no file `{}`", data_stack_core::text::clean(path, 200));
    ToolError::new(Code::NotFound, message, "Name an existing DuckDB file; a new one is made only with `mode: \"write\"`.").at(field)
}

/// A file that does not exist yet, in a folder that does.
fn new_file(path: &Path) -> Option<PathBuf> {
    if path.symlink_metadata().is_ok() {
        return None;
    }
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_files_below_the_roots_are_resolved() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("a.duckdb"), "").unwrap();
        std::fs::write(outside.path().join("b.duckdb"), "").unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink(outside.path().join("new.duckdb"), root.join("dangling")).unwrap();
        let paths = Paths::new(root.clone(), vec![root.clone()]);

        assert_eq!(paths.database("a.duckdb", Access::Read).unwrap(), root.join("a.duckdb"));
        assert_eq!(paths.database("new.duckdb", Access::Write).unwrap(), root.join("new.duckdb"));
        let cases = [
            ("new.duckdb", Access::Read, Code::NotFound),
            ("out/b.duckdb", Access::Read, Code::Denied),
            ("out/new.duckdb", Access::Write, Code::Denied),
            ("dangling", Access::Write, Code::NotFound),
            ("../b.duckdb", Access::Write, Code::Denied),
            ("/etc/passwd", Access::Read, Code::Denied),
            ("a\0b", Access::Read, Code::InvalidInput),
            (".", Access::Read, Code::InvalidInput),
        ];
        for (path, access, code) in cases {
            assert_eq!(paths.database(path, access).unwrap_err().code, code, "{path:?}");
        }
    }

    #[test]
    fn an_alias_is_a_plain_name() {
        let paths = Paths::new("/".into(), vec!["/".into()]);
        for alias in ["", "a b", "a\"b", "temp", "1a", "main"] {
            assert_eq!(paths.attached(alias, "x").unwrap_err().field.as_deref(), Some("attach"));
        }
    }
}
