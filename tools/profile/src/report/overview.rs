//! The first look: how much, how good, of what kind.

use std::collections::BTreeMap;

use data_stack_charts::page::{Block, Cell, Fact, Number, Part, Section, Share, Tone};
use data_stack_charts::{bytes, grouped, percent};
use serde_json::json;

use super::shown;
use crate::finish::share;
use crate::result::{Exactness, Profile, Severity};

#[expect(clippy::unnecessary_wraps, reason = "one of the page's sections, which may have nothing to say")]
pub(super) fn section(profile: &Profile) -> Option<Section> {
    let numbers = Block::Grid { compact: true, items: numbers(profile).into_iter().map(tile).collect() };
    let details = Block::Grid {
        compact: false,
        items: vec![
            Cell::new(5, "Quality", vec![score(profile)]),
            Cell::new(3, "Columns by type", vec![types(profile)]),
            Cell::new(4, "The file", vec![facts(profile)]),
        ],
    };
    Some(Section::new("overview", "", "", vec![numbers, details]))
}

fn tile(number: Number) -> Cell {
    Cell::new(2, "", vec![Block::Number(number)])
}

fn numbers(profile: &Profile) -> Vec<Number> {
    let file = &profile.file;
    let missing: u64 = profile.columns.iter().map(|column| column.nulls).sum();
    let cells = profile.scan.rows * profile.columns.len() as u64;
    let number =
        |label: &str, value: String, note: String| Number { label: label.to_owned(), value: json!(value), note, ..Number::default() };
    let bad = [Severity::Error, Severity::Warning, Severity::Info]
        .map(|severity| profile.issues.iter().filter(|issue| issue.severity == severity).count() as u64);
    let mut rows = number("Rows", grouped(file.rows), String::new());
    rows.approx = file.rows_estimated.then(|| "estimated from the part that was read".to_owned());
    vec![
        rows,
        number("Columns", grouped(file.columns), String::new()),
        number("Missing", percent(share(missing, cells)), format!("{} cells", grouped(missing))),
        duplicates(profile),
        number("To know", grouped(bad.iter().sum()), format!("{} errors, {} warnings", bad[0], bad[1])),
        number("Size", bytes(file.bytes), file.encoding.clone()),
    ]
}

fn duplicates(profile: &Profile) -> Number {
    let label = "Repeated rows".to_owned();
    let Some(found) = profile.duplicates else {
        return Number { label, value: json!("–"), note: "not counted".to_owned(), ..Number::default() };
    };
    let approx = (found.exactness != Exactness::Exact).then(|| "an estimate".to_owned());
    Number { label, value: json!(percent(found.ratio)), note: format!("{} rows", grouped(found.rows)), approx, ..Number::default() }
}

fn score(profile: &Profile) -> Block {
    let parts = &profile.quality.dimensions;
    let parts = [
        ("Completeness", parts.completeness),
        ("Validity", parts.validity),
        ("Consistency", parts.consistency),
        ("Uniqueness", parts.uniqueness),
        ("Structure", parts.structure),
    ];
    let tone = match profile.quality.score {
        score if score >= 90.0 => Tone::Good,
        score if score >= 70.0 => Tone::Fair,
        _ => Tone::Poor,
    };
    let parts = parts.into_iter().map(|(label, share)| Share { label: label.to_owned(), share }).collect();
    Block::Score { title: "Quality".to_owned(), value: profile.quality.score, tone, parts }
}

fn types(profile: &Profile) -> Block {
    let mut counts = BTreeMap::<&str, u64>::new();
    for column in &profile.columns {
        *counts.entry(column.kind.as_str()).or_default() += 1;
    }
    let mut items: Vec<Part> =
        counts.into_iter().map(|(kind, count)| Part { label: kind.to_owned(), kind: kind.to_owned(), count }).collect();
    items.sort_by_key(|part| std::cmp::Reverse(part.count));
    Block::Mix { items }
}

fn facts(profile: &Profile) -> Block {
    let file = &profile.file;
    let delimiter = match file.delimiter.as_str() {
        "\t" => "tab".to_owned(),
        " " => "blank".to_owned(),
        other => format!("`{other}`"),
    };
    let header = if file.has_header { "names the columns" } else { "is data, no header" };
    let mut rows = vec![
        Fact::new("Delimiter", delimiter),
        Fact::new("Line ends", file.line_endings.clone()),
        Fact::new("First row", header),
        Fact::new("Repaired rows", grouped(file.ragged_rows)),
        Fact::new("Rejected rows", grouped(file.rejected_rows)),
        Fact::new("Identify a row", list(&profile.key_candidates)),
    ];
    if file.preamble_lines > 0 {
        rows.push(Fact::new("Lines before the header", grouped(file.preamble_lines)));
    }
    if !profile.personal_data.is_empty() {
        let names: Vec<String> = profile.personal_data.iter().map(|found| found.column.clone()).collect();
        rows.push(Fact::new("Seem personal", list(&names)));
    }
    Block::Facts { rows }
}

/// The first names, and how many there are beside them.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none found".to_owned();
    }
    let first: Vec<String> = names.iter().take(4).map(|name| format!("`{}`", shown(&json!(name)))).collect();
    let more = names.len().saturating_sub(4);
    if more > 0 { format!("{} and {more} more", first.join(" ")) } else { first.join(" ") }
}
