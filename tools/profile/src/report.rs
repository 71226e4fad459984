//! The report: one HTML page that a person reads, made of blocks of the project's chart engine.
//!
//! [`SECTIONS`] is the page from top to bottom, a function each; one that has nothing to say gives `None`. To show something
//! new, add a function to the list: `data_stack_charts::page` has numbers, facts, notices, bars, tables, cards and charts.

mod columns;
mod correlations;
mod drift;
mod issues;
mod missing;
mod overview;
mod relations;
mod samples;
mod series;

use data_stack_charts::page::Section;
use data_stack_charts::{Page, bytes, grouped, plain};
use serde_json::Value;

use crate::result::{Basis, Exactness, Profile};

/// The page from top to bottom.
const SECTIONS: &[fn(&Profile) -> Option<Section>] = &[
    overview::section,
    issues::section,
    drift::section,
    columns::section,
    relations::target,
    series::section,
    missing::section,
    correlations::section,
    relations::structure,
    samples::values,
    samples::rejects,
];

/// The report of a profile.
pub(crate) fn html(profile: &Profile) -> String {
    page(profile).html()
}

fn page(profile: &Profile) -> Page {
    let file = &profile.file;
    let title = file.path.rsplit('/').next().unwrap_or(&file.path).to_owned();
    let about = if file.rows_estimated { "about " } else { "" };
    let changed = file.modified.as_deref().map_or_else(String::new, |time| format!(" · changed {}", day(time)));
    Page {
        kicker: "Data profile".to_owned(),
        title,
        subtitle: format!("{about}{} rows × {} columns · {}{changed}", grouped(file.rows), grouped(file.columns), bytes(file.bytes)),
        sections: SECTIONS.iter().filter_map(|section| section(profile)).collect(),
        footer: footer(profile),
        ..Page::default()
    }
}

fn footer(profile: &Profile) -> Vec<String> {
    let read =
        if profile.scan.complete { "Every row was read." } else { "Only the beginning of the file was read: all numbers are sampled." };
    vec![
        format!("{read} Numbers marked ≈ are estimates; pointing at the mark tells their error."),
        "Values that seem personal are masked. A column that is not named as personal is not proved to be free of personal data."
            .to_owned(),
        format!("Read with `profile_csv` in {} mode. This page holds all it shows and asks nothing of the network.", profile.scan.mode),
    ]
}

/// A point in time to the minute.
fn day(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

/// A value of the result as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), plain),
        Value::String(text) => instant(text).replace('`', "'"),
        other => other.to_string(),
    }
}

/// A point in time without what it does not need: midnight, the `T` and parts of a second. Other text stays as it is.
fn instant(text: &str) -> String {
    let digits = |range: std::ops::Range<usize>| text.get(range).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !(digits(0..4) && digits(5..7) && digits(8..10) && digits(11..13) && text.as_bytes().get(10) == Some(&b'T')) {
        return text.to_owned();
    }
    let whole = text.split('.').next().unwrap_or(text);
    whole.strip_suffix("T00:00:00").unwrap_or(whole).replace('T', " ")
}

/// Why a number is an estimate, in a few words.
fn estimate(basis: Option<&Basis>) -> Option<String> {
    let basis = basis?;
    let method = if basis.method == Exactness::Sampled { "from a sample" } else { "a sketch of every value" };
    Some(basis.error.map_or_else(|| method.to_owned(), |error| format!("{method}, error at most {}", plain(error))))
}
