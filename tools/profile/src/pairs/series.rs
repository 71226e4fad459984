//! The file as a series over time: rows and sums per period, their trend and season.

use super::Comparison;
use super::measures::{pearson, ranks};
use super::prepare::{Kind, Prepared};
use crate::finish::dates::Unit;
use crate::result::{ColumnProfile, SeriesMeasure, TimeSeries};
use crate::value::iso;

/// Periods that a series has at least and at most.
const PERIODS: std::ops::RangeInclusive<i64> = 6..=2000;
/// Columns of numbers that are followed.
const MEASURES: usize = 3;
/// Sums that are listed.
const RECENT: usize = 60;
/// The autocorrelation from which on a distance counts as a season.
const SEASON: f64 = 0.3;

/// The series by the first column of dates that has enough periods. Sums are over the compared rows, times the rows that each of
/// them stands for.
pub(crate) fn of(found: &Comparison<'_>, is_private: impl Fn(&str) -> bool) -> Option<TimeSeries> {
    let clock = |column: &&Prepared<'_>| column.profile.kind.is_moment() && !is_private(column.name);
    let (column, unit, first, last) =
        found.columns.iter().filter(clock).find_map(|column| unit(column).map(|(unit, first, last)| (column, unit, first, last)))?;
    let count = (unit.period(last) - unit.period(first) + 1) as usize;
    let slot = |micros: f64| (unit.period(micros as i64) - unit.period(first)) as usize;
    let weight = found.stride as f64;
    let mut rows = vec![0.0; count];
    column.values.iter().filter(|micros| !micros.is_nan()).for_each(|micros| rows[slot(*micros)] += weight);
    let empty = rows.iter().filter(|rows| **rows == 0.0).count() as u64;
    let mut measures = vec![measure("rows", &rows, unit)];
    for number in found.columns.iter().filter(|column| is_measure(column.profile) && !is_private(column.name)).take(MEASURES) {
        let mut sums = vec![0.0; count];
        for (micros, value) in column.values.iter().zip(&number.values).filter(|(micros, value)| !micros.is_nan() && !value.is_nan()) {
            sums[slot(*micros)] += value * weight;
        }
        measures.push(measure(number.name, &sums, unit));
    }
    Some(TimeSeries {
        column: column.name.to_owned(),
        period: unit.as_str().to_owned(),
        first: iso(first, false).into(),
        last: iso(last, false).into(),
        periods: count as u64,
        empty_periods: empty,
        measures,
        basis: found.basis(found.rows as u64),
    })
}

/// The finest unit that gives a series of a bearable length in which most periods have a row.
fn unit(column: &Prepared<'_>) -> Option<(Unit, i64, i64)> {
    let mut known: Vec<i64> = column.values.iter().filter(|micros| !micros.is_nan()).map(|micros| *micros as i64).collect();
    known.sort_unstable();
    let (first, last) = (*known.first()?, *known.last()?);
    let finest = Unit::of(&known);
    let units = [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];
    units.into_iter().filter(|unit| *unit <= finest).find_map(|unit| {
        let periods = unit.period(last) - unit.period(first) + 1;
        let mut filled: Vec<i64> = known.iter().map(|micros| unit.period(*micros)).collect();
        filled.dedup();
        (PERIODS.contains(&periods) && filled.len() as i64 * 2 > periods).then_some((unit, first, last))
    })
}

/// Whether a sum over the column means something.
fn is_measure(profile: &ColumnProfile) -> bool {
    let numbered = matches!(profile.semantic_type.as_deref(), Some("identifier" | "year" | "latitude" | "longitude"));
    Kind::of(profile) == Kind::Number && profile.kind.is_number() && !numbered
}

fn measure(name: &str, sums: &[f64], unit: Unit) -> SeriesMeasure {
    let rest = without_trend(sums);
    let times: Vec<f64> = (0..sums.len()).map(|at| at as f64).collect();
    let trend = pearson(&times, &ranks(sums)).map_or(0.0, |(value, _)| value);
    let season = season(&rest, unit);
    let recent = sums[sums.len().saturating_sub(RECENT)..].iter().map(|sum| (sum * 1e4).round() / 1e4).collect();
    SeriesMeasure {
        column: name.to_owned(),
        trend,
        autocorrelation: autocorrelation(&rest, 1),
        season: season.map(|(lag, _)| lag as u64),
        season_strength: season.map(|(_, strength)| strength),
        recent,
    }
}

/// The values less the straight line through them.
fn without_trend(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let (mean_x, mean_y) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
    let around = |at: usize| at as f64 - mean_x;
    let spread: f64 = (0..values.len()).map(|at| around(at).powi(2)).sum();
    let slope = values.iter().enumerate().map(|(at, value)| around(at) * (value - mean_y)).sum::<f64>() / spread.max(1.0);
    values.iter().enumerate().map(|(at, value)| value - mean_y - slope * around(at)).collect()
}

/// The autocorrelation of values around zero at a distance.
fn autocorrelation(values: &[f64], lag: usize) -> Option<f64> {
    let all: f64 = values.iter().map(|value| value * value).sum();
    let pairs = values.iter().zip(values.get(lag..)?);
    let found = pairs.map(|(one, other)| one * other).sum::<f64>() / all;
    found.is_finite().then_some(found)
}

/// The distance, of those that the calendar suggests, at which the series repeats most clearly.
fn season(values: &[f64], unit: Unit) -> Option<(usize, f64)> {
    let lags: &[usize] = match unit {
        Unit::Hour => &[24, 168],
        Unit::Day => &[7, 365],
        Unit::Week => &[52],
        Unit::Month => &[12],
        Unit::Quarter => &[4],
        _ => &[],
    };
    let least = SEASON.max(2.0 / (values.len() as f64).sqrt());
    let peak = |lag: &usize| {
        let at = |lag: usize| autocorrelation(values, lag).unwrap_or(0.0);
        let here = at(*lag);
        (lag * 2 < values.len() && here >= least && here >= at(lag - 1) && here >= at(lag + 1)).then_some((*lag, here))
    };
    lags.iter().filter_map(peak).max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trend_and_season_of_a_week_are_found() {
        let sums: Vec<f64> = (0..140).map(|day| f64::from(day) + if day % 7 == 5 { 200.0 } else { 0.0 }).collect();
        let found = measure("sales", &sums, Unit::Day);
        assert_eq!((found.season, found.recent.len()), (Some(7), 60));
        assert!(found.season_strength.is_some_and(|strength| strength > 0.8) && found.trend > 0.5);
        let flat = measure("flat", &[3.0; 50], Unit::Day);
        assert_eq!((flat.season, flat.autocorrelation, flat.trend), (None, None, 0.0));
    }
}
