//! How every column bears on the one that is to be predicted, and which would give the answer away.

use super::measures::Table;
use super::prepare::{Kind, NO_BIN, NONE, Prepared};
use super::{Comparison, LEAST, VISITS, dependencies, parallel};
use crate::column::Column;
use crate::result::{Association, ColumnProfile, Leak, TargetAnalysis};
use crate::semantics::words;

/// Associations that are listed.
const LISTED: usize = 40;
/// An association from which on a column looks like the target itself.
const SAME: f64 = 0.99;
/// The share of the target that missing values alone may explain.
const BY_HOLES: f64 = 0.5;

/// The analysis of the column `name`; nothing where it does not vary.
pub(crate) fn analyse(found: &Comparison<'_>, columns: &[Column], profiles: &[ColumnProfile], name: &str) -> Option<TargetAnalysis> {
    let step = step(columns);
    let at = profiles.iter().position(|profile| profile.name == name)?;
    let target = Prepared::new(&columns[at], &profiles[at], step);
    if target.distinct < 2 {
        return None;
    }
    let usable = |other: &usize| *other != at && profiles[*other].distinct.value > 1 && !columns[*other].sample.codes.is_empty();
    let others: Vec<usize> = (0..columns.len()).filter(usable).collect();
    let results = parallel(others.len(), |slot| {
        let column = Prepared::new(&columns[others[slot]], &profiles[others[slot]], step);
        let association = associate(found, &column, &target);
        (leak(&column, &target, association.as_ref()), association)
    });
    let (leaks, associations): (Vec<_>, Vec<_>) = results.into_iter().unzip();
    let mut associations: Vec<Association> = associations.into_iter().flatten().collect();
    associations.sort_by(|a, b| b.explained.total_cmp(&a.explained).then(b.value.abs().total_cmp(&a.value.abs())));
    associations.truncate(LISTED);
    Some(TargetAnalysis {
        column: name.to_owned(),
        task: if target.kind == Kind::Number && target.distinct > 2 { "regression" } else { "classification" }.to_owned(),
        class_shares: class_shares(&target),
        associations,
        leaks: leaks.into_iter().flatten().collect(),
        basis: found.basis(target.codes.len() as u64).or((step > 1).then(|| Comparison::sampled(target.codes.len() as u64))),
    })
}

/// Every so many kept rows one is compared.
fn step(columns: &[Column]) -> usize {
    let kept = columns.iter().map(|column| column.sample.codes.len()).max().unwrap_or(0);
    kept.div_ceil((VISITS / columns.len().max(1)).max(LEAST)).max(1)
}

fn associate(found: &Comparison<'_>, column: &Prepared<'_>, target: &Prepared<'_>) -> Option<Association> {
    let pair = found.correlate(column, target)?;
    let explained = Table::new(&column.bins, column.bin_count, &target.bins, target.bin_count).explained().unwrap_or(0.0);
    let value = match pair.spearman {
        Some(spearman) if spearman.abs() > pair.value.abs() => (spearman, "spearman".to_owned()),
        _ => (pair.value, pair.method),
    };
    Some(Association { column: column.name.to_owned(), method: value.1, value: value.0, explained })
}

/// The share of the rarest and of the most frequent class, where the target has few values.
fn class_shares(target: &Prepared<'_>) -> Option<(f64, f64)> {
    if target.kind == Kind::Number && target.distinct > 2 {
        return None;
    }
    let mut counts = vec![0_u64; target.distinct];
    target.codes.iter().filter(|code| **code != NONE).for_each(|code| counts[*code as usize] += 1);
    let all: u64 = counts.iter().sum();
    let share = |count: Option<&u64>| count.map(|count| *count as f64 / all as f64);
    Some((share(counts.iter().min())?, share(counts.iter().max())?))
}

fn leak(column: &Prepared<'_>, target: &Prepared<'_>, association: Option<&Association>) -> Option<Leak> {
    let strength = association.map_or(0.0, |found| found.value.abs());
    let explained = association.map_or(0.0, |found| found.explained);
    let reason = match () {
        () if strength >= SAME => format!("it is nearly the target itself ({strength:.3})"),
        () if target.kind == Kind::Category && explained >= 0.98 => "its values tell the target".to_owned(),
        () if dependencies::decides(column, target).is_some() => "each of its values goes with one value of the target".to_owned(),
        () if by_holes(column, target) >= BY_HOLES => "it is missing depending on the target: it may be filled in afterwards".to_owned(),
        () if strength >= 0.8 && is_named_after(column, target) => "its name and values follow the target's".to_owned(),
        () => return None,
    };
    Some(Leak { column: column.name.to_owned(), reason })
}

/// The share of the target that is told by whether the column has a value.
fn by_holes(column: &Prepared<'_>, target: &Prepared<'_>) -> f64 {
    let holes: Vec<u8> = column.codes.iter().map(|code| u8::from(*code == NONE)).collect();
    let known = target.bins.iter().any(|bin| *bin != NO_BIN);
    if !known || !holes.contains(&1) {
        return 0.0;
    }
    Table::new(&holes, 2, &target.bins, target.bin_count).explained().unwrap_or(0.0)
}

fn is_named_after(column: &Prepared<'_>, target: &Prepared<'_>) -> bool {
    let (own, theirs) = (words(column.name), words(target.name));
    theirs.iter().any(|word| word.len() > 3 && own.contains(word))
}
