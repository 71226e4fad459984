//! How columns go together, against plain computations.

mod support;

use std::collections::HashMap;
use std::fmt::Write as _;

use data_stack_profile::Options;
use data_stack_profile::result::{Correlation, Exactness, Profile};
use support::{profile, profile_with};

fn predicting(target: &str) -> Options {
    Options { target: Some(target.to_owned()), ..Options::default() }
}

/// A number that looks drawn by chance and is the same in every run.
fn noise(row: u64) -> u64 {
    let mut value = row.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^= value >> 29;
    value.wrapping_mul(0x94d0_49bb_1331_11eb) >> 33
}

fn pair<'a>(found: &'a Profile, a: &str, b: &str) -> Option<&'a Correlation> {
    found.correlations.iter().find(|pair| (pair.a == a && pair.b == b) || (pair.a == b && pair.b == a))
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-9, "{what}: {found} instead of {expected}");
}

/// Ranks, ties sharing the mean of theirs: by counting, quadratically.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count() as f64;
        let same = values.iter().filter(|other| other.total_cmp(value).is_eq()).count() as f64;
        below + f64::midpoint(same, 1.0)
    };
    values.iter().map(rank).collect()
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let sum = |part: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(one, other)| part(one - mean_a, other - mean_b)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// Bergsma's corrected Cramér's V from the counts.
fn cramers_v(one: &[String], other: &[String]) -> f64 {
    let count = |values: &mut dyn Iterator<Item = String>| {
        let mut counts = HashMap::<String, f64>::new();
        values.for_each(|value| *counts.entry(value).or_default() += 1.0);
        counts
    };
    let total = one.len() as f64;
    let (rows, columns) = (count(&mut one.iter().cloned()), count(&mut other.iter().cloned()));
    let cells = count(&mut one.iter().zip(other).map(|(x, y)| format!("{x}|{y}")));
    let mut chi = 0.0;
    for (x, row) in &rows {
        for (y, column) in &columns {
            let expected = row * column / total;
            chi += (cells.get(&format!("{x}|{y}")).unwrap_or(&0.0) - expected).powi(2) / expected;
        }
    }
    let (r, k) = (rows.len() as f64, columns.len() as f64);
    let phi = (chi / total - (r - 1.0) * (k - 1.0) / (total - 1.0)).max(0.0);
    (phi / ((r - (r - 1.0).powi(2) / (total - 1.0)).min(k - (k - 1.0).powi(2) / (total - 1.0)) - 1.0)).sqrt()
}

#[test]
fn every_measure_equals_the_plain_computation() {
    let rows = 600_u64;
    let x: Vec<f64> = (0..rows).map(|row| (noise(row) % 50) as f64).collect();
    let y: Vec<f64> = (0..rows).map(|row| (x[row as usize] / 10.0).exp() + (noise(row + 9000) % 20) as f64).collect();
    let color: Vec<String> = (0..rows).map(|row| ["red", "green", "blue"][(noise(row + 500) % 3) as usize].to_owned()).collect();
    let size: Vec<String> = (0..rows)
        .map(|row| if noise(row + 700).is_multiple_of(3) { "any".to_owned() } else { format!("of {}", color[row as usize]) })
        .collect();
    let mut text = String::from("x,y,color,size\n");
    for row in 0..rows as usize {
        let _ = writeln!(text, "{},{},{},{}", x[row], y[row], color[row], size[row]);
    }
    let found = profile(&text).unwrap();
    let numbers = pair(&found, "x", "y").unwrap();
    assert_eq!((numbers.method.as_str(), numbers.rows, numbers.basis), ("pearson", rows, None));
    close(numbers.value, pearson(&x, &y), "pearson");
    close(numbers.spearman.unwrap(), pearson(&ranks(&x), &ranks(&y)), "spearman");
    let categories = pair(&found, "color", "size").unwrap();
    assert_eq!(categories.method, "cramers_v");
    close(categories.value, cramers_v(&color, &size), "cramers_v");
    assert_eq!(found.compared.as_ref().map(|compared| (compared.columns, compared.rows, compared.all_rows)), Some((4, rows, true)));
}

#[test]
fn ranks_are_those_among_the_rows_with_both_values() {
    let cell = |value: u64, row: u64, every: u64| if row.is_multiple_of(every) { String::new() } else { value.to_string() };
    let mut text = String::from("x,y\n");
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in 1..=400_u64 {
        let (one, other) = (noise(row) % 30, noise(row) % 30 + noise(row + 5000) % 15);
        let _ = writeln!(text, "{},{}", cell(one, row, 3), cell(other, row, 5));
        if !row.is_multiple_of(3) && !row.is_multiple_of(5) {
            x.push(one as f64);
            y.push(other as f64);
        }
    }
    let found = profile(&text).unwrap();
    let both = pair(&found, "x", "y").unwrap();
    assert_eq!(both.rows, x.len() as u64);
    close(both.spearman.unwrap(), pearson(&ranks(&x), &ranks(&y)), "spearman");
}

#[test]
fn a_relation_that_is_not_monotonic_is_found_by_mutual_information() {
    let mut text = String::from("x,parabola,group,level\n");
    for row in 0..900_i64 {
        let x = row % 61 - 30;
        let _ = writeln!(text, "{x},{},{},{}", x * x, ["a", "b", "c"][(row % 3) as usize], row % 3 * 10 + row % 2);
    }
    let found = profile(&text).unwrap();
    let curve = pair(&found, "x", "parabola").unwrap();
    assert!(curve.value.abs() < 0.1 && curve.mutual_information.unwrap() > 0.6, "{curve:?}");
    let groups = pair(&found, "group", "level").unwrap();
    assert_eq!(groups.method, "correlation_ratio");
    assert!(groups.value > 0.99, "{groups:?}");
}

#[test]
fn independent_columns_are_not_reported_as_related() {
    let mut text = String::from("a,b,c,d\n");
    for row in 0..5000_u64 {
        let _ = writeln!(
            text,
            "{},{},{},{}",
            noise(row) % 1000,
            noise(row + 50_000) % 1000,
            ["p", "q"][(noise(row + 90_000) % 2) as usize],
            ["u", "v", "w"][(noise(row + 130_000) % 3) as usize]
        );
    }
    let found = profile(&text).unwrap();
    assert!(found.correlations.iter().all(|pair| pair.strength() < 0.1), "{:?}", found.correlations);
    assert!(found.dependencies.is_empty() && found.composite_keys.is_empty());
}

/// Orders with lines: the order and the line's number are the key, a product decides its name, one name is wrong.
fn orders() -> String {
    let mut text = String::from("order,line,product,name,again\n");
    for row in 0..2000_u64 {
        let product = noise(row) % 40;
        let name = if row == 777 { "wrong".to_owned() } else { format!("product number {product}") };
        let _ = writeln!(text, "{},{},P{product},{name},P{product}", row / 4 + 10_000, row % 4 + 1);
    }
    text
}

#[test]
fn composite_keys_and_dependencies_are_found_with_the_lines_that_break_them() {
    let found = profile(orders()).unwrap();
    let keys: Vec<_> = found.composite_keys.iter().map(|key| (key.columns.clone(), key.basis)).collect();
    assert_eq!(keys, [(vec!["order".to_owned(), "line".to_owned()], None)]);
    let equal = found.dependencies.iter().find(|found| found.equal).unwrap();
    assert_eq!((equal.from.as_str(), equal.to.as_str(), equal.holds), ("product", "again", 1.0));
    let broken = found.dependencies.iter().find(|found| found.from == "product" && found.to == "name").unwrap();
    assert_eq!((broken.lines.clone(), broken.holds), (vec![779], 1.0 - 1.0 / 2000.0));
    assert!(!found.dependencies.iter().any(|found| found.to == "line" || found.to == "order"));
    assert!(found.issues.iter().any(|issue| issue.code == "duplicate_column"));
}

#[test]
fn references_within_a_file_are_found() {
    let mut text = String::from("employee,manager_id,level\n");
    for row in 0..300_u64 {
        let _ = writeln!(text, "E{row:04},E{:04},{}", row / 10, row % 5);
    }
    let found = profile(&text).unwrap();
    let references: Vec<_> = found.inclusions.iter().map(|found| (found.from.as_str(), found.to.as_str(), found.values)).collect();
    assert_eq!((found.key_candidates.clone(), references), (vec!["employee".to_owned()], vec![("manager_id", "employee", 30)]));
}

#[test]
fn columns_that_are_missing_together_are_grouped() {
    let mut text = String::from("id,street,city,note\n");
    for row in 0..100 {
        let address = if row % 4 == 0 { ",".to_owned() } else { format!("Main St {row},Town{}", row % 3) };
        let _ = writeln!(text, "{row},{address},{}", if row % 10 == 0 { "" } else { "x" });
    }
    let found = profile(&text).unwrap().missing_patterns.unwrap();
    assert_eq!(found.together, [["street", "city"]]);
    let patterns: Vec<_> = found.patterns.iter().map(|pattern| (pattern.columns.join("+"), pattern.rows)).collect();
    assert_eq!(patterns, [(String::new(), 70), ("street+city".into(), 20), ("street+city+note".into(), 5), ("note".into(), 5)]);
}

#[test]
fn the_target_is_told_by_what_goes_with_it_and_leaks_are_named() {
    let mut text = String::from("churn,usage,noise,refund_reason,churn_code\n");
    for row in 0..1000_u64 {
        let churn = noise(row).is_multiple_of(4);
        let usage = if churn { noise(row + 1) % 40 } else { 30 + noise(row + 1) % 70 };
        let reason = if churn { format!("reason {}", noise(row + 2) % 30) } else { String::new() };
        let _ = writeln!(
            text,
            "{},{usage},{},{reason},{}",
            if churn { "yes" } else { "no" },
            noise(row + 3) % 100,
            if churn { "C1" } else { "C0" }
        );
    }
    let options = predicting("churn");
    let found = profile_with(&text, &options).unwrap().target.unwrap();
    assert_eq!((found.task.as_str(), found.associations[0].column.as_str(), found.basis), ("classification", "churn_code", None));
    let usage = found.associations.iter().find(|found| found.column == "usage").unwrap();
    let noise = found.associations.iter().find(|found| found.column == "noise").map_or(0.0, |found| found.explained);
    assert!(usage.explained > 0.3 && noise < 0.02, "{usage:?} {noise}");
    let leaks: Vec<_> = found.leaks.iter().map(|leak| leak.column.as_str()).collect();
    assert_eq!(leaks, ["refund_reason", "churn_code"]);
}

#[test]
fn a_file_with_dates_is_a_series_over_its_days() {
    let mut text = String::from("day,sales,shop\n");
    for day in 0..140_u64 {
        for shop in 0..3 {
            let (year, month, date) = (2023, day / 28 + 1, day % 28 + 1);
            let sales = if day % 7 == 5 { 500 } else { 100 } + noise(day * 3 + shop) % 20;
            let _ = writeln!(text, "{year}-{month:02}-{date:02},{sales},shop{shop}");
        }
    }
    let found = profile(&text).unwrap().time_series.unwrap();
    assert_eq!((found.column.as_str(), found.period.as_str(), found.measures[0].column.as_str()), ("day", "day", "rows"));
    assert_eq!((found.first, found.last, found.empty_periods), ("2023-01-01".into(), "2023-05-28".into(), found.periods - 140));
    assert_eq!(found.measures[0].recent.iter().sum::<f64>() as u64 % 3, 0);
}

/// Wide and long files stand on fewer rows and columns, and it is said.
#[test]
fn what_is_compared_is_bounded_and_stated() {
    let mut text = (0..200).map(|index| format!("c{index}")).collect::<Vec<_>>().join(",");
    for row in 0..30_000_u64 {
        text.push('\n');
        let fields =
            (0..200_u64).map(|index| if index == 199 { (row % 7).to_string() } else { (noise(row * 200 + index) % 9).to_string() });
        text.push_str(&fields.collect::<Vec<_>>().join(","));
    }
    let options = predicting("c199");
    let found = profile_with(&text, &options).unwrap();
    let compared = found.compared.unwrap();
    assert_eq!((compared.columns, compared.left_out, compared.all_rows), (64, 136, false));
    assert!(compared.rows < 12_500, "{compared:?}");
    assert!(found.correlations.iter().all(|pair| pair.basis.is_some_and(|basis| basis.method == Exactness::Sampled)));
    assert_eq!(found.target.unwrap().basis.map(|basis| basis.method), Some(Exactness::Sampled));
}
