//! Columns that identify a row together, and columns that refer to another.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use super::prepare::NONE;
use super::{Comparison, Prepared};
use crate::column::{Column, Gathered};
use crate::result::{Basis, ColumnProfile, ColumnType, CompositeKey, Exactness, Inclusion};
use crate::semantics::words;
use crate::sketch::distinct::Identity;
use crate::sketch::{counts::bits, mix};

/// Columns that are tried together.
const TRIED: usize = 16;
/// Keys that are listed.
const LISTED: usize = 5;
/// Repeats that chance alone would have made among the compared rows: with fewer, that there are none tells nothing.
const BY_CHANCE: f64 = 3.0;
/// Keys that references are looked for to, and columns that may refer to them.
const KEYS: usize = 8;
const REFERRING: usize = 128;
/// References that are listed.
const REFERENCES: usize = 20;

type Seen = HashSet<u64, BuildHasherDefault<Identity>>;

/// Single columns that are likely keys, and the smallest sets of two or three columns that are keys among the compared rows.
pub(crate) fn composite(found: &Comparison<'_>, rows: u64) -> Vec<CompositeKey> {
    let likely: Vec<CompositeKey> = found.columns.iter().filter_map(likely).take(LISTED).collect();
    if !likely.is_empty() || rows < 2 {
        return likely;
    }
    let mut tried: Vec<&Prepared<'_>> = found.columns.iter().filter(|column| can_be_part(column)).collect();
    tried.sort_by_key(|column| std::cmp::Reverse(column.profile.distinct.value));
    tried.truncate(TRIED);
    let mut keys: Vec<Vec<usize>> = Vec::new();
    for size in 2..=3 {
        for set in sets(tried.len(), size) {
            let minimal = !keys.iter().any(|key| key.iter().all(|part| set.contains(part)));
            let columns: Vec<&Prepared<'_>> = set.iter().map(|at| tried[*at]).collect();
            if keys.len() < LISTED && minimal && is_telling(&columns, rows, found.rows) && identifies(&columns) {
                keys.push(set);
            }
        }
    }
    let named = |set: Vec<usize>| {
        let mut columns: Vec<&Prepared<'_>> = set.into_iter().map(|at| tried[at]).collect();
        columns.sort_by_key(|column| column.profile.position);
        CompositeKey { columns: columns.iter().map(|column| column.name.to_owned()).collect(), basis: found.basis(found.rows as u64) }
    };
    keys.into_iter().map(named).collect()
}

/// A column whose distinct count is only known within an error that its number of values lies in.
fn likely(column: &Prepared<'_>) -> Option<CompositeKey> {
    let profile = column.profile;
    let error = profile.distinct.error.filter(|_| profile.nulls == 0 && profile.kind != ColumnType::Float)?;
    let close = profile.unique_ratio.is_some_and(|ratio| ratio >= 1.0 - error);
    let apart = column.distinct == column.codes.len();
    let basis = Some(Basis { method: Exactness::Sketch, error: Some(error) });
    (close && apart).then(|| CompositeKey { columns: vec![column.name.to_owned()], basis })
}

fn can_be_part(column: &Prepared<'_>) -> bool {
    column.profile.nulls == 0 && column.profile.kind != ColumnType::Float && column.distinct > 1 && !column.codes.contains(&NONE)
}

/// Whether the columns have values enough for all rows, and so few that chance would have made repeats.
fn is_telling(columns: &[&Prepared<'_>], rows: u64, compared: usize) -> bool {
    let values: f64 = columns.iter().map(|column| column.profile.distinct.value as f64).product();
    values >= rows as f64 && (compared as f64).powi(2) / (2.0 * values) >= BY_CHANCE
}

fn identifies(columns: &[&Prepared<'_>]) -> bool {
    let rows = columns.first().map_or(0, |column| column.codes.len());
    let mut seen = Seen::default();
    (0..rows).all(|row| seen.insert(columns.iter().fold(0, |code, column| mix(code ^ (u64::from(column.codes[row]) + 1)))))
}

/// All sets of `size` numbers below `count`.
fn sets(count: usize, size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let longer = |set: Vec<usize>| {
        let next = set.last().map_or(0, |last| last + 1);
        (next..count).map(move |more| set.iter().copied().chain([more]).collect())
    };
    sets(count, size - 1).into_iter().flat_map(longer).collect()
}

/// Columns whose every value occurs in a key column. Both must have been counted exactly; the first few keys are looked at and the
/// first columns that may refer to one, so that the work stays bounded.
pub(crate) fn inclusions(columns: &[Column], profiles: &[ColumnProfile], keys: &[String]) -> Vec<Inclusion> {
    let all = || columns.iter().zip(profiles);
    let mut found = Vec::new();
    let keys: HashSet<&String> = keys.iter().take(KEYS).collect();
    let referring: Vec<_> = all().filter(|(_, from)| may_refer(from)).take(REFERRING).collect();
    for (key, to) in all().filter(|(_, profile)| keys.contains(&profile.name)) {
        let Some(known) = values(key) else { continue };
        let known: Seen = known.into_iter().collect();
        let alike = |from: &ColumnProfile| from.name != to.name && from.kind.is_number() == to.kind.is_number();
        for (column, from) in referring.iter().filter(|(_, from)| alike(from)) {
            let Some(values) = values(column).filter(|values| values.iter().all(|value| known.contains(value))) else { continue };
            found.push(Inclusion { from: from.name.clone(), to: to.name.clone(), values: values.len() as u64 });
        }
    }
    found.truncate(REFERENCES);
    found
}

/// Whether it would mean something if the column lay within another. Small whole numbers lie within any numbering, so that among
/// numbers the name must speak of a reference too.
fn may_refer(from: &ColumnProfile) -> bool {
    const NAMES: [&str; 10] = ["id", "key", "code", "no", "nr", "number", "ref", "parent", "manager", "fk"];
    let named = || words(&from.name).iter().any(|word| NAMES.contains(&word.as_str()));
    from.distinct.value >= 3 && from.distinct.exactness == Exactness::Exact && (!from.kind.is_number() || named())
}

/// Codes of all different values, where they were all counted.
fn values(column: &Column) -> Option<Vec<u64>> {
    match &column.gathered {
        Gathered::Texts(texts) => texts.examined().1.then(|| texts.counts.iter().map(|(entry, _)| entry.hash).collect()),
        Gathered::Numbers(numbers) => {
            let all = numbers.distribution();
            (all.exact && column.evidence.exceptions() == 0).then(|| all.values.iter().map(|(value, _)| mix(bits(*value))).collect())
        }
        Gathered::Nothing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::sets;

    #[test]
    fn all_sets_of_a_size_are_tried_once() {
        assert_eq!(sets(3, 2), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!(sets(5, 3).len(), 10);
    }
}
