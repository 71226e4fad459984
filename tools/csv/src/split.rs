//! A record into its fields, whatever its faults.

use crate::fit::{Span, fit};
use crate::marks::{Marks, close};
use crate::records::{Fault, Record};

/// The text of one field in a chunk or in the store of rewritten fields.
#[derive(Debug, Clone, Copy)]
struct Cell {
    start: u32,
    length: u32,
}

impl Cell {
    const MISSING: Self = Self { start: u32::MAX, length: 0 };
}

/// Rows of fields, all with the same number.
pub struct Table {
    width: usize,
    cells: Vec<Cell>,
    text: Vec<u8>,
}

impl Table {
    /// An empty table of `width` columns.
    pub fn new(width: usize) -> Self {
        Self { width, cells: Vec::new(), text: Vec::new() }
    }

    /// Adds a record: missing fields are filled with missing values, surplus ones left out.
    pub fn push(&mut self, chunk: &[u8], record: &Record, marks: Marks) {
        let before = self.cells.len();
        let width = self.width;
        each_field(chunk, record, marks, |field| {
            if self.cells.len() < before + width {
                let cell = self.keep(&field);
                self.cells.push(cell);
            }
        });
        self.cells.resize(before + width, Cell::MISSING);
    }

    fn keep(&mut self, field: &Field<'_>) -> Cell {
        if !field.quoted && field.text.is_empty() {
            return Cell::MISSING;
        }
        let start = self.text.len();
        field.append(&mut self.text);
        Cell { start: start as u32, length: (self.text.len() - start) as u32 }
    }

    /// The fields of a column, `None` where one is missing.
    #[inline]
    pub fn column(&self, index: usize) -> impl Iterator<Item = Option<&[u8]>> {
        self.cells.iter().skip(index).step_by(self.width).map(|cell| {
            let start = cell.start as usize;
            (cell.start != u32::MAX).then(|| &self.text[start..start + cell.length as usize])
        })
    }
}

/// A field as it stands in its record.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Without the quotes around it.
    pub text: &'a [u8],
    /// Whether quotes were around it.
    pub quoted: bool,
    marks: Marks,
}

impl Field<'_> {
    /// Appends the field's value: doubled and escaped quotes become one, broken UTF-8 becomes U+FFFD.
    pub fn append(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.marks.quote.filter(|_| self.quoted) {
            Some(quote) => unquote(self.text, quote, self.marks.escape, out),
            None => out.extend_from_slice(self.text),
        }
        if std::str::from_utf8(&out[start..]).is_err() {
            let repaired = String::from_utf8_lossy(&out[start..]).into_owned();
            out.truncate(start);
            out.extend_from_slice(repaired.as_bytes());
        }
    }

    /// The field's value.
    pub fn value(&self) -> String {
        let mut out = Vec::new();
        self.append(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Appends the text between two quotes with doubled and escaped quotes halved.
fn unquote(text: &[u8], quote: u8, escape: Option<u8>, out: &mut Vec<u8>) {
    let escape = escape.unwrap_or(quote);
    let mut rest = text;
    while let Some(at) = memchr::memchr2(quote, escape, rest) {
        let is_pair = match rest.get(at + 1) {
            Some(next) => *next == quote || rest[at] == escape && *next == escape,
            None => false,
        };
        let kept = if is_pair { at } else { at + 1 };
        out.extend_from_slice(&rest[..kept]);
        if is_pair {
            out.push(rest[at + 1]);
        }
        rest = &rest[at + 1 + usize::from(is_pair)..];
    }
    out.extend_from_slice(rest);
}

/// Calls `visit` for every field of a record of a chunk.
pub fn each_field<'a>(chunk: &'a [u8], record: &Record, marks: Marks, mut visit: impl FnMut(Field<'a>)) {
    let line = &chunk[record.start..record.end];
    match record.fault {
        Fault::Misfit => {
            for Span { start, end, quoted } in fit(line, marks, record.fields).unwrap_or_default() {
                visit(Field { text: &line[start..end], quoted, marks });
            }
        }
        Fault::OpenQuote => each_by_rule(line, Marks { quote: None, ..marks }, visit),
        Fault::None | Fault::StrayQuote => each_by_rule(line, marks, visit),
    }
}

fn each_by_rule<'a>(line: &'a [u8], marks: Marks, mut visit: impl FnMut(Field<'a>)) {
    let mut at = 0;
    loop {
        let start = marks.skip_padding(line, at);
        let quote = marks.quote.filter(|quote| line.get(start) == Some(quote));
        let close = quote.and_then(|quote| close(line, start, quote, marks));
        let end = if let Some(close) = close {
            visit(Field { text: &line[start + 1..close.quote], quoted: true, marks });
            close.end
        } else {
            let end = marks.delimiter.find(&line[start..]).map_or(line.len(), |length| start + length);
            visit(Field { text: &line[start..end], quoted: false, marks });
            end
        };
        if end >= line.len() {
            return;
        }
        at = end + marks.delimiter.len();
    }
}

/// Appends values as one record that is read by the rule, `None` for a missing one. `None` if these marks cannot say so.
pub(crate) fn write_record(values: &[Option<String>], marks: Marks, out: &mut Vec<u8>) -> Option<()> {
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            out.extend_from_slice(marks.delimiter.as_bytes());
        }
        let Some(value) = value else { continue };
        let text = value.as_bytes();
        let Some(quote) = marks.quote else {
            let plain = marks.delimiter.find(text).is_none() && !text.contains(&b'\n');
            out.extend_from_slice(plain.then_some(text)?);
            continue;
        };
        out.push(quote);
        for byte in text {
            if *byte == quote || Some(*byte) == marks.escape {
                out.push(*byte);
            }
            out.push(*byte);
        }
        out.push(quote);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks::plain(b',');

    fn record(text: &str, fault: Fault, fields: usize) -> Record {
        Record { start: 0, end: text.len(), fields, inner_lines: 0, fault }
    }

    fn read(text: &str, fault: Fault, marks: Marks) -> Vec<String> {
        let mut found = Vec::new();
        each_field(text.as_bytes(), &record(text, fault, 3), marks, |field| found.push(field.value()));
        found
    }

    #[test]
    fn quotes_are_removed_and_doubled_ones_halved() {
        assert_eq!(read("\"a\"\"b\",c,\"\",", Fault::None, MARKS), ["a\"b", "c", "", ""]);
        assert_eq!(read("\"x\ny,z\",1", Fault::None, MARKS), ["x\ny,z", "1"]);
        assert_eq!(read("", Fault::None, MARKS), [""]);
    }

    #[test]
    fn faulty_quotes_are_kept_as_text() {
        assert_eq!(read("5\" pipe,2", Fault::StrayQuote, MARKS), ["5\" pipe", "2"]);
        assert_eq!(read("\"he said \"hi\" there\",2", Fault::StrayQuote, MARKS), ["he said \"hi\" there", "2"]);
        assert_eq!(read("\"open,2", Fault::OpenQuote, MARKS), ["\"open", "2"]);
        assert_eq!(read("\"open,\"2, 3\",4", Fault::Misfit, MARKS), ["\"open", "2, 3", "4"]);
    }

    #[test]
    fn escapes_padding_and_long_delimiters_are_read() {
        let escaped = Marks { escape: Some(b'\\'), ..MARKS };
        assert_eq!(read(r#""5\" pipe","8\'9","a\\",2"#, Fault::None, escaped), ["5\" pipe", r"8\'9", r"a\", "2"]);
        let padded = Marks { padded: true, ..MARKS };
        assert_eq!(read("a, \"b, c\",  d, ", Fault::None, padded), ["a", "b, c", "d", ""]);
        let long = Marks { delimiter: crate::Delimiter::new(b"||").unwrap(), ..MARKS };
        assert_eq!(read("a||\"b||c\"||d|e||", Fault::None, long), ["a", "b||c", "d|e", ""]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let values = ["a", "b\"c", "d\\", "e,f\ng", ""].map(|text| Some(text.to_owned()));
        for marks in [MARKS, Marks { escape: Some(b'\\'), ..MARKS }, Marks { padded: true, ..MARKS }] {
            let mut out = Vec::new();
            write_record(&values, marks, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(read(&text, Fault::None, marks), values.clone().map(Option::unwrap));
        }
        assert_eq!(write_record(&values, Marks { quote: None, ..MARKS }, &mut Vec::new()), None);
    }

    #[test]
    fn a_table_fills_short_rows_and_tells_missing_from_empty() {
        let chunk = "1\n\"\",,3,4";
        let mut table = Table::new(3);
        for (start, end, fields) in [(0, 1, 1), (2, chunk.len(), 4)] {
            table.push(chunk.as_bytes(), &Record { start, end, fields, inner_lines: 0, fault: Fault::None }, MARKS);
        }
        let column = |index: usize| table.column(index).map(|cell| cell.map(<[u8]>::to_vec)).collect::<Vec<_>>();
        assert_eq!(column(0), [Some(b"1".to_vec()), Some(Vec::new())]);
        assert_eq!(column(1), [None, None]);
        assert_eq!(column(2), [None, Some(b"3".to_vec())]);
    }
}
