//! Rows that do not fit the first page, kept in a file for later pages.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::Value;

/// A file of rows, one JSON array a line, of at most so many bytes.
pub(crate) struct Spill {
    file: BufWriter<File>,
    bytes: u64,
    limit: u64,
    line: Vec<u8>,
}

impl Spill {
    /// Makes the file, readable by its owner only.
    pub(crate) fn create(path: &Path, limit: u64) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { file: BufWriter::new(file), bytes: 0, limit, line: Vec::new() })
    }

    /// Keeps a row; `false` when it does not fit any more.
    pub(crate) fn push(&mut self, row: &[Value]) -> io::Result<bool> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, row)?;
        self.line.push(b'\n');
        self.bytes += self.line.len() as u64;
        if self.bytes > self.limit {
            return Ok(false);
        }
        self.file.write_all(&self.line)?;
        Ok(true)
    }

    /// Writes what is still buffered.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}
