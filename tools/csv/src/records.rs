//! Where records begin and end, how many fields each has, and whether it is written as RFC 4180 asks.

use memchr::{memchr, memchr2};

/// The characters that structure a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields; `None` where the file quotes nothing.
    pub quote: Option<u8>,
}

/// A quoted field longer than this is taken for a quote that was never closed.
const LONGEST_QUOTED: usize = 8 << 20;

/// One record of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Where it begins in the chunk.
    pub start: usize,
    /// Where it ends, its line end left out.
    pub end: usize,
    /// Its fields.
    pub fields: usize,
    /// Line ends within it.
    pub inner_lines: u32,
    /// How it departs from RFC 4180.
    pub fault: Fault,
}

/// How a record departs from RFC 4180.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not at all.
    None,
    /// A quote within an unquoted field, or text behind a closing quote.
    StrayQuote,
    /// A quote that is never closed; it is read as an ordinary character.
    OpenQuote,
}

/// What the next record needs.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A record, and where the one behind it begins.
    Record(Record, usize),
    /// More bytes: the record is not complete.
    More,
}

/// Reads record after record, and learns from quotes that are never closed: each halves how far the next one is searched
/// for its end, so that a file full of them costs no more than its length.
#[derive(Debug, Clone, Copy)]
pub struct Scanner {
    marks: Marks,
    longest: usize,
}

impl Scanner {
    /// A scanner for a dialect.
    pub fn new(marks: Marks) -> Self {
        Self { marks, longest: LONGEST_QUOTED }
    }

    /// Reads the record that begins at `start`. `last` says that nothing follows the chunk.
    #[inline]
    pub fn next(&mut self, chunk: &[u8], start: usize, last: bool) -> Next {
        let found = next(chunk, start, Scan { marks: self.marks, last, longest: self.longest });
        if let Next::Record(Record { fault: Fault::OpenQuote, .. }, _) = found {
            self.longest = (self.longest / 2).max(256);
        }
        found
    }
}

/// What a record is read with.
#[derive(Debug, Clone, Copy)]
struct Scan {
    marks: Marks,
    last: bool,
    /// A quoted field longer than this was never closed.
    longest: usize,
}

#[inline]
fn next(chunk: &[u8], start: usize, scan: Scan) -> Next {
    let Scan { marks, last, .. } = scan;
    let rest = &chunk[start..];
    let (line, behind) = match memchr(b'\n', rest) {
        Some(end) => (&rest[..end], end + 1),
        None if last => (rest, rest.len()),
        None => return Next::More,
    };
    if let Some(quote) = marks.quote
        && memchr(quote, line).is_some()
    {
        return quoted(chunk, start, quote, scan);
    }
    let line = strip_return(line);
    let record = Record { start, end: start + line.len(), fields: count(line, marks.delimiter) + 1, inner_lines: 0, fault: Fault::None };
    Next::Record(record, start + behind)
}

/// How often `byte` occurs. Short sums of bytes keep the loop in vector registers.
#[inline]
pub(crate) fn count(line: &[u8], byte: u8) -> usize {
    line.chunks(255).map(|part| usize::from(part.iter().fold(0_u8, |sum, other| sum + u8::from(*other == byte)))).sum()
}

#[inline]
pub(crate) fn strip_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where a field ends and what follows it.
enum FieldEnd {
    Delimiter(usize),
    Line(usize),
    Chunk,
}

/// A record with quotes in it, field by field.
fn quoted(chunk: &[u8], start: usize, quote: u8, scan: Scan) -> Next {
    let Scan { marks: Marks { delimiter, .. }, last, longest } = scan;
    let mut record = Record { start, end: start, fields: 0, inner_lines: 0, fault: Fault::None };
    let mut at = start;
    loop {
        record.fields += 1;
        let end = if chunk.get(at) == Some(&quote) {
            match quoted_field(chunk, at, quote, scan, &mut record) {
                Some(end) => end,
                None if last || chunk.len() - at > longest => return unclosed(chunk, start, delimiter, last),
                None => return Next::More,
            }
        } else {
            plain_field(chunk, at, delimiter, quote, &mut record)
        };
        match end {
            FieldEnd::Delimiter(position) => at = position + 1,
            FieldEnd::Line(position) => {
                record.end = start + strip_return(&chunk[start..position]).len();
                return Next::Record(record, position + 1);
            }
            FieldEnd::Chunk if last => {
                record.end = start + strip_return(&chunk[start..]).len();
                return Next::Record(record, chunk.len());
            }
            FieldEnd::Chunk => return Next::More,
        }
    }
}

fn plain_field(chunk: &[u8], at: usize, delimiter: u8, quote: u8, record: &mut Record) -> FieldEnd {
    let rest = &chunk[at..];
    let length = memchr2(delimiter, b'\n', rest);
    if memchr(quote, &rest[..length.unwrap_or(rest.len())]).is_some() {
        record.fault = Fault::StrayQuote;
    }
    match length {
        None => FieldEnd::Chunk,
        Some(length) if rest[length] == b'\n' => FieldEnd::Line(at + length),
        Some(length) => FieldEnd::Delimiter(at + length),
    }
}

/// The end of the quoted field at `at`: the first quote that a delimiter or a line end follows. `None` if it is not there.
fn quoted_field(chunk: &[u8], at: usize, quote: u8, scan: Scan, record: &mut Record) -> Option<FieldEnd> {
    let mut from = at + 1;
    let mut lines = 0;
    loop {
        let within = chunk.get(from..chunk.len().min(at + scan.longest + 1))?;
        let close = from + memchr(quote, within)?;
        lines += count(&chunk[from..close], b'\n') as u32;
        from = close + 1;
        let end = match chunk.get(from) {
            None => FieldEnd::Chunk,
            Some(byte) if *byte == scan.marks.delimiter => FieldEnd::Delimiter(from),
            Some(b'\n') => FieldEnd::Line(from),
            Some(b'\r') if matches!(chunk.get(from + 1), None | Some(b'\n')) => {
                chunk.get(from + 1).map_or(FieldEnd::Chunk, |_| FieldEnd::Line(from + 1))
            }
            Some(byte) if *byte == quote => {
                from += 1;
                continue;
            }
            Some(_) => {
                record.fault = Fault::StrayQuote;
                continue;
            }
        };
        record.inner_lines += lines;
        return Some(end);
    }
}

/// A record whose quote is never closed ends with its line; its quotes are ordinary characters.
fn unclosed(chunk: &[u8], start: usize, delimiter: u8, last: bool) -> Next {
    let rest = &chunk[start..];
    let (line, behind) = match memchr(b'\n', rest) {
        Some(end) => (&rest[..end], end + 1),
        None if last => (rest, rest.len()),
        None => return Next::More,
    };
    let line = strip_return(line);
    let record = Record { start, end: start + line.len(), fields: count(line, delimiter) + 1, inner_lines: 0, fault: Fault::OpenQuote };
    Next::Record(record, start + behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(last: bool) -> Scan {
        Scan { marks: Marks { delimiter: b',', quote: Some(b'"') }, last, longest: LONGEST_QUOTED }
    }

    fn all(text: &str) -> Vec<(String, usize, Fault)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut found = Vec::new();
        while at < bytes.len() {
            let Next::Record(record, behind) = next(bytes, at, scan(true)) else { break };
            found.push((text[record.start..record.end].to_owned(), record.fields, record.fault));
            at = behind;
        }
        found
    }

    fn plain(text: &str, fields: usize) -> (String, usize, Fault) {
        (text.to_owned(), fields, Fault::None)
    }

    #[test]
    fn records_end_at_line_ends_outside_quotes() {
        assert_eq!(all("a,b\n\"x\ny\",2\r\nlast,"), [plain("a,b", 2), plain("\"x\ny\",2", 2), plain("last,", 2)]);
        assert_eq!(all("\"a\"\"b\",\"\",c\n"), [plain("\"a\"\"b\",\"\",c", 3)]);
        assert_eq!(all("\"a\"\r\n\"b\""), [plain("\"a\"", 1), plain("\"b\"", 1)]);
    }

    #[test]
    fn stray_quotes_are_noticed_and_do_not_swallow_lines() {
        assert_eq!(all("5\" pipe,2\nb,3\n"), [("5\" pipe,2".into(), 2, Fault::StrayQuote), plain("b,3", 2)]);
        assert_eq!(all("\"he said \"hi\" there\",2\n"), [("\"he said \"hi\" there\",2".into(), 2, Fault::StrayQuote)]);
        assert_eq!(all("\"open,2\nb,3\n"), [("\"open,2".into(), 2, Fault::OpenQuote), plain("b,3", 2)]);
    }

    #[test]
    fn an_incomplete_record_asks_for_more() {
        for text in ["a,b", "a,\"b", "a,\"b\"", "a,\"b\"\r", "\"x\ny"] {
            assert_eq!(next(text.as_bytes(), 0, scan(false)), Next::More, "{text}");
        }
    }

    #[test]
    fn delimiters_are_counted_in_long_lines() {
        assert_eq!(count(&b",".repeat(100_000), b','), 100_000);
    }
}
