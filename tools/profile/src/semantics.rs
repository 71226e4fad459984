//! What a column's values are about: its type among texts, and its semantic type.

use crate::column::evidence::Shapes;
use crate::column::textual::{Texts, Textual};
use crate::column::{Column, Gathered, Reading, SHARE};
use crate::finish::share;
use crate::result::{ColumnProfile, ColumnType, TopValue, TypeEvidence};
use crate::value::dressed::is_dressed;
use crate::value::{DateOrder, is_sentinel, moment};

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
    const TESTS: [(&str, Test); 10] = [
        ("email", crate::personal::is_email),
        ("url", is_url),
        ("uuid", is_uuid),
        ("ip_address", crate::personal::is_ip),
        ("iban", crate::personal::is_iban),
        ("json", is_json),
        ("mac_address", is_mac),
        ("coordinates", is_coordinates),
        ("phone", crate::personal::is_phone),
        ("number", |text| is_dressed(text.as_bytes())),
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
    if let Some(Reading::Dressed(_)) = column.reading {
        let most = |count: u64| count * 2 > evidence.fitted();
        return Some(match () {
            () if most(evidence.dress.currencies) => "currency",
            () if most(evidence.dress.percents) => "percent",
            () => "formatted_number",
        });
    }
    let whole = evidence.floats == evidence.whole;
    let words = words(&profile.name);
    let named = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let at_an_end = |names: &[&str]| [words.first(), words.last()].into_iter().flatten().any(|word| names.contains(&word.as_str()));
    let (low, high) = (profile.min.as_ref()?.as_f64()?, profile.max.as_ref()?.as_f64()?);
    match () {
        () if whole && is_compact_date(column, low, high) => Some("date_yyyymmdd"),
        () if whole && named(&EPOCH) && (5e8..5e9).contains(&low) && high < 5e9 => Some("epoch_seconds"),
        () if whole && named(&EPOCH) && (5e11..5e12).contains(&low) && high < 5e12 => Some("epoch_millis"),
        () if whole && at_an_end(&["id", "key", "code", "no", "number", "nr"]) => Some("identifier"),
        () if whole && named(&["year"]) && low >= 1000.0 && high < 3000.0 => Some("year"),
        () if whole && low >= 0.0 && high <= 1.0 && profile.distinct.value == 2 => Some("boolean_flag"),
        () if named(&["lat", "latitude"]) && low >= -90.0 && high <= 90.0 => Some("latitude"),
        () if named(&["lon", "lng", "longitude"]) && low >= -180.0 && high <= 180.0 => Some("longitude"),
        () => None,
    }
}

/// Words in the names of columns that count seconds or milliseconds since 1970.
const EPOCH: [&str; 10] = ["time", "timestamp", "ts", "epoch", "unix", "date", "at", "created", "updated", "modified"];

/// Whether all numbers are dates written as `20231231`.
fn is_compact_date(column: &Column, low: f64, high: f64) -> bool {
    let Gathered::Numbers(numbers) = &column.gathered else { return false };
    let written = |value: f64| {
        let digits = format!("{value:.0}");
        digits.len() == 8
            && moment(format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]).as_bytes(), DateOrder::DayFirst).is_some()
    };
    low >= 18_000_101.0 && high <= 22_001_231.0 && numbers.distribution().values.iter().all(|(value, _)| written(*value))
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

fn is_mac(text: &str) -> bool {
    let separators = text.bytes().filter(|byte| matches!(byte, b':' | b'-')).count();
    text.len() == 17 && separators == 5 && text.bytes().enumerate().all(|(at, byte)| at % 3 == 2 || byte.is_ascii_hexdigit())
}

/// Whether the text is a latitude and a longitude, or a point in well-known text.
fn is_coordinates(text: &str) -> bool {
    if let Some(point) = text.strip_prefix("POINT") {
        let inner = point.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        return inner.is_some_and(|inner| inner.split_whitespace().filter(|part| part.parse::<f64>().is_ok()).count() == 2);
    }
    let bare = text.trim_start_matches('(').trim_end_matches(')');
    let within = |part: &str, limit: f64| part.contains('.') && part.trim().parse::<f64>().is_ok_and(|value| value.abs() <= limit);
    bare.split_once([',', ';']).is_some_and(|(latitude, longitude)| within(latitude, 90.0) && within(longitude, 180.0))
}

fn is_json(text: &str) -> bool {
    let braced = text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']');
    braced && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{is_coordinates, is_mac, words};

    #[test]
    fn places_and_hardware_addresses_are_recognised() {
        assert!(["52.5200, 13.4050", "(-33.9,151.2)", "POINT (13.4 52.5)"].into_iter().all(is_coordinates));
        assert!(!["1,2", "100.5,13.4", "1.5", "a.b,c.d"].into_iter().any(is_coordinates));
        assert!(is_mac("00:1A:2b:3C:4d:5E") && !is_mac("00:1A:2b:3C:4d"));
    }

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("CustomerID"), ["customer", "id"]);
        assert_eq!(words("customer_id"), ["customer", "id"]);
        assert_eq!(words("E-Mail Address"), ["e", "mail", "address"]);
    }
}
