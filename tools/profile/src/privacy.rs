//! What of the data itself is shown: masked where it seems personal, nothing but aggregates where the caller asks for it.

use serde_json::Value;

use crate::personal::is_personal;
use crate::result::{ColumnProfile, Profile, TopValue};

/// Rows that a value must have to be shown in a result that is safe to share.
const CROWD: u64 = 5;

/// The shape of a text without its content: letters become `x`, digits `9`, at most 24 characters.
pub(crate) fn mask(text: &str) -> String {
    let shape = |c: char| match c {
        _ if c.is_alphabetic() => 'x',
        _ if c.is_numeric() => '9',
        _ => c,
    };
    let mut masked: String = text.chars().take(24).map(shape).collect();
    if text.chars().nth(24).is_some() {
        masked.push('…');
    }
    masked
}

/// Masks every value of a column.
pub(crate) fn mask_column(column: &mut ColumnProfile) {
    column.examples.iter_mut().for_each(|example| *example = mask(example));
    column.top_values.iter_mut().for_each(|top| top.value = mask(&top.value));
    (column.min, column.max, column.text) = (None, None, None);
    column.inexact.remove("text");
    if column.kind.is_moment() || column.kind.is_number() {
        forget_numbers(column);
    }
    mask_evidence(column, |_| true);
}

fn forget_numbers(column: &mut ColumnProfile) {
    (column.mean, column.median, column.histogram, column.outliers) = (None, None, None, None);
    (column.sum, column.mad, column.dates) = (None, None, None);
    column.quantiles.clear();
    column.placeholders.clear();
    for field in ["median", "quantiles", "histogram", "outliers", "mad", "dates"] {
        column.inexact.remove(field);
    }
}

fn mask_evidence(column: &mut ColumnProfile, applies: impl Fn(&str) -> bool) {
    if let Some(text) = column.evidence.as_mut().and_then(|evidence| evidence.first_exception.as_mut())
        && applies(text)
    {
        *text = mask(text);
    }
}

/// Masks the values that are personal by themselves in a column that is not.
pub(crate) fn mask_stray_values(column: &mut ColumnProfile) {
    let shield = |text: &mut String| {
        if is_personal(text) {
            *text = mask(text);
        }
    };
    column.examples.iter_mut().for_each(shield);
    column.top_values.iter_mut().for_each(|top| shield(&mut top.value));
    for slot in [&mut column.min, &mut column.max] {
        if let Some(Value::String(text)) = slot {
            shield(text);
        }
    }
    mask_evidence(column, is_personal);
}

/// Rejected lines are shown as shapes where the file holds personal data or the line does.
pub(crate) fn mask_rejects(profile: &mut Profile) {
    let any = !profile.personal_data.is_empty();
    for raw in profile.rejects.iter_mut().filter_map(|reject| reject.raw.as_mut()) {
        if any || is_personal(raw) {
            *raw = mask(raw);
        }
    }
}

/// Leaves aggregates only: no example, no extreme, no line, no value of fewer than five rows.
pub(crate) fn aggregate_only(profile: &mut Profile) {
    for column in &mut profile.columns {
        column.examples.clear();
        column.top_values.retain(|top: &TopValue| top.count >= CROWD);
        column.placeholders.retain(|top: &TopValue| top.count >= CROWD);
        column.patterns.retain(|pattern| pattern.count >= CROWD);
        if let Some(dates) = column.dates.as_mut() {
            dates.gaps.clear();
        }
        (column.min, column.max, column.histogram, column.outliers) = (None, None, None, None);
        column.quantiles.retain(|name, _| name[1..].parse::<f64>().is_ok_and(|percentile| (5.0..=95.0).contains(&percentile)));
        if let Some(evidence) = column.evidence.as_mut() {
            evidence.first_exception = None;
            evidence.missing_tokens.retain(|token| token.count >= CROWD);
        }
        for field in ["histogram", "outliers"] {
            column.inexact.remove(field);
        }
    }
    profile.rejects.iter_mut().for_each(|reject| reject.raw = None);
    profile.time_series = None;
    profile.missing_patterns.iter_mut().for_each(|found| found.patterns.retain(|pattern| pattern.rows >= CROWD));
    profile.dependencies.iter_mut().for_each(|found| found.lines.clear());
    profile.issues.iter_mut().for_each(|issue| issue.lines.clear());
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_mask_keeps_the_shape_only() {
        assert_eq!(mask("Jane.Doe+7@example.com"), "xxxx.xxx+9@xxxxxxx.xxx");
        assert_eq!(mask("4111 1111 1111 1111 and more"), "9999 9999 9999 9999 xxx …");
    }
}
