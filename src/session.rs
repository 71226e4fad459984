//! Scripted MCP sessions: YAML files whose steps a real client plays against a real server, for CI.
//!
//! [`mod@file`] reads and checks a script of steps ([`step`]), [`play`] plays it over a connection of its own, [`check`] holds what came back against what
//! was expected, [`report`] and [`junit`] say how it went. The format is documented in `docs/sessions.md`.

mod act;
mod check;
mod diff;
mod file;
mod junit;
mod path;
mod play;
mod raw;
mod report;
mod snapshot;
mod step;
mod variables;
mod workspace;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

pub use file::{Script, read};
pub use report::{Played, PlayedStep, Problem, Report};

/// What to play and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Session files, and folders that are searched for `*.yaml`.
    pub files: Vec<PathBuf>,
    /// A running server to play against instead of one started for each session.
    pub url: Option<String>,
    /// Its bearer token.
    pub token: Option<String>,
    /// The program that is started for each session; this one when absent.
    pub program: Option<PathBuf>,
    /// Where to write a JUnit report.
    pub junit: Option<PathBuf>,
    /// Whether to write snapshots anew instead of comparing with them.
    pub update: bool,
    /// Whether to keep the workspaces of failed sessions.
    pub keep: bool,
}

/// Plays all sessions, one after another, and writes how it goes to `log`. Fails only when it cannot play; what the sessions found
/// is in the report.
pub fn run(options: &Options, log: &mut dyn Write) -> anyhow::Result<Report> {
    let scripts = files(&options.files)?.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime cannot start")?;
    let mut report = Report::default();
    for script in &scripts {
        let played = runtime.block_on(play::play(script, options, log))?;
        report.sessions.push(played);
    }
    runtime.shutdown_background();
    report.write_summary(log)?;
    if let Some(path) = &options.junit {
        std::fs::write(path, junit::render(&report)).with_context(|| format!("the report {} cannot be written", path.display()))?;
    }
    Ok(report)
}

/// The session files that the paths name, in order; a folder stands for all below it.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            search(path, &mut found)?;
        } else if path.is_file() {
            found.push(path.clone());
        } else {
            bail!("{}: there is no such file or folder", path.display());
        }
    }
    if found.is_empty() {
        bail!("there is no session to play: name a YAML file, or a folder that holds some");
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let unreadable = || format!("the folder {} cannot be read", folder.display());
    let mut entries =
        std::fs::read_dir(folder).with_context(unreadable)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            search(&entry, found)?;
        } else if entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(entry);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
