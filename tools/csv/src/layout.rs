//! How a file is laid out, read off its beginning: encoding, line ends, dialect, header. What is no table is refused here.

use std::io::{Read, Seek, SeekFrom};

use data_stack_core::ToolError;
use encoding_rs::Encoding;

use crate::align::Sorts;
use crate::dialect::{Dialect, Given, LineEnds, sniff};
use crate::encoding::{self, Found, Utf8Reader, unreadable};
use crate::header::{self, Header};

/// Bytes from which the layout is read.
const SAMPLE: usize = 1 << 20;

/// What is known of a file before its rows are read.
#[derive(Debug, Clone)]
pub struct Layout {
    /// How bytes are text.
    pub encoding: Found,
    /// How lines end.
    pub line_ends: LineEnds,
    /// How lines are fields.
    pub dialect: Dialect,
    /// What the columns are called.
    pub header: Header,
    pub(crate) sorts: Sorts,
}

impl Layout {
    /// The number of columns.
    pub fn width(&self) -> usize {
        self.header.names.len()
    }
}

/// Reads the layout off the beginning of a file. `forced` overrides the encoding found.
pub fn examine<R: Read + Seek>(reader: &mut R, given: &Given, forced: Option<&'static Encoding>) -> Result<Layout, ToolError> {
    reader.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    let mut raw = Vec::new();
    reader.by_ref().take(SAMPLE as u64).read_to_end(&mut raw).map_err(|error| unreadable(&error))?;
    let whole = raw.len() < SAMPLE;
    refuse_unreadable(&raw)?;
    let mut encoding = encoding::detect(&raw, whole, given.encoding.as_deref())?;
    encoding.encoding = forced.unwrap_or(encoding.encoding);
    refuse_binary(&raw, encoding.encoding)?;
    let mut text = Vec::new();
    let mut decoder = Utf8Reader::new(&raw[encoding.bom..], encoding.encoding);
    while decoder.fill(&mut text, SAMPLE)? {}
    let line_ends = LineEnds::of(&text);
    unify(&mut text, line_ends);
    let dialect = sniff(&text, whole, given);
    let (header, sorts) = header::read(&text, whole, &dialect, given);
    Ok(Layout { encoding, line_ends, dialect, header, sorts })
}

/// Makes all line ends `\n`.
pub(crate) fn unify(text: &mut [u8], line_ends: LineEnds) {
    if line_ends == LineEnds::Cr {
        text.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
    }
}

fn refuse_unreadable(raw: &[u8]) -> Result<(), ToolError> {
    const OTHERS: [(&[u8], &str, &str); 9] = [
        (b"PK\x03\x04", "a zip archive or a workbook", "Unpack it, or load a workbook with `ingest`."),
        (b"\x1f\x8b", "compressed with gzip", "Load it with `ingest`, which reads gzip, or unpack it."),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Load it with `ingest`, which reads zstd, or unpack it."),
        (b"PAR1", "a Parquet file", "Load it with `ingest`, then ask with `query_duckdb`."),
        (b"ARROW1", "an Arrow file", "Convert it to CSV or Parquet."),
        (b"%PDF", "a PDF document", "Export its table as CSV."),
        (b"\x89PNG", "a picture", "Name a file of separated text."),
        (b"SQLite format 3", "a SQLite database", "Export a table as CSV."),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Load it with `ingest`, or save it as CSV."),
    ];
    if raw.iter().all(u8::is_ascii_whitespace) || matches!(raw, b"\xef\xbb\xbf" | b"\xff\xfe" | b"\xfe\xff") {
        let message = "the file is empty: it holds no row and no header";
        return Err(ToolError::invalid("path", message, "Name a file with at least a header row."));
    }
    match OTHERS.iter().find(|(magic, ..)| raw.starts_with(magic)) {
        Some((_, what, hint)) => Err(ToolError::invalid("path", format!("the file is {what}, not separated text"), *hint)),
        None => Ok(()),
    }
}

fn refuse_binary(raw: &[u8], encoding: &'static Encoding) -> Result<(), ToolError> {
    if encoding.name().starts_with("UTF-16") {
        return Ok(());
    }
    let control = raw.iter().filter(|byte| **byte < 32 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b..=0x1f | 1)).count();
    if control * 20 <= raw.len() {
        return Ok(());
    }
    let share = control * 100 / raw.len().max(1);
    let message = format!("the file is binary, not separated text: {share} % of its first {} bytes are control characters", raw.len());
    Err(ToolError::invalid("path", message, "Name a file of separated text, or give its `encoding`."))
}
