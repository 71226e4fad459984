//! What texts are made of: shapes, words, scripts.

use std::collections::HashMap;

use super::share;
use crate::column::textual::Textual;
use crate::result::{Pattern, TextFacts, WordCounts};

/// Shapes that are listed.
const PATTERNS: usize = 5;
/// The longest shape.
const MASK: usize = 40;
/// Words that are listed.
const WORDS: usize = 5;
/// Texts that are taken apart into words at most.
const EXAMINED: usize = 5000;

/// The shape of a text: `9` for a digit, `A` and `a` for letters.
pub(crate) fn mask(text: &str) -> String {
    let shape = |c: char| match c {
        _ if c.is_ascii_digit() => '9',
        _ if c.is_uppercase() => 'A',
        _ if c.is_alphabetic() => 'a',
        _ => c,
    };
    text.chars().take(MASK).map(shape).collect()
}

/// The most frequent shapes, and whether every value was counted. Nothing where values have no common shapes.
pub(super) fn patterns(texts: &Textual) -> (Vec<Pattern>, bool, u64) {
    let (examined, all) = texts.examined();
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut total = 0;
    for (text, count) in examined {
        *counts.entry(mask(&String::from_utf8_lossy(text))).or_default() += count;
        total += count;
    }
    let mut top: Vec<(String, u64)> = counts.into_iter().filter(|(_, count)| *count * 50 >= total).collect();
    top.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    top.truncate(PATTERNS);
    let covered: u64 = top.iter().map(|(_, count)| count).sum();
    if covered * 4 < total {
        top.clear();
    }
    let pattern =
        |(mask, count): (String, u64)| Pattern { share: share(count, total), mask: data_stack_core::text::clean(&mask, MASK), count };
    (top.into_iter().map(pattern).collect(), all, total)
}

/// What is counted over texts.
#[derive(Default)]
struct Tally {
    values: u64,
    words: u64,
    fewest: u64,
    most: u64,
    cases: [u64; 3],
    double_blanks: u64,
    line_breaks: u64,
    scripts: HashMap<&'static str, u64>,
    frequent: HashMap<String, u64>,
}

/// What the texts of a column are made of, and whether every value was looked at.
pub(super) fn facts(texts: &Textual) -> Option<(TextFacts, bool, u64)> {
    let (examined, all) = texts.examined();
    let complete = all && examined.len() <= EXAMINED;
    let step = examined.len().div_ceil(EXAMINED).max(1);
    let mut tally = Tally { fewest: u64::MAX, ..Tally::default() };
    for (text, count) in examined.into_iter().step_by(step) {
        tally.add(&String::from_utf8_lossy(text), count);
    }
    (tally.values > 0).then(|| (tally.facts(), complete, tally.values))
}

impl Tally {
    fn add(&mut self, text: &str, weight: u64) {
        self.values += weight;
        let mut count = 0;
        let mut seen: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            count += 1;
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            if (3..=24).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic) {
                let word = word.to_lowercase();
                if !seen.contains(&word) {
                    seen.push(word);
                }
            }
        }
        self.words += count * weight;
        (self.fewest, self.most) = (self.fewest.min(count), self.most.max(count));
        for word in seen {
            *self.frequent.entry(word).or_default() += weight;
        }
        self.double_blanks += if text.trim().contains("  ") { weight } else { 0 };
        self.line_breaks += if text.contains('\n') { weight } else { 0 };
        if let Some(case) = case(text) {
            self.cases[case] += weight;
        }
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            *self.scripts.entry(script(c)).or_default() += weight;
        }
    }

    fn facts(&self) -> TextFacts {
        let part = |count: u64| (count > 0).then(|| share(count, self.values));
        let letters: u64 = self.scripts.values().sum();
        let mut scripts: Vec<(String, f64)> =
            self.scripts.iter().map(|(name, count)| ((*name).to_owned(), share(*count, letters))).collect();
        scripts.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        scripts.truncate(4);
        let mut frequent: Vec<(&String, &u64)> = self.frequent.iter().filter(|(_, count)| **count >= 5).collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let case = ["lower", "upper", "title"].iter().zip(self.cases).max_by_key(|(_, count)| *count);
        TextFacts {
            words: WordCounts { min: self.fewest, mean: share(self.words, self.values), max: self.most },
            scripts,
            case: case.filter(|(_, count)| count * 2 > self.values).map(|(name, count)| ((*name).to_owned(), share(count, self.values))),
            double_blanks: part(self.double_blanks),
            line_breaks: part(self.line_breaks),
            frequent_words: frequent.into_iter().take(WORDS).map(|(word, count)| (word.clone(), share(*count, self.values))).collect(),
        }
    }
}

/// 0 for lower, 1 for upper, 2 for title case.
fn case(text: &str) -> Option<usize> {
    let mut letters = text.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek()?;
    let (lower, upper) = letters.fold((true, true), |(lower, upper), c| (lower && !c.is_uppercase(), upper && !c.is_lowercase()));
    let title = |word: &str| word.chars().find(|c| c.is_alphabetic()).is_none_or(char::is_uppercase);
    match (lower, upper) {
        (true, _) => Some(0),
        (_, true) => Some(1),
        _ if text.split_whitespace().all(title) => Some(2),
        _ => None,
    }
}

/// The script of a letter, by its Unicode block.
fn script(c: char) -> &'static str {
    match u32::from(c) {
        0..=0x24f | 0x1e00..=0x1eff | 0xff21..=0xff5a => "latin",
        0x370..=0x3ff | 0x1f00..=0x1fff => "greek",
        0x400..=0x52f => "cyrillic",
        0x530..=0x58f => "armenian",
        0x590..=0x5ff => "hebrew",
        0x600..=0x77f | 0xfb50..=0xfdff | 0xfe70..=0xfeff => "arabic",
        0x900..=0x97f => "devanagari",
        0xe00..=0xe7f => "thai",
        0x3040..=0x309f => "hiragana",
        0x30a0..=0x30ff => "katakana",
        0x1100..=0x11ff | 0xac00..=0xd7af => "hangul",
        0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => "han",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_the_shape() {
        assert_eq!((mask("AB12-é9 x").as_str(), mask(&"1".repeat(50)).len()), ("AA99-a9 a", 40));
    }

    #[test]
    fn words_scripts_and_case_are_counted() {
        let mut tally = Tally { fewest: u64::MAX, ..Tally::default() };
        tally.add("The red  lamp", 3);
        tally.add("RED", 2);
        tally.add("лампа", 5);
        let found = tally.facts();
        assert_eq!((found.words.min, found.words.max, found.words.mean), (1, 3, 1.6));
        assert_eq!((found.double_blanks, found.line_breaks), (Some(0.3), None));
        assert_eq!(found.scripts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["latin", "cyrillic"]);
        assert_eq!(found.frequent_words, [("red".to_owned(), 0.5), ("лампа".to_owned(), 0.5)]);
        assert_eq!((case("abc d"), case("ABC"), case("Abc Def"), case("aBc"), case("12")), (Some(0), Some(1), Some(2), None, None));
    }
}
