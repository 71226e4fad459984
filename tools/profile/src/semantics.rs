//! What a column's values are about: its type among texts, and its semantic type.

use crate::column::evidence::Shapes;
use crate::column::textual::{Texts, Textual};
use crate::column::{Column, Gathered, SHARE};
use crate::finish::share;
use crate::result::{ColumnProfile, ColumnType, TopValue, TypeEvidence};
use crate::value::is_sentinel;

/// Different values that a category may have at most.
const CATEGORIES: u64 = 200;

/// Whether a value is of a kind.
type Test = fn(&str) -> bool;

/// The type of a column that is read as text.
pub(crate) fn text_type(texts: &Textual, sums: &Texts, distinct: u64) -> ColumnType {
    let shapes = &sums.shapes;
    let valid = shapes.valid();
    if sums.values == 0 {
        return ColumnType::Empty;
    }
    if valid > 0 && shapes.booleans as f64 >= SHARE * valid as f64 {
        return ColumnType::Boolean;
    }
    let code = code_share(texts);
    if (shapes.padded + shapes.long + shapes.wide) as f64 > (1.0 - SHARE) * valid as f64 && code > 0.9 {
        return ColumnType::Code;
    }
    if distinct <= CATEGORIES && distinct * 2 <= sums.values && sums.longest <= 64 {
        return ColumnType::Categorical;
    }
    if code > 0.8 && sums.longest <= 64 { ColumnType::Code } else { ColumnType::Text }
}

/// The share of the different values that look like codes: a digit, no blank.
fn code_share(texts: &Textual) -> f64 {
    let (mut codes, mut all) = (0, 0);
    for (entry, text) in texts.counts.iter() {
        all += entry.count;
        let code = text.iter().any(u8::is_ascii_digit) && !text.trim_ascii().iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'@');
        codes += if code { entry.count } else { 0 };
    }
    share(codes, all)
}

/// Why a text column has its type, where that is not plain.
pub(crate) fn text_evidence(texts: &Textual, sums: &Texts, kind: ColumnType) -> Option<TypeEvidence> {
    let shapes = &sums.shapes;
    let mut found = TypeEvidence { missing_tokens: missing_tokens(texts, sums), note: note(shapes), ..TypeEvidence::default() };
    if kind == ColumnType::Boolean && shapes.booleans < shapes.valid() {
        found.exceptions = shapes.valid() - shapes.booleans;
        found.share = Some(share(shapes.booleans, shapes.valid()));
        found.first_exception_line = shapes.first_unlike_boolean();
    }
    (found != TypeEvidence::default()).then_some(found)
}

fn missing_tokens(texts: &Textual, sums: &Texts) -> Vec<TopValue> {
    if sums.shapes.sentinels == 0 {
        return Vec::new();
    }
    let mut found: Vec<_> = texts
        .counts
        .iter()
        .filter(|(_, text)| is_sentinel(text))
        .map(|(entry, text)| TopValue {
            value: String::from_utf8_lossy(text).into_owned(),
            count: entry.count,
            share: share(entry.count, sums.values),
        })
        .collect();
    found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    found.truncate(8);
    found
}

fn note(shapes: &Shapes) -> Option<String> {
    let numbers = shapes.integers + shapes.floats;
    let valid = shapes.valid();
    match () {
        () if shapes.padded > 0 && shapes.padded + shapes.long + numbers == valid => {
            Some(format!("digits only, {} with leading zeros: kept as text", shapes.padded))
        }
        () if (shapes.long > 0 || shapes.wide * 2 >= numbers && numbers > 0) && shapes.long + numbers == valid => {
            Some("digits only, too many for a number: kept as text".to_owned())
        }
        () if numbers > 0 && numbers < valid && numbers * 2 > valid => {
            Some(format!("{numbers} of {valid} values are numbers, the others are not"))
        }
        () => None,
    }
}

/// What the values are about, where that can be seen.
pub(crate) fn of(profile: &ColumnProfile, column: &Column) -> Option<String> {
    let found = match &column.gathered {
        Gathered::Texts(texts) => text_semantics(profile, texts),
        Gathered::Numbers(_) if profile.kind.is_number() => number_semantics(profile, column),
        _ => None,
    };
    found.map(str::to_owned)
}

fn text_semantics(profile: &ColumnProfile, texts: &Textual) -> Option<&'static str> {
    const TESTS: [(&str, Test); 7] = [
        ("email", crate::personal::is_email),
        ("url", is_url),
        ("uuid", is_uuid),
        ("ip_address", crate::personal::is_ip),
        ("iban", crate::personal::is_iban),
        ("json", is_json),
        ("number", |text| crate::value::is_formatted_number(text.as_bytes())),
    ];
    let mut hits = [0_u64; TESTS.len()];
    let mut all = 0;
    for (entry, text) in texts.counts.iter().take(2000) {
        let Ok(text) = std::str::from_utf8(text) else { continue };
        all += entry.count;
        for (slot, (_, test)) in hits.iter_mut().zip(TESTS) {
            *slot += if test(text.trim()) { entry.count } else { 0 };
        }
    }
    let best = TESTS.iter().zip(hits).find(|(_, hits)| *hits as f64 > 0.9 * all as f64);
    match best {
        Some((("number", _), _)) => Some(dressed(profile)),
        Some(((name, _), _)) => Some(*name),
        None if profile.kind == ColumnType::Code => Some("identifier"),
        None => None,
    }
}

/// Which dress numbers wear.
fn dressed(profile: &ColumnProfile) -> &'static str {
    let shown = profile.examples.join(" ");
    match () {
        () if shown.contains(['$', '€', '£', '¥']) => "currency",
        () if shown.contains('%') => "percent",
        () => "formatted_number",
    }
}

fn number_semantics(profile: &ColumnProfile, column: &Column) -> Option<&'static str> {
    let evidence = &column.evidence;
    let whole = evidence.floats == evidence.whole;
    let words = words(&profile.name);
    let named = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let at_an_end = |names: &[&str]| [words.first(), words.last()].into_iter().flatten().any(|word| names.contains(&word.as_str()));
    let (low, high) = (profile.min.as_ref()?.as_f64()?, profile.max.as_ref()?.as_f64()?);
    match () {
        () if whole && at_an_end(&["id", "key", "code", "no", "number", "nr"]) => Some("identifier"),
        () if whole && named(&["year"]) && low >= 1000.0 && high < 3000.0 => Some("year"),
        () if whole && low >= 0.0 && high <= 1.0 && profile.distinct.value == 2 => Some("boolean_flag"),
        () if named(&["lat", "latitude"]) && low >= -90.0 && high <= 90.0 => Some("latitude"),
        () if named(&["lon", "lng", "longitude"]) && low >= -180.0 && high <= 180.0 => Some("longitude"),
        () => None,
    }
}

/// A column's name as lower-case words: `customerID` and `customer_id` are both `customer id`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && lower {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let Some(word) = words.last_mut()
            && c.is_alphanumeric()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_url(text: &str) -> bool {
    ["http://", "https://", "ftp://"].iter().any(|scheme| text.starts_with(scheme)) && !text.contains(' ')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

fn is_json(text: &str) -> bool {
    let braced = text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']');
    braced && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("CustomerID"), ["customer", "id"]);
        assert_eq!(words("customer_id"), ["customer", "id"]);
        assert_eq!(words("E-Mail Address"), ["e", "mail", "address"]);
    }
}
