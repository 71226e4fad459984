//! What the distribution of a column's numbers shows: histogram, outliers, frequent numbers and placeholders.

use serde_json::Value;

use super::share;
use crate::column::numeric::Distribution;
use crate::result::{ColumnType, Histogram, Outliers, TopValue};
use crate::sketch::quantiles;

/// Bins of a histogram.
const BINS: usize = 20;
/// Microseconds of a day.
const DAY: f64 = crate::value::DAY as f64;
/// Numbers that people write where there is none.
pub(super) const PLACEHOLDERS: [f64; 14] =
    [-9.0, -99.0, -999.0, -9999.0, -99999.0, -999_999.0, 99.0, 999.0, 9999.0, 99999.0, 999_999.0, 9_999_999.0, 99_999_999.0, 999_999_999.0];
/// Days that programs write where there is none, since 1970-01-01: 0001-01-01, 1753-01-01, 1899-12-30, 1899-12-31, 1900-01-01,
/// 1970-01-01, 2099-12-31, 2999-12-31, 9999-12-31.
const PLACEHOLDER_DAYS: [i64; 9] = [-719_162, -79_257, -25_569, -25_568, -25_567, 0, 47_481, 376_199, 2_932_896];

/// Values outside Tukey's fences, and those that are far from the median by the distances from it and their median.
pub(super) fn outliers(all: &Distribution, distances: Option<(&Distribution, f64)>) -> Option<Outliers> {
    let (low, high) = (all.quantile(0.25)?, all.quantile(0.75)?);
    let range = high - low;
    if range <= 0.0 {
        return None;
    }
    let fences = |factor: f64| (low - factor * range, high + factor * range);
    let ((below, above), (far_below, far_above)) = (fences(1.5), fences(3.0));
    (below.is_finite() && above.is_finite()).then(|| Outliers {
        mild: all.outside(below, above),
        extreme: all.outside(far_below, far_above),
        robust: distances.filter(|(_, mad)| *mad > 0.0).map_or(0, |(distances, mad)| distances.outside(0.0, 3.5 / 0.6745 * mad)),
        below,
        above,
    })
}

pub(super) fn histogram(
    all: &Distribution,
    kind: ColumnType,
    min: f64,
    max: f64,
    show: impl Fn(f64) -> Option<Value>,
) -> Option<Histogram> {
    if all.values.len() < 2 {
        return None;
    }
    let (mut low, mut high) = (min, max);
    let (near_low, near_high) = (all.quantile(0.01)?, all.quantile(0.99)?);
    if high - low > 5.0 * (near_high - near_low) && near_high > near_low {
        (low, high) = (near_low, near_high);
    }
    let mut bins = BINS;
    let whole = kind == ColumnType::Integer && high - low < BINS as f64;
    if whole {
        (low, high) = (low.floor(), high.ceil() + 1.0);
        bins = (high - low) as usize;
    }
    let counts = all.histogram(low, high, bins);
    let edges: Option<Vec<Value>> = (0..=bins).map(|edge| show(low + (high - low) * edge as f64 / bins as f64)).collect();
    Some(Histogram { edges: edges?, counts, below: all.outside(low, f64::INFINITY), above: all.outside(f64::NEG_INFINITY, high) })
}

/// The outermost numbers, where they are among `known` ones that people write for nothing and stand far from all others.
pub(super) fn placeholders(all: &Distribution, known: &[f64], show: impl Fn(f64) -> String) -> Vec<TopValue> {
    let mut found = Vec::new();
    for forward in [true, false] {
        let at = |index: usize| all.values.get(if forward { index } else { all.values.len().wrapping_sub(index + 1) });
        let (Some((outer, count)), Some((next, _)), Some((other, _))) = (at(0), at(1), at(all.values.len().saturating_sub(1))) else {
            break;
        };
        let far = (outer - next).abs() > (next - other).abs();
        if all.values.len() > 3 && *count > 1 && far && known.contains(outer) {
            found.push(TopValue { value: show(*outer), count: *count, share: share(*count, all.total) });
        }
    }
    found
}

/// The most frequent numbers; of a sketch only those that stand out of its error.
pub(super) fn top_numbers(all: &Distribution, limit: usize, show: impl Fn(f64) -> String) -> Vec<TopValue> {
    let least = if all.exact { 1 } else { (2.0 * quantiles::ERROR * all.total as f64) as u64 };
    let mut top: Vec<_> = all.values.iter().filter(|(_, count)| *count >= least).collect();
    top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.total_cmp(&b.0)));
    if all.exact && top.first().is_none_or(|(_, count)| *count < 2) {
        return Vec::new();
    }
    top.into_iter()
        .take(limit)
        .map(|(value, count)| TopValue { value: show(*value), count: *count, share: share(*count, all.total) })
        .collect()
}

/// The first or last days, where programs write them for nothing and they stand far from all others.
pub(super) fn placeholder_days(all: &Distribution, show: impl Fn(f64) -> String) -> Vec<TopValue> {
    placeholders(all, &PLACEHOLDER_DAYS.map(|day| day as f64 * DAY), show)
}
