//! Which sort of thing a field's text is, at a glance: enough to tell a header from the rows below it, and one column from the
//! next. What a value exactly is, is found by those who compute with it.

use crate::marks::count;

/// The sort of a field's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// Nothing, or blanks.
    Empty,
    /// A number, an amount of money, a share, or anything else made of digits and signs.
    Number,
    /// A date, perhaps with a time.
    Date,
    /// A time of day.
    Time,
    /// True or false.
    Boolean,
    /// An address on the web or of electronic mail.
    Address,
    /// Words.
    Text,
}

impl Sort {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 7] = [Self::Empty, Self::Number, Self::Date, Self::Time, Self::Boolean, Self::Address, Self::Text];

    /// Whether the text is a value by its form alone, so that it names no column.
    pub(crate) const fn is_literal(self) -> bool {
        !matches!(self, Self::Empty | Self::Text)
    }
}

const MONTHS: [&[u8]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
const WITH_DIGITS: [&[u8]; 14] = [b"e", b"t", b"z", b"am", b"pm", b"utc", b"gmt", b"usd", b"eur", b"gbp", b"chf", b"jpy", b"inf", b"nan"];

/// The sort of a text.
pub(crate) fn sort(text: &[u8]) -> Sort {
    let text = text.trim_ascii();
    let Some(first) = text.first() else { return Sort::Empty };
    if text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false") {
        return Sort::Boolean;
    }
    // No value that begins otherwise is told from words; no date, time or number is so long.
    if text.len() > 40 || !(first.is_ascii_digit() || b"+-.($".contains(first) || *first >= 0x80 || starts_with_month(text)) {
        return if is_address(text) { Sort::Address } else { Sort::Text };
    }
    if !text.iter().any(u8::is_ascii_digit) || !words(text).all(is_known_word) {
        return Sort::Text;
    }
    shape(text)
}

/// Whether a text stands for a value that is not there.
pub(crate) fn is_missing(text: &str) -> bool {
    const TEXTS: [&str; 12] = ["na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "..", "unknown"];
    TEXTS.iter().any(|known| text.trim().eq_ignore_ascii_case(known))
}

fn is_address(text: &[u8]) -> bool {
    let begins = |start: &[u8]| text.len() > start.len() && text[..start.len()].eq_ignore_ascii_case(start);
    let web = begins(b"http://") || begins(b"https://") || begins(b"www.");
    let mail = || memchr::memchr(b'@', text).is_some_and(|at| at > 0 && memchr::memchr(b'.', &text[at..]).is_some());
    (web || text.len() <= 254 && mail()) && !text.contains(&b' ')
}

fn starts_with_month(text: &[u8]) -> bool {
    words(text).next().is_some_and(is_month)
}

/// The runs of letters. Signs of currencies beyond ASCII are none.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    const SIGNS: [&str; 4] = ["€", "£", "¥", "\u{a0}"];
    let is_sign = |word: &[u8]| SIGNS.iter().any(|sign| sign.as_bytes() == word);
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte >= 0x80;
    text.split(move |byte| !letter(byte)).filter(move |word| !word.is_empty() && !is_sign(word))
}

fn is_known_word(word: &[u8]) -> bool {
    WITH_DIGITS.iter().any(|known| word.eq_ignore_ascii_case(known)) || is_month(word)
}

/// A month's English name or its first three letters.
fn is_month(word: &[u8]) -> bool {
    word.len() <= 9 && word.get(..3).is_some_and(|start| MONTHS.iter().any(|month| start.eq_ignore_ascii_case(month)))
}

fn shape(text: &[u8]) -> Sort {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = &text[digits..];
    match behind.first() {
        Some(b':') if (1..=2).contains(&digits) && behind.get(1).is_some_and(u8::is_ascii_digit) => Sort::Time,
        Some(mark @ (b'-' | b'/' | b'.')) if matches!(digits, 1 | 2 | 4) && repeats(*mark, behind) => Sort::Date,
        _ if words(text).any(is_month) => Sort::Date,
        _ => Sort::Number,
    }
}

/// Whether one to three characters stand between this mark and the same mark again, and a digit follows. Four numbers with
/// points in between are an address, not a date.
fn repeats(mark: u8, text: &[u8]) -> bool {
    let again = text[1..].iter().position(|byte| *byte == mark);
    let apart = again.is_some_and(|length| (1..=3).contains(&length) && text.get(length + 2).is_some_and(u8::is_ascii_digit));
    apart && (mark != b'.' || count(text, mark) == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str], expected: Sort) {
        for text in texts {
            assert_eq!(sort(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn texts_are_sorted_by_their_form() {
        all(&["", "  "], Sort::Empty);
        all(&["1", "-2.5", "+.5", "1e-9", "1,234.56", "$74.69", "€ 5", "12 %", "(3)", "00123", "10.0.0.1", "555-1234"], Sort::Number);
        all(
            &["2020-01-02", "1/2/20", "28.01.2018", "2020-01-02T10:00:00Z", "01/02/2020 10:00 PM", "3 Jan 2020", "Jan 3, 2020"],
            Sort::Date,
        );
        all(&["10:00", "9:05:01.5", "10:00 am"], Sort::Time);
        all(&["true", "FALSE"], Sort::Boolean);
        all(&["https://example.org/a", "www.example.org", "a.b@example.org"], Sort::Address);
        all(&["name", "Q1", "3rd place", "May", "x2", "2nd", "Ünal", "-", "N/A", "MG-8769", "@home", "http://"], Sort::Text);
    }
}
