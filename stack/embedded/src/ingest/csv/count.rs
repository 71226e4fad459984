//! Counts lines and records of separated text by a rule of its own, to check the reader by.
//!
//! It shares no code with [`super::records`]: quotes switch between inside and outside wherever they stand, which is what
//! RFC 4180 says of text whose quotes are all in order.

use std::io::{self, Read};

use super::records::Syntax;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Lines, however they end; the last may have no end.
    pub(crate) lines: u64,
    /// Records that hold anything.
    pub(crate) records: u64,
}

/// Counts what it passes on.
#[expect(clippy::struct_excessive_bools, reason = "each is one bit of the automaton's state")]
pub(crate) struct Counting<R> {
    reader: R,
    syntax: Syntax,
    counts: Counts,
    inside: bool,
    escaped: bool,
    after_return: bool,
    line_open: bool,
    record_open: bool,
}

impl<R> Counting<R> {
    /// Counts what is read from `reader`.
    pub(crate) fn new(reader: R, syntax: Syntax) -> Self {
        let counts = Counts::default();
        Self { reader, syntax, counts, inside: false, escaped: false, after_return: false, line_open: false, record_open: false }
    }

    /// The counts, once all is read.
    pub(crate) fn finish(mut self) -> Counts {
        self.counts.lines += u64::from(self.line_open);
        self.counts.records += u64::from(self.record_open);
        self.counts
    }

    fn feed(&mut self, byte: u8) {
        let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
        if byte == b'\n' || byte == b'\r' {
            if !(byte == b'\n' && follows_return) {
                self.line_end();
            }
            return;
        }
        self.line_open = true;
        self.record_open |= byte != b' ';
        if std::mem::take(&mut self.escaped) {
            return;
        }
        self.escaped = self.inside && Some(byte) == self.syntax.escape;
        self.inside ^= Some(byte) == self.syntax.quote;
    }

    fn line_end(&mut self) {
        self.counts.lines += 1;
        self.line_open = false;
        self.escaped = false;
        if !self.inside {
            self.counts.records += u64::from(self.record_open);
            self.record_open = false;
        }
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        for byte in &buffer[..read] {
            self.feed(*byte);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{Counting, Counts};
    use crate::ingest::csv::records::Syntax;

    #[test]
    fn lines_and_records_are_counted() {
        let cases: [(&str, u64, u64); 7] = [
            ("", 0, 0),
            ("a,b\nc,d", 2, 2),
            ("a,b\r\nc,d\r\n", 2, 2),
            ("a\rb\r", 2, 2),
            ("a,\"x\ny\"\nb,c\n", 3, 2),
            ("a\n\n  \nb\n", 4, 2),
            ("\"a \"\"b\"\" c\"\n", 1, 1),
        ];
        for (text, lines, records) in cases {
            let mut counting = Counting::new(text.as_bytes(), Syntax { delimiter: b',', quote: Some(b'"'), escape: None });
            std::io::copy(&mut counting, &mut std::io::sink()).unwrap();
            assert_eq!(counting.finish(), Counts { lines, records }, "{text:?}");
        }
    }
}
