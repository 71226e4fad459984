//! Results that must stay as they are: golden files beside the script, with what differs from run to run masked.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Value, json};

use super::diff;
use super::file::Script;

/// Keys whose values are new in each run.
const VOLATILE: [&str; 12] = [
    "request_id",
    "started_at",
    "duration_ms",
    "elapsed_ms",
    "finished_at",
    "modified_at",
    "loaded_at",
    "cursor",
    "next_cursor",
    "job_id",
    "load_id",
    "uri",
];

/// What a script's snapshots are compared with.
pub(super) struct Snapshots<'a> {
    pub(super) script: &'a Script,
    /// The folder whose path is masked in texts.
    pub(super) workspace: PathBuf,
    /// Whether to write them anew.
    pub(super) update: bool,
}

impl Snapshots<'_> {
    /// Compares with the golden file, or writes it; the difference when there is one.
    pub(super) fn compare(&self, name: &str, subject: &Value) -> anyhow::Result<Option<String>> {
        let stem = self.script.path.file_stem().unwrap_or_default();
        let path = self.script.path.with_file_name("snapshots").join(stem).join(format!("{name}.json"));
        let got = diff::pretty(&self.masked(subject)) + "\n";
        if self.update {
            let folder = path.parent().unwrap_or(&path);
            let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, got));
            written.with_context(|| format!("the snapshot {} cannot be written", path.display()))?;
            return Ok(None);
        }
        Ok(match std::fs::read_to_string(&path) {
            Ok(expected) if expected == got => None,
            Ok(expected) => Some(format!("differs from {}\n{}", path.display(), diff::lines(&expected, &got))),
            Err(error) => Some(format!("{} cannot be read ({error}); run with --update to write it", path.display())),
        })
    }

    fn masked(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), self.masked_field(key, value))).collect(),
            Value::Array(items) => items.iter().map(|item| self.masked(item)).collect(),
            Value::String(text) => json!(text.replace(&*self.workspace.to_string_lossy(), "<workspace>")),
            other => other.clone(),
        }
    }

    fn masked_field(&self, key: &str, value: &Value) -> Value {
        let volatile = VOLATILE.contains(&key) || self.script.mask.iter().any(|masked| masked == key);
        if volatile && !value.is_null() { json!(format!("<{key}>")) } else { self.masked(value) }
    }
}
