//! Measures of association between two columns.

use super::prepare::{NO_BIN, Prepared};

/// Pearson's coefficient over the rows where both values are there, and how many those are.
pub(crate) fn pearson(a: &[f64], b: &[f64]) -> Option<(f64, u64)> {
    let both = || a.iter().zip(b).filter(|(x, y)| !x.is_nan() && !y.is_nan());
    let (mut count, mut sum_a, mut sum_b) = (0_u64, 0.0, 0.0);
    for (x, y) in both() {
        count += 1;
        sum_a += x;
        sum_b += y;
    }
    let (mean_a, mean_b) = (sum_a / count as f64, sum_b / count as f64);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in both() {
        let (dx, dy) = (x - mean_a, y - mean_b);
        aa += dx * dx;
        bb += dy * dy;
        ab += dx * dy;
    }
    let value = ab / (aa.sqrt() * bb.sqrt());
    (count > 2 && value.is_finite()).then_some((value.clamp(-1.0, 1.0), count))
}

/// Spearman's coefficient: Pearson's of the ranks among the rows where both values are there.
pub(crate) fn spearman(a: &Prepared<'_>, b: &Prepared<'_>) -> Option<f64> {
    let holes = a.ranks.iter().zip(&b.ranks).any(|(x, y)| x.is_nan() != y.is_nan());
    if !holes {
        return pearson(&a.ranks, &b.ranks).map(|(value, _)| value);
    }
    pearson(&a.ranks_beside(b), &b.ranks_beside(a)).map(|(value, _)| value)
}

/// The ranks of some values, ties sharing the mean of theirs.
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut found = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let same = order[start..].iter().take_while(|at| values[**at].total_cmp(&value).is_eq()).count();
        for at in &order[start..start + same] {
            found[*at] = start as f64 + (same as f64 - 1.0) / 2.0;
        }
        start += same;
    }
    found
}

/// The correlation ratio η of numbers over groups, corrected for the number of groups (the root of ε²), and the rows it stands on.
pub(crate) fn correlation_ratio(values: &[f64], groups: &[u8], count: usize) -> Option<(f64, u64)> {
    let mut sums = vec![(0_u64, 0.0); count];
    let both = || values.iter().zip(groups).filter(|(value, group)| !value.is_nan() && **group != NO_BIN);
    for (value, group) in both() {
        let slot = &mut sums[usize::from(*group)];
        *slot = (slot.0 + 1, slot.1 + value);
    }
    let rows: u64 = sums.iter().map(|(count, _)| count).sum();
    let mean = sums.iter().map(|(_, sum)| sum).sum::<f64>() / rows as f64;
    let all: f64 = both().map(|(value, _)| (value - mean) * (value - mean)).sum();
    let filled = sums.iter().filter(|(count, _)| *count > 0);
    let groups = filled.clone().count() as u64;
    let between: f64 = filled.map(|(count, sum)| *count as f64 * (sum / *count as f64 - mean).powi(2)).sum();
    let degrees = rows.checked_sub(groups).filter(|degrees| *degrees > 0)? as f64;
    let ratio = 1.0 - (1.0 - between / all) * (rows as f64 - 1.0) / degrees;
    (groups > 1 && ratio.is_finite()).then(|| (ratio.clamp(0.0, 1.0).sqrt(), rows))
}

/// How often each bin of one column meets each bin of another.
pub(crate) struct Table {
    cells: Vec<u32>,
    rows: Vec<u64>,
    columns: Vec<u64>,
    total: u64,
}

impl Table {
    /// Counts the rows where both have a bin.
    pub(crate) fn new(a: &[u8], a_count: usize, b: &[u8], b_count: usize) -> Self {
        let mut cells = vec![0_u32; a_count * b_count];
        for (x, y) in a.iter().zip(b) {
            if *x != NO_BIN && *y != NO_BIN {
                cells[usize::from(*x) * b_count + usize::from(*y)] += 1;
            }
        }
        let rows: Vec<u64> =
            (0..a_count).map(|x| cells[x * b_count..(x + 1) * b_count].iter().map(|count| u64::from(*count)).sum()).collect();
        let columns: Vec<u64> =
            (0..b_count).map(|y| cells.iter().skip(y).step_by(b_count.max(1)).map(|count| u64::from(*count)).sum()).collect();
        let total = rows.iter().sum();
        Self { cells, rows, columns, total }
    }

    /// The rows counted.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// Cramér's V with Bergsma's correction for bias (2013).
    pub(crate) fn cramers_v(&self) -> Option<f64> {
        let n = self.total as f64;
        let (r, k) = (filled(&self.rows), filled(&self.columns));
        if r < 2.0 || k < 2.0 || n < 2.0 {
            return None;
        }
        let mut chi = 0.0;
        for (x, row) in self.rows.iter().enumerate().filter(|(_, row)| **row > 0) {
            for (y, column) in self.columns.iter().enumerate().filter(|(_, column)| **column > 0) {
                let expected = *row as f64 * *column as f64 / n;
                let distance = f64::from(self.cells[x * self.columns.len() + y]) - expected;
                chi += distance * distance / expected;
            }
        }
        let phi = (chi / n - (k - 1.0) * (r - 1.0) / (n - 1.0)).max(0.0);
        let (r, k) = (r - (r - 1.0).powi(2) / (n - 1.0), k - (k - 1.0).powi(2) / (n - 1.0));
        let value = (phi / (r.min(k) - 1.0)).sqrt();
        value.is_finite().then(|| value.min(1.0))
    }

    /// Mutual information in nats, with Miller and Madow's correction for bias.
    fn information(&self) -> f64 {
        let n = self.total as f64;
        let cells = self.cells.iter().filter(|count| **count > 0).count() as f64;
        let joint = self.cells.iter().filter(|count| **count > 0).map(|count| plogp(f64::from(*count) / n)).sum::<f64>();
        let plain = entropy(&self.rows, n) + entropy(&self.columns, n) - joint;
        plain - (cells - filled(&self.rows) - filled(&self.columns) + 1.0).max(0.0) / (2.0 * n)
    }

    /// Mutual information as a share of the smaller entropy.
    pub(crate) fn mutual_information(&self) -> Option<f64> {
        let n = self.total as f64;
        let least = entropy(&self.rows, n).min(entropy(&self.columns, n));
        (self.total > 2 && least > 1e-9).then(|| (self.information() / least).clamp(0.0, 1.0))
    }

    /// The share of the second column's entropy that the first explains (Theil's U).
    pub(crate) fn explained(&self) -> Option<f64> {
        let all = entropy(&self.columns, self.total as f64);
        (self.total > 2 && all > 1e-9).then(|| (self.information() / all).clamp(0.0, 1.0))
    }
}

fn filled(counts: &[u64]) -> f64 {
    counts.iter().filter(|count| **count > 0).count() as f64
}

fn entropy(counts: &[u64], n: f64) -> f64 {
    counts.iter().filter(|count| **count > 0).map(|count| plogp(*count as f64 / n)).sum()
}

fn plogp(share: f64) -> f64 {
    -share * share.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{found:?} instead of {expected}");
    }

    #[test]
    fn rows_without_both_values_do_not_count() {
        let found = pearson(&[1.0, 2.0, f64::NAN, 3.0, 4.0], &[2.0, 4.0, 9.0, f64::NAN, 8.0]);
        assert!(found.is_some_and(|(value, rows)| (value - 1.0).abs() < 1e-12 && rows == 3));
        assert_eq!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 9.0]), [1.5, 0.0, 1.5, 3.0]);
    }

    /// 2 × 2 with 40, 10, 10, 40: χ² = 36, so φ² = 0.36; Bergsma's correction takes (1 × 1) / 99.
    #[test]
    fn cramers_v_and_mutual_information_equal_the_formulas() {
        let counts = [(0, 0, 40), (0, 1, 10), (1, 0, 10), (1, 1, 40)];
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for (x, y, count) in counts {
            a.extend(std::iter::repeat_n(x, count));
            b.extend(std::iter::repeat_n(y, count));
        }
        a.push(NO_BIN);
        b.push(0);
        let table = Table::new(&a, 2, &b, 2);
        let dimension = 2.0 - 1.0 / 99.0 - 1.0_f64;
        close(table.cramers_v(), ((0.36 - 1.0 / 99.0) / dimension).sqrt());
        let (same, other) = (0.4_f64, 0.1_f64);
        let plain = 2.0 * (same * (same / 0.25).ln() + other * (other / 0.25).ln());
        let corrected = plain - (4.0 - 2.0 - 2.0 + 1.0) / 200.0;
        close(table.mutual_information(), corrected / 2.0_f64.ln());
        close(table.explained(), corrected / 2.0_f64.ln());
    }

    /// Groups 1, 2, 3 and 5, 6, 7: 24 of 28 lie between the groups.
    #[test]
    fn the_correlation_ratio_equals_the_formula() {
        let found = correlation_ratio(&[1.0, 2.0, 3.0, 5.0, 6.0, 7.0, f64::NAN], &[0, 0, 0, 1, 1, 1, 1], 2);
        close(found.map(|(value, _)| value), (1.0 - (4.0 / 28.0) * 5.0 / 4.0_f64).sqrt());
        assert_eq!(found.map(|(_, rows)| rows), Some(6));
    }

    #[test]
    fn independent_columns_have_no_association() {
        let a: Vec<u8> = (0..1000).map(|row| (row % 4) as u8).collect();
        let b: Vec<u8> = (0..1000).map(|row| (row / 4 % 5) as u8).collect();
        let table = Table::new(&a, 4, &b, 5);
        close(table.cramers_v(), 0.0);
        close(table.mutual_information(), 0.0);
    }
}
