//! Points in time and times of day, read from and written as text.

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

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// Reads `2010-12-01`, `2010/12/01`, `1.12.2010`, `12/1/10`, `1-Dec-2010`, `Dec 1, 2010` and the like, optionally with a time and
/// a zone. Years of two digits lie between 1970 and 2069.
#[inline]
pub(crate) fn moment(text: &[u8], order: DateOrder) -> Option<Moment> {
    if text.len() < 6 {
        return None;
    }
    let (days, rest, (either, ambiguous)) = if !text[0].is_ascii_digit() {
        month_named_first(text)?
    } else if text.len() > 9 && matches!(text[4], b'-' | b'/') && text[7] == text[4] {
        year_first(text)?
    } else {
        year_last(text, order)?
    };
    if rest.is_empty() {
        return Some(Moment { micros: days * DAY, timed: false, either, ambiguous });
    }
    let [b' ' | b'T' | b't', clock @ ..] = rest else { return None };
    Some(Moment { micros: days * DAY + time_of_day(clock)?, timed: true, either, ambiguous })
}

#[inline]
fn year_first(text: &[u8]) -> Option<(i64, &[u8], (bool, bool))> {
    let year = two(text, 0)? * 100 + two(text, 2)?;
    Some((days_from_civil(year, two(text, 5)?, two(text, 8)?)?, &text[10..], (true, false)))
}

fn year_last(text: &[u8], order: DateOrder) -> Option<(i64, &[u8], (bool, bool))> {
    let (first, rest) = short_number(text)?;
    let separator = *rest.first()?;
    if !matches!(separator, b'/' | b'-' | b'.' | b' ') {
        return None;
    }
    if rest.get(1)?.is_ascii_alphabetic() {
        let (month, rest) = month_name(&rest[1..])?;
        let [mark, rest @ ..] = rest else { return None };
        let (year, rest) = year(rest).filter(|_| *mark == separator)?;
        return Some((days_from_civil(year, month, first)?, rest, (true, false)));
    }
    let (second, rest) = short_number(&rest[1..])?;
    if rest.first() != Some(&separator) || separator == b' ' {
        return None;
    }
    let short = rest.len() < 5 || !rest[3].is_ascii_digit();
    // `1.2.10` is rather a version or a chapter.
    if short && separator == b'.' && (text[2] != b'.' || text[5] != b'.') {
        return None;
    }
    let (year, rest) = year(&rest[1..])?;
    let (day, month) = match order {
        DateOrder::DayFirst => (first, second),
        DateOrder::MonthFirst => (second, first),
    };
    let either = first <= 12 && second <= 12;
    Some((days_from_civil(year, month, day)?, rest, (either, either && first != second)))
}

/// A year of four digits, or of two.
fn year(text: &[u8]) -> Option<(i64, &[u8])> {
    match text.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count() {
        4 => Some((two(text, 0)? * 100 + two(text, 2)?, &text[4..])),
        2 => two(text, 0).map(|short| (if short < 70 { 2000 + short } else { 1900 + short }, &text[2..])),
        _ => None,
    }
}

/// Reads `Dec 1, 2010` and `December 1 2010`.
fn month_named_first(text: &[u8]) -> Option<(i64, &[u8], (bool, bool))> {
    let (month, rest) = month_name(text)?;
    let (day, rest) = short_number(rest.strip_prefix(b" ")?)?;
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let (year, rest) = year(rest.strip_prefix(b" ")?)?;
    Some((days_from_civil(year, month, day)?, rest, (true, false)))
}

/// An English month's name, whole or its first three letters.
fn month_name(text: &[u8]) -> Option<(i64, &[u8])> {
    const NAMES: [&[u8]; 12] = [
        b"january",
        b"february",
        b"march",
        b"april",
        b"may",
        b"june",
        b"july",
        b"august",
        b"september",
        b"october",
        b"november",
        b"december",
    ];
    let length = text.iter().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = text.split_at(length);
    let fits = |name: &&[u8]| length >= 3 && (length == 3 || length == name.len()) && name[..length].eq_ignore_ascii_case(word);
    let month = NAMES.iter().position(fits)?;
    Some((month as i64 + 1, rest.strip_prefix(b".").unwrap_or(rest)))
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

/// Reads a time of day such as `8:26` or `08:26:00.5`, in microseconds since midnight.
pub(crate) fn clock(text: &[u8]) -> Option<i64> {
    let fits = (4..=18).contains(&text.len()) && text[0].is_ascii_digit() && (text[1] == b':' || text[2] == b':');
    if fits { time_of_day(text).filter(|micros| (0..DAY).contains(micros)) } else { None }
}

/// Microseconds since midnight as text.
pub(crate) fn iso_clock(micros: i64) -> String {
    iso(micros.clamp(0, DAY - 1), true).split_off(11)
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

/// The year, month and day of a day since 1970-01-01.
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * day_of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * index + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(read("12/1/10 8:26"), Some(("2010-01-12T08:26:00".to_owned(), true)));
        assert_eq!((read("1-Dec-2010"), read("Dec 1, 2010")), (found("2010-12-01"), found("2010-12-01")));
        assert_eq!((read("24 September 99"), read("Sept 1 2010"), read("Mayor 1 2010")), (found("1999-09-24"), None, None));
        assert_eq!(read("13/01/2020 1:05 PM"), found("2020-01-13T13:05:00"));
        assert_eq!(read("03/04/2020"), Some(("2020-04-03".to_owned(), true)));
        for text in ["2023-02-29", "2023-13-01", "2023-01-01x", "12/31/2020", "20230101", "2023-01-01 25:00", "hello world", "2023-01-01 1"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn times_of_day_are_read_and_written_back() {
        let read = |text: &str| clock(text.as_bytes()).map(iso_clock);
        assert_eq!((read("8:26"), read("23:59:59.5")), (Some("08:26:00".into()), Some("23:59:59.500000".into())));
        assert_eq!((read("24:00"), read("8:61"), read("12"), read("1:2"), read("2010-12-01")), (None, None, None, None, None));
    }
}
