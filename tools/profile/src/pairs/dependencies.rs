//! Columns whose value decides another's: functional dependencies, also those that a few rows break.

use std::collections::HashMap;

use super::prepare::NONE;
use super::{Comparison, Prepared, parallel};
use crate::result::Dependency;

/// The share of rows for which a dependency must hold to be reported.
const HOLDS: f64 = 0.98;
/// The share of rows that may differ from the first value seen before the search gives up: the first one may be the wrong one.
const GIVE_UP: f64 = 0.1;
/// Dependencies that are listed.
const LISTED: usize = 20;
/// Lines shown of rows that break one.
const LINES: usize = 5;

/// How far one column decides another.
pub(crate) struct Decided {
    pub(crate) holds: f64,
    /// The first compared rows that break it.
    pub(crate) broken: Vec<usize>,
}

/// All dependencies among the compared columns, those that always hold first. `lines` are the lines of the compared rows.
pub(crate) fn find(found: &Comparison<'_>, lines: &[u64]) -> Vec<Dependency> {
    let columns = &found.columns;
    let pairs: Vec<(usize, usize)> = (0..columns.len()).flat_map(|a| (a + 1..columns.len()).map(move |b| (a, b))).collect();
    let decided = parallel(pairs.len(), |at| {
        let (a, b) = (&columns[pairs[at].0], &columns[pairs[at].1]);
        (decides(a, b), decides(b, a))
    });
    let mut dependencies: Vec<Dependency> = Vec::new();
    for ((a, b), both) in pairs.into_iter().zip(decided) {
        let (a, b) = (&columns[a], &columns[b]);
        let (from, to, decided, both_ways) = match both {
            (Some(one), Some(other)) if one.holds <= other.holds => (a, b, one, true),
            (Some(_), Some(other)) => (b, a, other, true),
            (Some(one), None) => (a, b, one, false),
            (None, Some(other)) => (b, a, other, false),
            (None, None) => continue,
        };
        dependencies.push(Dependency {
            from: from.name.to_owned(),
            to: to.name.to_owned(),
            both_ways,
            equal: both_ways && is_equal(from, to),
            holds: decided.holds,
            lines: decided.broken.iter().filter_map(|row| lines.get(*row).copied()).collect(),
            basis: found.basis(found.rows as u64),
        });
    }
    dependencies.sort_by(|a, b| (b.equal, b.both_ways).cmp(&(a.equal, a.both_ways)).then(b.holds.total_cmp(&a.holds)));
    dependencies.truncate(LISTED);
    dependencies
}

fn is_equal(a: &Prepared<'_>, b: &Prepared<'_>) -> bool {
    a.kind == b.kind && a.raw == b.raw
}

/// Whether `a` decides `b`; `None` where it does not, or where too few values of `a` recur to tell, or where `b` hardly varies.
pub(crate) fn decides(a: &Prepared<'_>, b: &Prepared<'_>) -> Option<Decided> {
    let rows = a.codes.len().min(b.codes.len());
    if a.distinct < 2 || b.distinct < 2 || a.distinct * 10 > rows * 9 {
        return None;
    }
    let limit = (rows as f64 * GIVE_UP) as usize;
    let mut first = vec![NONE; a.distinct];
    let (mut used, mut different, mut values) = (0_usize, 0, 0);
    for (x, y) in a.codes.iter().zip(&b.codes).filter(|(x, y)| **x != NONE && **y != NONE) {
        used += 1;
        let known = &mut first[*x as usize];
        if *known == NONE {
            (*known, values) = (*y, values + 1);
        } else if *known != *y {
            different += 1;
            if different > limit {
                return None;
            }
        }
    }
    let repeats = used - values;
    if repeats < (used / 10).max(20) {
        return None;
    }
    let decided = if different == 0 { Decided { holds: 1.0, broken: Vec::new() } } else { by_majority(a, b, used) };
    let chance = by_chance(b, used);
    (decided.holds >= HOLDS && decided.holds - chance >= 0.9 * (1.0 - chance)).then_some(decided)
}

/// The share of rows with the most frequent `b` of their `a`, and the first of the others.
fn by_majority(a: &Prepared<'_>, b: &Prepared<'_>, used: usize) -> Decided {
    let rows = || a.codes.iter().zip(&b.codes).enumerate().filter(|(_, (x, y))| **x != NONE && **y != NONE);
    let mut counts: HashMap<(u32, u32), u32> = HashMap::new();
    for (_, (x, y)) in rows() {
        *counts.entry((*x, *y)).or_default() += 1;
    }
    let mut most = vec![(0, NONE); a.distinct];
    for ((x, y), count) in counts {
        let slot = &mut most[x as usize];
        // Of two equally frequent ones the first seen counts as right, whatever the order of the table.
        *slot = (*slot).max((count, NONE - 1 - y));
    }
    let breaks = |(_, (x, y)): &(usize, (&u32, &u32))| most[**x as usize].1 != NONE - 1 - **y;
    let broken = rows().filter(breaks).count();
    let shown = rows().filter(breaks).map(|(row, _)| row).take(LINES).collect();
    Decided { holds: 1.0 - broken as f64 / used as f64, broken: shown }
}

/// How often two rows agree in a column by chance.
fn by_chance(column: &Prepared<'_>, used: usize) -> f64 {
    let mut counts = vec![0_u32; column.distinct];
    for code in column.codes.iter().filter(|code| **code != NONE) {
        counts[*code as usize] += 1;
    }
    counts.iter().map(|count| (f64::from(*count) / used as f64).powi(2)).sum::<f64>().min(1.0)
}
