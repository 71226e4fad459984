//! Issues of numbers and dates.

use super::{LINES, issue};
use crate::column::{Column, RowSample};
use crate::result::{ColumnProfile, ColumnType, Exactness, Issue, Severity};

/// Issues that the distribution of a column shows. `lines` are those of the rows that columns keep for comparing.
pub(super) fn find(column: &ColumnProfile, gathered: &Column, lines: &[u64], add: &mut impl FnMut(Issue)) {
    let name = &column.name;
    if let Some(outliers) = column.outliers.filter(|outliers| outliers.extreme > 0) {
        let message = format!("`{name}` has {} values beyond 3 interquartile ranges", outliers.extreme);
        let reach = outliers.above - outliers.below;
        // The fences are 4 interquartile ranges apart; the far ones lie 1.5 ranges further out.
        let (low, high) = (outliers.below - reach * 0.375, outliers.above + reach * 0.375);
        let found = lines_of(&gathered.sample, lines, |value| value < low || value > high);
        add(issue("outliers", Severity::Info, message).rows(outliers.extreme).at(found));
    }
    for placeholder in &column.placeholders {
        let message =
            format!("`{name}` has {} times {}, far from all other values: it seems to mean missing", placeholder.count, placeholder.value);
        let fix = format!("If so, call again with `null_values`: [\"{}\"]; sums and means include it now.", placeholder.value);
        add(issue("placeholder", Severity::Warning, message).rows(placeholder.count).fix(fix));
    }
    if let Some(dates) = &column.dates {
        if dates.future > 0 {
            let message = format!("`{name}` has {} dates after the file was last changed", dates.future);
            add(issue("future_dates", Severity::Warning, message).rows(dates.future).fix("Check whether they are plans or mistakes."));
        }
        if let Some(gap) = dates.gaps.first().filter(|gap| gap.periods >= 3) {
            let unit = &dates.granularity;
            let unit = if matches!(unit.as_str(), "hour" | "minute" | "second" | "subsecond") { "day" } else { unit };
            let message = format!("`{name}` has no value for {} {unit}s after {}", gap.periods, gap.after);
            add(issue("date_gap", Severity::Info, message).fix("Check whether data is missing there."));
        }
    }
    nearly_unique(column, add);
}

/// An identifier of which a few values repeat.
fn nearly_unique(column: &ColumnProfile, add: &mut impl FnMut(Issue)) {
    let exact = column.distinct.exactness == Exactness::Exact;
    let identifies = column.kind == ColumnType::Code || column.semantic_type.as_deref() == Some("identifier");
    if let Some(ratio) = column.unique_ratio.filter(|ratio| exact && identifies && (0.95..1.0).contains(ratio)) {
        let message = format!("`{}` is unique but for {:.2} % of its values", column.name, 100.0 * (1.0 - ratio));
        add(issue("nearly_unique", Severity::Warning, message).fix("If it is a key, look for rows that came twice."));
    }
}

/// The lines of the kept rows whose number is wanted.
fn lines_of(sample: &RowSample, lines: &[u64], wanted: impl Fn(f64) -> bool) -> Vec<u64> {
    let found = sample.codes.iter().zip(lines).filter(|(code, _)| wanted(f64::from_bits(**code)));
    found.map(|(_, line)| *line).take(LINES).collect()
}
