//! A column's statistics as a part of the result.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::share;
use crate::column::numeric::{Distribution, Numeric, Order};
use crate::column::textual::{Texts, Textual};
use crate::column::{Column, Gathered, Reading};
use crate::options::Options;
use crate::result::{Basis, ColumnProfile, ColumnType, DistinctCount, Exactness, Histogram, Lengths, Outliers, TopValue, TypeEvidence};
use crate::semantics;
use crate::sketch::{distinct, quantiles};
use crate::value::{DateOrder, boolean, iso};

/// Bins of a histogram.
const BINS: usize = 20;
/// Examples shown per column.
const EXAMPLES: usize = 3;
const DAY: f64 = 86_400_000_000.0;

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
        median: None,
        stddev: None,
        quantiles: Map::new(),
        skew: None,
        kurtosis: None,
        zeros: None,
        negatives: None,
        outliers: None,
        lengths: None,
        trues: None,
        falses: None,
        sorted: None,
        top_values: Vec::new(),
        histogram: None,
        examples: column.examples.iter().take(EXAMPLES).cloned().collect(),
        inexact: BTreeMap::new(),
    }
}

/// A column of the result.
pub(super) fn column_profile(column: &Column, name: &str, rows: u64, options: &Options) -> ColumnProfile {
    let mut profile = blank(column, name, rows);
    let values = column.rows - column.nulls;
    match (&column.gathered, column.reading) {
        (Gathered::Numbers(numbers), Some(Reading::Moment(order))) => moments(&mut profile, column, numbers, order, options),
        (Gathered::Numbers(numbers), _) => number(&mut profile, column, numbers, options),
        (Gathered::Texts(texts), _) => text(&mut profile, texts, options),
        (Gathered::Nothing, _) => {}
    }
    profile.distinct.value = profile.distinct.value.min(values);
    profile.unique_ratio = (values > 0).then(|| share(profile.distinct.value, values));
    profile.semantic_type = semantics::of(&profile, column);
    profile
}

fn distinct_count((value, exact): (u64, bool)) -> DistinctCount {
    if exact {
        return DistinctCount { value, exactness: Exactness::Exact, error: None };
    }
    DistinctCount { value, exactness: Exactness::Sketch, error: Some(distinct::ERROR) }
}

fn sorted(order: Order, values: u64) -> Option<String> {
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
    spread(profile, numbers, &all, options, |value| json(value, whole));
    if let (true, Some((low, high))) = (whole, evidence.range) {
        (profile.min, profile.max) = (Some(low.into()), Some(high.into()));
    }
    profile.mean = (moments.count > 0.0).then_some(moments.mean).and_then(|mean| json(mean, false));
    profile.stddev = finite(moments.deviation());
    profile.skew = finite(moments.skew());
    profile.kurtosis = finite(moments.kurtosis());
    profile.zeros = Some(moments.zeros);
    profile.negatives = Some(moments.negatives);
    profile.outliers = outliers(&all);
    if !all.exact && profile.outliers.is_some() {
        profile.inexact.insert("outliers".into(), sketch(quantiles::ERROR * all.total as f64));
    }
    let plain = |value: f64| if whole { format!("{value:.0}") } else { value.to_string() };
    profile.top_values = top_numbers(&all, options.top_k, plain);
}

fn moments(profile: &mut ColumnProfile, column: &Column, numbers: &Numeric, order: DateOrder, options: &Options) {
    let timed = column.evidence.timed > 0;
    profile.kind = if timed { ColumnType::Timestamp } else { ColumnType::Date };
    profile.evidence = type_evidence(column, Some(order));
    let all = numbers.distribution();
    let text = |micros: f64| iso(micros as i64, timed);
    spread(profile, numbers, &all, options, |micros| Some(Value::from(text(micros))));
    profile.mean = (numbers.moments.count > 0.0).then(|| Value::from(text(numbers.moments.mean)));
    profile.stddev = finite(numbers.moments.deviation()).map(|micros| micros / DAY);
    profile.top_values = top_numbers(&all, options.top_k, text);
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
    if !all.exact {
        for field in ["median", "quantiles"] {
            profile.inexact.insert(field.into(), sketch(quantiles::ERROR));
        }
        for field in ["histogram", "top_values"] {
            profile.inexact.insert(field.into(), sketch((quantiles::ERROR * all.total as f64).ceil()));
        }
    }
}

fn sketch(error: f64) -> Basis {
    Basis { method: Exactness::Sketch, error: Some(error) }
}

fn type_evidence(column: &Column, order: Option<DateOrder>) -> Option<TypeEvidence> {
    let evidence = &column.evidence;
    let (fitted, exceptions) = (evidence.fitted(), evidence.exceptions());
    let total = fitted + exceptions + evidence.others.sentinels;
    let year_first = order.is_some() && evidence.ambiguous == 0;
    let found = TypeEvidence {
        share: (exceptions > 0).then(|| share(fitted, fitted + exceptions)),
        exceptions,
        first_exception_line: evidence.exception.as_ref().map(|exception| exception.line),
        first_exception: evidence.exception.as_ref().map(|exception| exception.text.clone()),
        missing_tokens: evidence
            .sentinels
            .iter()
            .map(|(text, count)| TopValue { value: text.clone(), count: *count, share: share(*count, total) })
            .collect(),
        date_order: order
            .filter(|_| !year_first)
            .map(|order| if order == DateOrder::DayFirst { "day_first" } else { "month_first" }.to_owned()),
        ambiguous_share: (evidence.ambiguous > 0).then(|| share(evidence.ambiguous, evidence.moments)),
        note: (evidence.floats > 0 && evidence.floats == evidence.whole)
            .then(|| "all values are whole numbers written with a decimal point".to_owned()),
    };
    (found != TypeEvidence::default()).then_some(found)
}

fn outliers(all: &Distribution) -> Option<Outliers> {
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
        below,
        above,
    })
}

fn histogram(all: &Distribution, kind: ColumnType, min: f64, max: f64, show: impl Fn(f64) -> Option<Value>) -> Option<Histogram> {
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

/// The most frequent numbers; of a sketch only those that stand out of its error.
fn top_numbers(all: &Distribution, limit: usize, show: impl Fn(f64) -> String) -> Vec<TopValue> {
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

fn text(profile: &mut ColumnProfile, texts: &Textual, options: &Options) {
    let sums = texts.texts();
    profile.distinct = distinct_count(texts.distinct());
    profile.kind = semantics::text_type(texts, sums, profile.distinct.value);
    profile.evidence = semantics::text_evidence(texts, sums, profile.kind);
    let show = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| Value::from(shown(bytes)));
    (profile.min, profile.max) = (show(&sums.smallest), show(&sums.largest));
    profile.lengths = sums.shortest.map(|min| Lengths { min, max: sums.longest, mean: share(sums.characters, sums.values) });
    profile.sorted = sorted(texts.order, sums.values);
    profile.top_values = top_texts(texts, sums, options.top_k);
    if texts.counts.slack() > 0 && !profile.top_values.is_empty() {
        profile.inexact.insert("top_values".into(), sketch(texts.counts.slack() as f64));
    }
    if profile.kind == ColumnType::Boolean {
        let (mut trues, mut falses) = (0, 0);
        for (entry, text) in texts.counts.iter() {
            match boolean(text) {
                Some(true) => trues += entry.count,
                Some(false) => falses += entry.count,
                None => {}
            }
        }
        (profile.trues, profile.falses, profile.lengths) = (Some(trues), Some(falses), None);
    }
}

fn top_texts(texts: &Textual, sums: &Texts, limit: usize) -> Vec<TopValue> {
    let slack = texts.counts.slack();
    let top = texts.counts.top(limit);
    if top.first().is_none_or(|(entry, _)| entry.count < 2) {
        return Vec::new();
    }
    let certain = top.into_iter().filter(|(entry, _)| slack == 0 || entry.count > 2 * slack);
    certain.map(|(entry, text)| TopValue { value: shown(text), count: entry.count, share: share(entry.count, sums.values) }).collect()
}

/// Text from the file, cleaned and cut for showing.
fn shown(text: &[u8]) -> String {
    data_stack_core::text::clean(&String::from_utf8_lossy(text), 100)
}
