//! What values mean: numbers in a dress, dates in every form, times, texts, places; with what is said about them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;

use data_stack_profile::result::{ColumnProfile, ColumnType, Issue, Profile};
use support::profile;

fn column<'a>(profile: &'a Profile, name: &str) -> &'a ColumnProfile {
    profile.columns.iter().find(|column| column.name == name).unwrap()
}

fn issue<'a>(profile: &'a Profile, code: &str, column: &str) -> &'a Issue {
    profile.issues.iter().find(|issue| issue.code == code && issue.column.as_deref() == Some(column)).unwrap()
}

#[test]
fn numbers_in_a_dress_are_numbers_and_it_is_said_what_they_wear() {
    let mut text = String::from("price;share;amount;count;code\n");
    for row in 0..200 {
        let _ = writeln!(
            text,
            "$ {},{:03}.50;{},5 %;-{}.{:03},25;{},000;{} 123",
            row % 9 + 1,
            row,
            row % 90,
            row % 7 + 1,
            row,
            row % 5 + 1,
            row
        );
    }
    let found = profile(&text).unwrap();
    let written = |name: &str| column(&found, name).evidence.as_ref().unwrap().written.clone().unwrap();
    assert_eq!(written("price"), "thousands separators, currency $");
    assert_eq!(written("share"), "decimal comma, percent");
    assert_eq!(written("amount"), "decimal comma, thousands separators");
    let kinds: Vec<_> = found.columns.iter().map(|column| (column.kind, column.semantic_type.as_deref())).collect();
    assert_eq!(
        kinds[..4],
        [
            (ColumnType::Float, Some("currency")),
            (ColumnType::Float, Some("percent")),
            (ColumnType::Float, Some("formatted_number")),
            (ColumnType::Integer, Some("formatted_number"))
        ]
    );
    assert_eq!(column(&found, "price").min.as_ref().unwrap(), 1000.5);
    assert_eq!(column(&found, "amount").min.as_ref().unwrap(), -7195.25);
    assert_eq!(
        (column(&found, "count").min.as_ref().unwrap(), column(&found, "count").max.as_ref().unwrap()),
        (&1000.into(), &5000.into())
    );
    assert_eq!(column(&found, "count").evidence.as_ref().unwrap().ambiguous_share, Some(1.0));
    assert!(issue(&found, "ambiguous_numbers", "count").message.contains("100 %"));
    assert_eq!(issue(&found, "numbers_as_text", "price").rows_affected, Some(200));
}

#[test]
fn a_dress_that_begins_late_is_found_by_reading_again() {
    let mut text = String::from("n,x\n");
    text.extend((0..6000).map(|row| format!("{},1\n", row % 900)));
    text.extend((0..2000).map(|row| format!("\"{},{:03}\",1\n", row % 7 + 1, row % 1000)));
    let found = profile(&text).unwrap();
    assert_eq!((found.scan.columns_read_twice, column(&found, "n").kind), (1, ColumnType::Integer));
    assert_eq!(column(&found, "n").evidence.as_ref().unwrap().written.as_deref(), Some("thousands separators"));
    assert_eq!(column(&found, "n").max.as_ref().unwrap(), 7994);
}

#[test]
fn dates_and_times_are_read_in_the_forms_that_people_write() {
    let mut text = String::from("short\tnamed\tclock\tcompact\tepoch_time\n");
    for row in 0..100 {
        let day = row % 28 + 1;
        let _ = writeln!(
            text,
            "{}/{day}/10 8:26\t{day}-Mar-2011\t{}:{:02}\t201103{day:02}\t{}",
            row % 12 + 1,
            row % 24,
            row % 60,
            1_300_000_000 + row
        );
    }
    let found = profile(&text).unwrap();
    let kinds: Vec<_> = found.columns.iter().map(|column| column.kind.as_str()).collect();
    assert_eq!(kinds, ["timestamp", "date", "time", "integer", "integer"]);
    assert_eq!(column(&found, "short").evidence.as_ref().unwrap().date_order.as_deref(), Some("month_first"));
    assert_eq!(column(&found, "short").max.as_ref().unwrap(), "2010-12-28T08:26:00");
    assert_eq!(
        (column(&found, "clock").min.as_ref().unwrap(), column(&found, "clock").max.as_ref().unwrap()),
        (&"00:00:00".into(), &"23:47:00".into())
    );
    assert_eq!(column(&found, "compact").semantic_type.as_deref(), Some("date_yyyymmdd"));
    assert_eq!(column(&found, "epoch_time").semantic_type.as_deref(), Some("epoch_seconds"));
}

#[test]
fn gaps_granularity_and_placeholders_of_dates_are_reported() {
    let mut text = String::from("day,age\n");
    for day in (1..=20).chain(25..=28) {
        let _ = writeln!(text, "2024-02-{day:02},{}", 18 + day);
    }
    text.push_str("2024-02-01,999\n2024-02-02,999\n1900-01-01,20\n1900-01-01,21\n");
    let found = profile(&text).unwrap();
    let dates = column(&found, "day").dates.as_ref().unwrap();
    assert_eq!((dates.granularity.as_str(), dates.gaps[1].periods, dates.gaps[1].after.as_str()), ("day", 4, "2024-02-20"));
    assert_eq!(
        (column(&found, "day").placeholders[0].value.as_str(), column(&found, "age").placeholders[0].value.as_str()),
        ("1900-01-01", "999")
    );
    assert!(issue(&found, "placeholder", "age").fix.as_ref().unwrap().contains("[\"999\"]"));
}

#[test]
fn texts_are_described_by_shape_words_and_script() {
    let mut text = String::from("plate,review,place,call\n");
    for row in 0..300 {
        let _ = writeln!(
            text,
            "AB{:02}-{:03},the quick  fox number {row} runs,\"{}.5, -{}.25\",+49 30 {}",
            row % 100,
            row,
            row % 80,
            row % 170,
            100_000 + row
        );
    }
    let found = profile(&text).unwrap();
    let plate = column(&found, "plate");
    assert_eq!((plate.patterns.len(), plate.patterns[0].mask.as_str(), plate.patterns[0].count), (1, "AA99-999", 300));
    let review = column(&found, "review").text.as_ref().unwrap();
    assert_eq!((review.words.min, review.words.max, review.double_blanks, review.scripts[0].0.as_str()), (6, 6, Some(1.0), "latin"));
    assert_eq!(review.frequent_words[0], ("fox".to_owned(), 1.0));
    assert_eq!(column(&found, "place").semantic_type.as_deref(), Some("coordinates"));
    assert!(found.personal_data.iter().any(|personal| personal.column == "call" && personal.kind == "phone"));
}

#[test]
fn every_issue_names_lines_and_the_dimension_that_it_lowers() {
    let mut text = String::from("n,city,cell\n");
    for row in 2..=300 {
        let n = if row == 17 {
            "oops".to_owned()
        } else if row == 19 {
            "N/A".to_owned()
        } else if row == 23 {
            String::new()
        } else {
            row.to_string()
        };
        let city = if row == 31 {
            "berlin"
        } else if row == 37 {
            "Berlin "
        } else {
            "Berlin"
        };
        let cell = if row == 41 { "=HYPERLINK(1)" } else { "plain" };
        let _ = writeln!(text, "{n},{city},{cell}");
    }
    text.push_str("100000,Berlin,plain\n5,Berlin,plain\n");
    let found = profile(&text).unwrap();
    let at = |code: &str, column: &str| {
        let issue = issue(&found, code, column);
        (issue.lines.clone(), issue.dimension.clone().unwrap_or_default())
    };
    assert_eq!(at("mixed_types", "n"), (vec![17], "validity".to_owned()));
    assert_eq!(at("disguised_missing", "n"), (vec![19], "completeness".to_owned()));
    assert_eq!(at("missing", "n"), (vec![23], "completeness".to_owned()));
    assert_eq!(at("outliers", "n").0, [301]);
    assert_eq!(at("untrimmed", "city"), (vec![37], "consistency".to_owned()));
    assert_eq!(at("case_variants", "city").0, [31, 37]);
    assert_eq!(at("formula_injection", "cell").0, [41]);
    let repeated = found.issues.iter().find(|issue| issue.code == "duplicate_rows").unwrap();
    assert_eq!((repeated.lines.clone(), repeated.rows_affected), (vec![302], Some(1)));
}

/// The oracle sorts everything: deviations, entropy, robust outliers.
#[test]
fn deviation_entropy_and_sum_equal_the_plain_computation() {
    let values: Vec<f64> = (0..500).map(|row| f64::from(row * row % 97) + if row == 400 { 5000.0 } else { 0.0 }).collect();
    let mut text = String::from("n,x\n");
    text.extend(values.iter().map(|value| format!("{value},1\n")));
    let found = profile(&text).unwrap();
    let n = column(&found, "n");
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        f64::midpoint(values[values.len() / 2 - 1], values[values.len() / 2])
    };
    let median = middle(values.clone());
    let distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    let mad = middle(distances.clone());
    let mut counts = std::collections::BTreeMap::<u64, f64>::new();
    for value in &values {
        *counts.entry(value.to_bits()).or_default() += 1.0;
    }
    let entropy: f64 = counts.values().map(|count| -count / 500.0 * (count / 500.0).log2()).sum();
    assert_eq!(n.mad, Some(mad));
    assert!((n.sum.unwrap() - values.iter().sum::<f64>()).abs() < 1e-6 && (n.entropy.unwrap() - entropy).abs() < 1e-9);
    assert_eq!(n.outliers.unwrap().robust, distances.iter().filter(|distance| **distance * 0.6745 / mad > 3.5).count() as u64);
}
