//! Splits text into records: RFC 4180, lenient where the meaning is plain.
//!
//! A quote opens a field only at its start; elsewhere it is a character like any other. Lines end with LF, CRLF or CR, mixed
//! at will. A quoted field that is not closed, or is followed by text, makes its first line malformed and nothing else: reading
//! goes on at the next line.

use std::io::{self, Read};

use memchr::{memchr2, memchr2_iter};

use super::scan::{Found, Scan, terminator};

/// No record is longer; a longer one is malformed.
pub(crate) const MAX_RECORD: usize = 16 << 20;

const CHUNK: usize = 1 << 20;

/// The characters that give the text its structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// Between fields.
    pub(crate) delimiter: u8,
    /// Around fields, if anything is.
    pub(crate) quote: Option<u8>,
    /// Before a quote within a quoted field; a quote is doubled when absent.
    pub(crate) escape: Option<u8>,
}

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: u64,
    /// Bytes from the beginning of the text.
    pub(crate) offset: u64,
}

/// Why a line is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A quote opens a field and nothing closes it.
    Unclosed,
    /// Text follows a closing quote.
    AfterQuote,
    /// The record is longer than [`MAX_RECORD`].
    TooLong,
}

impl Malformed {
    /// The reason in words.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Unclosed => "a quote opens a field that nothing closes",
            Self::AfterQuote => "text follows the closing quote of a field",
            Self::TooLong => "the record is longer than 16 MiB",
        }
    }
}

/// The fields of a record, without quotes. Reused from record to record.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(super) text: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The fields in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    /// Makes ready for the next record.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Ends a field.
    pub(super) fn close(&mut self) {
        self.ends.push(self.text.len());
    }
}

/// What was read at a place.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// Where it begins.
    pub(crate) place: Place,
    /// Its text without the end of line; for a malformed line, the line's.
    pub(crate) raw: &'a [u8],
    /// How many lines it takes up.
    pub(crate) lines: u64,
    /// Whether a quote stands within an unquoted field.
    pub(crate) stray_quote: bool,
    /// Why it is no record, if it is none; its fields are then meaningless.
    pub(crate) malformed: Option<Malformed>,
}

impl Record<'_> {
    /// Whether the line holds nothing.
    pub(crate) fn is_blank(&self) -> bool {
        self.raw.iter().all(|byte| *byte == b' ')
    }

    fn begun_at(mut self, offset: u64) -> Self {
        self.place.offset = offset;
        self
    }
}

/// Reads records from text.
pub(crate) struct Records<R> {
    reader: R,
    syntax: Syntax,
    buffer: Vec<u8>,
    start: usize,
    offset: u64,
    line: u64,
    ended: bool,
}

impl<R: Read> Records<R> {
    /// Reads `reader` by `syntax`.
    pub(crate) fn new(reader: R, syntax: Syntax) -> Self {
        Self { reader, syntax, buffer: Vec::new(), start: 0, offset: 0, line: 1, ended: false }
    }

    /// The reader, once all is read.
    pub(crate) fn into_inner(self) -> R {
        self.reader
    }

    /// How far it has read, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Passes over lines, whatever they hold; says how many there were.
    pub(crate) fn pass_lines(&mut self, count: u64) -> io::Result<u64> {
        for passed in 0..count {
            if self.start == self.buffer.len() && !self.ended {
                self.fill()?;
            }
            if self.start == self.buffer.len() {
                return Ok(passed);
            }
            self.skip_line(Malformed::TooLong)?;
        }
        Ok(count)
    }

    /// The next record or malformed line; `None` at the end.
    pub(crate) fn next(&mut self, fields: &mut Fields) -> io::Result<Option<Record<'_>>> {
        loop {
            let data = &self.buffer[self.start..];
            if data.is_empty() && self.ended {
                return Ok(None);
            }
            fields.clear();
            match Scan::new(data, self.ended, self.syntax).record(fields) {
                Found::Record { end, next, quoted, stray_quote } => {
                    let lines = if quoted { line_ends(&data[..end]) + 1 } else { 1 };
                    return Ok(Some(self.take(end, next, lines, stray_quote, None)));
                }
                Found::More if data.len() < MAX_RECORD => self.fill()?,
                Found::More => return self.skip_line(Malformed::TooLong).map(Some),
                Found::Malformed(why) => return self.skip_line(why).map(Some),
            }
        }
    }

    fn take(&mut self, end: usize, next: usize, lines: u64, stray_quote: bool, malformed: Option<Malformed>) -> Record<'_> {
        let place = Place { line: self.line, offset: self.offset };
        let start = self.start;
        self.start += next;
        self.offset += next as u64;
        self.line += lines;
        Record { place, raw: &self.buffer[start..start + end], lines, stray_quote, malformed }
    }

    /// Passes over the first line of what is malformed; a line longer than the buffer is read to its end and shown in part.
    fn skip_line(&mut self, why: Malformed) -> io::Result<Record<'_>> {
        let begin = self.offset;
        loop {
            let data = &self.buffer[self.start..];
            let end = memchr2(b'\n', b'\r', data);
            if let Some(end) = end.filter(|end| self.ended || end + 1 < data.len()) {
                let next = end + terminator(data, end);
                return Ok(self.take(end, next, 1, false, Some(why)).begun_at(begin));
            }
            if self.ended {
                let end = data.len();
                return Ok(self.take(end, end, 1, false, Some(why)).begun_at(begin));
            }
            if data.len() >= MAX_RECORD {
                self.drop_middle();
            }
            self.fill()?;
        }
    }

    /// Forgets what cannot be shown of a line that is too long.
    fn drop_middle(&mut self) {
        const SHOWN: usize = 1024;
        let dropped = self.buffer.len() - self.start - SHOWN - 1;
        self.buffer.drain(self.start + SHOWN..self.start + SHOWN + dropped);
        self.offset += dropped as u64;
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK.max(filled), 0);
        let read = read_full(&mut self.reader, &mut self.buffer[filled..])?;
        self.ended = read < self.buffer.len() - filled;
        self.buffer.truncate(filled + read);
        Ok(())
    }
}

fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// How many line ends a text holds.
fn line_ends(text: &[u8]) -> u64 {
    let ends = memchr2_iter(b'\n', b'\r', text).filter(|at| text[*at] == b'\n' || text.get(at + 1) != Some(&b'\n'));
    ends.count() as u64
}

#[cfg(test)]
mod tests {
    use super::{Fields, Malformed, Records, Syntax};

    const COMMA: Syntax = Syntax { delimiter: b',', quote: Some(b'"'), escape: None };

    /// Hands out one byte at a time, so that every record crosses the end of what was read.
    struct Trickle<'a>(&'a [u8]);

    impl std::io::Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    /// Line, offset, and the fields joined by `|` or the reason.
    fn read(text: &[u8], syntax: Syntax) -> Vec<(u64, u64, String)> {
        let mut records = Records::new(Trickle(text), syntax);
        let mut fields = Fields::default();
        let mut found = Vec::new();
        while let Some(record) = records.next(&mut fields).unwrap() {
            let (place, malformed) = (record.place, record.malformed);
            let shown: Vec<_> = fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            found.push((place.line, place.offset, malformed.map_or_else(|| shown.join("|"), |why| format!("! {}", why.reason()))));
        }
        assert_eq!(records.offset(), text.len() as u64, "every byte belongs to a record");
        found
    }

    fn at(line: u64, offset: u64, text: &str) -> (u64, u64, String) {
        (line, offset, text.to_owned())
    }

    #[test]
    fn line_ends_may_be_mixed_and_the_last_may_be_missing() {
        assert_eq!(read(b"a,b\r\nc,d\re,f\ng,h", COMMA), [at(1, 0, "a|b"), at(2, 5, "c|d"), at(3, 9, "e|f"), at(4, 13, "g|h")]);
        assert_eq!(read(b"a\n\nb\r", COMMA), [at(1, 0, "a"), at(2, 2, ""), at(3, 3, "b")]);
    }

    #[test]
    fn quoted_fields_hold_delimiters_quotes_and_line_ends() {
        assert_eq!(read(b"\"a,\"\"b\"\"\r\nc\",d\n\"\",e\n", COMMA), [at(1, 0, "a,\"b\"\r\nc|d"), at(3, 15, "|e")]);
    }

    #[test]
    fn a_quote_within_a_field_is_a_character() {
        assert_eq!(read(b"5\" pipe,\"x\"\nb,c\n", COMMA), [at(1, 0, "5\" pipe|x"), at(2, 12, "b|c")]);
    }

    #[test]
    fn a_malformed_quote_costs_its_own_line_only() {
        let after = format!("! {}", Malformed::AfterQuote.reason());
        let unclosed = format!("! {}", Malformed::Unclosed.reason());
        assert_eq!(read(b"1,\"abc\n2,def\n3,\"x\"\n", COMMA), [at(1, 0, &after), at(2, 7, "2|def"), at(3, 13, "3|x")]);
        assert_eq!(read(b"1,\"a\" b\n2,c\n", COMMA), [at(1, 0, &after), at(2, 8, "2|c")]);
        assert_eq!(read(b"1,\"abc\n2,def\n", COMMA), [at(1, 0, &unclosed), at(2, 7, "2|def")]);
        assert_eq!(read(b"\"", COMMA), [at(1, 0, &unclosed)]);
    }

    #[test]
    fn a_backslash_escapes_where_the_dialect_says_so() {
        let syntax = Syntax { escape: Some(b'\\'), ..COMMA };
        assert_eq!(read(b"\"a \\\"b\\\" \\\\\",c\n", syntax), [at(1, 0, "a \"b\" \\|c")]);
    }

    #[test]
    fn a_line_longer_than_a_record_may_be_is_malformed_and_the_next_is_read() {
        let mut text = vec![b'x'; super::MAX_RECORD * 2];
        text.extend_from_slice(b"\na,b\n");
        let mut records = Records::new(text.as_slice(), COMMA);
        let mut fields = Fields::default();
        let first = records.next(&mut fields).unwrap().unwrap();
        assert_eq!((first.place.line, first.malformed), (1, Some(Malformed::TooLong)));
        let second = records.next(&mut fields).unwrap().unwrap();
        assert_eq!((second.place.line, second.place.offset, second.raw), (2, super::MAX_RECORD as u64 * 2 + 1, &b"a,b"[..]));
    }
}
