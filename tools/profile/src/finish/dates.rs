//! How dates follow one another: granularity, periods, gaps.

use crate::column::numeric::Distribution;
use crate::result::{DateFacts, DateGap};
use crate::value::{DAY, civil_from_days, iso};

/// Gaps that are listed.
const GAPS: usize = 3;
/// Known values that a period must have on average before one without any counts as empty, where not every value is known.
const DENSE: usize = 30;
/// Periods beyond which none is looked for: seconds of a year are not a calendar.
const MOST: i64 = 200_000;
const HOUR: i64 = DAY / 24;

/// A unit of the calendar or of the clock, from coarse to fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Subsecond,
}

impl Unit {
    /// The name in results.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Subsecond => "subsecond",
        }
    }

    /// The number of the period that holds a point in time; periods that follow one another have numbers that do.
    pub(crate) fn period(self, micros: i64) -> i64 {
        let days = micros.div_euclid(DAY);
        let (year, month, _) = civil_from_days(days);
        match self {
            Self::Year => year,
            Self::Quarter => year * 4 + (month - 1) / 3,
            Self::Month => year * 12 + month - 1,
            // 1970-01-01 was a Thursday; weeks begin on Monday.
            Self::Week => (days + 3).div_euclid(7),
            Self::Day => days,
            Self::Hour => micros.div_euclid(HOUR),
            Self::Minute => micros.div_euclid(HOUR / 60),
            Self::Second | Self::Subsecond => micros.div_euclid(1_000_000),
        }
    }

    /// The finest unit that the points in time make use of.
    pub(crate) fn of(micros: &[i64]) -> Self {
        let all = |unit: i64| micros.iter().all(|at| at.rem_euclid(unit) == 0);
        if !all(DAY) {
            let fine = [(HOUR, Self::Hour), (HOUR / 60, Self::Minute), (1_000_000, Self::Second)];
            return fine.into_iter().find(|(size, _)| all(*size)).map_or(Self::Subsecond, |(_, unit)| unit);
        }
        let mut dates = micros.iter().map(|at| civil_from_days(at.div_euclid(DAY)));
        if micros.len() < 3 {
            return Self::Day;
        }
        if dates.clone().all(|(_, _, day)| day == 1) {
            return match () {
                () if dates.clone().all(|(_, month, _)| month == 1) => Self::Year,
                () if dates.all(|(_, month, _)| month % 3 == 1) => Self::Quarter,
                () => Self::Month,
            };
        }
        let weekday = |at: &i64| at.div_euclid(DAY).rem_euclid(7);
        if micros.iter().all(|at| weekday(at) == weekday(&micros[0])) { Self::Week } else { Self::Day }
    }
}

/// What the dates of a column show. `more` are values beside the distribution's, where that does not hold all.
pub(super) fn facts(all: &Distribution, more: &[u64], modified: Option<i64>) -> Option<DateFacts> {
    let mut known: Vec<i64> = all.values.iter().map(|(micros, _)| *micros as i64).collect();
    if !all.exact {
        known.extend(more.iter().map(|code| f64::from_bits(*code)).filter(|micros| micros.is_finite()).map(|micros| micros as i64));
        known.sort_unstable();
        known.dedup();
    }
    let (first, last) = (*known.first()?, *known.last()?);
    let finest = Unit::of(&known);
    let unit = finest.min(Unit::Day);
    let periods = unit.period(last) - unit.period(first) + 1;
    let countable = periods <= MOST && (all.exact || known.len() >= DENSE * periods as usize);
    let (missing, gaps) = if countable { missing(&known, unit) } else { (0, Vec::new()) };
    let weekend: u64 = all.values.iter().filter(|(micros, _)| is_weekend(*micros as i64)).map(|(_, count)| count).sum();
    Some(DateFacts {
        granularity: finest.as_str().to_owned(),
        span_days: (last - first) as f64 / DAY as f64,
        periods: countable.then_some(periods as u64),
        missing_periods: countable.then_some(missing),
        gaps,
        future: modified.map_or(0, |now| all.outside(f64::NEG_INFINITY, now as f64)),
        weekend_share: super::share(weekend, all.total),
    })
}

fn is_weekend(micros: i64) -> bool {
    matches!(micros.div_euclid(DAY).rem_euclid(7), 2 | 3)
}

/// The number of periods without a value, and the longest runs of them.
fn missing(known: &[i64], unit: Unit) -> (u64, Vec<DateGap>) {
    let mut missing = 0;
    let mut gaps: Vec<(u64, i64, i64)> = Vec::new();
    for pair in known.windows(2) {
        let empty = unit.period(pair[1]) - unit.period(pair[0]) - 1;
        if empty > 0 {
            missing += empty as u64;
            gaps.push((empty as u64, pair[0], pair[1]));
        }
    }
    gaps.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    // A weekend is no news: only runs that stand out of the usual ones are shown.
    let usual = gaps.get(gaps.len() / 2).map_or(0, |gap| gap.0);
    let few = gaps.len() <= GAPS;
    let shown = gaps.into_iter().filter(|gap| few || gap.0 > usual).take(GAPS);
    let gaps = shown.map(|(periods, after, before)| DateGap { after: iso(after, false), before: iso(before, false), periods });
    (missing, gaps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{DateOrder, moment};

    fn distribution(dates: &[&str]) -> Distribution {
        let mut micros: Vec<i64> = dates.iter().map(|text| moment(text.as_bytes(), DateOrder::DayFirst).unwrap().micros).collect();
        micros.sort_unstable();
        Distribution { total: micros.len() as u64, values: micros.into_iter().map(|at| (at as f64, 1)).collect(), exact: true }
    }

    #[test]
    fn granularity_is_the_finest_unit_in_use() {
        let of = |dates: &[&str]| facts(&distribution(dates), &[], None).unwrap().granularity;
        assert_eq!(of(&["2020-01-01", "2021-01-01", "2023-01-01"]), "year");
        assert_eq!(of(&["2020-01-01", "2020-04-01", "2020-10-01"]), "quarter");
        assert_eq!(of(&["2020-01-01", "2020-02-01", "2020-03-01"]), "month");
        assert_eq!(of(&["2020-01-06", "2020-01-13", "2020-02-03"]), "week");
        assert_eq!(of(&["2020-01-06", "2020-01-07", "2020-02-03"]), "day");
        assert_eq!(of(&["2020-01-06 10:00", "2020-01-07 11:30"]), "minute");
        assert_eq!(of(&["2020-01-06 10:00:00.5", "2020-01-07 11:30"]), "subsecond");
    }

    #[test]
    fn gaps_and_the_future_are_found() {
        let all = distribution(&["2020-01-03", "2020-01-04", "2020-01-05", "2020-01-09", "2020-01-10"]);
        let now = moment(b"2020-01-09", DateOrder::DayFirst).unwrap().micros;
        let found = facts(&all, &[], Some(now)).unwrap();
        let gap = DateGap { after: "2020-01-05".into(), before: "2020-01-09".into(), periods: 3 };
        assert_eq!((found.periods, found.missing_periods, found.gaps, found.future), (Some(8), Some(3), vec![gap], 1));
        assert!((found.weekend_share - 0.4).abs() < 1e-12 && (found.span_days - 7.0).abs() < 1e-12);
    }
}
