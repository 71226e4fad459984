//! What a field's text can be read as without losing anything.

/// A set of readings, each a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readings(u32);

impl Readings {
    pub(crate) const BOOLEAN: Self = Self(1);
    pub(crate) const BIGINT: Self = Self(1 << 1);
    pub(crate) const HUGEINT: Self = Self(1 << 2);
    pub(crate) const DOUBLE: Self = Self(1 << 3);
    pub(crate) const DATE: Self = Self(1 << 4);
    pub(crate) const TIMESTAMP: Self = Self(1 << 5);
    pub(crate) const ZONED: Self = Self(1 << 6);
    pub(crate) const TIME: Self = Self(1 << 7);
    /// A date such as `13/01/2010`: what it means follows from the bits after this one.
    pub(crate) const NUMERIC_DATE: Self = Self(1 << 8);
    pub(crate) const DAY_FIRST: Self = Self(1 << 9);
    pub(crate) const MONTH_FIRST: Self = Self(1 << 10);
    pub(crate) const SLASH: Self = Self(1 << 11);
    pub(crate) const DASH: Self = Self(1 << 12);
    pub(crate) const DOT: Self = Self(1 << 13);
    pub(crate) const NO_TIME: Self = Self(1 << 14);
    pub(crate) const MINUTES: Self = Self(1 << 15);
    pub(crate) const SECONDS: Self = Self(1 << 16);
    /// Text and nothing else.
    pub(crate) const TEXT: Self = Self(0);
    /// Before any value was seen.
    pub(crate) const ANY: Self = Self(u32::MAX);
    /// Any number.
    pub(crate) const NUMBER: Self = Self(Self::BIGINT.0 | Self::HUGEINT.0 | Self::DOUBLE.0);
    /// Any date or time.
    pub(crate) const TEMPORAL: Self = Self(Self::DATE.0 | Self::TIMESTAMP.0 | Self::ZONED.0 | Self::TIME.0 | Self::NUMERIC_DATE.0);

    /// The readings in both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The readings in either.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they share a reading.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// How `text`, which is not empty, can be read. Zero-padded digits are codes, and so is `1E5`: both stay text.
pub(crate) fn readings(text: &[u8]) -> Readings {
    match text[0] {
        b'0'..=b'9' => number(text).or(temporal(text)),
        b'-' | b'.' => number(text),
        b't' | b'T' | b'f' | b'F' if text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false") => Readings::BOOLEAN,
        b'n' | b'N' if text.eq_ignore_ascii_case(b"nan") => Readings::DOUBLE,
        _ => Readings::TEXT,
    }
}

/// The text as an integer, if it is written as one.
pub(crate) fn integer(text: &[u8]) -> Option<i128> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let plain = !digits.is_empty() && digits.len() <= 38 && digits.iter().all(u8::is_ascii_digit);
    if !plain || (digits[0] == b'0' && text.len() > 1) {
        return None;
    }
    let value = digits.iter().fold(0i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    Some(if digits.len() < text.len() { -value } else { value })
}

fn number(text: &[u8]) -> Readings {
    match integer(text) {
        Some(value) if i64::try_from(value).is_ok() => Readings::NUMBER,
        Some(_) => Readings::HUGEINT,
        None if is_decimal(text) => Readings::DOUBLE,
        None => Readings::TEXT,
    }
}

/// `-12.5`, `.5`, `1.5e10`, `1e-5`; not `012.5`, and not `1E5`, which is as likely a code.
fn is_decimal(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let point = mantissa.iter().position(|byte| *byte == b'.');
    let whole = &mantissa[..point.unwrap_or(mantissa.len())];
    let fraction = point.map_or(&[][..], |at| &mantissa[at + 1..]);
    let digits = whole.iter().chain(fraction).all(u8::is_ascii_digit) && !(whole.is_empty() && fraction.is_empty());
    let padded = whole.len() > 1 && whole[0] == b'0';
    let exponent_reads = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+"));
        let digits = unsigned.unwrap_or(exponent);
        (unsigned.is_some() || point.is_some()) && !digits.is_empty() && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit)
    });
    digits && !padded && exponent_reads && (point.is_some() || exponent.is_some())
}

fn temporal(text: &[u8]) -> Readings {
    if text.len() < 8 || text.len() > 35 {
        return Readings::TEXT;
    }
    if text[2] == b':' {
        return if is_clock(text) { Readings::TIME } else { Readings::TEXT };
    }
    match (text[4], text.get(..10)) {
        (b'-' | b'/', Some(day)) if is_iso_date(day) => iso(&text[10..]),
        _ => numeric_date(text),
    }
}

/// What follows an ISO date: nothing, a clock, or a clock and a zone.
fn iso(rest: &[u8]) -> Readings {
    let Some((first, clock)) = rest.split_first() else { return Readings::DATE.or(Readings::TIMESTAMP) };
    if !matches!(first, b' ' | b'T') {
        return Readings::TEXT;
    }
    let zone = clock.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-'));
    match zone {
        None if is_clock(clock) => Readings::TIMESTAMP,
        Some(at) if is_clock(&clock[..at]) && is_zone(&clock[at..]) => Readings::ZONED,
        _ => Readings::TEXT,
    }
}

fn is_iso_date(text: &[u8]) -> bool {
    text[7] == text[4] && matches!((two(&text[5..7]), two(&text[8..10]), four(&text[..4])), (Some(m), Some(d), Some(y)) if is_day(y, m, d))
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
fn is_clock(text: &[u8]) -> bool {
    let hours = text.get(..2).and_then(two).is_some_and(|hours| hours < 24);
    let minutes = text.get(3..5).and_then(two).is_some_and(|minutes| minutes < 60);
    let seconds = text.len() == 5 || text.get(6..8).and_then(two).is_some_and(|seconds| seconds < 60) && text[5] == b':';
    let fraction = text
        .get(8..)
        .is_none_or(|rest| rest.is_empty() || rest[0] == b'.' && (2..=7).contains(&rest.len()) && rest[1..].iter().all(u8::is_ascii_digit));
    hours && minutes && seconds && fraction && text[2] == b':'
}

fn is_zone(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', hours @ ..] => match hours.len() {
            2 => two(hours).is_some_and(|hours| hours < 16),
            5 => {
                hours[2] == b':' && two(&hours[..2]).is_some_and(|hours| hours < 16) && two(&hours[3..]).is_some_and(|minutes| minutes < 60)
            }
            _ => false,
        },
        _ => false,
    }
}

/// `13/01/2010`, `1.2.2010 08:26`: which number is the day follows from the whole column.
fn numeric_date(text: &[u8]) -> Readings {
    let (date, clock) = match text.iter().position(|byte| *byte == b' ') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let time = match clock.len() {
        0 if date.len() == text.len() => Readings::NO_TIME,
        4 | 5 if is_clock(&padded(clock)) => Readings::MINUTES,
        7 | 8 if is_clock(&padded(clock)) => Readings::SECONDS,
        _ => return Readings::TEXT,
    };
    let Some(at) = date.iter().position(|byte| !byte.is_ascii_digit()) else { return Readings::TEXT };
    let separator = match date[at] {
        b'/' => Readings::SLASH,
        b'-' => Readings::DASH,
        b'.' => Readings::DOT,
        _ => return Readings::TEXT,
    };
    let parts: Vec<&[u8]> = date.split(|byte| *byte == date[at]).collect();
    let [first, second, year] = parts[..] else { return Readings::TEXT };
    let (Some(first), Some(second), Some(year)) = (short(first), short(second), four(year)) else { return Readings::TEXT };
    let day_first = if is_day(year, second, first) { Readings::DAY_FIRST } else { Readings::TEXT };
    let month_first = if is_day(year, first, second) { Readings::MONTH_FIRST } else { Readings::TEXT };
    let order = day_first.or(month_first);
    if order == Readings::TEXT { Readings::TEXT } else { Readings::NUMERIC_DATE.or(order).or(separator).or(time) }
}

fn padded(clock: &[u8]) -> Vec<u8> {
    let zero: &[u8] = if clock.len() == 4 || clock.len() == 7 { b"0" } else { b"" };
    [zero, clock].concat()
}

fn short(text: &[u8]) -> Option<u32> {
    match text {
        [digit] if digit.is_ascii_digit() => Some(u32::from(digit - b'0')),
        [_, _] => two(text),
        _ => None,
    }
}

fn two(text: &[u8]) -> Option<u32> {
    match text {
        [tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit() => Some(u32::from(tens - b'0') * 10 + u32::from(ones - b'0')),
        _ => None,
    }
}

fn four(text: &[u8]) -> Option<u32> {
    if text.len() == 4 { Some(two(&text[..2])? * 100 + two(&text[2..])?) } else { None }
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && year > 0
}

#[cfg(test)]
mod tests {
    use super::{Readings, integer, readings};

    #[test]
    fn texts_are_read_as_what_they_are() {
        let both = Readings::DATE.or(Readings::TIMESTAMP);
        let cases = [
            ("42", Readings::NUMBER),
            ("-1", Readings::NUMBER),
            ("0", Readings::NUMBER),
            ("9007199254740993", Readings::NUMBER),
            ("9223372036854775808", Readings::HUGEINT),
            ("0042", Readings::TEXT),
            ("-0", Readings::TEXT),
            ("+5", Readings::TEXT),
            ("17850.0", Readings::DOUBLE),
            (".5", Readings::DOUBLE),
            ("1.5e10", Readings::DOUBLE),
            ("1e-5", Readings::DOUBLE),
            ("1E5", Readings::TEXT),
            ("00.5", Readings::TEXT),
            ("1,5", Readings::TEXT),
            ("-", Readings::TEXT),
            (".", Readings::TEXT),
            ("NaN", Readings::DOUBLE),
            ("TRUE", Readings::BOOLEAN),
            ("yes", Readings::TEXT),
            ("2010-12-01", both),
            ("2012-02-29", both),
            ("2011-02-29", Readings::TEXT),
            ("2010-12-01 08:26:00", Readings::TIMESTAMP),
            ("2010-12-01T08:26:00.123456", Readings::TIMESTAMP),
            ("2010-12-01T08:26:00.1234567", Readings::TEXT),
            ("2010-12-01T08:26:00Z", Readings::ZONED),
            ("2010-12-01 08:26+05:30", Readings::ZONED),
            ("2010-12-01 25:00:00", Readings::TEXT),
            ("08:26:00", Readings::TIME),
            ("85123A", Readings::TEXT),
            ("192.168.0.1", Readings::TEXT),
        ];
        for (text, expected) in cases {
            assert_eq!(readings(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn numeric_dates_keep_every_order_that_they_allow() {
        let found = readings(b"13/01/2010");
        assert!(found.meets(Readings::DAY_FIRST) && !found.meets(Readings::MONTH_FIRST));
        let found = readings(b"1.2.2010 8:26");
        assert!(
            found.meets(Readings::DAY_FIRST)
                && found.meets(Readings::MONTH_FIRST)
                && found.meets(Readings::DOT)
                && found.meets(Readings::MINUTES)
        );
        assert_eq!(readings(b"13/13/2010"), Readings::TEXT);
    }

    #[test]
    fn integers_keep_every_digit() {
        assert_eq!(integer(b"-9007199254740993"), Some(-9_007_199_254_740_993));
        assert_eq!(integer(b"007"), None);
    }
}
