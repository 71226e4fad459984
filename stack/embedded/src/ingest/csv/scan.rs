//! Reads the record at the beginning of a text, if it is whole.

use memchr::{memchr, memchr2, memchr3};

use super::records::{Fields, Malformed, Syntax};

/// The length of the end of line at `at`.
pub(super) fn terminator(data: &[u8], at: usize) -> usize {
    if data[at] == b'\r' && data.get(at + 1) == Some(&b'\n') { 2 } else { 1 }
}

/// What the beginning of a text holds.
pub(super) enum Found {
    Record { end: usize, next: usize, quoted: bool, stray_quote: bool },
    Malformed(Malformed),
    More,
}

/// What ends a field.
enum End {
    Delimiter,
    Line,
    Text,
}

/// Reads one record.
pub(super) struct Scan<'a> {
    data: &'a [u8],
    ended: bool,
    syntax: Syntax,
    at: usize,
    quoted: bool,
    stray_quote: bool,
}

/// Why a field was not read.
enum Stop {
    More,
    Malformed(Malformed),
}

impl<'a> Scan<'a> {
    /// Reads `data`, which is all there is when `ended`.
    pub(super) fn new(data: &'a [u8], ended: bool, syntax: Syntax) -> Self {
        Self { data, ended, syntax, at: 0, quoted: false, stray_quote: false }
    }

    /// The record at the beginning; its fields go to `fields`.
    pub(super) fn record(mut self, fields: &mut Fields) -> Found {
        loop {
            match self.field(fields) {
                Ok(End::Delimiter) => self.at += 1,
                Ok(End::Line) => return self.found(terminator(self.data, self.at)),
                Ok(End::Text) => return self.found(0),
                Err(Stop::More) => return Found::More,
                Err(Stop::Malformed(why)) => return Found::Malformed(why),
            }
        }
    }

    fn found(&self, terminator: usize) -> Found {
        Found::Record { end: self.at, next: self.at + terminator, quoted: self.quoted, stray_quote: self.stray_quote }
    }

    fn field(&mut self, fields: &mut Fields) -> Result<End, Stop> {
        match self.data.get(self.at) {
            None if !self.ended => return Err(Stop::More),
            Some(byte) if Some(*byte) == self.syntax.quote => self.quoted_field(*byte, fields)?,
            _ => self.plain_field(fields)?,
        }
        fields.close();
        self.end()
    }

    fn plain_field(&mut self, fields: &mut Fields) -> Result<(), Stop> {
        let rest = &self.data[self.at..];
        let length = match memchr3(self.syntax.delimiter, b'\n', b'\r', rest) {
            Some(length) => length,
            None if self.ended => rest.len(),
            None => return Err(Stop::More),
        };
        let text = &rest[..length];
        self.stray_quote |= self.syntax.quote.is_some_and(|quote| memchr(quote, text).is_some());
        fields.text.extend_from_slice(text);
        self.at += length;
        Ok(())
    }

    fn quoted_field(&mut self, quote: u8, fields: &mut Fields) -> Result<(), Stop> {
        self.quoted = true;
        self.at += 1;
        loop {
            let rest = &self.data[self.at..];
            let Some(length) = memchr2(quote, self.syntax.escape.unwrap_or(quote), rest) else {
                return Err(if self.ended { Stop::Malformed(Malformed::Unclosed) } else { Stop::More });
            };
            fields.text.extend_from_slice(&rest[..length]);
            self.at += length;
            let following = self.data.get(self.at + 1).copied();
            if following.is_none() && !self.ended {
                return Err(Stop::More);
            }
            match (self.data[self.at] == quote, following) {
                (true, Some(next)) if next == quote => fields.text.push(quote),
                (true, _) => {
                    self.at += 1;
                    return Ok(());
                }
                (false, Some(next)) => fields.text.push(next),
                (false, None) => return Err(Stop::Malformed(Malformed::Unclosed)),
            }
            self.at += 2;
        }
    }

    fn end(&self) -> Result<End, Stop> {
        match self.data.get(self.at) {
            None => Ok(End::Text),
            Some(byte) if *byte == self.syntax.delimiter => Ok(End::Delimiter),
            Some(b'\r') if self.at + 1 == self.data.len() && !self.ended => Err(Stop::More),
            Some(b'\n' | b'\r') => Ok(End::Line),
            Some(_) => Err(Stop::Malformed(Malformed::AfterQuote)),
        }
    }
}
