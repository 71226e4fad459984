//! Mean, variance, skewness and kurtosis in one pass, merged by Pébay's formulas (Sandia report SAND2008-6212).

/// The first four central moments and the extremes of a stream of finite numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) count: f64,
    pub(crate) mean: f64,
    second: f64,
    third: f64,
    fourth: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) zeros: u64,
    pub(crate) negatives: u64,
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            count: 0.0,
            mean: 0.0,
            second: 0.0,
            third: 0.0,
            fourth: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            zeros: 0,
            negatives: 0,
        }
    }
}

impl Moments {
    /// Adds a batch: two passes over it while it is in cache, then one merge.
    pub(crate) fn add(&mut self, values: &[f64]) {
        if !values.is_empty() {
            self.merge(&Self::of(values));
        }
    }

    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mut found = Self { count, ..Self::default() };
        let mut sum = 0.0;
        for &value in values {
            sum += value;
            found.min = if value < found.min { value } else { found.min };
            found.max = if value > found.max { value } else { found.max };
            found.zeros += u64::from(value == 0.0);
            found.negatives += u64::from(value < 0.0);
        }
        found.mean = sum / count;
        let mut residue = 0.0;
        for &value in values {
            let difference = value - found.mean;
            let square = difference * difference;
            residue += difference;
            found.second += square;
            found.third += square * difference;
            found.fourth += square * square;
        }
        // What rounding left in the mean: one correction step makes it as good as a compensated sum.
        found.mean += residue / count;
        found.second -= residue * residue / count;
        found
    }

    /// Adds what another stream held.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.count, other.count);
        let n = a + b;
        let delta = other.mean - self.mean;
        let square = delta * delta;
        self.fourth += other.fourth
            + square * square * a * b * (a * a - a * b + b * b) / (n * n * n)
            + 6.0 * square * (a * a * other.second + b * b * self.second) / (n * n)
            + 4.0 * delta * (a * other.third - b * self.third) / n;
        self.third += other.third + square * delta * a * b * (a - b) / (n * n) + 3.0 * delta * (a * other.second - b * self.second) / n;
        self.second += other.second + square * a * b / n;
        self.mean += delta * b / n;
        self.count = n;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.zeros += other.zeros;
        self.negatives += other.negatives;
    }

    /// The sample's standard deviation (divided by n − 1); `None` below two values.
    pub(crate) fn deviation(&self) -> Option<f64> {
        (self.count > 1.0).then(|| (self.second.max(0.0) / (self.count - 1.0)).sqrt())
    }

    /// The adjusted Fisher-Pearson skewness G1, as pandas and `DuckDB` give it; `None` below three values or without spread.
    pub(crate) fn skew(&self) -> Option<f64> {
        let n = self.count;
        (n > 2.0 && self.second > 0.0).then(|| {
            let plain = n.sqrt() * self.third / self.second.powf(1.5);
            plain * (n * (n - 1.0)).sqrt() / (n - 2.0)
        })
    }

    /// The adjusted excess kurtosis G2, as pandas and `DuckDB` give it; `None` below four values or without spread.
    pub(crate) fn kurtosis(&self) -> Option<f64> {
        let n = self.count;
        (n > 3.0 && self.second > 0.0).then(|| {
            let plain = n * self.fourth / (self.second * self.second) - 3.0;
            (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * plain + 6.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Moments;

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
    }

    #[test]
    fn batches_merged_equal_the_whole_computed_at_once() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 257) + 1e6).collect();
        let mut whole = Moments::default();
        whole.add(&values);
        let mut parts = Moments::default();
        for part in values.chunks(37) {
            parts.add(part);
        }
        for (a, b) in [
            (parts.mean, whole.mean),
            (parts.deviation().unwrap(), whole.deviation().unwrap()),
            (parts.skew().unwrap(), whole.skew().unwrap()),
            (parts.kurtosis().unwrap(), whole.kurtosis().unwrap()),
        ] {
            assert!((a - b).abs() < 1e-8, "{a} {b}");
        }
        assert_eq!((parts.min, parts.max, parts.count), (1e6, 1e6 + 256.0, 1000.0));
    }

    #[test]
    fn a_known_sample_has_the_values_that_pandas_gives() {
        let mut found = Moments::default();
        found.add(&[1.0, 2.0, 3.0, 4.0, 10.0]);
        assert!(close(found.mean, 4.0));
        assert!(close(found.deviation().unwrap(), 3.535_533_905_932_737_8));
        assert!(close(found.skew().unwrap(), 1.697_056_274_847_714));
        assert!(close(found.kurtosis().unwrap(), 3.152));
    }

    #[test]
    fn too_few_or_equal_values_have_no_shape() {
        let mut found = Moments::default();
        assert_eq!(found.deviation(), None);
        found.add(&[3.0; 10]);
        assert_eq!((found.deviation(), found.skew(), found.kurtosis()), (Some(0.0), None, None));
    }
}
