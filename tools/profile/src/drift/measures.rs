//! Distances between two distributions.

use super::snapshot::Points;

/// A share that no bin goes below, so that a logarithm exists.
const FLOOR: f64 = 1e-4;
/// Bins that numbers are compared in.
const BINS: usize = 10;

/// The share of each bin in two distributions.
pub(super) struct Binned {
    pub(super) before: Vec<f64>,
    pub(super) now: Vec<f64>,
}

impl Points {
    fn total(&self) -> f64 {
        self.steps.iter().map(|(_, count)| *count as f64).sum()
    }

    /// The share of numbers up to `value`, each point being a step; between points of shrunk distributions on a straight line.
    fn cumulated(&self, value: f64) -> f64 {
        let total = self.total();
        let (mut seen, mut last) = (0.0, None);
        for (point, count) in &self.steps {
            if *point > value {
                if let Some(last) = last.filter(|_| !self.every) {
                    seen += *count as f64 * (value - last) / (point - last);
                }
                return seen / total;
            }
            seen += *count as f64;
            last = Some(*point);
        }
        seen / total
    }
}

/// Kolmogorov and Smirnov's distance.
pub(super) fn ks(before: &Points, now: &Points) -> f64 {
    let values = before.steps.iter().chain(&now.steps).map(|(value, _)| *value);
    values.map(|value| (before.cumulated(value) - now.cumulated(value)).abs()).fold(0.0, f64::max)
}

/// Bins at the tenths of the earlier numbers, with two open ends.
pub(super) fn binned(before: &Points, now: &Points) -> Binned {
    let total = before.total();
    let (mut edges, mut seen) = (Vec::new(), 0.0);
    for (value, count) in &before.steps {
        seen += *count as f64;
        if seen >= total * (edges.len() + 1) as f64 / BINS as f64 && edges.len() < BINS - 1 {
            edges.push(*value);
            while seen >= total * (edges.len() + 1) as f64 / BINS as f64 && edges.len() < BINS - 1 {
                edges.push(*value);
            }
        }
    }
    edges.dedup();
    let shares = |points: &Points| {
        let mut cumulated: Vec<f64> = edges.iter().map(|edge| points.cumulated(*edge)).collect();
        cumulated.push(1.0);
        let mut last = 0.0;
        cumulated.into_iter().map(|share| share - std::mem::replace(&mut last, share)).collect()
    };
    Binned { before: shares(before), now: shares(now) }
}

/// The shares of each category.
pub(super) fn of_categories(before: &[(String, u64)], now: &[(String, u64)]) -> Binned {
    let count = |all: &[(String, u64)], name: &str| all.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count) as f64;
    let total = |all: &[(String, u64)]| all.iter().map(|(_, count)| *count as f64).sum::<f64>().max(1.0);
    let new = now.iter().filter(|(name, _)| !before.iter().any(|(known, _)| known == name));
    let names: Vec<&str> = before.iter().chain(new).map(|(name, _)| name.as_str()).collect();
    let shares = |all: &[(String, u64)]| names.iter().map(|name| count(all, name) / total(all)).collect();
    Binned { before: shares(before), now: shares(now) }
}

impl Binned {
    /// The population stability index.
    pub(super) fn psi(&self) -> f64 {
        let part = |(before, now): (&f64, &f64)| {
            let (before, now) = (before.max(FLOOR), now.max(FLOOR));
            (now - before) * (now / before).ln()
        };
        self.before.iter().zip(&self.now).map(part).sum()
    }

    /// What the index would be by chance, with so many values before and now and no change.
    pub(super) fn chance(&self, before: u64, now: u64) -> f64 {
        (self.before.len() as f64 - 1.0).max(0.0) * (1.0 / before.max(1) as f64 + 1.0 / now.max(1) as f64)
    }

    /// Jensen and Shannon's distance.
    pub(super) fn js(&self) -> f64 {
        let part = |share: f64, middle: f64| if share > 0.0 { share * (share / middle).log2() } else { 0.0 };
        let both = self.before.iter().zip(&self.now).map(|(before, now)| {
            let middle = f64::midpoint(*before, *now);
            part(*before, middle) + part(*now, middle)
        });
        (both.sum::<f64>() / 2.0).clamp(0.0, 1.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(points: Vec<(f64, u64)>) -> Points {
        Points { steps: points, every: true, error: 0.0 }
    }

    #[test]
    fn distances_equal_the_formulas() {
        let shares = Binned { before: vec![0.5, 0.5], now: vec![0.25, 0.75] };
        let psi = 0.25 * (0.5_f64 / 0.25).ln() + 0.25 * (0.75_f64 / 0.5).ln();
        assert!((shares.psi() - psi).abs() < 1e-12);
        let js = 0.5
            * (0.5 * (0.5_f64 / 0.375).log2()
                + 0.5 * (0.5_f64 / 0.625).log2()
                + 0.25 * (0.25_f64 / 0.375).log2()
                + 0.75 * (0.75_f64 / 0.625).log2());
        assert!((shares.js() - js.sqrt()).abs() < 1e-12);
        assert!((shares.chance(100, 100) - 0.02).abs() < 1e-12);
    }

    #[test]
    fn ks_is_the_greatest_distance_of_the_steps() {
        let before = every(vec![(1.0, 5), (2.0, 5)]);
        let now = every(vec![(2.0, 5), (3.0, 5)]);
        assert!((ks(&before, &now) - 0.5).abs() < 1e-12 && ks(&before, &before) < 1e-12);
        let apart = every(vec![(7.0, 1)]);
        assert!((ks(&before, &apart) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bins_are_tenths_of_the_earlier_numbers() {
        let before = every((1..=100).map(|value| (f64::from(value), 1)).collect());
        let found = binned(&before, &before);
        assert_eq!(found.before.len(), 10);
        assert!(found.before.iter().all(|share| (share - 0.1).abs() < 1e-12) && found.psi() < 1e-12);
        let constant = every(vec![(5.0, 100)]);
        assert_eq!(binned(&constant, &before).before.len(), 2);
    }
}
