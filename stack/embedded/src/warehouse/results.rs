//! Results kept for later pages: stable, unchanged by later writes, there for a while, restarts included.
//!
//! A result is a file of rows, one JSON array a line, and a description beside it that is written last. A cursor names the
//! result and the place in it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use data_stack_core::ports::warehouse::{Column, QueryPage};
use data_stack_core::{Code, Control, ToolError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::query::QueryAnswer;
use crate::private;

/// Old results are looked for at most this often.
const SWEEP_PAUSE: Duration = Duration::from_secs(60);

/// The folder of kept results.
#[derive(Debug)]
pub(super) struct Results {
    folder: PathBuf,
    lifetime: Duration,
    swept: Mutex<Option<Instant>>,
}

/// A place for one result.
#[derive(Debug)]
pub(super) struct Slot {
    folder: PathBuf,
    id: String,
}

/// What is known of a kept result.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    columns: Vec<Column>,
    statement: String,
    total_rows: Option<u64>,
}

/// A result and the byte at which the next page begins.
#[derive(Debug, PartialEq, Eq)]
struct Cursor {
    id: String,
    offset: u64,
}

impl Results {
    pub(super) fn new(folder: PathBuf, lifetime: Duration) -> Self {
        Self { folder, lifetime, swept: Mutex::default() }
    }

    /// A new place.
    pub(super) fn slot(&self) -> Result<Slot, ToolError> {
        let make = || {
            private::folder(&self.folder)?;
            private::unguessable()
        };
        let id = make().map_err(|error| unkept(&error))?;
        self.sweep();
        Ok(Slot { folder: self.folder.clone(), id })
    }

    /// The page at the cursor.
    pub(super) async fn page(&self, cursor: &str, limit: usize, control: &Control) -> Result<QueryPage, ToolError> {
        control.check()?;
        let cursor = Cursor::parse(cursor).ok_or_else(invalid_cursor)?;
        let slot = Slot { folder: self.folder.clone(), id: cursor.id.clone() };
        if age(&slot.description_path()).is_none_or(|age| age > self.lifetime) {
            return Err(expired());
        }
        let reading = tokio::task::spawn_blocking(move || slot.read(&cursor, limit));
        reading.await.map_err(|error| ToolError::internal(format!("reading a page failed: {error}")))?
    }

    /// Removes results whose time is over. Failing to do so must not fail the call that happens to try.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.is_some_and(|last| last.elapsed() < SWEEP_PAUSE) {
            return;
        }
        *swept = Some(Instant::now());
        drop(swept);
        for entry in fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok) {
            let old = age(&entry.path()).is_some_and(|age| age > self.lifetime);
            if old && let Err(error) = fs::remove_file(entry.path()) {
                tracing::debug!(%error, "an old result remains");
            }
        }
    }
}

impl Slot {
    /// Where the rows go.
    pub(super) fn rows_path(&self) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.id))
    }

    fn description_path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.id))
    }

    /// Describes the rows that were written, and gives the cursor to the first of them.
    pub(super) fn keep(&self, answer: &QueryAnswer) -> Result<String, ToolError> {
        let QueryAnswer { columns, statement, total_rows, .. } = answer;
        let description = Description { columns: columns.clone(), statement: statement.clone(), total_rows: *total_rows };
        let write = || {
            let path = self.description_path();
            fs::write(&path, serde_json::to_vec(&description)?)?;
            private::seal(&path)
        };
        write().map_err(|error| unkept(&error))?;
        Ok(Cursor { id: self.id.clone(), offset: 0 }.to_string())
    }

    fn read(&self, cursor: &Cursor, limit: usize) -> Result<QueryPage, ToolError> {
        let started = Instant::now();
        let Description { columns, statement, total_rows } = fs::read(self.description_path())
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::from))
            .map_err(|_| expired())?;
        let (rows, next) = rows_at(&self.rows_path(), cursor.offset, limit).map_err(|_| invalid_cursor())?;
        let cursor = next.map(|offset| Cursor { id: self.id.clone(), offset }.to_string());
        let elapsed_ms = started.elapsed().as_secs_f64() * 1_000.0;
        Ok(QueryPage { columns, rows, total_rows, cursor, statement, elapsed_ms, ..QueryPage::default() })
    }
}

/// At most `limit` rows from byte `offset` on, and where the next begins if there is one.
fn rows_at(path: &Path, offset: u64, limit: usize) -> io::Result<(Vec<Vec<Value>>, Option<u64>)> {
    let mut file = BufReader::new(File::open(path)?);
    let size = file.get_ref().metadata()?.len();
    file.seek(SeekFrom::Start(offset))?;
    let (mut rows, mut at, mut line) = (Vec::new(), offset, Vec::new());
    while rows.len() < limit && at < size {
        line.clear();
        at += file.read_until(b'\n', &mut line)? as u64;
        rows.push(serde_json::from_slice(&line)?);
    }
    Ok((rows, (at < size).then_some(at)))
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (id, offset) = text.split_once('.')?;
        Some(Self { id: id.to_owned(), offset: offset.parse().ok()? }).filter(|cursor| private::is_unguessable(&cursor.id))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.id, self.offset)
    }
}

fn age(path: &Path) -> Option<Duration> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    Some(SystemTime::now().duration_since(modified).unwrap_or_default())
}

fn unkept(error: &io::Error) -> ToolError {
    ToolError::new(Code::Failed, format!("the result cannot be kept for later pages: {error}"), "Check the space left on the disk.")
}

fn invalid_cursor() -> ToolError {
    ToolError::invalid("cursor", "the cursor is not one that a call returned", "Pass the cursor exactly as it was returned.")
}

fn expired() -> ToolError {
    ToolError::new(Code::NotFound, "the result behind the cursor is not kept any more", "Run the statement again.").at("cursor")
}
