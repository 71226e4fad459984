//! Why a column has its type.

use super::share;
use crate::column::evidence::Evidence;
use crate::column::{Column, Reading};
use crate::result::{TopValue, TypeEvidence};
use crate::value::DateOrder;
use crate::value::dressed::Style;

pub(super) fn type_evidence(column: &Column, order: Option<DateOrder>) -> Option<TypeEvidence> {
    let evidence = &column.evidence;
    let (fitted, exceptions) = (evidence.fitted(), evidence.exceptions());
    let total = fitted + exceptions + evidence.others.sentinels;
    let year_first = order.is_some() && evidence.ambiguous == 0;
    let found = TypeEvidence {
        share: (exceptions > 0).then(|| share(fitted, fitted + exceptions)),
        exceptions,
        first_exception_line: evidence.exception.as_ref().map(|exception| exception.line),
        first_exception: evidence.exception.as_ref().map(|exception| exception.text.clone()),
        missing_tokens: evidence
            .sentinels
            .iter()
            .map(|(text, count)| TopValue { value: text.clone(), count: *count, share: share(*count, total) })
            .collect(),
        date_order: order
            .filter(|_| !year_first)
            .map(|order| if order == DateOrder::DayFirst { "day_first" } else { "month_first" }.to_owned()),
        written: written(column),
        ambiguous_share: ambiguous_share(evidence),
        note: (evidence.floats > 0 && evidence.floats == evidence.whole)
            .then(|| "all values are whole numbers written with a decimal point".to_owned()),
    };
    (found != TypeEvidence::default()).then_some(found)
}

/// The share of dates or dressed numbers that mean something else in the other way of writing them.
fn ambiguous_share(evidence: &Evidence) -> Option<f64> {
    let (part, whole) = if evidence.moments > 0 {
        (evidence.ambiguous, evidence.moments)
    } else {
        (evidence.dress.ambiguous, evidence.integers + evidence.floats)
    };
    (part > 0).then(|| share(part, whole))
}

/// How dressed numbers are written.
fn written(column: &Column) -> Option<String> {
    let Some(Reading::Dressed(style)) = column.reading else { return None };
    let dress = &column.evidence.dress;
    let mut parts = Vec::new();
    if style == Style::Comma {
        parts.push("decimal comma".to_owned());
    }
    if dress.grouped > 0 {
        parts.push("thousands separators".to_owned());
    }
    if let Some(currency) = dress.currency {
        parts.push(format!("currency {currency}{}", if dress.mixed { " and others" } else { "" }));
    }
    if dress.percents > 0 {
        parts.push("percent".to_owned());
    }
    Some(if parts.is_empty() { "signs".to_owned() } else { parts.join(", ") })
}
