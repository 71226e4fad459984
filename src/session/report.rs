//! How sessions went, for people.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// How all sessions went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The sessions, in the order they were played.
    pub sessions: Vec<Played>,
}

/// How a session went.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// What it shows.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Its steps, the connection first.
    pub steps: Vec<PlayedStep>,
    /// Where its workspace was kept.
    pub kept: Option<PathBuf>,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayedStep {
    /// What it shows.
    pub title: String,
    /// Its line in the file.
    pub line: u64,
    /// How long it took.
    pub duration: Duration,
    /// What did not hold; empty when all did.
    pub problems: Vec<Problem>,
    /// Whether it was left out because an earlier one failed.
    pub skipped: bool,
}

/// Something that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What was looked at, such as a path.
    pub what: String,
    /// What was expected and what was got.
    pub detail: String,
}

impl Report {
    /// Whether everything held.
    pub fn passed(&self) -> bool {
        self.sessions.iter().all(Played::passed)
    }

    pub(super) fn write_summary(&self, log: &mut dyn Write) -> io::Result<()> {
        let steps = || self.sessions.iter().flat_map(|session| &session.steps);
        let failed = steps().filter(|step| !step.problems.is_empty()).count();
        let skipped = steps().filter(|step| step.skipped).count();
        let seconds: f64 = self.sessions.iter().map(|session| session.duration().as_secs_f64()).sum();
        let sessions = self.sessions.iter().filter(|session| !session.passed()).count();
        writeln!(
            log,
            "\n{} of {} sessions passed, {} of {} steps ({failed} failed, {skipped} skipped) in {seconds:.1} s",
            self.sessions.len() - sessions,
            self.sessions.len(),
            steps().count() - failed - skipped,
            steps().count()
        )
    }
}

impl Played {
    /// Whether every step held.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.problems.is_empty() && !step.skipped)
    }

    /// How long the steps took together.
    pub fn duration(&self) -> Duration {
        self.steps.iter().map(|step| step.duration).sum()
    }
}

impl PlayedStep {
    /// Writes a line, and below it what did not hold.
    pub(super) fn write(&self, log: &mut dyn Write) -> io::Result<()> {
        let mark = match (self.skipped, self.problems.is_empty()) {
            (true, _) => "skip",
            (false, true) => "ok",
            (false, false) => "FAIL",
        };
        let milliseconds = self.duration.as_secs_f64() * 1e3;
        let place = if self.problems.is_empty() { String::new() } else { format!("   line {}", self.line) };
        writeln!(log, "  {mark:<5} {:<60} {milliseconds:>9.1} ms{place}", self.title)?;
        for problem in &self.problems {
            let detail = problem.detail.replace('\n', "\n          ");
            writeln!(log, "        {}: {detail}", problem.what)?;
        }
        Ok(())
    }
}
