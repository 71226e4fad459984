//! A column made ready for comparing: dense codes, ranks and bins, computed once.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::column::{Column, MISSING, STRAY};
use crate::result::{ColumnProfile, ColumnType};
use crate::sketch::distinct::Identity;
use crate::sketch::mix;

/// Bins of equal frequency that numbers fall into.
const NUMBER_BINS: usize = 12;
/// Categories told apart; the others share a bin.
const CATEGORY_BINS: usize = 64;
/// The code and the bin of a row without a value.
pub(crate) const NONE: u32 = u32::MAX;
pub(crate) const NO_BIN: u8 = u8::MAX;

/// What a column is in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers, dates and times: they have an order and distances.
    Number,
    /// A few values that recur.
    Category,
    /// Anything else, such as free text: its values can only be told apart.
    Other,
}

impl Kind {
    /// The kind of a column. Identifiers in digits are numbers only in form.
    pub(crate) fn of(profile: &ColumnProfile) -> Self {
        match profile.kind {
            ColumnType::Integer | ColumnType::Float | ColumnType::Date | ColumnType::Timestamp | ColumnType::Time => Self::Number,
            ColumnType::Boolean | ColumnType::Categorical => Self::Category,
            ColumnType::Code | ColumnType::Text if profile.distinct.value <= CATEGORY_BINS as u64 => Self::Category,
            ColumnType::Code | ColumnType::Text | ColumnType::Empty => Self::Other,
        }
    }
}

/// A column's compared rows.
pub(crate) struct Prepared<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) profile: &'a ColumnProfile,
    /// One small number for each different value; [`NONE`] where there is none.
    pub(crate) codes: Vec<u32>,
    /// How many different values the rows hold.
    pub(crate) distinct: usize,
    /// The values as the column's sample keeps them.
    pub(crate) raw: Vec<u64>,
    /// The numbers, `NaN` where there is none; empty for other kinds.
    pub(crate) values: Vec<f64>,
    /// The numbers' ranks, ties sharing the mean of theirs; empty for other kinds.
    pub(crate) ranks: Vec<f64>,
    /// The rows with a number, in the order of these.
    pub(crate) order: Vec<u32>,
    /// Bins of equal frequency, or categories; [`NO_BIN`] where there is no value; empty for other kinds.
    pub(crate) bins: Vec<u8>,
    pub(crate) bin_count: usize,
}

impl<'a> Prepared<'a> {
    /// Every `step`-th kept row of a column.
    pub(super) fn new(column: &'a Column, profile: &'a ColumnProfile, step: usize) -> Self {
        let raw: Vec<u64> = column.sample.codes.iter().step_by(step).copied().collect();
        let (codes, distinct) = dense(&raw);
        let mut prepared = Self {
            name: &profile.name,
            kind: Kind::of(profile),
            profile,
            codes,
            distinct,
            raw,
            values: Vec::new(),
            ranks: Vec::new(),
            order: Vec::new(),
            bins: Vec::new(),
            bin_count: 0,
        };
        match prepared.kind {
            Kind::Number => prepared.rank(),
            Kind::Category => prepared.categorise(),
            Kind::Other => {}
        }
        prepared
    }

    fn rank(&mut self) {
        self.values = self.raw.iter().map(|code| f64::from_bits(*code)).collect();
        let mut order: Vec<u32> = (0..self.values.len() as u32).filter(|at| !self.values[*at as usize].is_nan()).collect();
        order.sort_unstable_by(|a, b| self.values[*a as usize].total_cmp(&self.values[*b as usize]));
        self.ranks = vec![f64::NAN; self.values.len()];
        self.bins = vec![NO_BIN; self.values.len()];
        let bins = NUMBER_BINS.min(self.distinct.max(1));
        let (mut start, mut last) = (0, None);
        while start < order.len() {
            let value = self.values[order[start] as usize];
            let same = order[start..].iter().take_while(|at| self.values[**at as usize].total_cmp(&value).is_eq()).count();
            let rank = start as f64 + (same as f64 - 1.0) / 2.0;
            // Ties share a bin, so some bins may stay empty; the numbers that are left are made to follow one another.
            let slot = (rank * bins as f64 / order.len() as f64) as usize;
            if last != Some(slot) {
                (last, self.bin_count) = (Some(slot), self.bin_count + 1);
            }
            for at in &order[start..start + same] {
                self.ranks[*at as usize] = rank;
                self.bins[*at as usize] = (self.bin_count - 1) as u8;
            }
            start += same;
        }
        self.order = order;
    }

    /// The ranks among the rows where `other` has a number too, `NaN` elsewhere.
    pub(crate) fn ranks_beside(&self, other: &Self) -> Vec<f64> {
        let both: Vec<usize> =
            self.order.iter().map(|at| *at as usize).filter(|at| other.ranks.get(*at).is_some_and(|rank| !rank.is_nan())).collect();
        let mut found = vec![f64::NAN; self.ranks.len()];
        let mut start = 0;
        while start < both.len() {
            // Rows share a rank among all rows where they share one among these.
            let rank = self.ranks[both[start]];
            let same = both[start..].iter().take_while(|at| self.ranks[**at].total_cmp(&rank).is_eq()).count();
            for at in &both[start..start + same] {
                found[*at] = start as f64 + (same as f64 - 1.0) / 2.0;
            }
            start += same;
        }
        found
    }

    fn categorise(&mut self) {
        let mut counts = vec![0_u32; self.distinct];
        for code in self.codes.iter().filter(|code| **code != NONE) {
            counts[*code as usize] += 1;
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_unstable_by_key(|code| (std::cmp::Reverse(counts[*code]), *code));
        let mut bins = vec![(CATEGORY_BINS - 1) as u8; counts.len()];
        for (bin, code) in order.into_iter().enumerate().take(CATEGORY_BINS) {
            bins[code] = bin as u8;
        }
        self.bin_count = counts.len().min(CATEGORY_BINS);
        self.bins = self.codes.iter().map(|code| if *code == NONE { NO_BIN } else { bins[*code as usize] }).collect();
    }
}

/// Numbers the different codes in the order of first sight.
fn dense(raw: &[u64]) -> (Vec<u32>, usize) {
    let mut known: HashMap<u64, u32, BuildHasherDefault<Identity>> = HashMap::default();
    let number = |code: &u64| {
        if *code == MISSING || *code == STRAY {
            return NONE;
        }
        let next = known.len() as u32;
        *known.entry(mix(*code)).or_insert(next)
    };
    let codes = raw.iter().map(number).collect();
    (codes, known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_missing_values_have_none() {
        let raw = [7.0_f64.to_bits(), MISSING, 9.0_f64.to_bits(), 7.0_f64.to_bits(), STRAY];
        assert_eq!(dense(&raw), (vec![0, NONE, 1, 0, NONE], 2));
    }
}
