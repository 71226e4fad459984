//! Where records begin and end, how many fields each has, and whether it is written as RFC 4180 asks.

use memchr::memchr;

use crate::fit::fit;
use crate::marks::{Marks, close, count};

/// A quoted field longer than this is taken for a quote that was never closed.
const LONGEST_QUOTED: usize = 8 << 20;
/// A quoted field so long is always found.
const ALWAYS_FOUND: usize = 4096;
/// Bytes that may be searched in vain for each byte that is read.
const IN_VAIN: usize = 8;

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
    /// A quote that is never closed; all quotes of the record are ordinary characters.
    OpenQuote,
    /// Quotes that, taken by the rule, give another number of fields than there are columns; the record is one line, and is
    /// read in the way nearest to the rule that gives the right number (see [`mod@crate::fit`]).
    Misfit,
}

/// What the next record needs.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A record, and where the one behind it begins.
    Record(Record, usize),
    /// More bytes: the record is not complete.
    More,
}

/// Reads record after record. The ends of quotes that are never closed are searched for in vain; how far the next one is
/// searched depends on how much that has cost, so that a file full of them costs a multiple of its length at most.
#[derive(Debug, Clone, Copy)]
pub struct Scanner {
    marks: Marks,
    width: Option<usize>,
    read: usize,
    in_vain: usize,
}

impl Scanner {
    /// A scanner for a dialect. `width` is the number of columns, where it is known: then a quote out of place does not
    /// swallow the lines behind it.
    pub fn new(marks: Marks, width: Option<usize>) -> Self {
        Self { marks, width, read: 0, in_vain: 0 }
    }

    /// Reads the record that begins at `start`. `last` says that nothing follows the chunk.
    #[inline]
    pub fn next(&mut self, chunk: &[u8], start: usize, last: bool) -> Next {
        let longest = self.longest();
        let found = match next(chunk, start, Scan { marks: self.marks, last, longest }) {
            Next::Record(record, behind) if record.fault != Fault::None || record.inner_lines > 0 => {
                self.reconsider(chunk, record, behind, longest)
            }
            found => found,
        };
        if let Next::Record(_, behind) = found {
            self.read += behind - start;
        }
        found
    }

    /// How far the end of a quoted field is searched for.
    #[inline]
    fn longest(&self) -> usize {
        let left = (LONGEST_QUOTED + self.read.saturating_mul(IN_VAIN)).saturating_sub(self.in_vain);
        left.clamp(ALWAYS_FOUND, LONGEST_QUOTED)
    }

    /// A record that is not plain is read as its first line alone where that is more likely what was meant.
    #[cold]
    fn reconsider(&mut self, chunk: &[u8], record: Record, behind: usize, longest: usize) -> Next {
        if record.fault == Fault::OpenQuote {
            self.in_vain += longest.min(chunk.len() - record.start);
        }
        let Some(width) = self.width else { return Next::Record(record, behind) };
        let (line, next) = first_line(chunk, record.start);
        let better = match record {
            Record { fault: Fault::OpenQuote, .. } => self.fits(line, width),
            Record { fields, .. } if fields != width => self.fits(line, width),
            Record { inner_lines: 0, .. } => false,
            Record { fault: Fault::StrayQuote, .. } => self.fits(line, width) && self.fits(first_line(chunk, next).0, width),
            _ => holds_rows(&chunk[next..record.end], self.marks, width) && self.fits(line, width),
        };
        if !better {
            return Next::Record(record, behind);
        }
        self.in_vain += record.end - record.start;
        let end = record.start + line.len();
        Next::Record(Record { start: record.start, end, fields: width, inner_lines: 0, fault: Fault::Misfit }, next)
    }

    fn fits(&self, line: &[u8], width: usize) -> bool {
        fit(line, self.marks, width).is_some()
    }
}

/// The line that begins at `start`, without its end, and where the next one begins.
fn first_line(chunk: &[u8], start: usize) -> (&[u8], usize) {
    let rest = &chunk[start..];
    let end = memchr(b'\n', rest);
    (strip_return(&rest[..end.unwrap_or(rest.len())]), start + end.map_or(rest.len(), |end| end + 1))
}

/// Whether the text, which stands within quotes, is made of whole rows: two or more, before its last line.
fn holds_rows(text: &[u8], marks: Marks, width: usize) -> bool {
    let mut lines = 0;
    let mut rest = text;
    while let Some(end) = memchr(b'\n', rest) {
        if width < 3 || marks.delimiter.count(&rest[..end]) + 1 != width {
            return false;
        }
        lines += 1;
        rest = &rest[end + 1..];
    }
    lines >= 2
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
    let record = Record { start, end: start + line.len(), fields: marks.delimiter.count(line) + 1, inner_lines: 0, fault: Fault::None };
    Next::Record(record, start + behind)
}

#[inline]
pub(crate) fn strip_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A record with quotes in it, field by field.
fn quoted(chunk: &[u8], start: usize, quote: u8, scan: Scan) -> Next {
    let Scan { marks, last, longest } = scan;
    let mut record = Record { start, end: start, fields: 0, inner_lines: 0, fault: Fault::None };
    let mut at = start;
    loop {
        record.fields += 1;
        let open = marks.skip_padding(chunk, at);
        let end = if chunk.get(open) == Some(&quote) {
            let window = &chunk[..chunk.len().min(open.saturating_add(longest))];
            let whole = window.len() == chunk.len();
            match close(window, open, quote, marks) {
                Some(found) if found.end < window.len() || whole && last => {
                    record.inner_lines += count(&chunk[open..found.quote], b'\n') as u32;
                    record.fault = if found.lone > 0 { Fault::StrayQuote } else { record.fault };
                    found.end
                }
                _ if !whole || last => return unclosed(chunk, start, scan),
                _ => return Next::More,
            }
        } else {
            plain_field(chunk, at, quote, marks, &mut record)
        };
        match &chunk[end..] {
            [] | [b'\r'] if !last => return Next::More,
            [] | [b'\r'] => return ended(chunk, record, end, chunk.len()),
            [b'\n', ..] => return ended(chunk, record, end, end + 1),
            [b'\r', b'\n', ..] => return ended(chunk, record, end, end + 2),
            _ => at = end + marks.delimiter.len(),
        }
    }
}

fn ended(chunk: &[u8], mut record: Record, end: usize, behind: usize) -> Next {
    record.end = record.start + strip_return(&chunk[record.start..end]).len();
    Next::Record(record, behind)
}

/// The end of the field without quotes around it that begins at `at`.
fn plain_field(chunk: &[u8], at: usize, quote: u8, marks: Marks, record: &mut Record) -> usize {
    let line = memchr(b'\n', &chunk[at..]).map_or(&chunk[at..], |end| &chunk[at..at + end]);
    let field = marks.delimiter.find(line).map_or(line, |end| &line[..end]);
    if memchr(quote, field).is_some() {
        record.fault = Fault::StrayQuote;
    }
    at + field.len()
}

/// A record whose quote is never closed ends with its line; its quotes are ordinary characters.
fn unclosed(chunk: &[u8], start: usize, scan: Scan) -> Next {
    let (line, behind) = first_line(chunk, start);
    if behind == chunk.len() && !scan.last && chunk.last() != Some(&b'\n') {
        return Next::More;
    }
    let fields = scan.marks.delimiter.count(line) + 1;
    Next::Record(Record { start, end: start + line.len(), fields, inner_lines: 0, fault: Fault::OpenQuote }, behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks::plain(b',');

    fn all(text: &str, width: Option<usize>) -> Vec<(String, usize, Fault)> {
        let bytes = text.as_bytes();
        let mut scanner = Scanner::new(MARKS, width);
        let mut at = 0;
        let mut found = Vec::new();
        while at < bytes.len() {
            let Next::Record(record, behind) = scanner.next(bytes, at, true) else { break };
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
        assert_eq!(all("a,b\n\"x\ny\",2\r\nlast,", None), [plain("a,b", 2), plain("\"x\ny\",2", 2), plain("last,", 2)]);
        assert_eq!(all("\"a\"\"b\",\"\",c\n", None), [plain("\"a\"\"b\",\"\",c", 3)]);
        assert_eq!(all("\"a\"\r\n\"b\"", None), [plain("\"a\"", 1), plain("\"b\"", 1)]);
    }

    #[test]
    fn stray_quotes_are_noticed_and_do_not_swallow_lines() {
        assert_eq!(all("5\" pipe,2\nb,3\n", None), [("5\" pipe,2".into(), 2, Fault::StrayQuote), plain("b,3", 2)]);
        assert_eq!(all("\"he said \"hi\" there\",2\n", None), [("\"he said \"hi\" there\",2".into(), 2, Fault::StrayQuote)]);
        assert_eq!(all("\"open,2\nb,3\n", None), [("\"open,2".into(), 2, Fault::OpenQuote), plain("b,3", 2)]);
    }

    #[test]
    fn a_quote_out_of_place_is_found_by_the_number_of_columns() {
        let swallowing = "1,\"two,\"three, 3\"\n4,4,\"\n5,\"x\",\"y\"\n6,7,\"8\n9\"\n";
        let found = all(swallowing, Some(3));
        assert_eq!(found[0], ("1,\"two,\"three, 3\"".into(), 3, Fault::Misfit));
        assert_eq!(found[2..], [plain("5,\"x\",\"y\"", 3), plain("6,7,\"8\n9\"", 3)]);
    }

    #[test]
    fn quotes_around_whole_rows_are_taken_for_two_stray_ones() {
        let text = "1,2,\"\n3,4,5\n6,7,8\n9,10,11\"\n";
        let lines = all(text, Some(3)).len();
        assert_eq!((lines, all(text, None).len()), (4, 1));
    }

    #[test]
    fn an_incomplete_record_asks_for_more() {
        for text in ["a,b", "a,\"b", "a,\"b\"", "a,\"b\"\r", "\"x\ny", "a,\"b\" "] {
            assert_eq!(Scanner::new(MARKS, None).next(text.as_bytes(), 0, false), Next::More, "{text}");
        }
    }
}
