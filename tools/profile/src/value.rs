//! What a field's text means: numbers, points in time, booleans, and the texts that stand for nothing.
//!
//! The parsers work on bytes, allocate nothing and are the hot loop of a profile.

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

/// In which order a date that does not begin with its year is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// A field read as a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Microseconds since 1970-01-01T00:00:00, UTC where a zone is written.
    pub(crate) micros: i64,
    /// Whether a time of day is written.
    pub(crate) timed: bool,
    /// Whether the text is a date in the other order too.
    pub(crate) either: bool,
    /// Whether it then is another date.
    pub(crate) ambiguous: bool,
}

const DAY: i64 = 86_400_000_000;

/// Reads `2010-12-01`, `2010/12/01`, `1.12.2010` and the like, optionally with a time and a zone.
#[inline]
pub(crate) fn moment(text: &[u8], order: DateOrder) -> Option<Moment> {
    if text.len() < 8 || !text[0].is_ascii_digit() {
        return None;
    }
    let (days, rest, (either, ambiguous)) = if text[4] == b'-' || text[4] == b'/' { year_first(text)? } else { year_last(text, order)? };
    if rest.is_empty() {
        return Some(Moment { micros: days * DAY, timed: false, either, ambiguous });
    }
    let [b' ' | b'T' | b't', clock @ ..] = rest else { return None };
    Some(Moment { micros: days * DAY + time_of_day(clock)?, timed: true, either, ambiguous })
}

#[inline]
fn year_first(text: &[u8]) -> Option<(i64, &[u8], (bool, bool))> {
    if text.len() < 10 || text[7] != text[4] {
        return None;
    }
    let year = two(text, 0)? * 100 + two(text, 2)?;
    Some((days_from_civil(year, two(text, 5)?, two(text, 8)?)?, &text[10..], (true, false)))
}

fn year_last(text: &[u8], order: DateOrder) -> Option<(i64, &[u8], (bool, bool))> {
    let (first, rest) = short_number(text)?;
    let separator = *rest.first()?;
    if !matches!(separator, b'/' | b'-' | b'.') {
        return None;
    }
    let (second, rest) = short_number(&rest[1..])?;
    if rest.first() != Some(&separator) || rest.len() < 5 {
        return None;
    }
    let year = two(rest, 1)? * 100 + two(rest, 3)?;
    let (day, month) = match order {
        DateOrder::DayFirst => (first, second),
        DateOrder::MonthFirst => (second, first),
    };
    let either = first <= 12 && second <= 12;
    Some((days_from_civil(year, month, day)?, &rest[5..], (either, either && first != second)))
}

fn short_number(text: &[u8]) -> Option<(i64, &[u8])> {
    let length = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let value = text[..length].iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    (length > 0).then_some((value, &text[length..]))
}

#[inline]
fn two(text: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (text.get(at)?.wrapping_sub(b'0'), text.get(at + 1)?.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; `None` where the date does not exist.
#[inline]
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = LENGTHS.get(usize::try_from(month - 1).ok()?)? + i64::from(leap && month == 2);
    if day < 1 || day > length {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

fn time_of_day(clock: &[u8]) -> Option<i64> {
    let (hour, rest) = short_number(clock)?;
    let minute = two(rest, 1).filter(|minute| rest[0] == b':' && *minute < 60)?;
    let mut rest = &rest[3..];
    let mut micros = 0;
    if rest.first() == Some(&b':') {
        let second = two(rest, 1).filter(|second| *second <= 60)?;
        micros = second * 1_000_000;
        rest = &rest[3..];
        if matches!(rest.first(), Some(b'.' | b',')) {
            let length = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            micros += fraction(&rest[1..=length]);
            rest = &rest[1 + length..];
        }
    }
    let (hour, offset) = zone(hour, rest)?;
    (hour < 24).then(|| (hour * 60 + minute - offset) * 60_000_000 + micros)
}

fn fraction(digits: &[u8]) -> i64 {
    digits.iter().chain(b"000000").take(6).fold(0, |value, byte| value * 10 + i64::from(byte - b'0'))
}

/// The hour on a 24-hour clock and the zone's offset in minutes.
fn zone(hour: i64, rest: &[u8]) -> Option<(i64, i64)> {
    match rest.trim_ascii() {
        b"" | b"Z" | b"z" | b"UTC" => Some((hour, 0)),
        b"AM" | b"am" => Some((hour % 12, 0)),
        b"PM" | b"pm" => Some((hour % 12 + 12, 0)),
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let minutes = two(offset, 0)? * 60
                + match offset.len() {
                    2 => 0,
                    4 => two(offset, 2)?,
                    5 if offset[2] == b':' => two(offset, 3)?,
                    _ => return None,
                };
            Some((hour, if *sign == b'-' { -minutes } else { minutes }))
        }
        _ => None,
    }
}

/// A microsecond count as ISO 8601 text: a date, or a date and time.
pub(crate) fn iso(micros: i64, timed: bool) -> String {
    let (days, within) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if !timed {
        return date;
    }
    let seconds = within / 1_000_000;
    let clock = format!("{date}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match within % 1_000_000 {
        0 => clock,
        micros => format!("{clock}.{micros:06}"),
    }
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * day_of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * index + 2) / 5 + 1)
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

/// Whether the text is a number in a dress: a currency, a percentage, or with thousands separators or a decimal comma.
pub(crate) fn is_formatted_number(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let dressed = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '%' | '(' | ')' | '+' | '-' | ' ' | '\u{a0}');
    let bare = text.trim_matches(dressed);
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    let rest = bare.len() - digits;
    let separated = bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    digits > 0 && separated && (rest > 0 && bare.contains(',') || bare.len() < text.len()) && rest <= 1 + digits / 2
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
    fn moments_are_read_in_the_usual_shapes_and_written_back_as_iso() {
        let read = |text: &str| moment(text.as_bytes(), DateOrder::DayFirst).map(|found| (iso(found.micros, found.timed), found.ambiguous));
        let found = |text: &str| Some((text.to_owned(), false));
        assert_eq!(read("2010-12-01 08:26:00"), found("2010-12-01T08:26:00"));
        assert_eq!(read("2024-02-29"), found("2024-02-29"));
        assert_eq!(read("1969/07/20"), found("1969-07-20"));
        assert_eq!(read("31.12.1999"), found("1999-12-31"));
        assert_eq!(read("2020-01-01T00:30:00+01:00"), found("2019-12-31T23:30:00"));
        assert_eq!(read("2020-01-01T00:00:00.25Z"), found("2020-01-01T00:00:00.250000"));
        assert_eq!(read("13/01/2020 1:05 PM"), found("2020-01-13T13:05:00"));
        assert_eq!(read("03/04/2020"), Some(("2020-04-03".to_owned(), true)));
        for text in ["2023-02-29", "2023-13-01", "2023-01-01x", "12/31/2020", "20230101", "2023-01-01 25:00", "hello world", "2023-01-01 1"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn sentinels_booleans_and_dressed_numbers_are_recognised() {
        assert!([&b"NA"[..], b"n/a", b"NULL", b"-", b"  ", b"None"].iter().all(|text| is_sentinel(text)));
        assert!(![&b"0"[..], b"Nadia", b"unknown soldier"].iter().any(|text| is_sentinel(text)));
        assert_eq!((boolean(b"Yes"), boolean(b"F"), boolean(b"1")), (Some(true), Some(false), None));
        assert!(["$1,234.50", "12%", "1.234,56 €", "1,234"].iter().all(|text| is_formatted_number(text.as_bytes())));
        assert!(!["1234", "12.5", "A,1", "", "%"].iter().any(|text| is_formatted_number(text.as_bytes())));
    }
}
