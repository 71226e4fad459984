//! The profile of real data against a second, plain computation: everything in memory, sorted, counted.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashMap;

use data_stack_profile::result::{ColumnProfile, ColumnType, Exactness};
use support::profile;

fn file() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/transactions.csv")).unwrap()
}

/// RFC 4180, character by character: the plainest splitter there is.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => field.push(characters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            _ => field.push(c),
        }
    }
    rows
}

fn column(rows: &[Vec<String>], index: usize) -> Vec<&str> {
    rows[1..].iter().map(|row| row[index].as_str()).collect()
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {found} instead of {expected}");
}

fn number(value: Option<&serde_json::Value>) -> f64 {
    value.and_then(serde_json::Value::as_f64).unwrap()
}

#[test]
fn counts_distinct_values_and_top_values_equal_the_plain_computation() {
    let bytes = file();
    let found = profile(&bytes).unwrap();
    let all = rows(std::str::from_utf8(&bytes).unwrap());
    assert_eq!((found.file.rows, found.file.columns), (all.len() as u64 - 1, 8));
    for (index, column_found) in found.columns.iter().enumerate() {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for value in column(&all, index).into_iter().filter(|value| !value.is_empty()) {
            *counts.entry(value).or_default() += 1;
        }
        let values: u64 = counts.values().sum();
        let name = &column_found.name;
        assert_eq!(column_found.nulls, all.len() as u64 - 1 - values, "{name}");
        assert_eq!((column_found.distinct.value, column_found.distinct.exactness), (counts.len() as u64, Exactness::Exact), "{name}");
        let mut most: Vec<u64> = counts.values().copied().collect();
        most.sort_unstable_by(|a, b| b.cmp(a));
        most.truncate(10);
        assert_eq!(column_found.top_values.iter().map(|top| top.count).collect::<Vec<_>>(), most, "{name}");
    }
}

#[test]
fn moments_and_quantiles_equal_the_plain_computation() {
    let bytes = file();
    let found = profile(&bytes).unwrap();
    let all = rows(std::str::from_utf8(&bytes).unwrap());
    for index in [3, 5, 6] {
        let mut values: Vec<f64> = column(&all, index).iter().filter_map(|value| value.parse().ok()).collect();
        values.sort_by(f64::total_cmp);
        check_numbers(&found.columns[index], &values);
    }
}

fn check_numbers(found: &ColumnProfile, sorted: &[f64]) {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let power = |k: i32| sorted.iter().map(|value| (value - mean).powi(k)).sum::<f64>() / n;
    let (second, third, fourth) = (power(2), power(3), power(4));
    close(number(found.mean.as_ref()), mean, "mean");
    close(found.stddev.unwrap(), (second * n / (n - 1.0)).sqrt(), "stddev");
    close(found.skew.unwrap(), third / second.powf(1.5) * (n * (n - 1.0)).sqrt() / (n - 2.0), "skew");
    let excess = fourth / (second * second) - 3.0;
    close(found.kurtosis.unwrap(), (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0), "kurtosis");
    assert_eq!((number(found.min.as_ref()), number(found.max.as_ref())), (sorted[0], sorted[sorted.len() - 1]));
    for percent in [1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0] {
        let position = percent / 100.0 * (n - 1.0);
        let (low, high) = (sorted[position as usize], sorted[(position as usize + 1).min(sorted.len() - 1)]);
        close(number(found.quantiles.get(&format!("p{percent}"))), low + (high - low) * position.fract(), "quantile");
    }
    let histogram = found.histogram.as_ref().unwrap();
    assert_eq!(histogram.counts.iter().sum::<u64>() + histogram.below + histogram.above, sorted.len() as u64);
    assert!(found.inexact.is_empty());
}

#[test]
fn types_and_judgements_are_those_that_a_person_would_give() {
    use ColumnType::{Categorical, Code, Float, Integer, Text, Timestamp};
    let found = profile(file()).unwrap();
    let kinds: Vec<_> = found.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Code, Code, Text, Integer, Timestamp, Float, Float, Categorical]);
    assert_eq!(found.columns[4].min.as_ref().unwrap(), "2010-12-01T08:26:00");
    assert_eq!(found.columns[6].semantic_type.as_deref(), Some("identifier"));
    assert!(found.personal_data.is_empty(), "{:?}", found.personal_data);
    for code in ["duplicate_rows", "missing", "untrimmed", "whole_floats"] {
        assert!(found.issues.iter().any(|issue| issue.code == code), "{code}");
    }
    assert_eq!(found.scan.chunks.own, 0);
}

#[test]
fn duplicate_rows_equal_the_plain_computation() {
    let bytes = file();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty()).collect();
    let different: std::collections::HashSet<_> = lines.iter().collect();
    let found = profile(&bytes).unwrap().duplicates.unwrap();
    assert_eq!((found.rows, found.exactness), ((lines.len() - different.len()) as u64, Exactness::Exact));
}

#[test]
fn the_correlation_equals_the_plain_computation() {
    let bytes = file();
    let all = rows(std::str::from_utf8(&bytes).unwrap());
    let pairs: Vec<(f64, f64)> = all[1..].iter().filter_map(|row| Some((row[3].parse().ok()?, row[6].parse().ok()?))).collect();
    let n = pairs.len() as f64;
    let (mean_a, mean_b) = (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(a, b)| f(a - mean_a, b - mean_b)).sum::<f64>();
    let expected = sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    let mut text = String::from("Quantity,CustomerID,twice\n");
    for row in &all[1..] {
        let twice = row[3].parse::<f64>().unwrap() * 2.0 + row[5].parse::<f64>().unwrap();
        text.extend([row[3].as_str(), ",", row[6].as_str(), ",", &twice.to_string(), "\n"]);
    }
    let found = profile(text).unwrap();
    let strongest = &found.correlations[0];
    assert_eq!((strongest.a.as_str(), strongest.b.as_str()), ("Quantity", "twice"));
    if let Some(pair) = found.correlations.iter().find(|pair| pair.a == "Quantity" && pair.b == "CustomerID") {
        assert_eq!((pair.rows, pair.basis), (pairs.len() as u64, None));
        close(pair.value, expected, "pearson");
    } else {
        assert!(expected.abs() < 0.05, "{expected}");
    }
}
