//! Globs below the granted roots.

use std::path::{Component, Path, PathBuf};

use data_stack_core::{Code, ToolError};

use super::roots::{Roots, lexical};

/// More matches than this mean that the pattern is a mistake.
const MAX_MATCHES: usize = 10_000;

/// Whether `text` is a pattern and not a plain path.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[']) && !Path::new(text).exists()
}

/// The granted regular files that match, in order of name.
pub(super) fn expand(roots: &Roots, pattern: &str) -> Result<Vec<PathBuf>, ToolError> {
    let absolute = lexical_pattern(roots, pattern)?;
    // The crate leaves out hidden files even where the pattern names the dot, so that is asked of it only where it does not.
    let names_hidden = pattern.starts_with('.') || pattern.contains("/.");
    let options =
        ::glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: !names_hidden };
    let matches = ::glob::glob_with(&absolute, options).map_err(|error| {
        ToolError::invalid("path", format!("`{pattern}` is no valid pattern: {error}"), "Use `*`, `?`, `[a-z]` or `**`.")
    })?;
    let mut found = Vec::new();
    for path in matches.flatten() {
        // A match that leads out of the roots through a link is not granted; it is not shown either.
        let Some(granted) = std::fs::canonicalize(&path).ok().and_then(|canonical| roots.below(&canonical)) else { continue };
        let path = granted.path();
        if path.is_file() && !found.contains(&path) {
            found.push(path);
        }
        if found.len() > MAX_MATCHES {
            let message = format!("`{pattern}` matches more than {MAX_MATCHES} files");
            return Err(ToolError::new(Code::Limit, message, "Use a narrower pattern.").at("path"));
        }
    }
    found.sort();
    Ok(found)
}

/// The pattern as an absolute one whose fixed beginning lies below a root; nothing outside is even listed.
fn lexical_pattern(roots: &Roots, pattern: &str) -> Result<String, ToolError> {
    let absolute = roots.absolute(pattern)?;
    if absolute.components().any(|component| component == Component::ParentDir) {
        return Err(ToolError::invalid("path", format!("the pattern `{pattern}` holds `..`"), format!("Write the pattern below {roots}.")));
    }
    let fixed: PathBuf = absolute.components().take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '['])).collect();
    let fixed = std::fs::canonicalize(&fixed).unwrap_or_else(|_| lexical(&fixed));
    if !roots.holds(&fixed) {
        return Err(roots.refuse(pattern));
    }
    Ok(absolute.to_string_lossy().into_owned())
}
