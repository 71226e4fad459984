//! Which columns came, went, or only have another name.

use std::collections::HashSet;

use super::measures::{binned, of_categories};
use super::snapshot::{ColumnSnapshot, Snapshot};
use crate::finish::share;
use crate::result::Renamed;
use crate::semantics::words;

/// The distance of two distributions below which they count as the same.
const ALIKE: f64 = 0.15;

/// Pairs of columns that are looked at most.
const PAIRS: usize = 250_000;

/// Columns by what became of their names.
pub(super) struct Matched {
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) renamed: Vec<Renamed>,
}

/// Pairs the columns that only one side knows.
pub(super) fn matched(before: &Snapshot, now: &Snapshot) -> Matched {
    let only = |one: &Snapshot, other: &Snapshot| -> Vec<ColumnSnapshot> {
        let known: HashSet<&String> = other.columns.iter().map(|column| &column.name).collect();
        one.columns.iter().filter(|column| !known.contains(&column.name)).cloned().collect()
    };
    let (removed, mut added) = (only(before, now), only(now, before));
    let (mut gone, mut renamed) = (Vec::new(), Vec::new());
    // Every pair is looked at, unless there are so many that the files have nothing in common.
    let comparable = removed.len().saturating_mul(added.len()) <= PAIRS;
    for column in removed {
        let found = if comparable { 0..added.len() } else { 0..0 };
        let found = added[found].iter().enumerate().find_map(|(at, other)| same(&column, other).map(|why| (at, why)));
        match found {
            Some((at, why)) => renamed.push(Renamed { from: column.name, to: added.remove(at).name, why: why.to_owned() }),
            None => gone.push(column.name),
        }
    }
    Matched { added: added.into_iter().map(|column| column.name).collect(), removed: gone, renamed }
}

/// What speaks for two columns being one.
fn same(before: &ColumnSnapshot, now: &ColumnSnapshot) -> Option<&'static str> {
    let (old, new) = (words(&before.name), words(&now.name));
    if !old.is_empty() && old == new {
        return Some("the names differ only in case or separators");
    }
    let nulls = |column: &ColumnSnapshot| share(column.nulls, column.nulls + column.values);
    let here = before.position == now.position && before.kind == now.kind && (nulls(before) - nulls(now)).abs() < 0.05;
    (here && alike(before, now)).then_some("it is in the same place, of the same type and has the same values")
}

fn alike(before: &ColumnSnapshot, now: &ColumnSnapshot) -> bool {
    if let (Some(old), Some(new)) = (&before.numbers, &now.numbers) {
        return binned(old, new).js() < ALIKE;
    }
    if let (Some(old), Some(new)) = (&before.categories, &now.categories) {
        return of_categories(old, new).js() < ALIKE;
    }
    let unique = |column: &ColumnSnapshot| share(column.distinct, column.values);
    (unique(before) - unique(now)).abs() < 0.1
}
