//! A column of numbers or of points in time.

use std::sync::OnceLock;

use super::Limits;
use crate::sketch::counts::{NumberCounts, bits};
use crate::sketch::distinct::Distinct;
use crate::sketch::mix;
use crate::sketch::moments::Moments;
use crate::sketch::quantiles::Quantiles;

/// How values follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) ascending: bool,
    pub(crate) descending: bool,
    /// Whether a value was equal to the one before it.
    pub(crate) ties: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self { ascending: true, descending: true, ties: false }
    }
}

/// The statistics of numbers.
pub(crate) struct Numeric {
    pub(crate) moments: Moments,
    pub(crate) order: Order,
    last: Option<f64>,
    /// How often each number occurs, while there are few different ones.
    counts: Option<NumberCounts>,
    quantiles: Quantiles,
    distinct: Distinct,
    exceptions: Distinct,
    /// The numbers of the batch at hand.
    pub(crate) buffer: Vec<f64>,
    /// All numbers in order, once they are asked for.
    sorted: OnceLock<Distribution>,
}

/// The numbers in order, each with how many it stands for.
pub(crate) struct Distribution {
    pub(crate) values: Vec<(f64, u64)>,
    pub(crate) total: u64,
    pub(crate) exact: bool,
}

impl Numeric {
    /// Statistics within the limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            moments: Moments::default(),
            order: Order::default(),
            last: None,
            counts: Some(NumberCounts::new(limits.counted)),
            quantiles: Quantiles::default(),
            distinct: Distinct::new(limits.distinct),
            exceptions: Distinct::new(limits.counted),
            buffer: Vec::new(),
            sorted: OnceLock::new(),
        }
    }

    /// A value that is no number: counted as a distinct value only.
    pub(crate) fn exception(&mut self, hash: u64) {
        self.exceptions.add(hash);
    }

    /// Takes the numbers of the batch.
    pub(crate) fn take_buffer(&mut self) {
        let values = std::mem::take(&mut self.buffer);
        self.follow(&values);
        self.moments.add(&values);
        let mut rest = &values[..];
        if let Some(counts) = self.counts.as_mut() {
            let fitted = values.iter().position(|value| !counts.add(*value));
            rest = fitted.map_or(&[][..], |last| &values[last + 1..]);
            if fitted.is_some() {
                self.spill();
            }
        }
        for value in rest {
            self.quantiles.add(*value);
            self.distinct.add(mix(bits(*value)));
        }
        self.buffer = values;
    }

    fn follow(&mut self, values: &[f64]) {
        let order = &mut self.order;
        if order.ascending || order.descending {
            for &value in values {
                if let Some(last) = self.last {
                    order.ascending &= value >= last;
                    order.descending &= value <= last;
                    order.ties |= value.total_cmp(&last).is_eq();
                }
                self.last = Some(value);
            }
        }
    }

    #[cold]
    fn spill(&mut self) {
        if let Some(counts) = self.counts.take() {
            for (value, count) in counts.sorted() {
                self.quantiles.add_weighted(value, count);
                self.distinct.add(mix(bits(value)));
            }
        }
    }

    /// The number of different values, exceptions included, and whether it is exact.
    pub(crate) fn distinct(&self) -> (u64, bool) {
        let (others, others_exact) = self.exceptions.count();
        let (numbers, exact) = match &self.counts {
            Some(counts) => (counts.len() as u64, true),
            None => self.distinct.count(),
        };
        (numbers + others, exact && others_exact)
    }

    /// All numbers in order; asked for when all are in.
    pub(crate) fn distribution(&self) -> &Distribution {
        self.sorted.get_or_init(|| self.sort())
    }

    fn sort(&self) -> Distribution {
        let (values, exact) = match &self.counts {
            Some(counts) => (counts.sorted(), true),
            None => (self.quantiles.weighted(), false),
        };
        let total = values.iter().map(|(_, weight)| weight).sum();
        Distribution { values, total, exact }
    }
}

impl Distribution {
    /// The quantile at `share` from 0 to 1: linear between neighbours where exact (as `quantile_cont` of SQL), else the
    /// nearest value kept.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let position = share * (self.total.checked_sub(1)?) as f64;
        let low = self.at(position.floor() as u64)?;
        if !self.exact || position.fract() == 0.0 {
            return Some(low);
        }
        let high = self.at(position.floor() as u64 + 1)?;
        Some(low + (high - low) * position.fract())
    }

    fn at(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        self.values
            .iter()
            .find(|(_, weight)| {
                seen += weight;
                seen > rank
            })
            .map(|(value, _)| *value)
    }

    /// The distances from `center` in order.
    pub(crate) fn distances(&self, center: f64) -> Self {
        let mut values: Vec<(f64, u64)> = self.values.iter().map(|(value, weight)| ((value - center).abs(), *weight)).collect();
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Self { values, total: self.total, exact: self.exact }
    }

    /// Shannon's entropy in bits; `None` where not every number was counted.
    pub(crate) fn entropy(&self) -> Option<f64> {
        (self.exact && self.total > 0).then(|| entropy(self.values.iter().map(|(_, count)| *count), self.total))
    }

    /// How many numbers lie below `low` or above `high`.
    pub(crate) fn outside(&self, low: f64, high: f64) -> u64 {
        self.values.iter().filter(|(value, _)| *value < low || *value > high).map(|(_, weight)| weight).sum()
    }

    /// Counts in `bins` bins of equal width over `low..=high`; numbers outside are left out. A bin holds its lower edge, the
    /// last bin its upper edge too.
    pub(crate) fn histogram(&self, low: f64, high: f64, bins: usize) -> Vec<u64> {
        let mut counts = vec![0; bins];
        let width = (high - low) / bins as f64;
        for (value, weight) in self.values.iter().filter(|(value, _)| *value >= low && *value <= high) {
            let bin = if width > 0.0 { ((value - low) / width) as usize } else { 0 };
            if let Some(slot) = counts.get_mut(bin.min(bins - 1)) {
                *slot += weight;
            }
        }
        counts
    }
}

/// Shannon's entropy in bits of counts that sum up to `total`.
pub(crate) fn entropy(counts: impl Iterator<Item = u64>, total: u64) -> f64 {
    let part = |count: u64| {
        let share = count as f64 / total as f64;
        if count == 0 { 0.0 } else { -share * share.log2() }
    };
    counts.map(part).sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(values: impl IntoIterator<Item = f64>, counted: usize) -> Numeric {
        let mut numeric = Numeric::new(&Limits { counted, distinct: 1 << 20, sample: 0, null_values: Vec::new() });
        for batch in values.into_iter().collect::<Vec<_>>().chunks(1000) {
            numeric.buffer = batch.to_vec();
            numeric.take_buffer();
        }
        numeric
    }

    #[test]
    fn few_different_numbers_give_exact_answers() {
        let numeric = numeric((0..10_000).map(|i| f64::from(i % 100)), 1000);
        let all = numeric.distribution();
        assert_eq!((numeric.distinct(), all.exact, all.total), ((100, true), true, 10_000));
        assert_eq!((all.quantile(0.0), all.quantile(0.5), all.quantile(1.0)), (Some(0.0), Some(49.5), Some(99.0)));
        assert_eq!(all.histogram(0.0, 99.0, 3), [3300, 3300, 3400]);
        assert_eq!(all.outside(10.0, 89.0), 2000);
    }

    #[test]
    fn many_different_numbers_lose_none_on_the_way_to_the_sketch() {
        let numeric = numeric((0..50_000).map(f64::from), 1000);
        let all = numeric.distribution();
        assert_eq!((numeric.distinct(), numeric.moments.count, all.exact), ((50_000, true), 50_000.0, false));
        assert!((all.total as f64 - 50_000.0).abs() < 250.0, "{}", all.total);
        assert!((all.quantile(0.5).unwrap() - 25_000.0).abs() < 250.0);
        assert!(numeric.order.ascending && !numeric.order.descending && !numeric.order.ties);
    }
}
