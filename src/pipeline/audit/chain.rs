//! A JSONL file whose lines are chained by BLAKE3.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::Value;

/// What the first line is chained to.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What stands between a line's content and its hash.
const SEPARATOR: &str = ",\"hash\":\"";

/// An open chain.
pub(super) struct Chain {
    file: File,
    last: String,
    lines: u64,
}

impl Chain {
    /// Begins a new chain, or goes on at the end of an existing one.
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        file.rewind()?;
        let mut lines = 0;
        let mut last = GENESIS.to_owned();
        for line in BufReader::new(&file).lines() {
            lines += 1;
            if let Some((_, hash)) = split(&line?) {
                hash.clone_into(&mut last);
            }
        }
        Ok(Self { file, last, lines })
    }

    /// Adds an event with a number, a time and the hash of the line before.
    pub(super) fn append(&mut self, event: &Value) -> std::io::Result<()> {
        let now = jiff::Timestamp::now();
        let body = format!("{{\"seq\":{},\"at\":\"{now:.3}\",\"prev\":\"{}\",\"entry\":{event}", self.lines + 1, self.last);
        let hash = blake3::hash(body.as_bytes()).to_hex();
        self.file.write_all(format!("{body}{SEPARATOR}{hash}\"}}\n").as_bytes())?;
        hash.as_str().clone_into(&mut self.last);
        self.lines += 1;
        Ok(())
    }

    pub(super) fn sync(&mut self) -> std::io::Result<()> {
        self.file.sync_data()
    }

    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    pub(super) fn last(&self) -> &str {
        &self.last
    }
}

/// Adds an event to the folder's index; processes take turns by a lock on the file.
pub(super) fn index(folder: &Path, event: &Value) -> std::io::Result<()> {
    let path = folder.join("index.jsonl");
    let lock = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    lock.lock()?;
    let mut chain = Chain::open(&path)?;
    chain.append(event)?;
    chain.sync()
}

/// A line's content and its hash.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (body, rest) = line.rsplit_once(SEPARATOR)?;
    Some((body, rest.strip_suffix("\"}")?))
}
