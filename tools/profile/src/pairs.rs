//! How columns go together: Pearson's correlation over the rows that all number columns kept.

use crate::column::Column;
use crate::result::{Basis, ColumnProfile, Correlation, Exactness};

/// Number columns that are compared at most: pairs grow with the square.
const COLUMNS: usize = 60;
/// Pairs that are listed at most.
const LISTED: usize = 50;
/// A correlation weaker than this is not listed.
const WEAKEST: f64 = 0.05;

/// The correlations of all pairs of number columns, strongest first.
pub(crate) fn correlations(columns: &[Column], profiles: &[ColumnProfile], rows: u64, complete: bool) -> Vec<Correlation> {
    let usable = |(column, profile): &(&Column, &ColumnProfile)| {
        profile.kind.is_number() && profile.distinct.value > 1 && column.sample.values.len() > 2
    };
    let numbers: Vec<_> = columns.iter().zip(profiles).filter(usable).take(COLUMNS).collect();
    let mut found = Vec::new();
    for (index, (a, profile_a)) in numbers.iter().enumerate() {
        for (b, profile_b) in &numbers[index + 1..] {
            let Some((value, used)) = pearson(&a.sample.values, &b.sample.values).filter(|(value, _)| value.abs() >= WEAKEST) else {
                continue;
            };
            let sampled = !complete || (a.sample.values.len() as u64) < rows;
            found.push(Correlation {
                a: profile_a.name.clone(),
                b: profile_b.name.clone(),
                method: "pearson".to_owned(),
                value,
                rows: used,
                basis: sampled.then_some(Basis { method: Exactness::Sampled, error: Some(1.96 / (used as f64).sqrt()) }),
            });
        }
    }
    found.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    found.truncate(LISTED);
    found
}

/// Pearson's coefficient over the rows where both values are there, and how many those are.
fn pearson(a: &[f64], b: &[f64]) -> Option<(f64, u64)> {
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

#[cfg(test)]
mod tests {
    use super::pearson;

    #[test]
    fn rows_without_both_values_do_not_count() {
        let found = pearson(&[1.0, 2.0, f64::NAN, 3.0, 4.0], &[2.0, 4.0, 9.0, f64::NAN, 8.0]);
        assert!(found.is_some_and(|(value, rows)| (value - 1.0).abs() < 1e-12 && rows == 3));
        assert_eq!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
    }
}
