//! The file as chunks of whole records, each examined before it is split.

use std::io::{Read, Seek, SeekFrom};

use data_stack_core::{Code, ToolError, text};
use encoding_rs::{Encoding, UTF_8};

use crate::encoding::{self, Utf8Reader, unreadable};
use crate::layout::{Layout, unify};
use crate::records::{self, Fault, Next, Record, Scanner};
use crate::split::each_field;
use crate::tally::{Rejected, SHOWN, Tally};

/// Bytes of text a chunk aims at: large enough to split in parallel, small enough to bound memory and stay near the cache.
const CHUNK: usize = 8 << 20;
/// The longest record that is read.
const LONGEST_RECORD: usize = 256 << 20;

/// Whole records, and what the scanner saw.
pub struct Chunk {
    /// UTF-8, save for what `tally.invalid` counts; lines end with `\n` or `\r\n`.
    pub text: Vec<u8>,
    /// The records kept.
    pub records: Vec<Record>,
    /// Whether polars reads this text as the scanner does.
    pub clean: bool,
    /// The line of the first record kept.
    pub first_line: u64,
    /// The lines of the records, where they do not simply count up.
    pub lines: Option<Vec<u32>>,
    /// What was found and done.
    pub tally: Tally,
    /// Bytes of the file read so far.
    pub consumed: u64,
}

/// What comes next.
pub enum Step {
    /// Records.
    Chunk(Box<Chunk>),
    /// The file turned out to be in another encoding: begin again with it.
    Reencode(&'static Encoding),
    /// Nothing.
    End,
}

/// Reads a file chunk by chunk.
pub struct Chunks<R, W> {
    reader: Utf8Reader<R>,
    layout: Layout,
    /// Whether another encoding may still be found.
    open_minded: bool,
    carry: Vec<u8>,
    to_skip: usize,
    offset: u64,
    line: u64,
    scanner: Scanner,
    watch: W,
}

impl<R: Read + Seek, W: FnMut(&[u8])> Chunks<R, W> {
    /// Starts at the first row of data. `open_minded` allows that text further on shows another encoding; `watch` sees the bytes
    /// of every record that is kept.
    pub fn new(mut reader: R, layout: Layout, open_minded: bool, watch: W) -> Result<Self, ToolError> {
        let bom = layout.encoding.bom as u64;
        reader.seek(SeekFrom::Start(bom)).map_err(|error| unreadable(&error))?;
        let reader = Utf8Reader::new(reader, layout.encoding.encoding);
        let (to_skip, line) = (layout.header.data_start, layout.header.lines_before as u64 + 1);
        let offset = bom + to_skip as u64;
        let scanner = Scanner::new(layout.dialect.marks);
        Ok(Self { reader, layout, open_minded, carry: Vec::new(), to_skip, offset, line, scanner, watch })
    }

    /// The next chunk.
    pub fn step(&mut self) -> Result<Step, ToolError> {
        let mut text = std::mem::take(&mut self.carry);
        let replaced = self.reader.replaced;
        loop {
            let last = !self.extend(&mut text)?;
            if text.is_empty() && last {
                return Ok(Step::End);
            }
            if let Some(encoding) = self.other_encoding(&text) {
                return Ok(Step::Reencode(encoding));
            }
            let (mut chunk, end) = self.scan(text, last);
            if end == 0 && !last {
                text = chunk.text;
                refuse_endless(&text, self.line)?;
                continue;
            }
            self.carry = chunk.text.split_off(end);
            self.offset += end as u64;
            chunk.tally.invalid += self.reader.replaced - replaced;
            chunk.consumed = self.reader.consumed;
            return Ok(Step::Chunk(Box::new(chunk)));
        }
    }

    fn extend(&mut self, text: &mut Vec<u8>) -> Result<bool, ToolError> {
        let before = text.len();
        let more = self.reader.fill(text, CHUNK.max(before))?;
        unify(&mut text[before..], self.layout.line_ends);
        let skipped = self.to_skip.min(text.len());
        text.drain(..skipped);
        self.to_skip -= skipped;
        Ok(more)
    }

    /// Text beyond the sample may show that the file is not UTF-8 after all.
    fn other_encoding(&mut self, text: &[u8]) -> Option<&'static Encoding> {
        if !self.open_minded || text.is_ascii() {
            return None;
        }
        self.open_minded = false;
        let guess = encoding::guess(text, false);
        (guess != UTF_8).then_some(guess)
    }

    fn scan(&mut self, text: Vec<u8>, last: bool) -> (Chunk, usize) {
        let first_line = self.line;
        let mut chunk = Chunk { text, records: Vec::new(), clean: true, first_line, lines: None, tally: Tally::default(), consumed: 0 };
        let text = std::mem::take(&mut chunk.text);
        chunk.records.reserve(text.len() / 64);
        let mut at = 0;
        while at < text.len() {
            let Next::Record(record, behind) = self.scanner.next(&text, at, last) else { break };
            self.take(&mut chunk, &text, record);
            self.line += u64::from(record.inner_lines) + 1;
            at = behind;
        }
        self.examine_bytes(&mut chunk, &text[..at]);
        chunk.tally.rows = chunk.records.len() as u64;
        chunk.text = text;
        (chunk, at)
    }

    #[inline]
    fn take(&mut self, chunk: &mut Chunk, text: &[u8], record: Record) {
        let width = self.layout.width();
        let bytes = &text[record.start..record.end];
        if (record.fields != width || record.fault != Fault::None || bytes.is_empty()) && !self.admit(chunk, bytes, record) {
            return;
        }
        (self.watch)(bytes);
        let distance = (self.line - chunk.first_line) as u32;
        if chunk.lines.is_none() && distance as usize != chunk.records.len() {
            chunk.lines = Some((0..chunk.records.len() as u32).collect());
        }
        if let Some(lines) = chunk.lines.as_mut() {
            lines.push(distance);
        }
        chunk.records.push(record);
    }

    /// Whether a record that is not clean is kept; counts what is wrong with it.
    #[cold]
    fn admit(&mut self, chunk: &mut Chunk, bytes: &[u8], record: Record) -> bool {
        let width = self.layout.width();
        chunk.clean = false;
        if bytes.is_empty() {
            chunk.tally.blank += u64::from(width > 1);
            return width == 1;
        }
        if record.fault != Fault::None {
            chunk.tally.misquoted += 1;
            chunk.tally.misquoted_line.get_or_insert(self.line);
        }
        if record.fields < width && (record.fields > 1 || width < 3) {
            chunk.tally.short += 1;
            chunk.tally.short_line.get_or_insert(self.line);
            return true;
        }
        if record.fields > width && self.surplus_is_empty(bytes, record) {
            chunk.tally.long += 1;
            return true;
        }
        if record.fields == width {
            return true;
        }
        self.reject(chunk, bytes, record);
        false
    }

    fn surplus_is_empty(&self, bytes: &[u8], record: Record) -> bool {
        let mut index = 0;
        let mut empty = true;
        each_field(bytes, record.fault, self.layout.dialect.marks, |field| {
            empty &= index < self.layout.width() || field.text.is_empty();
            index += 1;
        });
        empty
    }

    fn reject(&self, chunk: &mut Chunk, bytes: &[u8], record: Record) {
        chunk.tally.rejected += 1;
        if chunk.tally.rejects.len() < SHOWN {
            let offset = (self.layout.encoding.encoding == UTF_8).then(|| self.offset + record.start as u64);
            let fields = if record.fields == 1 { "field" } else { "fields" };
            let reason = format!("{} {fields} where {} are expected", record.fields, self.layout.width());
            let raw = text::clean(&String::from_utf8_lossy(&bytes[..bytes.len().min(1000)]), 200);
            chunk.tally.rejects.push(Rejected { line: self.line, offset, reason, raw });
        }
    }

    /// What only the bytes tell: encoding faults, NULs, and returns that are no line ends.
    fn examine_bytes(&self, chunk: &mut Chunk, text: &[u8]) {
        if std::str::from_utf8(text).is_err() {
            chunk.clean = false;
            chunk.tally.invalid = text.utf8_chunks().filter(|part| !part.invalid().is_empty()).count() as u64;
        }
        chunk.tally.nuls = memchr::memchr_iter(0, text).count() as u64;
        if memchr::memchr(b'\r', text).is_some() {
            chunk.clean &= records::count(text, b'\r') == memchr::memmem::find_iter(text, b"\r\n").count();
        }
        chunk.clean &= self.layout.width() > 1;
    }
}

fn refuse_endless(text: &[u8], line: u64) -> Result<(), ToolError> {
    if text.len() <= LONGEST_RECORD {
        return Ok(());
    }
    let message = format!("the record that begins on line {line} is longer than {} MB", LONGEST_RECORD >> 20);
    Err(ToolError::new(Code::Limit, message, "Check the line ends and the `quote` of the file.").at("path"))
}
