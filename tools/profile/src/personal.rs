//! Personal data: recognised by the shape and check digits of values first, by a column's name second.
//!
//! A finding states its evidence; that nothing was found proves nothing.

use crate::column::{Column, Gathered};
use crate::finish::share;
use crate::result::ColumnType;
use crate::semantics::words;
use crate::value::{DateOrder, moment};

/// A column that seems to hold personal data.
pub(crate) struct Finding {
    pub(crate) kind: &'static str,
    pub(crate) match_rate: Option<f64>,
    pub(crate) evidence: String,
}

/// A kind of personal data with the share of values that must match, and whether that share may be small.
struct Detector {
    kind: &'static str,
    least: f64,
    matches: fn(&str) -> bool,
    checked: &'static str,
}

const DETECTORS: [Detector; 6] = [
    Detector { kind: "email", least: 0.01, matches: is_email, checked: "the form of an e-mail address" },
    Detector { kind: "iban", least: 0.05, matches: is_iban, checked: "the form and check digits of an IBAN" },
    Detector { kind: "credit_card", least: 0.5, matches: is_card, checked: "the length and check digit of a card number" },
    Detector { kind: "national_id", least: 0.5, matches: is_social_security, checked: "the form of a US social security number" },
    Detector { kind: "ip_address", least: 0.5, matches: is_ip, checked: "the form of an IP address" },
    Detector { kind: "phone", least: 0.5, matches: is_phone, checked: "the form of a telephone number" },
];

/// Different values that are tried at most.
const EXAMINED: usize = 8192;

/// Looks for personal data in a column.
pub(crate) fn find(name: &str, column: &Column, kind: ColumnType) -> Option<Finding> {
    by_value(column).or_else(|| by_name(name, column, kind))
}

fn by_value(column: &Column) -> Option<Finding> {
    let mut hits = [0_u64; DETECTORS.len()];
    let mut all = 0;
    let mut test = |text: &str, weight: u64| {
        all += weight;
        for (slot, detector) in hits.iter_mut().zip(&DETECTORS) {
            *slot += if (detector.matches)(text.trim()) { weight } else { 0 };
        }
    };
    match &column.gathered {
        Gathered::Texts(texts) => {
            let (examined, _) = texts.examined();
            let step = examined.len().div_ceil(EXAMINED).max(1);
            for (text, count) in examined.into_iter().step_by(step) {
                if let Ok(text) = std::str::from_utf8(text) {
                    test(text, count);
                }
            }
        }
        _ => column.examples.iter().for_each(|text| test(text, 1)),
    }
    let best = DETECTORS.iter().zip(hits).find(|(detector, hits)| *hits > 0 && share(*hits, all) >= detector.least)?;
    let rate = share(best.1, all);
    Some(Finding {
        kind: best.0.kind,
        match_rate: Some(rate),
        evidence: format!("{} of {all} examined values have {}", best.1, best.0.checked),
    })
}

fn by_name(name: &str, column: &Column, kind: ColumnType) -> Option<Finding> {
    let words = words(name);
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let joined = words.concat();
    let textual = matches!(kind, ColumnType::Text | ColumnType::Categorical | ColumnType::Code);
    let person = ["firstname", "lastname", "fullname", "surname", "givenname", "familyname", "middlename", "customername", "contactname"];
    let digits = |low: usize, high: usize| {
        let fits = |text: &String| (low..=high).contains(&text.bytes().filter(u8::is_ascii_digit).count());
        !column.examples.is_empty() && column.examples.iter().filter(|text| fits(text)).count() * 10 >= column.examples.len() * 9
    };
    let kind = match () {
        () if textual && person.iter().any(|word| joined.ends_with(word)) => "person_name",
        () if textual && has(&["street", "address", "addr"]) && !has(&["ip", "mac", "web", "email", "mail"]) => "address",
        () if kind.is_moment() && has(&["birth", "dob", "birthday", "birthdate"]) => "birth_date",
        () if has(&["phone", "tel", "telephone", "mobile", "cell", "fax"]) && digits(7, 15) => "phone",
        () if has(&["ssn", "passport"]) => "national_id",
        () => return None,
    };
    Some(Finding { kind, match_rate: None, evidence: format!("the column's name, `{name}`, says so; its values cannot be checked") })
}

/// Whether a single value is personal by itself, wherever it stands.
pub(crate) fn is_personal(text: &str) -> bool {
    text.split([' ', ',', ';', '<', '>', '(', ')', '"', '|', '\t', '=', ':']).any(is_email) || is_iban(text.trim()) || is_card(text.trim())
}

/// Whether the text has the form of an e-mail address.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-');
    let local_fits =
        !local.is_empty() && local.len() <= 64 && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    local_fits && domain.contains('.') && domain.trim_end_matches('.').split('.').all(word)
}

/// Whether the text is an IBAN with right check digits.
pub(crate) fn is_iban(text: &str) -> bool {
    let bare: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    let fits = (15..=34).contains(&bare.len())
        && bare[..2].iter().all(u8::is_ascii_uppercase)
        && bare[2..4].iter().all(u8::is_ascii_digit)
        && bare[4..].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    fits && bare[4..].iter().chain(&bare[..4]).fold(0_u64, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u64::from(byte - b'0')) % 97,
        _ => (rest * 100 + u64::from(byte - b'A') + 10) % 97,
    }) == 1
}

/// Whether the text is a card number with a right check digit (ISO/IEC 7812).
fn is_card(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    let digits: Vec<u32> = text.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect();
    if !plain || !(13..=19).contains(&digits.len()) || !matches!(digits[0], 2..=6) {
        return false;
    }
    let double = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { double(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

fn is_social_security(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 11
        && bytes.iter().enumerate().all(|(at, byte)| if at == 3 || at == 6 { *byte == b'-' } else { byte.is_ascii_digit() })
        && !text.starts_with("000")
        && !text.starts_with("666")
        && !text.starts_with('9')
}

/// Whether the text has the form of an IP address, version 4 or 6.
pub(crate) fn is_ip(text: &str) -> bool {
    (text.contains(':') || text.matches('.').count() == 3) && text.parse::<std::net::IpAddr>().is_ok()
}

/// Whether the text has the form of a telephone number.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let form = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b' ' | b'(' | b')' | b'.' | b'/'));
    let separators = text.bytes().filter(|byte| matches!(byte, b'-' | b' ' | b'.' | b'/')).count();
    let international = text.starts_with('+') && (8..=15).contains(&digits);
    let grouped = (10..=12).contains(&digits) && (text.starts_with('(') || separators >= 2);
    form && (international || grouped) && moment(text.as_bytes(), DateOrder::DayFirst).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_recognised_by_form_and_check_digits() {
        assert!(is_email("jane.doe@example.co.uk") && !is_email("@home") && !is_email("a@b") && !is_email("a b@c.de"));
        assert!(is_iban("GB82 WEST 1234 5698 7654 32") && !is_iban("GB82 WEST 1234 5698 7654 33"));
        assert!(is_card("4111 1111 1111 1111") && !is_card("4111111111111112") && !is_card("1234567890123"));
        assert!(is_social_security("123-45-6789") && !is_social_security("000-45-6789"));
        assert!(is_ip("192.168.0.1") && is_ip("::1") && !is_ip("1.2.3") && !is_ip("12:30"));
        assert!(is_phone("+49 30 901820") && is_phone("(555) 123-4567") && is_phone("555-123-4567"));
        assert!(!is_phone("2020-01-01") && !is_phone("12345") && !is_phone("2010-12-01 08:26:00"));
    }

    #[test]
    fn an_address_within_a_text_makes_the_text_personal() {
        assert!(is_personal("please write to jane@example.com, thanks") && !is_personal("meet @ 5.30"));
    }
}
