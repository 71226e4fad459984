//! What of a profile is kept for comparing a later one with it: distributions in a few hundred points, never rows.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::column::numeric::Distribution;
use crate::column::textual::Textual;
use crate::column::{Column, Gathered};
use crate::engine::Gathering;
use crate::result::{ColumnType, Profile};
use crate::sketch::quantiles;

/// The form that stored profiles are in.
pub(crate) const FORMAT: &str = "data-stack-profile/1";
/// Points of a distribution that are kept.
const POINTS: usize = 256;
/// Categories that are kept.
const CATEGORIES: usize = 200;
/// Rows that a value must have to be kept in a profile that is safe to share.
const CROWD: u64 = 5;

/// A file as a later one is compared with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// Rows that were read.
    pub(crate) rows: u64,
    pub(crate) columns: Vec<ColumnSnapshot>,
}

/// A column as a later one is compared with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColumnSnapshot {
    pub(crate) name: String,
    pub(crate) position: u64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) nulls: u64,
    pub(crate) values: u64,
    pub(crate) distinct: u64,
    /// Whether its values move on by nature, such as dates and running numbers.
    pub(crate) running: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) numbers: Option<Points>,
    /// All categories with their counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) categories: Option<Vec<(String, u64)>>,
}

/// A distribution: each number with the count of numbers from the one before (exclusive) to it (inclusive).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Points {
    pub(crate) steps: Vec<(f64, u64)>,
    /// Whether every number is a point of its own.
    pub(crate) every: bool,
    /// How far a cumulated share may be off between points.
    pub(crate) error: f64,
}

impl Snapshot {
    /// The snapshot of a profile. Values of personal columns are left out; of one that is safe to share, rare ones too.
    pub(crate) fn new(profile: &Profile, found: &Gathering, share_safe: bool) -> Self {
        let personal: HashSet<&String> = profile.personal_data.iter().map(|found| &found.column).collect();
        let columns = profile.columns.iter().zip(&found.columns).map(|(column, gathered)| {
            let private = personal.contains(&column.name);
            let values = gathered.rows - gathered.nulls;
            let keys = column.unique_ratio.is_some_and(|ratio| ratio > 0.95) && values > 20;
            ColumnSnapshot {
                name: column.name.clone(),
                position: column.position,
                kind: column.kind.as_str().to_owned(),
                nulls: gathered.nulls,
                values,
                distinct: column.distinct.value,
                running: column.kind.is_moment() || keys && column.kind != ColumnType::Float,
                numbers: if private { None } else { numbers(gathered, share_safe) },
                categories: if private { None } else { categories(gathered, column.kind, share_safe) },
            }
        });
        Self { rows: found.tally.rows, columns: columns.collect() }
    }
}

fn numbers(column: &Column, share_safe: bool) -> Option<Points> {
    let Gathered::Numbers(numbers) = &column.gathered else { return None };
    Some(points(numbers.distribution(), share_safe)).filter(|found| !found.steps.is_empty())
}

/// Shrinks a distribution to points of about equal weight. In a profile that is safe to share the extremes are hidden in the points
/// that hold the outer 5 %.
fn points(all: &Distribution, share_safe: bool) -> Points {
    let sketch = if all.exact { 0.0 } else { quantiles::ERROR };
    if all.values.len() <= POINTS && !share_safe {
        return Points { steps: all.values.clone(), every: true, error: sketch };
    }
    let parts = if share_safe { 20 } else { POINTS };
    let weight = all.total.div_ceil(parts as u64).max(1);
    let mut points: Vec<(f64, u64)> = Vec::with_capacity(parts);
    let (mut seen, mut kept) = (0, 0);
    for (value, count) in &all.values {
        seen += count;
        if seen - kept >= weight || seen == all.total {
            points.push((*value, seen - kept));
            kept = seen;
        }
    }
    if share_safe && let [.., before, last] = points.as_mut_slice() {
        last.0 = before.0;
    }
    Points { steps: points, every: false, error: sketch + 1.0 / parts as f64 }
}

fn categories(column: &Column, kind: ColumnType, share_safe: bool) -> Option<Vec<(String, u64)>> {
    let Gathered::Texts(texts) = &column.gathered else { return None };
    if !matches!(kind, ColumnType::Categorical | ColumnType::Boolean | ColumnType::Code | ColumnType::Text) {
        return None;
    }
    all_categories(texts, if share_safe { CROWD } else { 1 })
}

fn all_categories(texts: &Textual, least: u64) -> Option<Vec<(String, u64)>> {
    let (examined, all) = texts.examined();
    if !all || examined.len() > CATEGORIES {
        return None;
    }
    let named = examined.into_iter().filter(|(_, count)| *count >= least);
    let mut found: Vec<(String, u64)> = named.map(|(text, count)| (String::from_utf8_lossy(text).into_owned(), count)).collect();
    found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_keeps_its_weight_in_a_few_points() {
        let values: Vec<(f64, u64)> = (0..10_000).map(|value| (f64::from(value), 3)).collect();
        let all = Distribution { values, total: 30_000, exact: true };
        let found = points(&all, false);
        assert!(found.steps.len() <= POINTS && !found.every);
        assert_eq!(found.steps.iter().map(|(_, count)| count).sum::<u64>(), 30_000);
        assert_eq!(found.steps.last().map(|(value, _)| *value), Some(9999.0));
        let safe = points(&all, true);
        assert!(safe.steps.iter().all(|(value, _)| *value < 9600.0), "{safe:?}");
    }
}
