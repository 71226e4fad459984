//! A record into its fields, whatever its faults.

use crate::records::{Fault, Marks, Record};

/// The text of one field in a chunk or in the store of rewritten fields.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
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
        each_field(&chunk[record.start..record.end], record.fault, marks, |field| {
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
pub struct Field<'a> {
    /// Without the quotes around it.
    pub text: &'a [u8],
    /// Whether quotes were around it.
    pub quoted: bool,
    quote: Option<u8>,
}

impl Field<'_> {
    /// Appends the field's value: doubled quotes become one, broken UTF-8 becomes U+FFFD.
    pub fn append(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.quote.filter(|_| self.quoted) {
            Some(quote) => {
                let mut bytes = self.text.iter().copied().peekable();
                while let Some(byte) = bytes.next() {
                    out.push(byte);
                    if byte == quote && bytes.peek() == Some(&quote) {
                        bytes.next();
                    }
                }
            }
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

/// Calls `visit` for every field of a record.
pub fn each_field<'a>(record: &'a [u8], fault: Fault, marks: Marks, mut visit: impl FnMut(Field<'a>)) {
    let quote = marks.quote.filter(|_| fault != Fault::OpenQuote);
    let mut at = 0;
    loop {
        let rest = &record[at..];
        let close = quote.filter(|quote| rest.first() == Some(quote)).and_then(|quote| closing(rest, marks.delimiter, quote));
        let end = if let Some(close) = close {
            visit(Field { text: &rest[1..close], quoted: true, quote });
            close + 1
        } else {
            let end = memchr::memchr(marks.delimiter, rest).unwrap_or(rest.len());
            visit(Field { text: &rest[..end], quoted: false, quote });
            end
        };
        if end >= rest.len() {
            return;
        }
        at += end + 1;
    }
}

/// The quote that ends the quoted field at the beginning of `rest`.
fn closing(rest: &[u8], delimiter: u8, quote: u8) -> Option<usize> {
    let mut from = 1;
    loop {
        let close = from + memchr::memchr(quote, rest.get(from..)?)?;
        match rest.get(close + 1) {
            None => return Some(close),
            Some(byte) if *byte == delimiter => return Some(close),
            Some(byte) if *byte == quote => from = close + 2,
            Some(_) => from = close + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(record: &str, fault: Fault) -> Vec<String> {
        let mut found = Vec::new();
        each_field(record.as_bytes(), fault, Marks { delimiter: b',', quote: Some(b'"') }, |field| found.push(field.value()));
        found
    }

    #[test]
    fn quotes_are_removed_and_doubled_ones_halved() {
        assert_eq!(fields("\"a\"\"b\",c,\"\",", Fault::None), ["a\"b", "c", "", ""]);
        assert_eq!(fields("\"x\ny,z\",1", Fault::None), ["x\ny,z", "1"]);
        assert_eq!(fields("", Fault::None), [""]);
    }

    #[test]
    fn faulty_quotes_are_kept_as_text() {
        assert_eq!(fields("5\" pipe,2", Fault::StrayQuote), ["5\" pipe", "2"]);
        assert_eq!(fields("\"he said \"hi\" there\",2", Fault::StrayQuote), ["he said \"hi\" there", "2"]);
        assert_eq!(fields("\"open,2", Fault::OpenQuote), ["\"open", "2"]);
    }

    #[test]
    fn a_table_fills_short_rows_and_tells_missing_from_empty() {
        let chunk = "1\n\"\",,3,4";
        let marks = Marks { delimiter: b',', quote: Some(b'"') };
        let mut table = Table::new(3);
        for (start, end, fields) in [(0, 1, 1), (2, chunk.len(), 4)] {
            table.push(chunk.as_bytes(), &Record { start, end, fields, inner_lines: 0, fault: Fault::None }, marks);
        }
        let column = |index: usize| table.column(index).map(|cell| cell.map(<[u8]>::to_vec)).collect::<Vec<_>>();
        assert_eq!(column(0), [Some(b"1".to_vec()), Some(Vec::new())]);
        assert_eq!(column(1), [None, None]);
        assert_eq!(column(2), [None, Some(b"3".to_vec())]);
    }
}
