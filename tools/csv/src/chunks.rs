//! The file as chunks of whole records, each examined before it is split.

use std::io::{Read, Seek, SeekFrom};

use data_stack_core::{Code, ToolError, text};
use encoding_rs::{Encoding, UTF_8};

use crate::encoding::{self, Utf8Reader, unreadable};
use crate::judge::{Judge, Verdict};
use crate::layout::{Layout, unify};
use crate::marks::{Marks, count};
use crate::records::{Fault, Next, Record, Scanner};
use crate::tally::{Rejected, SHOWN, Tally};

/// Bytes of text a chunk aims at where nothing else is asked for: large enough to split in parallel, small enough to bound memory and stay near the cache.
const CHUNK: usize = 8 << 20;
/// The longest record that is read.
const LONGEST_RECORD: usize = 128 << 20;
/// Bytes of rows without a value that are kept waiting for what follows them.
const MOST_PENDING: usize = 1 << 20;

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
    /// Records that were written otherwise, and which ones they are.
    rewritten: Vec<u8>,
    moved: Vec<usize>,
}

impl Chunk {
    fn new(first_line: u64, bytes: usize) -> Self {
        Self {
            text: Vec::new(),
            records: Vec::with_capacity(bytes / 64),
            clean: true,
            first_line,
            lines: None,
            tally: Tally::default(),
            consumed: 0,
            rewritten: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Puts the records that were written otherwise behind the others.
    fn append_rewritten(&mut self) {
        let base = self.text.len();
        self.text.append(&mut self.rewritten);
        for index in self.moved.drain(..) {
            self.records[index].start += base;
            self.records[index].end += base;
        }
    }
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
    chunk_bytes: usize,
    to_skip: usize,
    offset: u64,
    line: u64,
    scanner: Scanner,
    judge: Judge,
    /// Rows without any value, whose fate is open, and their lines.
    pending: Vec<(Record, u64)>,
    /// Blank lines behind the first of them.
    blank_since: u64,
    watch: W,
}

impl<R: Read + Seek, W: FnMut(&[u8])> Chunks<R, W> {
    /// Starts at the first row of data. `open_minded` allows that text further on shows another encoding; `watch` sees the bytes
    /// of every record that is kept. `repair` fits what would be rejected to the columns as well as it can.
    pub fn new(mut reader: R, layout: Layout, open_minded: bool, repair: bool, watch: W) -> Result<Self, ToolError> {
        let bom = layout.encoding.bom as u64;
        reader.seek(SeekFrom::Start(bom)).map_err(|error| unreadable(&error))?;
        let reader = Utf8Reader::new(reader, layout.encoding.encoding);
        let (to_skip, line) = (layout.header.data_start, layout.header.lines_before as u64 + 1);
        let offset = bom + to_skip as u64;
        let scanner = Scanner::new(layout.dialect.marks, Some(layout.width()));
        let judge = Judge::new(&layout, repair);
        Ok(Self {
            reader,
            layout,
            open_minded,
            carry: Vec::new(),
            chunk_bytes: CHUNK,
            to_skip,
            offset,
            line,
            scanner,
            judge,
            pending: Vec::new(),
            blank_since: 0,
            watch,
        })
    }

    /// Makes chunks of about so many bytes. What is read does not depend on it.
    #[must_use]
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.max(1);
        self
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
            chunk.append_rewritten();
            chunk.tally.invalid += self.reader.replaced - replaced;
            chunk.consumed = self.reader.consumed;
            return Ok(Step::Chunk(Box::new(chunk)));
        }
    }

    fn extend(&mut self, text: &mut Vec<u8>) -> Result<bool, ToolError> {
        let before = text.len();
        let more = self.reader.fill(text, self.chunk_bytes.max(before))?;
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
        let mut chunk = Chunk::new(self.line, text.len());
        let mut at = 0;
        while at < text.len() {
            let Next::Record(record, behind) = self.scanner.next(&text, at, last) else { break };
            self.take(&mut chunk, &text, record);
            self.line += u64::from(record.inner_lines) + 1;
            at = behind;
        }
        let at = self.settle(&mut chunk, &text, at, last);
        self.examine_bytes(&mut chunk, &text[..at]);
        chunk.tally.rows = chunk.records.len() as u64;
        chunk.text = text;
        (chunk, at)
    }

    #[inline]
    fn take(&mut self, chunk: &mut Chunk, text: &[u8], record: Record) {
        let bytes = &text[record.start..record.end];
        if self.judge.is_plain(bytes, record) {
            if self.judge.is_empty(bytes) {
                if self.pending.is_empty() {
                    self.blank_since = 0;
                }
                return self.pending.push((record, self.line));
            }
            if !self.pending.is_empty() {
                self.release(chunk, text);
            }
            self.keep(chunk, bytes, record, self.line);
        } else {
            self.consider(chunk, text, record);
        }
    }

    /// What becomes of empty rows at the end of a chunk: at the end of the file they are blank lines, such as spreadsheets
    /// leave behind; else they are seen again with the next chunk. Returns where that begins.
    fn settle(&mut self, chunk: &mut Chunk, text: &[u8], at: usize, last: bool) -> usize {
        let Some((first, line)) = self.pending.first().copied() else { return at };
        if last {
            chunk.tally.blank += self.pending.len() as u64;
            chunk.clean = false;
            self.pending.clear();
        } else if at - first.start > MOST_PENDING {
            self.release(chunk, text);
        } else {
            self.pending.clear();
            self.line = line;
            // They are counted when they are seen again.
            chunk.tally.blank -= self.blank_since;
            return first.start;
        }
        at
    }

    /// Rows without a value turn out to be followed by rows with values, so they are rows.
    #[cold]
    fn release(&mut self, chunk: &mut Chunk, text: &[u8]) {
        for (record, line) in std::mem::take(&mut self.pending) {
            self.keep(chunk, &text[record.start..record.end], record, line);
        }
    }

    #[inline]
    fn keep(&mut self, chunk: &mut Chunk, bytes: &[u8], record: Record, line: u64) {
        (self.watch)(bytes);
        let distance = (line - chunk.first_line) as u32;
        if chunk.lines.is_none() && distance as usize != chunk.records.len() {
            chunk.lines = Some((0..chunk.records.len() as u32).collect());
        }
        if let Some(lines) = chunk.lines.as_mut() {
            lines.push(distance);
        }
        chunk.records.push(record);
    }

    #[cold]
    fn consider(&mut self, chunk: &mut Chunk, text: &[u8], record: Record) {
        let verdict = self.judge.judge(text, record, self.line, &mut chunk.tally);
        let bytes = &text[record.start..record.end];
        if !self.pending.is_empty() && verdict != Verdict::PassOver {
            self.release(chunk, text);
        }
        chunk.clean &= verdict == Verdict::Keep && record.fault == Fault::None && record.fields == self.layout.width();
        match verdict {
            Verdict::Keep => self.keep(chunk, bytes, record, self.line),
            Verdict::Rewrite(line) => {
                let start = chunk.rewritten.len();
                chunk.rewritten.extend_from_slice(&line);
                chunk.moved.push(chunk.records.len());
                let end = chunk.rewritten.len();
                self.keep(chunk, bytes, Record { start, end, fields: self.layout.width(), inner_lines: 0, fault: Fault::None }, self.line);
            }
            Verdict::PassOver => self.blank_since += 1,
            Verdict::Reject(reason) => self.reject(chunk, bytes, record, reason),
        }
    }

    fn reject(&self, chunk: &mut Chunk, bytes: &[u8], record: Record, reason: String) {
        chunk.tally.rejected += 1;
        if chunk.tally.rejects.len() < SHOWN {
            let offset = (self.layout.encoding.encoding == UTF_8).then(|| self.offset + record.start as u64);
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
            chunk.clean &= count(text, b'\r') == memchr::memmem::find_iter(text, b"\r\n").count();
        }
        let Marks { delimiter, escape, padded, .. } = self.layout.dialect.marks;
        chunk.clean &= self.layout.width() > 1 && delimiter.single().is_some() && escape.is_none() && !padded;
    }
}

fn refuse_endless(text: &[u8], line: u64) -> Result<(), ToolError> {
    if text.len() <= LONGEST_RECORD {
        return Ok(());
    }
    let message = format!("the record that begins on line {line} is longer than {} MB", LONGEST_RECORD >> 20);
    Err(ToolError::new(Code::Limit, message, "Check the line ends and the `quote` of the file.").at("path"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Given;
    use crate::layout::examine;
    use crate::split::Table;

    /// The rows and the account of a text read in chunks of about so many bytes.
    fn read(text: &[u8], bytes: usize) -> (Vec<Vec<Option<Vec<u8>>>>, Tally) {
        let mut reader = std::io::Cursor::new(text);
        let layout = examine(&mut reader, &Given::default(), None).unwrap();
        let mut chunks = Chunks::new(reader, layout.clone(), false, false, |_: &[u8]| {}).unwrap().chunk_bytes(bytes);
        let (mut rows, mut tally) = (Vec::new(), Tally::default());
        while let Step::Chunk(chunk) = chunks.step().unwrap() {
            for record in &chunk.records {
                let mut table = Table::new(layout.width());
                table.push(&chunk.text, record, layout.dialect.marks);
                rows.push((0..layout.width()).map(|column| table.column(column).next().flatten().map(<[u8]>::to_vec)).collect());
            }
            tally.add(chunk.tally);
        }
        (rows, tally)
    }

    /// Some were found by fuzzing.
    #[test]
    fn what_is_read_does_not_depend_on_the_size_of_the_chunks() {
        let texts: [&[u8]; 5] = [
            b"a,b,c\n1,\"x\ny\",3\n4,\"5,6\n7,8,\"9\"\n,,\n\n",
            b"a,b,c\n0,\"x\n9\",3\n\xff\xffP-T,8,\"9\"\n,,\n\n",
            b"a,b,c\n1,2,3\n,,\n\n,,\n4,5,6\n\n\n,,",
            b"a,b,c\r\n1,\"2\"\r\n\"3\",4,,5\r\n6,7,\"8\r\n9\"\r\n",
            b"id,n\n1,2\n\nregion,name,x\nn,m,o\n3,4\n",
        ];
        for text in texts {
            let whole = read(text, 1 << 20);
            for bytes in 1..text.len() {
                assert_eq!(read(text, bytes), whole, "{} in chunks of {bytes}", String::from_utf8_lossy(text));
            }
        }
    }

    #[test]
    fn rows_without_a_value_count_only_where_rows_follow() {
        let (rows, tally) = read(b"a,b\n1,2\n,\n3,4\n,\n,\n", 1 << 20);
        assert_eq!((rows.len(), tally.rows, tally.blank), (3, 3, 2));
    }
}
