//! Separated text in the one form that [`Written`](data_stack_core::ports::sources::Written) describes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use data_stack_core::{Code, ToolError};

use crate::ingest::csv::clean::{Rows, Value, push_field};
use crate::ingest::csv::records::Place;
use crate::ingest::steps::io_error;

/// Writes rows, at most so many bytes of them.
pub(super) struct TextWriter {
    out: BufWriter<File>,
    row: Vec<u8>,
    /// Whether the row has a field yet.
    begun: bool,
    written: u64,
    limit: u64,
    label: String,
}

impl TextWriter {
    /// A new file at `path` with this header; `label` names the source in errors.
    pub(super) fn create<'a>(path: &Path, names: impl Iterator<Item = &'a str>, limit: u64, label: &str) -> Result<Self, ToolError> {
        let file = File::create_new(path).map_err(|error| io_error("the working copy cannot be made", &error))?;
        let out = BufWriter::with_capacity(1 << 20, file);
        let mut writer = Self { out, row: Vec::new(), begun: false, written: 0, limit, label: label.to_owned() };
        names.for_each(|name| writer.field(Some(name.as_bytes())));
        writer.end_row()?;
        Ok(writer)
    }

    /// Adds a field to the row: a missing value is empty, an empty text a pair of quotes.
    pub(super) fn field(&mut self, value: Option<&[u8]>) {
        if std::mem::replace(&mut self.begun, true) {
            self.row.push(b',');
        }
        match value {
            None => {}
            Some([]) => self.row.extend_from_slice(b"\"\""),
            Some(text) => push_field(&mut self.row, text),
        }
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self) -> Result<(), ToolError> {
        self.row.push(b'\n');
        self.written += self.row.len() as u64;
        if self.written > self.limit {
            return Err(too_large(&self.label, self.limit));
        }
        self.out.write_all(&self.row).map_err(|error| io_error("the working copy cannot be written", &error))?;
        self.row.clear();
        self.begun = false;
        Ok(())
    }

    /// Writes what is still held.
    pub(super) fn finish(mut self) -> Result<(), ToolError> {
        self.out.flush().map_err(|error| io_error("the working copy cannot be written", &error))
    }
}

impl Rows for TextWriter {
    fn row<'a>(&mut self, _: Place, values: impl Iterator<Item = Value<'a>>) -> Result<(), ToolError> {
        values.for_each(|value| self.field(value.map(|(text, _)| text)));
        self.end_row()
    }
}

/// The refusal of a source that is larger as text than may be.
pub(super) fn too_large(label: &str, limit: u64) -> ToolError {
    let message = format!("{label} is larger as text than the limit of {} MB", limit >> 20);
    ToolError::new(Code::Limit, message, "Profile a part of it: load it, then give a `sql` that selects or samples.")
}
