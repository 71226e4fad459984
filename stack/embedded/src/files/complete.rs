//! Completion of paths, for terminals and clients.

use std::path::Path;

use super::roots::{Roots, entries};

/// Paths that begin with `prefix`, written as the prefix is; folders end with a slash.
pub(super) fn complete(roots: &Roots, prefix: &str, limit: usize) -> Vec<String> {
    let (folder, start) = prefix.rsplit_once('/').map_or(("", prefix), |(folder, start)| (&prefix[..=folder.len()], start));
    let Ok(listed) = roots.absolute(if folder.is_empty() { "." } else { folder }) else { return Vec::new() };
    let Ok(listed) = std::fs::canonicalize(listed) else { return Vec::new() };
    if !roots.holds(&listed) {
        return roots_that_begin_with(roots, prefix, limit);
    }
    let mut names: Vec<String> = entries(&listed).into_iter().filter(|name| name.starts_with(start)).collect();
    names.retain(|name| start.starts_with('.') || !name.starts_with('.'));
    names.sort();
    names.into_iter().take(limit).map(|name| format!("{folder}{name}{}", slash(&listed.join(&name)))).collect()
}

fn slash(path: &Path) -> &'static str {
    if path.is_dir() { "/" } else { "" }
}

fn roots_that_begin_with(roots: &Roots, prefix: &str, limit: usize) -> Vec<String> {
    let shown = roots.paths().iter().map(|root| format!("{}/", root.display()));
    shown.filter(|root| prefix.starts_with('/') && root.starts_with(prefix)).take(limit).collect()
}
