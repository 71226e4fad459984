//! Reads separated text to its end and writes what can be read in one strict dialect.
//!
//! The strict form has no header, commas, doubled quotes, LF, empty fields for null, and two columns in front: the line and the
//! offset at which the row begins. DuckDB reads nothing else, so no dialect has to be guessed twice.

use std::io::{Read, Write};

use data_stack_core::ToolError;
use memchr::memchr3_iter;

use super::count::{Counting, Counts};
use super::dialect::Layout;
use super::infer::{As, FoundColumn, Inference};
use super::records::{Fields, Place, Record, Records};
use crate::ingest::rejects::RejectLog;
use crate::ingest::steps::{Steps, io_error};

/// Rows between two looks at whether the work must stop.
const ROWS_A_STEP: u64 = 16_384;

/// A value of a row: its text and how it is read; null when absent.
pub(crate) type Value<'a> = Option<(&'a [u8], As)>;

/// Whatever takes rows.
pub(crate) trait Rows {
    /// Takes a row, which stands at `place`.
    fn row<'a>(&mut self, place: Place, values: impl Iterator<Item = Value<'a>>) -> Result<(), ToolError>;
}

/// Takes rows, writes them in the strict form and learns the columns' types.
pub(crate) struct RowSink<W> {
    out: W,
    line: Vec<u8>,
    columns: Vec<Inference>,
    names: Vec<String>,
    rows: u64,
    longest: usize,
}

/// What a sink took.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The columns with the types found.
    pub(crate) columns: Vec<FoundColumn>,
    /// How many rows.
    pub(crate) rows: u64,
    /// Bytes of the longest row written.
    pub(crate) longest: usize,
}

impl<W: Write> RowSink<W> {
    /// A sink that writes rows with these columns to `out`.
    pub(crate) fn new(out: W, names: Vec<String>) -> Self {
        Self { out, line: Vec::new(), columns: vec![Inference::default(); names.len()], names, rows: 0, longest: 0 }
    }

    /// The columns' names.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// What was taken, once everything is written.
    pub(crate) fn finish(mut self) -> Result<Taken, ToolError> {
        self.out.flush().map_err(|error| io_error("the working copy cannot be written", &error))?;
        let columns = self.columns.into_iter().zip(self.names).map(|(column, name)| column.finish(name)).collect();
        Ok(Taken { columns, rows: self.rows, longest: self.longest })
    }
}

impl<W: Write> Rows for RowSink<W> {
    fn row<'a>(&mut self, place: Place, values: impl Iterator<Item = Value<'a>>) -> Result<(), ToolError> {
        self.line.clear();
        self.line.extend_from_slice(format!("{},{}", place.line, place.offset).as_bytes());
        for (column, value) in self.columns.iter_mut().zip(values) {
            self.line.push(b',');
            let Some((text, how)) = value else { continue };
            column.take(text, place.line, how);
            push_field(&mut self.line, text);
        }
        self.line.push(b'\n');
        self.rows += 1;
        self.longest = self.longest.max(self.line.len());
        self.out.write_all(&self.line).map_err(|error| io_error("the working copy cannot be written", &error))
    }
}

/// Appends a field, quoted where it has to be.
pub(crate) fn push_field(line: &mut Vec<u8>, text: &[u8]) {
    if memchr3_iter(b',', b'"', b'\n', text).next().is_none() && memchr::memchr(b'\r', text).is_none() {
        line.extend_from_slice(text);
        return;
    }
    line.push(b'"');
    for byte in text {
        if *byte == b'"' {
            line.push(b'"');
        }
        line.push(*byte);
    }
    line.push(b'"');
}

/// How the lines of a text add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Lines of rows that were read.
    pub(crate) row_lines: u64,
    /// Rows that were read.
    pub(crate) rows: u64,
    /// Lines of records that were rejected.
    pub(crate) rejected_lines: u64,
    /// Records that were rejected.
    pub(crate) rejected: u64,
    /// Lines that hold nothing.
    pub(crate) blank_lines: u64,
    /// Lines before the first row: header, titles and what the caller left out.
    pub(crate) leading_lines: u64,
    /// Records among them.
    pub(crate) leading: u64,
    /// Whether every quote is where RFC 4180 wants it, so that both counts must agree on records.
    pub(crate) quotes_in_order: bool,
    /// The independent counts of the same bytes.
    pub(crate) counted: Counts,
}

impl Tally {
    /// Whether reader and counter agree, and what they found, in a sentence.
    pub(crate) fn verdict(&self) -> (bool, String) {
        let Self { row_lines, rows, rejected_lines, rejected, blank_lines, leading_lines, leading, counted, .. } = *self;
        let lines = row_lines + rejected_lines + blank_lines + leading_lines;
        if !self.quotes_in_order {
            let found = format!(
                "{} lines: {row_lines} in {rows} rows, {rejected_lines} rejected, {blank_lines} blank, {leading_lines} before the first row",
                counted.lines
            );
            return (lines == counted.lines, found);
        }
        let found = format!(
            "an independent count finds {} records in {} lines; read were {rows} rows, {rejected} rejected, {leading} before the first row, {blank_lines} blank lines",
            counted.records, counted.lines
        );
        (lines == counted.lines && rows + rejected + leading == counted.records, found)
    }
}

/// Reads `text` to its end by `layout`. Rows go to `sink`, what cannot be read to `log`.
pub(crate) fn read<W: Write>(
    text: impl Read,
    layout: &Layout,
    sink: &mut RowSink<W>,
    log: &mut RejectLog,
    steps: &dyn Steps,
    label: &str,
    bytes: u64,
) -> Result<Tally, ToolError> {
    let mut pass = Pass {
        layout,
        sink,
        log,
        tally: Tally { quotes_in_order: true, ..Tally::default() },
        to_lead: layout.preamble + u64::from(layout.header),
    };
    let mut records = Records::new(Counting::new(text, layout.syntax), layout.syntax);
    let broken = |error: std::io::Error| io_error("the source cannot be read", &error);
    pass.tally.leading_lines = records.pass_lines(layout.skipped_lines).map_err(broken)?;
    let mut fields = Fields::default();
    let mut seen = 0u64;
    while let Some(record) = records.next(&mut fields).map_err(broken)? {
        pass.take(&record, &fields)?;
        seen += 1;
        if seen.is_multiple_of(ROWS_A_STEP) {
            steps.check()?;
            steps.progress(records.offset() as f64, Some(bytes as f64), format!("reading {label}, {} rows", pass.tally.rows));
        }
    }
    let mut tally = pass.tally;
    tally.counted = records.into_inner().finish();
    // Lines that the caller left out are no records of ours, and their quotes may be in any order.
    tally.quotes_in_order &= layout.skipped_lines == 0;
    Ok(tally)
}

struct Pass<'a, W> {
    layout: &'a Layout,
    sink: &'a mut RowSink<W>,
    log: &'a mut RejectLog,
    tally: Tally,
    to_lead: u64,
}

impl<W: Write> Pass<'_, W> {
    fn take(&mut self, record: &Record<'_>, fields: &Fields) -> Result<(), ToolError> {
        self.tally.quotes_in_order &= !record.stray_quote && record.malformed.is_none();
        if record.is_blank() && record.malformed.is_none() {
            self.tally.blank_lines += record.lines;
        } else if self.to_lead > 0 {
            self.to_lead -= 1;
            self.tally.leading += 1;
            self.tally.leading_lines += record.lines;
        } else if let Some(reason) = self.fault(record, fields) {
            self.tally.rejected += 1;
            self.tally.rejected_lines += record.lines;
            self.log.add(record.place.line, Some(record.place.offset), None, reason, record.raw)?;
        } else {
            self.tally.rows += 1;
            self.tally.row_lines += record.lines;
            let nulls = &self.layout.nulls;
            let is_null = |text: &[u8]| text.is_empty() || nulls.iter().any(|null| null.as_bytes() == text);
            self.sink.row(record.place, fields.iter().map(|text| (!is_null(text)).then_some((text, As::Written))))?;
        }
        Ok(())
    }

    /// Why the record cannot be a row, if it cannot.
    fn fault(&self, record: &Record<'_>, fields: &Fields) -> Option<String> {
        if let Some(malformed) = record.malformed {
            return Some(malformed.reason().to_owned());
        }
        let expected = self.sink.names().len();
        if fields.len() != expected {
            return Some(format!("expected {expected} fields, found {}", fields.len()));
        }
        if memchr::memchr(0, record.raw).is_some() {
            return Some("the line holds a NUL byte".to_owned());
        }
        std::str::from_utf8(record.raw).err().map(|error| format!("byte {} of the line is not valid UTF-8", error.valid_up_to() + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{RowSink, Tally, read};
    use crate::ingest::csv::dialect;
    use crate::ingest::rejects::RejectLog;
    use data_stack_core::Control;
    use data_stack_core::ports::ingest::{Dialect, SourceFormat};

    fn clean(text: &[u8]) -> (String, Vec<(u64, String)>, Tally) {
        let layout = dialect::find(text, true, SourceFormat::Csv, &Dialect::default()).unwrap();
        let mut out = Vec::new();
        let mut sink = RowSink::new(&mut out, layout.names.clone());
        let mut log = RejectLog::new("x.csv", true, 0);
        let tally = read(text, &layout, &mut sink, &mut log, &Control::unlimited(), "x.csv", 0).unwrap();
        assert_eq!(sink.finish().unwrap().rows, tally.rows);
        let rejects = log.into_rejects().into_iter().map(|reject| (reject.line, reject.reason)).collect();
        (String::from_utf8(out).unwrap(), rejects, tally)
    }

    #[test]
    fn rows_are_written_strictly_with_their_place() {
        let (out, rejects, tally) = clean(b"a;b\r\n1;x, y\r\n\r\n;\"q \"\"z\"\"\nw\"\r\n");
        assert_eq!(out, "2,5,1,\"x, y\"\n4,15,,\"q \"\"z\"\"\nw\"\n");
        assert_eq!(rejects, []);
        assert!(tally.quotes_in_order && tally.verdict().0, "{tally:?}");
    }

    /// Text, rows, rejected lines with their reasons.
    type Case<'a> = (&'a [u8], u64, &'a [(u64, &'a str)]);

    #[test]
    fn every_line_is_accounted_for_whatever_is_wrong_with_it() {
        let cases: [Case<'_>; 7] = [
            (b"a,b\n1,2\n3\n4,5,6\n7,8\n", 2, &[(3, "expected 2 fields, found 1"), (4, "expected 2 fields, found 3")]),
            (b"a,b\n1,2\n3,\"x\n4,5\n6,7\n", 3, &[(3, "a quote opens a field that nothing closes")]),
            (b"a,b\n1,2\n3,\"x\" y\n6,7\n", 2, &[(3, "text follows the closing quote of a field")]),
            (b"a,b\n1,5\" pipe\n2,x\n", 2, &[]),
            (b"a,b\n1,x\0y\n2,z\n", 1, &[(2, "the line holds a NUL byte")]),
            (b"a,b\n1,\xff\n2,z\n", 1, &[(2, "byte 3 of the line is not valid UTF-8")]),
            (b"a,b\n1,2\n\n\n", 1, &[]),
        ];
        for (text, rows, expected) in cases {
            let (_, rejects, tally) = clean(text);
            let shown = String::from_utf8_lossy(text);
            let expected: Vec<_> = expected.iter().map(|(line, reason)| (*line, (*reason).to_owned())).collect();
            assert_eq!((tally.rows, &rejects), (rows, &expected), "{shown}");
            assert!(tally.verdict().0, "{shown}: {tally:?}");
        }
    }

    #[test]
    fn a_reader_that_loses_a_line_is_found_out() {
        let (_, _, mut tally) = clean(b"a,b\n1,2\n3,4\n");
        tally.rows -= 1;
        tally.row_lines -= 1;
        assert!(!tally.verdict().0);
    }
}
