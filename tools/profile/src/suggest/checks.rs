//! Checks that a file passes. Each is proposed by its profile, then run; only those that hold are kept.

use std::collections::HashSet;

use regex::Regex;

use crate::column::textual::Textual;
use crate::column::{Column, Gathered};
use crate::engine::Gathering;
use crate::result::{ColumnProfile, ColumnType, Exactness, Pattern, Profile};

/// Categories that a list of accepted values has at most.
const ACCEPTED: usize = 30;
/// Rows per category from which on a list of them is more than what happened to occur.
const PER_CATEGORY: u64 = 10;
/// Rows below which a file tells too little for lists and patterns.
const FEW: u64 = 30;

/// A check of one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Check {
    /// The column's position in the file, from 1.
    pub(crate) position: u64,
    pub(crate) rule: Rule,
}

/// What is checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// Every row has a value.
    NotNull,
    /// No value occurs twice.
    Unique,
    /// Every value is one of these.
    OneOf(Vec<String>),
    /// Every number lies between these.
    Between(Option<f64>, Option<f64>),
    /// Every text matches this regular expression, whole.
    Matches(String),
}

/// All checks that were run and hold. Values of personal columns are in none of them; in a result that is safe to share no value is.
pub(crate) fn run(profile: &Profile, found: &Gathering, share_safe: bool) -> Vec<Check> {
    if found.tally.rows == 0 {
        return Vec::new();
    }
    let mut checks = Vec::new();
    let keys: HashSet<&String> = profile.key_candidates.iter().collect();
    let personal: HashSet<&String> = profile.personal_data.iter().map(|found| &found.column).collect();
    for (column, gathered) in profile.columns.iter().zip(&found.columns) {
        let private = share_safe || personal.contains(&column.name);
        let key = keys.contains(&column.name);
        let proposed = proposed(column, gathered, key, private);
        let held = proposed.into_iter().filter(|rule| holds(rule, column, gathered));
        checks.extend(held.map(|rule| Check { position: column.position, rule }));
    }
    checks
}

fn proposed(column: &ColumnProfile, gathered: &Column, key: bool, private: bool) -> Vec<Rule> {
    let mut rules = vec![Rule::NotNull];
    if key {
        rules.push(Rule::Unique);
    }
    let values = gathered.rows - gathered.nulls;
    if column.kind.is_number() {
        rules.push(range(column));
    }
    if let (Gathered::Texts(texts), false) = (&gathered.gathered, private || values < FEW) {
        rules.extend(accepted(column, texts, values));
        rules.extend(expression(&column.patterns, column.kind));
    }
    rules
}

/// Bounds that follow from what the numbers mean, not from what happened to occur.
fn range(column: &ColumnProfile) -> Rule {
    let (low, high) = match column.semantic_type.as_deref() {
        Some("latitude") => (Some(-90.0), Some(90.0)),
        Some("longitude") => (Some(-180.0), Some(180.0)),
        Some("percent") => (Some(0.0), Some(100.0)),
        Some("boolean_flag") => (Some(0.0), Some(1.0)),
        Some("year") => (Some(1000.0), Some(2999.0)),
        _ => (Some(0.0), None),
    };
    Rule::Between(low, high)
}

fn accepted(column: &ColumnProfile, texts: &Textual, values: u64) -> Option<Rule> {
    let (examined, all) = texts.examined();
    let few = examined.len() <= ACCEPTED && examined.len() as u64 * PER_CATEGORY <= values;
    if column.kind != ColumnType::Categorical || !all || !few {
        return None;
    }
    let mut names: Vec<String> = examined.into_iter().filter_map(|(text, _)| String::from_utf8(text.to_vec()).ok()).collect();
    names.sort_unstable();
    Some(Rule::OneOf(names))
}

/// The expression of the shapes, where they are those of a code.
fn expression(patterns: &[Pattern], kind: ColumnType) -> Option<Rule> {
    let covered: f64 = patterns.iter().map(|pattern| pattern.share).sum();
    if kind != ColumnType::Code || patterns.is_empty() || covered < 0.999_999 {
        return None;
    }
    let mut parts: Vec<String> = patterns.iter().map(|pattern| shape(&pattern.mask)).collect();
    parts.sort_unstable();
    Some(Rule::Matches(format!("^(?:{})$", parts.join("|"))))
}

/// A mask as a regular expression: `A99` becomes `[A-Z][0-9]{2}`.
fn shape(mask: &str) -> String {
    let mut out = String::new();
    let mut rest = mask.chars().peekable();
    while let Some(c) = rest.next() {
        let mut count = 1;
        while rest.next_if_eq(&c).is_some() {
            count += 1;
        }
        match c {
            '9' => out.push_str("[0-9]"),
            'A' => out.push_str("[A-Z]"),
            'a' => out.push_str("[a-z]"),
            _ => out.push_str(&regex::escape(&c.to_string())),
        }
        if count > 1 {
            append!(out, "{{{count}}}");
        }
    }
    out
}

/// Runs a rule against what was gathered of every value.
fn holds(rule: &Rule, column: &ColumnProfile, gathered: &Column) -> bool {
    match rule {
        Rule::NotNull => gathered.nulls == 0 && column.evidence.as_ref().is_none_or(|evidence| evidence.missing_tokens.is_empty()),
        Rule::Unique => gathered.nulls == 0 && column.distinct.exactness == Exactness::Exact && column.distinct.value == gathered.rows,
        Rule::OneOf(names) => every_text(gathered, |text| names.iter().any(|name| name == text)),
        Rule::Between(low, high) => {
            let Gathered::Numbers(numbers) = &gathered.gathered else { return false };
            let (min, max) = (numbers.moments.min, numbers.moments.max);
            gathered.evidence.exceptions() == 0 && low.is_none_or(|low| min >= low) && high.is_none_or(|high| max <= high)
        }
        Rule::Matches(expression) => {
            let Ok(expression) = Regex::new(expression) else { return false };
            every_text(gathered, |text| expression.is_match(text))
        }
    }
}

/// Whether every different value passes; false where not all of them were kept.
fn every_text(gathered: &Column, test: impl Fn(&str) -> bool) -> bool {
    let Gathered::Texts(texts) = &gathered.gathered else { return false };
    let (examined, all) = texts.examined();
    all && examined.iter().all(|(text, _)| std::str::from_utf8(text).is_ok_and(&test))
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn a_mask_becomes_an_expression() {
        assert_eq!(shape("A99-999"), "[A-Z][0-9]{2}\\-[0-9]{3}");
        assert_eq!(shape("aa.9"), "[a-z]{2}\\.[0-9]");
    }
}
