//! The columns: a card each, with statistics, distribution and frequent values.

use std::collections::HashMap;

use data_stack_charts::page::{Alerts, Bars, Block, Card, Fact, Frequent, Section};
use data_stack_charts::{Format, bins, grouped, percent, plain};
use serde_json::Value;

use super::issues::tone;
use super::{estimate, instant, shown};
use crate::result::{ColumnProfile, Exactness, Issue, Profile, Severity};

/// Columns that are open at first.
const OPEN: usize = 12;
/// Bytes of all cards, so that the page stays below 3 MB: beyond it columns are listed without their content.
const BYTES: usize = 1_600_000;
/// Most frequent values of a column where there are many columns.
const FEW_VALUES: usize = 5;
/// Statistics of a column where there are many columns: those that come first say most.
const FEW_FACTS: usize = 8;
/// What is many.
const MANY: usize = 200;

#[expect(clippy::unnecessary_wraps, reason = "one of the page's sections, which may have nothing to say")]
pub(super) fn section(profile: &Profile) -> Option<Section> {
    let alerts = alerts(&profile.issues);
    let open = if profile.columns.len() <= OPEN { OPEN } else { 2 };
    let many = profile.columns.len() > MANY;
    let mut bytes = 0;
    let items = profile.columns.iter().enumerate().map(|(at, column)| {
        let mut card = card(column, alerts.get(column.name.as_str()), many);
        card.open = at < open;
        bytes += serde_json::to_string(&card).map_or(0, |text| text.len());
        if bytes > BYTES {
            card.blocks = Vec::new();
        }
        card
    });
    let cards = Block::Cards { placeholder: "Find a column…".to_owned(), items: items.collect() };
    Some(Section::new("columns", "Columns", "", vec![cards]))
}

/// What there is to know about each column.
fn alerts(issues: &[Issue]) -> HashMap<&str, (Severity, u64, u64)> {
    let mut found = HashMap::<&str, (Severity, u64, u64)>::new();
    for issue in issues {
        let weight = match issue.severity {
            Severity::Error => 10_000,
            Severity::Warning => 100,
            Severity::Info => 1,
        };
        for name in issue.column.iter().chain(&issue.columns) {
            let entry = found.entry(name.as_str()).or_insert((issue.severity, 0, 0));
            *entry = (entry.0.min(issue.severity), entry.1 + 1, entry.2 + weight);
        }
    }
    found
}

fn card(column: &ColumnProfile, alerts: Option<&(Severity, u64, u64)>, many: bool) -> Card {
    let about = if column.distinct.exactness == Exactness::Exact { "" } else { "≈ " };
    Card {
        title: column.name.clone(),
        mark: column.position.to_string(),
        kind: column.kind.as_str().to_owned(),
        note: column.semantic_type.as_deref().unwrap_or_default().replace('_', " "),
        filled: 1.0 - column.null_ratio,
        count: format!("{about}{} distinct", grouped(column.distinct.value)),
        distinct: column.distinct.value,
        alerts: alerts.map(|(severity, count, weight)| Alerts { tone: tone(*severity), count: *count, weight: *weight }),
        spark: column.histogram.as_ref().map(|histogram| histogram.counts.clone()).unwrap_or_default(),
        open: false,
        blocks: content(column, many),
    }
}

fn content(column: &ColumnProfile, many: bool) -> Vec<Vec<Block>> {
    let mut facts = statistics(column);
    if many {
        facts.truncate(FEW_FACTS);
    }
    let mut parts = vec![vec![Block::Facts { rows: facts }]];
    parts.extend(distribution(column).map(|chart| vec![chart]));
    let mut values = Vec::new();
    values.extend(frequent(column, many));
    if !column.examples.is_empty() && column.top_values.is_empty() {
        values.push(Block::Values { title: "Examples".to_owned(), items: column.examples.clone() });
    }
    values.extend(patterns(column, many));
    if !values.is_empty() {
        parts.push(values);
    }
    parts
}

fn distribution(column: &ColumnProfile) -> Option<Block> {
    let histogram = column.histogram.as_ref()?;
    let edges: Vec<Value> = histogram.edges.iter().map(|edge| moment(edge, column.kind.is_moment())).collect();
    let mut figure = bins(&column.name, &edges, &histogram.counts, &Format::default()).titled("Distribution").tall(230);
    let outside = [(histogram.below, "below"), (histogram.above, "above")];
    let outside: Vec<String> =
        outside.iter().filter(|(count, _)| *count > 0).map(|(count, side)| format!("{} {side}", grouped(*count))).collect();
    if !outside.is_empty() {
        figure.subtitle = format!("{}, not drawn", outside.join(" and "));
    }
    figure.approx = estimate(basis(column, "histogram"));
    Some(Block::Chart(Box::new(figure)))
}

/// An edge, with the zone that browsers need to read it alike.
fn moment(edge: &Value, is_moment: bool) -> Value {
    match edge {
        Value::String(text) if is_moment && text.len() == 10 => format!("{text}T00:00:00Z").into(),
        Value::String(text) if is_moment && !text.ends_with('Z') => format!("{text}Z").into(),
        other => other.clone(),
    }
}

fn frequent(column: &ColumnProfile, many: bool) -> Option<Block> {
    if column.top_values.is_empty() {
        return None;
    }
    let most = if many { FEW_VALUES } else { usize::MAX };
    let items = column.top_values.iter().take(most);
    let items = items
        .map(|top| Frequent {
            label: if column.kind.is_moment() { instant(&top.value) } else { top.value.clone() },
            count: top.count,
            share: top.share,
        })
        .collect();
    Some(Block::Bars(Bars { title: "Most frequent".to_owned(), items, approx: estimate(basis(column, "top_values")) }))
}

/// The shapes of the values.
fn patterns(column: &ColumnProfile, many: bool) -> Option<Block> {
    if column.patterns.is_empty() || many {
        return None;
    }
    let items = column.patterns.iter().take(FEW_VALUES);
    let items = items.map(|found| Frequent { label: found.mask.clone(), count: found.count, share: found.share }).collect();
    Some(Block::Bars(Bars { title: "Shapes".to_owned(), items, approx: estimate(basis(column, "patterns")) }))
}

/// How a field was found, where it is not exact.
fn basis<'a>(column: &'a ColumnProfile, field: &str) -> Option<&'a crate::result::Basis> {
    column.inexact.get(field).or_else(|| column.inexact.get("*"))
}

fn statistics(column: &ColumnProfile) -> Vec<Fact> {
    let mut rows = vec![Fact { note: percent(column.null_ratio), ..Fact::new("Missing", grouped(column.nulls)) }];
    let distinct =
        Fact { note: column.unique_ratio.map(percent).unwrap_or_default(), ..Fact::new("Distinct", grouped(column.distinct.value)) };
    let error = column.distinct.error.map_or_else(|| "an estimate".to_owned(), |error| format!("a sketch, error about {}", percent(error)));
    rows.push(distinct.approx((column.distinct.exactness != Exactness::Exact).then_some(error)));
    let points = [
        ("Minimum", "min", &column.min),
        ("Median", "median", &column.median),
        ("Mean", "mean", &column.mean),
        ("Maximum", "max", &column.max),
    ];
    for (label, field, value) in points {
        rows.extend(value.as_ref().map(|value| Fact::new(label, shown(value)).approx(estimate(basis(column, field)))));
    }
    let unit = if column.kind.is_moment() { " days" } else { "" };
    rows.extend(column.stddev.map(|value| Fact::new("Standard deviation", format!("{}{unit}", plain(value)))));
    rows.extend(column.mad.map(|value| Fact::new("Median deviation", plain(value))));
    rows.extend(column.sum.map(|value| Fact::new("Sum", plain(value))));
    rows.extend(column.entropy.map(|value| Fact::new("Entropy", format!("{} bits", plain(value)))));
    if let (Some(low), Some(high)) = (column.quantiles.get("p25"), column.quantiles.get("p75")) {
        let middle = Fact::new("Middle half", format!("{} to {}", shown(low), shown(high)));
        rows.push(middle.approx(estimate(basis(column, "quantiles"))));
    }
    shape(column, &mut rows);
    counts(column, &mut rows);
    type_evidence(column, &mut rows);
    rows
}

fn shape(column: &ColumnProfile, rows: &mut Vec<Fact>) {
    for (label, value) in [("Skewness", column.skew), ("Excess kurtosis", column.kurtosis)] {
        rows.extend(value.map(|value| Fact::new(label, plain(value))));
    }
    if let Some(outliers) = column.outliers.filter(|outliers| outliers.mild > 0) {
        let fact = Fact { note: format!("{} extreme", grouped(outliers.extreme)), ..Fact::new("Outliers", grouped(outliers.mild)) };
        rows.push(fact.approx(estimate(basis(column, "outliers"))));
    }
}

fn counts(column: &ColumnProfile, rows: &mut Vec<Fact>) {
    let counts = [
        ("Zero", column.zeros),
        ("Negative", column.negatives),
        ("True", column.trues),
        ("False", column.falses),
        ("Empty quotes", Some(column.empty_strings)),
    ];
    for (label, count) in counts {
        rows.extend(count.filter(|count| *count > 0).map(|count| Fact::new(label, grouped(count))));
    }
    if let Some(lengths) = column.lengths {
        let span = if lengths.min == lengths.max { lengths.min.to_string() } else { format!("{} to {}", lengths.min, lengths.max) };
        rows.push(Fact { note: format!("{} on average", plain(lengths.mean)), ..Fact::new("Characters", span) });
    }
    dates_and_texts(column, rows);
    rows.extend(column.sorted.as_ref().map(|order| Fact::new("Order", order.replace('_', " "))));
}

fn dates_and_texts(column: &ColumnProfile, rows: &mut Vec<Fact>) {
    if let Some(dates) = &column.dates {
        rows.push(Fact { note: format!("over {} days", plain(dates.span_days)), ..Fact::new("Granularity", dates.granularity.clone()) });
        rows.extend(
            dates.missing_periods.filter(|missing| *missing > 0).map(|missing| Fact::new("Periods without a value", grouped(missing))),
        );
        rows.push(Fact::new("On weekends", percent(dates.weekend_share)));
        rows.extend((dates.future > 0).then(|| Fact::new("In the future", grouped(dates.future))));
    }
    if let Some(text) = &column.text {
        let span = format!("{} to {}", text.words.min, text.words.max);
        rows.push(Fact { note: format!("{} on average", plain(text.words.mean)), ..Fact::new("Words", span) });
    }
    let placeholders: Vec<String> = column.placeholders.iter().map(|found| format!("`{}`", found.value.replace('`', "'"))).collect();
    rows.extend((!placeholders.is_empty()).then(|| Fact::new("Seem to stand for nothing", placeholders.join(" "))));
}

fn type_evidence(column: &ColumnProfile, rows: &mut Vec<Fact>) {
    let Some(evidence) = &column.evidence else { return };
    if evidence.exceptions > 0 {
        let note = evidence.first_exception_line.map_or_else(String::new, |line| format!("first on line {}", grouped(line)));
        rows.push(Fact { note, ..Fact::new("Do not fit the type", grouped(evidence.exceptions)) });
    }
    let tokens: Vec<String> = evidence.missing_tokens.iter().map(|token| format!("`{}`", token.value.replace('`', "'"))).collect();
    if !tokens.is_empty() {
        rows.push(Fact::new("Stand for nothing", tokens.join(" ")));
    }
    rows.extend(evidence.date_order.as_ref().map(|order| Fact::new("Dates are written", order.replace('_', " "))));
    rows.extend(evidence.written.as_ref().map(|written| Fact::new("Written with", written.clone())));
    rows.extend(evidence.note.as_ref().map(|note| Fact::new("Why this type", note.clone())));
}
