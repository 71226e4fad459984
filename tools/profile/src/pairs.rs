//! How columns go together, by the rows that all columns kept.
//!
//! Pairs grow with the square of the columns. So at most [`COLUMNS`] columns are compared, and the more pairs there are the fewer
//! rows: one comparison visits each row once, and all together visit at most [`VISITS`]. What was compared stands in the result.

pub(crate) mod dependencies;
pub(crate) mod keys;
pub(crate) mod measures;
pub(crate) mod missing;
mod prepare;
pub(crate) mod series;
pub(crate) mod target;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::column::Column;
use crate::result::{Basis, ColumnProfile, Compared, Correlation, Exactness};
use measures::Table;
pub(crate) use prepare::{Kind, Prepared};

/// Columns that are compared with one another at most.
const COLUMNS: usize = 64;
/// Rows visited in all comparisons together.
const VISITS: usize = 24_000_000;
/// Rows that every comparison gets, whatever their number.
const LEAST: usize = 2_000;
/// Pairs that are listed at most.
const LISTED: usize = 50;
/// A relation weaker than this is not listed.
const WEAKEST: f64 = 0.05;
/// Mutual information below this is not told from chance.
const CHANCE: f64 = 0.1;

/// The columns made ready for comparing, with the rows that they stand on.
pub(crate) struct Comparison<'a> {
    pub(crate) columns: Vec<Prepared<'a>>,
    pub(crate) left_out: usize,
    pub(crate) rows: usize,
    /// Every so many rows that the columns kept one is compared.
    pub(crate) step: usize,
    /// Every so many rows of the file one is compared.
    pub(crate) stride: u64,
    pub(crate) all_rows: bool,
}

impl<'a> Comparison<'a> {
    /// Chooses columns and rows. `wanted` is taken in any case.
    pub(crate) fn new(columns: &'a [Column], profiles: &'a [ColumnProfile], rows: u64, complete: bool, wanted: Option<&str>) -> Self {
        let usable = |(column, profile): &(&Column, &ColumnProfile)| profile.distinct.value > 1 && column.sample.codes.len() > 2;
        let (mut chosen, mut rest): (Vec<_>, Vec<_>) =
            columns.iter().zip(profiles).filter(usable).partition(|(_, profile)| is_compact(profile));
        let all = chosen.len() + rest.len();
        chosen.sort_by_key(|(_, profile)| Some(profile.name.as_str()) != wanted);
        chosen.append(&mut rest);
        chosen.sort_by_key(|(_, profile)| Some(profile.name.as_str()) != wanted);
        chosen.truncate(COLUMNS);
        chosen.sort_by_key(|(column, _)| column.index);
        let kept = chosen.iter().map(|(column, _)| column.sample.codes.len()).max().unwrap_or(0);
        let pairs = (chosen.len() * chosen.len().saturating_sub(1) / 2).max(1);
        let step = kept.div_ceil((VISITS / pairs).max(LEAST)).max(1);
        let stride = chosen.first().map_or(1, |(column, _)| column.sample.stride) * step as u64;
        let columns = parallel(chosen.len(), |at| Prepared::new(chosen[at].0, chosen[at].1, step));
        let used = columns.iter().map(|column| column.codes.len()).max().unwrap_or(0);
        Self { left_out: all - columns.len(), columns, rows: used, step, stride, all_rows: complete && used as u64 == rows }
    }

    /// What was compared.
    pub(crate) fn compared(&self) -> Option<Compared> {
        let (columns, left_out) = (self.columns.len() as u64, self.left_out as u64);
        (columns > 1).then_some(Compared { columns, left_out, rows: self.rows as u64, all_rows: self.all_rows })
    }

    /// How what stands on `rows` of the compared rows was found; `None` where every row counts.
    pub(crate) fn basis(&self, rows: u64) -> Option<Basis> {
        (!self.all_rows).then(|| Self::sampled(rows))
    }

    /// That a number stands on so many of the rows: half the width of a correlation's 95 % confidence interval, at most.
    pub(crate) fn sampled(rows: u64) -> Basis {
        Basis { method: Exactness::Sampled, error: Some(1.96 / (rows.max(1) as f64).sqrt()) }
    }

    /// The correlations of all pairs, strongest first.
    pub(crate) fn correlations(&self) -> Vec<Correlation> {
        let usable: Vec<&Prepared<'_>> = self.columns.iter().filter(|column| column.kind != Kind::Other).collect();
        let pairs: Vec<(usize, usize)> = (0..usable.len()).flat_map(|a| (a + 1..usable.len()).map(move |b| (a, b))).collect();
        let found = parallel(pairs.len(), |at| {
            let (a, b) = pairs[at];
            self.correlate(usable[a], usable[b])
        });
        let mut found: Vec<Correlation> = found.into_iter().flatten().filter(|pair| pair.strength() >= WEAKEST).collect();
        found.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
        found.truncate(LISTED);
        found
    }

    /// The correlation of two columns.
    pub(crate) fn correlate(&self, a: &Prepared<'_>, b: &Prepared<'_>) -> Option<Correlation> {
        let table = Table::new(&a.bins, a.bin_count, &b.bins, b.bin_count);
        let mut spearman = None;
        let (method, value, rows) = match (a.kind, b.kind) {
            (Kind::Number, Kind::Number) => {
                let (value, rows) = measures::pearson(&a.values, &b.values)?;
                spearman = measures::spearman(a, b);
                ("pearson", value, rows)
            }
            (Kind::Category, Kind::Category) => ("cramers_v", table.cramers_v()?, table.total()),
            (Kind::Number, Kind::Category) => of_groups(a, b)?,
            (Kind::Category, Kind::Number) => of_groups(b, a)?,
            _ => return None,
        };
        let information = table.mutual_information().filter(|share| *share >= CHANCE);
        Some(Correlation {
            a: a.name.to_owned(),
            b: b.name.to_owned(),
            method: method.to_owned(),
            value,
            spearman,
            mutual_information: information,
            rows,
            basis: self.basis(rows),
        })
    }
}

fn of_groups(numbers: &Prepared<'_>, groups: &Prepared<'_>) -> Option<(&'static str, f64, u64)> {
    measures::correlation_ratio(&numbers.values, &groups.bins, groups.bin_count).map(|(value, rows)| ("correlation_ratio", value, rows))
}

/// Whether a column is a number, a date or a category: what correlations are about.
fn is_compact(profile: &ColumnProfile) -> bool {
    Kind::of(profile) != Kind::Other
}

/// The results of `work` for `0..count`, worked out on all cores.
fn parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count);
    if threads < 2 {
        return (0..count).map(work).collect();
    }
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let run = || loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= count {
            return;
        }
        let result = work(at);
        found.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, result)| result).collect()
}
