//! Issues of columns of text.

use std::collections::HashMap;

use super::issue;
use crate::column::textual::Textual;
use crate::result::{ColumnProfile, ColumnType, Issue, Severity};

/// Issues that the texts themselves show.
pub(super) fn find(column: &ColumnProfile, texts: &Textual, add: &mut impl FnMut(Issue)) {
    let (name, sums) = (&column.name, texts.texts());
    if sums.untrimmed > 0 {
        let message = format!("`{name}` has {} values with blanks at an end", sums.untrimmed);
        let fix = "Trim the column: values that look equal are not.";
        add(issue("untrimmed", Severity::Warning, message).rows(sums.untrimmed).at(sums.untrimmed_lines.clone()).fix(fix));
    }
    if sums.formulas > 0 {
        let message = format!("`{name}` has {} values that a spreadsheet would run as formulas", sums.formulas);
        let fix = "Put an apostrophe before them, before anybody opens the file in a spreadsheet.";
        add(issue("formula_injection", Severity::Warning, message).rows(sums.formulas).at(sums.formula_lines.clone()).fix(fix));
    }
    let (variants, lines) = case_variants(column, texts);
    if variants > 0 {
        let message = format!("`{name}` has {variants} values that differ from another only in case or blanks");
        add(issue("case_variants", Severity::Warning, message).rows(variants).at(lines).fix("Unify the spelling before grouping."));
    }
}

/// One spelling of a value among those that differ only in case or blanks.
struct Spelling {
    count: u64,
    line: u64,
}

/// Rows of a category whose value differs from a more frequent one only in case or blanks, and the first lines of these.
fn case_variants(column: &ColumnProfile, texts: &Textual) -> (u64, Vec<u64>) {
    if column.kind != ColumnType::Categorical {
        return (0, Vec::new());
    }
    let mut groups = HashMap::<String, Vec<Spelling>>::new();
    for (entry, text) in texts.counts.iter() {
        let folded = String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        groups.entry(folded).or_default().push(Spelling { count: entry.count, line: entry.line });
    }
    let (mut rows, mut lines) = (0, Vec::new());
    for mut spellings in groups.into_values().filter(|spellings| spellings.len() > 1) {
        spellings.sort_by_key(|spelling| (std::cmp::Reverse(spelling.count), spelling.line));
        for variant in &spellings[1..] {
            rows += variant.count;
            lines.push(variant.line);
        }
    }
    lines.sort_unstable();
    (rows, lines)
}
