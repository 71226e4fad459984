//! How many different values a stream holds: a set of hashes up to a limit, a `HyperLogLog` beyond.

use std::hash::BuildHasherDefault;

/// `HyperLogLog` registers as a power of two: 16,384 of one byte.
const PRECISION: u32 = 14;
/// The relative error that the estimate stays within in 99 of 100 streams: 2.6 × 1.04 / √16,384.
pub(crate) const ERROR: f64 = 0.021;

/// The hashes are already spread; hashing them again would only cost.
#[derive(Default)]
pub(crate) struct Identity(u64);

impl std::hash::Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Set = hashbrown::HashSet<u64, BuildHasherDefault<Identity>>;

/// Counts distinct 64-bit hashes.
pub(crate) enum Distinct {
    /// All hashes seen, and how many may be kept.
    Exact(Set, usize),
    /// Registers.
    Sketch(Vec<u8>),
}

impl Distinct {
    /// Counts exactly up to `limit` values.
    pub(crate) fn new(limit: usize) -> Self {
        Self::Exact(Set::default(), limit)
    }

    /// Adds a value by its hash.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        match self {
            Self::Exact(set, limit) => {
                set.insert(hash);
                if set.len() > *limit {
                    self.spill();
                }
            }
            Self::Sketch(registers) => register(registers, hash),
        }
    }

    #[cold]
    fn spill(&mut self) {
        if let Self::Exact(set, _) = self {
            let mut registers = vec![0; 1 << PRECISION];
            for hash in set.iter() {
                register(&mut registers, *hash);
            }
            *self = Self::Sketch(registers);
        }
    }

    /// The number of distinct values, and whether it is exact.
    pub(crate) fn count(&self) -> (u64, bool) {
        match self {
            Self::Exact(set, _) => (set.len() as u64, true),
            Self::Sketch(registers) => (estimate(registers).round() as u64, false),
        }
    }
}

#[inline]
fn register(registers: &mut [u8], hash: u64) {
    let index = (hash >> (64 - PRECISION)) as usize;
    let rank = ((hash << PRECISION) | (1 << (PRECISION - 1))).leading_zeros() as u8 + 1;
    if let Some(slot) = registers.get_mut(index)
        && rank > *slot
    {
        *slot = rank;
    }
}

/// Ertl's estimator (arXiv:1702.01284): no bias correction tables, good over the whole range.
fn estimate(registers: &[u8]) -> f64 {
    const RANKS: usize = 64 - PRECISION as usize;
    let size = registers.len() as f64;
    let mut histogram = [0.0_f64; RANKS + 2];
    for rank in registers {
        histogram[*rank as usize] += 1.0;
    }
    let mut sum = size * tau(1.0 - histogram[RANKS + 1] / size);
    for rank in (1..=RANKS).rev() {
        sum = 0.5 * (sum + histogram[rank]);
    }
    sum += size * sigma(histogram[0] / size);
    size * size / (2.0 * std::f64::consts::LN_2 * sum)
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Distinct, ERROR};
    use crate::sketch::mix;

    #[test]
    fn counts_are_exact_up_to_the_limit() {
        let mut distinct = Distinct::new(1000);
        for value in 0..3000_u64 {
            distinct.add(mix(value % 1000 + 1));
        }
        assert_eq!(distinct.count(), (1000, true));
    }

    #[test]
    fn the_sketch_stays_within_its_error_at_every_size() {
        let mut distinct = Distinct::new(10);
        let mut next = 1_000_u64;
        for value in 1..=2_000_000_u64 {
            distinct.add(mix(value));
            if value == next {
                let (found, exact) = distinct.count();
                let error = (found as f64 - value as f64).abs() / value as f64;
                assert!(!exact && error <= ERROR, "{value}: {found}");
                next *= 2;
            }
        }
    }

    #[test]
    fn one_heavy_value_does_not_move_the_sketch() {
        let mut distinct = Distinct::new(10);
        for value in 0..500_000_u64 {
            distinct.add(mix(7));
            distinct.add(mix(value % 50_000));
        }
        let (found, _) = distinct.count();
        assert!((found as f64 - 50_000.0).abs() <= 50_000.0 * ERROR, "{found}");
    }
}
