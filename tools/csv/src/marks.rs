//! The characters that structure separated text, and where a quoted field ends.

use std::fmt;

use memchr::{memchr, memmem};

/// What stands between fields: one to four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delimiter {
    bytes: [u8; 4],
    length: u8,
}

impl Delimiter {
    /// The usual delimiter.
    pub const COMMA: Self = Self::byte(b',');

    /// A delimiter of one byte.
    pub const fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    /// A delimiter of one to four bytes without line ends; `None` for anything else.
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 4];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let ends_lines = text.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        (!text.is_empty() && !ends_lines).then_some(Self { bytes, length: text.len() as u8 })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The byte, where it is only one.
    pub const fn single(self) -> Option<u8> {
        if self.length == 1 { Some(self.bytes[0]) } else { None }
    }

    /// Its number of bytes.
    #[inline]
    pub const fn len(self) -> usize {
        self.length as usize
    }

    /// Never: a delimiter has at least one byte.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// Where it stands first.
    #[inline]
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        if self.length == 1 { memchr(self.bytes[0], text) } else { memmem::find(text, self.as_bytes()) }
    }

    /// Whether the text begins with it.
    #[inline]
    pub fn begins(&self, text: &[u8]) -> bool {
        text.first() == Some(&self.bytes[0]) && (self.length == 1 || text.starts_with(self.as_bytes()))
    }

    /// How often it stands in a text.
    #[inline]
    pub fn count(&self, text: &[u8]) -> usize {
        if self.length == 1 { count(text, self.bytes[0]) } else { memmem::find_iter(text, self.as_bytes()).count() }
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.as_bytes()))
    }
}

/// The characters that structure a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Between fields.
    pub delimiter: Delimiter,
    /// Around fields; `None` where the file quotes nothing.
    pub quote: Option<u8>,
    /// Before a quote within a quoted field that does not end it. A quote may be doubled as well.
    pub escape: Option<u8>,
    /// Whether blanks behind a delimiter are no part of the field.
    pub padded: bool,
}

impl Marks {
    /// Marks as RFC 4180 has them, with another delimiter.
    pub const fn plain(delimiter: u8) -> Self {
        Self { delimiter: Delimiter::byte(delimiter), quote: Some(b'"'), escape: None, padded: false }
    }

    /// Where the text of a field begins that begins at `at`.
    #[inline]
    pub(crate) fn skip_padding(&self, text: &[u8], at: usize) -> usize {
        if self.padded { at + text[at..].iter().take_while(|byte| **byte == b' ').count() } else { at }
    }
}

/// How often `byte` occurs. Short sums of bytes keep the loop in vector registers.
#[inline]
pub(crate) fn count(line: &[u8], byte: u8) -> usize {
    line.chunks(255).map(|part| usize::from(part.iter().fold(0_u8, |sum, other| sum + u8::from(*other == byte)))).sum()
}

/// The end of a quoted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Close {
    /// The closing quote.
    pub(crate) quote: usize,
    /// Where the field ends: at a delimiter, at a line end or at the end of the text.
    pub(crate) end: usize,
    /// Quotes within the field that are neither doubled nor escaped, and one for blanks behind the closing quote.
    pub(crate) lone: usize,
}

/// The end of the quoted field that opens at `open`: the first quote, neither doubled nor escaped, that a delimiter, a line end
/// or the end of the text follows, blanks in between allowed. `None` if it is not there.
pub(crate) fn close(text: &[u8], open: usize, quote: u8, marks: Marks) -> Option<Close> {
    let mut from = open + 1;
    let mut lone = 0;
    loop {
        let at = from + memchr(quote, text.get(from..)?)?;
        if marks.escape.is_some_and(|escape| is_escaped(&text[from..at], escape)) {
            from = at + 1;
        } else if text.get(at + 1) == Some(&quote) {
            from = at + 2;
        } else if let Some(end) = field_end(text, at + 1, marks) {
            return Some(Close { quote: at, end, lone: lone + usize::from(text.get(at + 1) == Some(&b' ') && end > at + 1) });
        } else {
            lone += 1;
            from = at + 1;
        }
    }
}

/// Whether what stands behind a text that ends so is escaped.
fn is_escaped(before: &[u8], escape: u8) -> bool {
    before.iter().rev().take_while(|byte| **byte == escape).count() % 2 == 1
}

/// Where the field ends if nothing but blanks stands between `at` and its end.
pub(crate) fn field_end(text: &[u8], mut at: usize, marks: Marks) -> Option<usize> {
    loop {
        let rest = &text[at..];
        match rest {
            [] | [b'\n' | b'\r'] | [b'\n', ..] | [b'\r', b'\n', ..] => return Some(at),
            _ if marks.delimiter.begins(rest) => return Some(at),
            [b' ', ..] => at += 1,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_has_one_to_four_bytes() {
        assert_eq!(Delimiter::new(b"||").map(|found| found.as_bytes().to_vec()), Some(b"||".to_vec()));
        assert_eq!([&b""[..], b"\n", b"12345"].map(Delimiter::new), [None; 3]);
        let pipes = Delimiter::new(b"||").unwrap();
        assert_eq!((pipes.find(b"a|b||c"), pipes.count(b"a||||b"), pipes.begins(b"|a")), (Some(3), 2, false));
    }

    #[test]
    fn delimiters_are_counted_in_long_lines() {
        assert_eq!(count(&b",".repeat(100_000), b','), 100_000);
    }

    #[test]
    fn a_quoted_field_ends_at_a_quote_before_a_delimiter() {
        let marks = Marks::plain(b',');
        let closed = |text: &str, marks| close(text.as_bytes(), 0, b'"', marks).map(|found| (found.quote, found.end, found.lone));
        assert_eq!(closed(r#""a""b",c"#, marks), Some((5, 6, 0)));
        assert_eq!(closed(r#""a" b" ,c"#, marks), Some((5, 7, 2)));
        assert_eq!(closed(r#""a"#, marks), None);
        assert_eq!(closed("\"a\"\r\nb", marks), Some((2, 3, 0)));
        let escaped = Marks { escape: Some(b'\\'), ..marks };
        assert_eq!(closed(r#""a\",b",c"#, escaped), Some((6, 7, 0)));
        assert_eq!(closed(r#""a\\",b"#, escaped), Some((4, 5, 0)));
    }
}
