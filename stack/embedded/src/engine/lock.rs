//! Database files that cannot be attached, above all because another process holds their lock.

use std::path::Path;
use std::time::UNIX_EPOCH;

use data_stack_core::{Code, ToolError};
use serde_json::{Map, Value, json};

use super::handle::EngineError;

/// Whether another process holds the file's lock.
pub(crate) fn is_conflict(error: &EngineError) -> bool {
    error.message.contains("Could not set lock on file")
}

/// Why a file cannot be attached, as callers see it.
pub(crate) fn attach_error(error: &EngineError, path: &Path) -> ToolError {
    if is_conflict(error) {
        return conflict(error, path);
    }
    let (code, hint) = if error.message.contains("not a valid DuckDB database file") {
        (
            Code::InvalidInput,
            "Name a DuckDB database file; other files are read with `read_csv`, `read_parquet` and so on, or loaded with `ingest`.",
        )
    } else if error.kind() == "Permission" {
        (Code::Denied, "Name a file below a granted root.")
    } else {
        (Code::Failed, "Check the file's rights and that this version of DuckDB made it.")
    };
    ToolError::new(code, format!("the database {} cannot be opened: {}", path.display(), error.message), hint)
}

fn conflict(error: &EngineError, path: &Path) -> ToolError {
    let holder = Holder::parse(&error.message);
    let who = holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::describe);
    let hint = "Call again with `snapshot: true` to read a consistent copy, or when the holder has finished.";
    ToolError::new(Code::Unavailable, format!("the database {} is locked by {who}", path.display()), hint)
        .retryable()
        .details(holder.map_or_else(|| json!({}), |holder| holder.details()))
}

/// The process that holds a lock.
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    pid: u32,
    program: String,
}

impl Holder {
    /// From DuckDB's `Conflicting lock is held in /usr/bin/python3 (PID 12) by user …`.
    fn parse(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once("lock is held in ")?;
        let (program, rest) = rest.split_once(" (PID ")?;
        let (pid, _) = rest.split_once(')')?;
        Some(Self { pid: pid.parse().ok()?, program: program.to_owned() })
    }

    fn describe(&self) -> String {
        format!("{} (process {})", self.program, self.pid)
    }

    fn details(&self) -> Value {
        let mut details = Map::from_iter([("holder_pid".to_owned(), json!(self.pid))]);
        details.insert("holder_command".into(), json!(self.command().unwrap_or_else(|| self.program.clone())));
        if let Some(started) = self.started() {
            details.insert("holder_started_at".into(), json!(started));
        }
        Value::Object(details)
    }

    fn command(&self) -> Option<String> {
        let line = std::fs::read(format!("/proc/{}/cmdline", self.pid)).ok()?;
        let words: Vec<_> = line.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(String::from_utf8_lossy).collect();
        (!words.is_empty()).then(|| data_stack_core::text::clean(&words.join(" "), 200))
    }

    fn started(&self) -> Option<String> {
        let modified = std::fs::metadata(format!("/proc/{}", self.pid)).ok()?.modified().ok()?;
        let seconds = modified.duration_since(UNIX_EPOCH).ok()?.as_secs();
        jiff::Timestamp::from_second(seconds as i64).ok().map(|time| time.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Holder;

    #[test]
    fn the_holder_is_read_from_duckdbs_message() {
        let message = "IO Error: Could not set lock on file \"/d/w.duckdb\": Conflicting lock is held in /usr/bin/python3.11 (PID 4321) by user ann. See also …";
        assert_eq!(Holder::parse(message), Some(Holder { pid: 4321, program: "/usr/bin/python3.11".into() }));
        assert_eq!(Holder::parse("IO Error: Could not set lock on file"), None);
    }
}
