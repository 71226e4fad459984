//! Which columns are missing in the same rows.

use std::collections::HashMap;

use crate::column::{Column, MISSING};
use crate::finish::share;
use crate::result::{Basis, ColumnProfile, Exactness, MissingPattern, MissingPatterns};
use crate::sketch::mix;

/// Patterns that are listed.
const PATTERNS: usize = 8;
/// Columns named in one pattern or group.
const NAMED: usize = 20;
/// Groups that are listed.
const GROUPS: usize = 10;

/// The patterns of missing values; nothing where fewer than two columns have any.
pub(crate) fn patterns(columns: &[Column], profiles: &[ColumnProfile], rows: u64, complete: bool) -> Option<MissingPatterns> {
    let with_holes: Vec<(&Column, &ColumnProfile)> =
        columns.iter().zip(profiles).filter(|(column, _)| column.nulls > 0 && !column.sample.codes.is_empty()).collect();
    let used = with_holes.first()?.0.sample.codes.len();
    if with_holes.len() < 2 || with_holes.iter().any(|(column, _)| column.sample.codes.len() != used) {
        return None;
    }
    let mut by_row = vec![0_u64; used];
    let mut by_column = vec![0_u64; with_holes.len()];
    for (at, (column, _)) in with_holes.iter().enumerate() {
        for (row, _) in column.sample.codes.iter().enumerate().filter(|(_, code)| **code == MISSING) {
            by_row[row] ^= mix(at as u64 + 1);
            by_column[at] = by_column[at].wrapping_add(mix(!(row as u64)));
        }
    }
    let mut counts: HashMap<u64, (u64, usize)> = HashMap::new();
    for (row, pattern) in by_row.iter().enumerate() {
        counts.entry(*pattern).or_insert((0, row)).0 += 1;
    }
    let mut top: Vec<(u64, usize)> = counts.into_values().collect();
    top.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let pattern = |(count, row): (u64, usize)| {
        let missing = || with_holes.iter().filter(|(column, _)| column.sample.codes[row] == MISSING);
        let columns = missing().map(|(_, profile)| profile.name.clone()).take(NAMED).collect();
        MissingPattern { columns, count: missing().count() as u64, rows: count, share: share(count, used as u64) }
    };
    Some(MissingPatterns {
        patterns: top.into_iter().take(PATTERNS).map(pattern).collect(),
        together: together(&with_holes, &by_column),
        basis: (!complete || (used as u64) < rows).then(|| Basis { method: Exactness::Sampled, error: Some(0.98 / (used as f64).sqrt()) }),
    })
}

/// Columns that miss in the same rows, by the sums over their missing rows.
fn together(columns: &[(&Column, &ColumnProfile)], sums: &[u64]) -> Vec<Vec<String>> {
    let mut groups: Vec<((u64, u64), Vec<String>)> = Vec::new();
    let mut known: HashMap<(u64, u64), usize> = HashMap::new();
    for ((column, profile), sum) in columns.iter().zip(sums).filter(|(_, sum)| **sum != 0) {
        let key = (column.nulls, *sum);
        let slot = *known.entry(key).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[slot].1.push(profile.name.clone());
    }
    let shared = groups.into_iter().map(|(_, names)| names).filter(|names| names.len() > 1);
    shared.take(GROUPS).map(|names| names.into_iter().take(NAMED).collect()).collect()
}
