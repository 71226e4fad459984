//! What a field's text means: numbers, points in time, booleans, and the texts that stand for nothing.
//!
//! The parsers work on bytes, allocate nothing and are the hot loop of a profile.

pub(crate) mod dressed;
mod time;

pub(crate) use time::{DAY, DateOrder, civil_from_days, clock, iso, iso_clock, moment};

/// A field read as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// A whole number of at most 18 digits.
    Integer(i64),
    /// A finite number with a decimal point or an exponent.
    Float(f64),
    /// Digits that begin with a needless zero, such as `00123`: a code, since a number would lose the zeros.
    ZeroPadded,
    /// More digits than a 64-bit integer holds: a code, since a number would lose digits.
    TooLong,
    /// No number.
    Not,
}

const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Reads a number in plain or scientific notation, with blanks around it allowed.
#[inline]
pub(crate) fn number(text: &[u8]) -> Number {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut mantissa = 0_u64;
    let mut length = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 || length == 18 {
            break;
        }
        mantissa = mantissa * 10 + u64::from(digit);
        length += 1;
    }
    if length == digits.len() && length > 0 {
        if digits[0] == b'0' && length > 1 {
            return Number::ZeroPadded;
        }
        return Number::Integer(if negative { -(mantissa as i64) } else { mantissa as i64 });
    }
    if digits.get(length) == Some(&b'.')
        && let Some(value) = decimals(mantissa, length, &digits[length + 1..])
    {
        return Number::Float(if negative { -value } else { value });
    }
    unusual(text, digits)
}

/// The decimal `mantissa.fraction` where both halves together are exact in a double: dividing two exact doubles rounds once.
#[inline]
fn decimals(mut mantissa: u64, whole: usize, fraction: &[u8]) -> Option<f64> {
    if fraction.is_empty() || whole == 0 || whole + fraction.len() > 15 {
        return None;
    }
    for &byte in fraction {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        mantissa = mantissa * 10 + u64::from(digit);
    }
    Some(mantissa as f64 / POWERS[fraction.len()])
}

#[cold]
fn unusual(text: &[u8], digits: &[u8]) -> Number {
    if digits.len() > 18 && digits.iter().all(u8::is_ascii_digit) {
        return Number::TooLong;
    }
    let trimmed = text.trim_ascii();
    if trimmed.len() < text.len() && !trimmed.is_empty() {
        return number(trimmed);
    }
    if !digits.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return Number::Not;
    }
    match fast_float2::parse::<f64, _>(text) {
        Ok(value) if value.is_finite() => Number::Float(value),
        _ => Number::Not,
    }
}

/// Reads the usual words for true and false.
pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
    const WORDS: [(&[u8], bool); 10] = [
        (b"true", true),
        (b"false", false),
        (b"yes", true),
        (b"no", false),
        (b"t", true),
        (b"f", false),
        (b"y", true),
        (b"n", false),
        (b"on", true),
        (b"off", false),
    ];
    let text = text.trim_ascii();
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, value)| *value)
}

/// Whether the text is one of those that people write where a value is missing.
#[inline]
pub(crate) fn is_sentinel(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 16] = [
        b"na", b"n/a", b"#n/a", b"nan", b"null", b"none", b"nil", b"-", b"--", b"?", b".", b"\\n", b"missing", b"unknown", b"(null)",
        b"<na>",
    ];
    if text.len() > 9 {
        return false;
    }
    let text = text.trim_ascii();
    text.is_empty() || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_and_codes_are_not_numbers() {
        assert_eq!(number(b"42"), Number::Integer(42));
        assert_eq!(number(b"-7"), Number::Integer(-7));
        assert_eq!(number(b" 7 "), Number::Integer(7));
        assert_eq!(number(b"0"), Number::Integer(0));
        assert_eq!(number(b"2.55"), Number::Float(2.55));
        assert_eq!(number(b"-0.1"), Number::Float(-0.1));
        assert_eq!(number(b".5"), Number::Float(0.5));
        assert_eq!(number(b"5."), Number::Float(5.0));
        assert_eq!(number(b"1e-7"), Number::Float(1e-7));
        assert_eq!(number(b"123456789.123456789"), Number::Float(123_456_789.123_456_79));
        assert_eq!(number(b"00123"), Number::ZeroPadded);
        assert_eq!(number(b"1234567890123456789"), Number::TooLong);
        for text in [&b""[..], b"-", b"+", b".", b"abc", b"nan", b"inf", b"1,5", b"1 2", b"0x10", b"1e999"] {
            assert_eq!(number(text), Number::Not, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn every_short_decimal_equals_the_standard_parser() {
        for value in 0..20_000 {
            let text = format!("{}.{:03}", value / 1000, value % 1000);
            assert_eq!(number(text.as_bytes()), Number::Float(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn sentinels_and_booleans_are_recognised() {
        assert!([&b"NA"[..], b"n/a", b"NULL", b"-", b"  ", b"None"].iter().all(|text| is_sentinel(text)));
        assert!(![&b"0"[..], b"Nadia", b"unknown soldier"].iter().any(|text| is_sentinel(text)));
        assert_eq!((boolean(b"Yes"), boolean(b"F"), boolean(b"1")), (Some(true), Some(false), None));
    }
}
