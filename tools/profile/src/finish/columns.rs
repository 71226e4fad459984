//! A column's statistics as a part of the result.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::evidence::type_evidence;
use super::share;
use super::spread::{PLACEHOLDERS, histogram, outliers, placeholder_days, placeholders, top_numbers};
use crate::column::numeric::{Distribution, Numeric, Order};
use crate::column::{Column, Gathered, Reading};
use crate::options::Options;
use crate::result::{Basis, ColumnProfile, ColumnType, DistinctCount, Exactness};
use crate::semantics;
use crate::sketch::{distinct, quantiles};
use crate::value::{DateOrder, iso, iso_clock};

/// Examples shown per column.
const EXAMPLES: usize = 3;
/// Microseconds of a day.
const DAY: f64 = crate::value::DAY as f64;

fn blank(column: &Column, name: &str, rows: u64) -> ColumnProfile {
    ColumnProfile {
        name: name.to_owned(),
        position: column.index as u64 + 1,
        kind: ColumnType::Empty,
        declared_type: None,
        semantic_type: None,
        evidence: None,
        nulls: column.nulls,
        null_ratio: share(column.nulls, rows),
        empty_strings: column.empty_strings,
        distinct: DistinctCount { value: 0, exactness: Exactness::Exact, error: None },
        unique_ratio: None,
        min: None,
        max: None,
        mean: None,
        sum: None,
        median: None,
        stddev: None,
        mad: None,
        quantiles: Map::new(),
        skew: None,
        kurtosis: None,
        zeros: None,
        negatives: None,
        outliers: None,
        entropy: None,
        lengths: None,
        patterns: Vec::new(),
        text: None,
        dates: None,
        trues: None,
        falses: None,
        sorted: None,
        top_values: Vec::new(),
        placeholders: Vec::new(),
        histogram: None,
        examples: column.examples.iter().take(EXAMPLES).cloned().collect(),
        inexact: BTreeMap::new(),
    }
}

/// A column of the result.
///
/// `modified` is when the file was last changed, in microseconds since 1970.
pub(super) fn column_profile(column: &Column, name: &str, rows: u64, options: &Options, modified: Option<i64>) -> ColumnProfile {
    let mut profile = blank(column, name, rows);
    let values = column.rows - column.nulls;
    match (&column.gathered, column.reading) {
        (Gathered::Numbers(numbers), Some(Reading::Moment(order))) => {
            moments(&mut profile, column, numbers, order, options);
            dates(&mut profile, column, numbers, modified);
        }
        (Gathered::Numbers(numbers), Some(Reading::Clock)) => clocks(&mut profile, column, numbers, options),
        (Gathered::Numbers(numbers), _) => number(&mut profile, column, numbers, options),
        (Gathered::Texts(texts), _) => super::textual::text(&mut profile, texts, options),
        (Gathered::Nothing, _) => {}
    }
    profile.distinct.value = profile.distinct.value.min(values);
    // Each value greater than the last, or each smaller: all are different, however many there are.
    let strict = profile.sorted.as_deref().is_some_and(|order| order.starts_with("strictly"));
    let all_fit = column.evidence.exceptions() + column.evidence.others.sentinels == 0;
    if strict && all_fit {
        profile.distinct = DistinctCount { value: values, exactness: Exactness::Exact, error: None };
    }
    profile.unique_ratio = (values > 0).then(|| share(profile.distinct.value, values));
    profile.semantic_type = semantics::of(&profile, column);
    profile
}

pub(super) fn distinct_count((value, exact): (u64, bool)) -> DistinctCount {
    if exact {
        return DistinctCount { value, exactness: Exactness::Exact, error: None };
    }
    DistinctCount { value, exactness: Exactness::Sketch, error: Some(distinct::ERROR) }
}

pub(super) fn sorted(order: Order, values: u64) -> Option<String> {
    let name = match (order.ascending, order.descending, order.ties) {
        _ if values < 2 => return None,
        (true, true, _) | (false, false, _) => return None,
        (true, false, true) => "ascending",
        (true, false, false) => "strictly_ascending",
        (false, true, true) => "descending",
        (false, true, false) => "strictly_descending",
    };
    Some(name.to_owned())
}

/// A finite number as JSON, whole ones without a fraction where the column is of whole numbers.
fn json(value: f64, whole: bool) -> Option<Value> {
    if whole && value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Value::from(value as i64));
    }
    value.is_finite().then(|| Value::from(value))
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn number(profile: &mut ColumnProfile, column: &Column, numbers: &Numeric, options: &Options) {
    let evidence = &column.evidence;
    let whole = evidence.floats == 0;
    profile.kind = if whole { ColumnType::Integer } else { ColumnType::Float };
    if evidence.fitted() == 0 {
        profile.kind = ColumnType::Text;
    }
    profile.evidence = type_evidence(column, None);
    let moments = &numbers.moments;
    let all = numbers.distribution();
    spread(profile, numbers, all, options, |value| json(value, whole));
    if let (true, Some((low, high))) = (whole, evidence.range) {
        (profile.min, profile.max) = (Some(low.into()), Some(high.into()));
    }
    profile.mean = (moments.count > 0.0).then_some(moments.mean).and_then(|mean| json(mean, false));
    profile.sum = finite((moments.count > 0.0).then_some(moments.mean * moments.count));
    profile.stddev = finite(moments.deviation());
    profile.skew = finite(moments.skew());
    profile.kurtosis = finite(moments.kurtosis());
    profile.zeros = Some(moments.zeros);
    profile.negatives = Some(moments.negatives);
    let distances = all.quantile(0.5).map(|median| all.distances(median));
    profile.mad = distances.as_ref().and_then(|distances| finite(distances.quantile(0.5)));
    profile.outliers = outliers(all, distances.as_ref().zip(profile.mad));
    if !all.exact {
        profile.inexact.insert("mad".into(), sketch(quantiles::ERROR));
    }
    if !all.exact && profile.outliers.is_some() {
        profile.inexact.insert("outliers".into(), sketch(quantiles::ERROR * all.total as f64));
    }
    let plain = |value: f64| if whole { format!("{value:.0}") } else { value.to_string() };
    profile.placeholders = placeholders(all, &PLACEHOLDERS, plain);
    profile.top_values = top_numbers(all, options.top_k, plain);
}

fn moments(profile: &mut ColumnProfile, column: &Column, numbers: &Numeric, order: DateOrder, options: &Options) {
    let timed = column.evidence.timed > 0;
    profile.kind = if timed { ColumnType::Timestamp } else { ColumnType::Date };
    profile.evidence = type_evidence(column, Some(order));
    let all = numbers.distribution();
    let text = |micros: f64| iso(micros as i64, timed);
    profile.placeholders = placeholder_days(all, text);
    spread(profile, numbers, all, options, |micros| Some(Value::from(text(micros))));
    profile.mean = (numbers.moments.count > 0.0).then(|| Value::from(text(numbers.moments.mean)));
    profile.stddev = finite(numbers.moments.deviation()).map(|micros| micros / DAY);
    profile.top_values = top_numbers(all, options.top_k, text);
}

fn clocks(profile: &mut ColumnProfile, column: &Column, numbers: &Numeric, options: &Options) {
    profile.kind = ColumnType::Time;
    profile.evidence = type_evidence(column, None);
    let all = numbers.distribution();
    let text = |micros: f64| iso_clock(micros as i64);
    spread(profile, numbers, all, options, |micros| Some(Value::from(text(micros))));
    profile.mean = (numbers.moments.count > 0.0).then(|| Value::from(text(numbers.moments.mean)));
    profile.stddev = finite(numbers.moments.deviation()).map(|micros| micros / 1e6);
    profile.top_values = top_numbers(all, options.top_k, text);
}

fn dates(profile: &mut ColumnProfile, column: &Column, numbers: &Numeric, modified: Option<i64>) {
    let all = numbers.distribution();
    profile.dates = super::dates::facts(all, &column.sample.codes, modified);
    if !all.exact {
        profile.inexact.insert("dates".into(), Basis { method: Exactness::Sampled, error: None });
    }
}

/// What numbers and points in time have in common.
fn spread(profile: &mut ColumnProfile, numbers: &Numeric, all: &Distribution, options: &Options, show: impl Fn(f64) -> Option<Value>) {
    profile.distinct = distinct_count(numbers.distinct());
    let moments = &numbers.moments;
    if moments.count > 0.0 {
        (profile.min, profile.max) = (show(moments.min), show(moments.max));
    }
    profile.median = all.quantile(0.5).and_then(&show);
    for percentile in &options.percentiles {
        if let Some(value) = all.quantile(percentile / 100.0).and_then(&show) {
            profile.quantiles.insert(format!("p{percentile}"), value);
        }
    }
    profile.histogram = histogram(all, profile.kind, moments.min, moments.max, show);
    profile.sorted = sorted(numbers.order, moments.count as u64);
    profile.entropy = all.entropy().filter(|_| column_fits(profile));
    if !all.exact {
        for field in ["median", "quantiles"] {
            profile.inexact.insert(field.into(), sketch(quantiles::ERROR));
        }
        for field in ["histogram", "top_values"] {
            profile.inexact.insert(field.into(), sketch((quantiles::ERROR * all.total as f64).ceil()));
        }
    }
}

/// Whether every value fitted the column's type, so that the numbers are all its values.
fn column_fits(profile: &ColumnProfile) -> bool {
    profile.evidence.as_ref().is_none_or(|evidence| evidence.exceptions == 0 && evidence.missing_tokens.is_empty())
}

pub(super) fn sketch(error: f64) -> Basis {
    Basis { method: Exactness::Sketch, error: Some(error) }
}
