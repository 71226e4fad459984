//! How many rows repeat an earlier one: exact up to a limit, then counted on a sample of the different rows.

/// Counts repeated 64-bit hashes.
///
/// Rows are sampled by their hash, so that all copies of a row are kept or none: the repeats found among the kept rows,
/// times the sampling factor, estimate all repeats without bias.
pub(crate) struct Duplicates {
    hashes: Vec<u64>,
    limit: usize,
    shift: u32,
}

impl Duplicates {
    /// Keeps at most `limit` hashes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { hashes: Vec::new(), limit, shift: 0 }
    }

    /// Adds a row by its hash.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        if self.kept(hash) {
            self.hashes.push(hash);
            if self.hashes.len() > self.limit {
                self.thin();
            }
        }
    }

    fn kept(&self, hash: u64) -> bool {
        hash & ((1 << self.shift) - 1) == 0
    }

    #[cold]
    fn thin(&mut self) {
        self.shift += 1;
        let mask = (1_u64 << self.shift) - 1;
        self.hashes.retain(|hash| hash & mask == 0);
    }

    /// The number of rows that repeat an earlier row, and whether it is exact.
    pub(crate) fn count(mut self) -> (u64, bool) {
        self.hashes.sort_unstable();
        let repeats = self.hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
        (repeats << self.shift, self.shift == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Duplicates;
    use crate::sketch::mix;

    #[test]
    fn repeats_are_exact_below_the_limit() {
        let mut rows = Duplicates::new(1000);
        for value in 0..900_u64 {
            rows.add(mix(value % 600 + 1));
        }
        assert_eq!(rows.count(), (300, true));
    }

    #[test]
    fn repeats_are_estimated_beyond_the_limit() {
        let mut rows = Duplicates::new(20_000);
        for value in 0..400_000_u64 {
            rows.add(mix(value % 300_000 + 1));
        }
        let (found, exact) = rows.count();
        assert!(!exact && (found as f64 - 100_000.0).abs() < 8_000.0, "{found}");
    }
}
