//! Dates, times and spans of time in ISO 8601.

use super::vector::Interval;

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// Days since 1970-01-01.
pub(crate) fn date(days: i32) -> String {
    match infinity(i64::from(days), i64::from(i32::MAX)) {
        Some(text) => text,
        None => civil(i64::from(days)),
    }
}

/// Nanoseconds since midnight.
pub(crate) fn time(nanos: i128) -> String {
    let seconds = nanos / 1_000_000_000;
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{clock}{}", fraction(nanos % 1_000_000_000))
}

/// Microseconds since midnight in the upper 40 bits, the offset in the lower 24.
pub(crate) fn time_with_zone(bits: u64) -> String {
    const GREATEST_OFFSET: i64 = 16 * 3_600 - 1;
    let offset = GREATEST_OFFSET - (bits & 0xff_ffff) as i64;
    format!("{}{}", time(i128::from(bits >> 24) * 1_000), zone(offset))
}

/// Units since 1970-01-01, each of `nanos` nanoseconds.
pub(crate) fn timestamp(units: i64, nanos: i128) -> String {
    infinity(units, i64::MAX).unwrap_or_else(|| {
        let total = i128::from(units) * nanos;
        format!("{}T{}", civil(total.div_euclid(NANOS_PER_DAY) as i64), time(total.rem_euclid(NANOS_PER_DAY)))
    })
}

/// Microseconds since 1970-01-01 UTC.
pub(crate) fn instant(micros: i64) -> String {
    infinity(micros, i64::MAX).unwrap_or_else(|| format!("{}Z", timestamp(micros, 1_000)))
}

/// A span of months, days and time, each with its own sign.
pub(crate) fn interval(span: Interval) -> String {
    let date = parts("", &[(i64::from(span.months / 12), 'Y'), (i64::from(span.months % 12), 'M'), (i64::from(span.days), 'D')]);
    match (date.as_str(), clock_part(span.micros).as_str()) {
        ("", "") => "PT0S".into(),
        (date, "") => format!("P{date}"),
        (date, clock) => format!("P{date}T{clock}"),
    }
}

fn clock_part(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let total = micros.unsigned_abs() as i64;
    let clock = parts(sign, &[(total / 3_600_000_000, 'H'), (total / 60_000_000 % 60, 'M')]);
    match total % 60_000_000 {
        0 => clock,
        rest => format!("{clock}{sign}{}{}S", rest / 1_000_000, fraction(i128::from(rest % 1_000_000) * 1_000)),
    }
}

/// The amounts that are not zero, with their units.
fn parts(sign: &str, amounts: &[(i64, char)]) -> String {
    let written: Vec<String> =
        amounts.iter().filter(|(amount, _)| *amount != 0).map(|(amount, unit)| format!("{sign}{amount}{unit}")).collect();
    written.concat()
}

fn infinity(value: i64, greatest: i64) -> Option<String> {
    match value {
        _ if value == greatest => Some("infinity".into()),
        _ if value == -greatest => Some("-infinity".into()),
        _ => None,
    }
}

/// `.` and the digits of a fraction of a second without closing zeros; empty for none.
fn fraction(nanos: i128) -> String {
    if nanos == 0 { String::new() } else { format!(".{nanos:09}").trim_end_matches('0').to_owned() }
}

fn zone(offset: i64) -> String {
    let (sign, seconds) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let text = format!("{sign}{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    if seconds % 60 == 0 { text } else { format!("{text}:{:02}", seconds % 60) }
}

/// The proleptic Gregorian date of a day, counted from 1970-01-01; years beyond 0 to 9999 carry a sign and six digits.
///
/// Years run from March, so that the leap day is a year's last, and in eras of 400 years, which all have 146,097 days.
fn civil(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if (0..=9_999).contains(&year) { format!("{year:04}-{month:02}-{day:02}") } else { format!("{year:+07}-{month:02}-{day:02}") }
}

#[cfg(test)]
mod tests {
    use super::{Interval, date, instant, interval, time_with_zone, timestamp};

    #[test]
    fn dates_reach_from_before_christ_to_far_ahead() {
        let cases = [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (-719_528, "0000-01-01"), (-719_529, "-000001-12-31")];
        assert_eq!(cases.map(|(days, _)| date(days)), cases.map(|(_, text)| text.to_owned()));
        assert_eq!([date(2_932_897), date(i32::MAX), date(-i32::MAX)], ["+010000-01-01", "infinity", "-infinity"]);
    }

    #[test]
    fn fractions_are_as_long_as_they_must_be() {
        assert_eq!(timestamp(-1, 1_000), "1969-12-31T23:59:59.999999");
        assert_eq!(timestamp(1_500_000, 1_000), "1970-01-01T00:00:01.5");
        assert_eq!(timestamp(1, 1), "1970-01-01T00:00:00.000000001");
        assert_eq!(instant(0), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn zones_keep_their_offset() {
        let bits = |micros: u64, offset: i64| micros << 24 | (57_599 - offset) as u64;
        assert_eq!(time_with_zone(bits(3_600_000_000, 19_800)), "01:00:00+05:30");
        assert_eq!(time_with_zone(bits(0, -3_600)), "00:00:00-01:00");
    }

    #[test]
    fn spans_keep_months_days_and_time_apart() {
        let span = |months, days, micros| interval(Interval { months, days, micros });
        assert_eq!([span(14, 3, 0), span(0, 0, 0), span(0, 0, -1_500_000)], ["P1Y2M3D", "PT0S", "PT-1.5S"]);
        assert_eq!(span(-1, 40, 90_061_000_000), "P-1M40DT25H1M1S");
    }
}
