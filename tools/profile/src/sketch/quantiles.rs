//! Quantiles of a stream: the KLL sketch (Karnin, Lang and Liberty, FOCS 2016), with doubling weights per level.

/// The size parameter: the top level's capacity.
const SIZE: usize = 1024;
/// Values gathered before the first compaction, so that sorting is cheap per value.
const INTAKE: usize = 4096;
/// The rank error, as a share of all values, that quantiles stay within.
pub(crate) const ERROR: f64 = 0.005;

/// A quantile sketch over finite numbers.
pub(crate) struct Quantiles {
    levels: Vec<Vec<f64>>,
    random: u64,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self { levels: vec![Vec::with_capacity(INTAKE)], random: 0x9e37_79b9_7f4a_7c15 }
    }
}

impl Quantiles {
    /// Adds a value.
    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        if let Some(intake) = self.levels.first_mut() {
            intake.push(value);
            if intake.len() >= INTAKE {
                self.compact();
            }
        }
    }

    /// Adds a value `weight` times: once to each level whose weight is a bit of it.
    pub(crate) fn add_weighted(&mut self, value: f64, weight: u64) {
        for bit in 0..(64 - weight.leading_zeros()) as usize {
            if self.levels.len() <= bit {
                self.levels.push(Vec::new());
            }
            if weight >> bit & 1 == 1 {
                self.levels[bit].push(value);
            }
        }
        if self.levels.iter().map(Vec::len).sum::<usize>() > 2 * (INTAKE + 3 * SIZE) {
            self.compact();
        }
    }

    fn capacity(&self, level: usize) -> usize {
        if level == 0 {
            return INTAKE;
        }
        let depth = (self.levels.len() - 1 - level) as i32;
        ((SIZE as f64 * (2.0_f64 / 3.0).powi(depth)) as usize).max(16)
    }

    #[cold]
    fn compact(&mut self) {
        let mut level = 0;
        while level < self.levels.len() {
            if self.levels[level].len() >= self.capacity(level) {
                self.promote(level);
            }
            level += 1;
        }
    }

    /// Sends every second value of a sorted level one level up, where each stands for two.
    fn promote(&mut self, level: usize) {
        if level + 1 == self.levels.len() {
            self.levels.push(Vec::new());
        }
        let mut values = std::mem::take(&mut self.levels[level]);
        values.sort_unstable_by(f64::total_cmp);
        let odd = if values.len() % 2 == 1 { values.pop() } else { None };
        let offset = self.coin();
        self.levels[level + 1].extend(values.iter().skip(offset).step_by(2));
        values.clear();
        values.extend(odd);
        self.levels[level] = values;
    }

    fn coin(&mut self) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 40 & 1) as usize
    }

    /// The kept values in order, each with how many values it stands for.
    pub(crate) fn weighted(&self) -> Vec<(f64, u64)> {
        let mut all: Vec<(f64, u64)> =
            self.levels.iter().enumerate().flat_map(|(level, values)| values.iter().map(move |value| (*value, 1 << level))).collect();
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        all.dedup_by(|next, kept| {
            let same = next.0.total_cmp(&kept.0).is_eq();
            if same {
                kept.1 += next.1;
            }
            same
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{ERROR, Quantiles};
    use crate::sketch::mix;

    /// The largest distance between the sketch's rank and the true rank, as a share, over 99 quantiles.
    fn worst(values: &[f64]) -> f64 {
        let mut sketch = Quantiles::default();
        for value in values {
            sketch.add(*value);
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let weighted = sketch.weighted();
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut worst = 0.0_f64;
        for percent in 1..100 {
            let target = total as f64 * f64::from(percent) / 100.0;
            let mut seen = 0;
            let found = weighted.iter().find(|(_, weight)| {
                seen += weight;
                seen as f64 >= target
            });
            let value = found.unwrap().0;
            let below = sorted.partition_point(|other| *other < value) as f64 / sorted.len() as f64;
            let upto = sorted.partition_point(|other| *other <= value) as f64 / sorted.len() as f64;
            let wanted = f64::from(percent) / 100.0;
            worst = worst.max((below - wanted).max(wanted - upto).max(0.0));
        }
        worst
    }

    #[test]
    fn the_rank_error_holds_for_adversarial_orders() {
        let n = 500_000_u64;
        let orders: [(&str, Vec<f64>); 6] = [
            ("ascending", (0..n).map(|i| i as f64).collect()),
            ("descending", (0..n).rev().map(|i| i as f64).collect()),
            ("shuffled", (0..n).map(|i| (mix(i) >> 20) as f64).collect()),
            ("constant", vec![5.0; n as usize]),
            ("heavy hitter", (0..n).map(|i| if i % 10 == 0 { i as f64 } else { 7.0 }).collect()),
            ("zigzag", (0..n).map(|i| if i % 2 == 0 { i as f64 } else { -(i as f64) }).collect()),
        ];
        for (name, values) in orders {
            let found = worst(&values);
            assert!(found <= ERROR, "{name}: {found}");
        }
    }

    #[test]
    fn weights_count_like_repetitions() {
        let mut sketch = Quantiles::default();
        for value in 0..1000_u32 {
            sketch.add_weighted(f64::from(value), 1000);
        }
        let weighted = sketch.weighted();
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        assert!((total as f64 - 1_000_000.0).abs() <= 1_000_000.0 * ERROR, "{total}");
        let below: u64 = weighted.iter().filter(|(value, _)| *value < 500.0).map(|(_, weight)| weight).sum();
        assert!((below as f64 / total as f64 - 0.5).abs() <= ERROR);
    }
}
