//! Masking of what seems personal, in rows that a call shows without having been asked for them.
//!
//! Names of columns are taken at their word and values by their form: too much is masked rather than too little.

use serde_json::Value;

use crate::ports::warehouse::Column;

/// What stands in the place of a masked value.
pub const MASKED: &str = "[masked]";

/// Words in a column's name that say that its values are personal.
const WORDS: [&str; 26] = [
    "email",
    "mail",
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "street",
    "address",
    "addr",
    "ssn",
    "passport",
    "iban",
    "birth",
    "birthday",
    "birthdate",
    "dob",
    "firstname",
    "lastname",
    "fullname",
    "surname",
    "creditcard",
    "ip",
    "password",
    "username",
];
/// Pairs of words that do.
const PAIRS: [(&str, &str); 9] = [
    ("first", "name"),
    ("last", "name"),
    ("full", "name"),
    ("given", "name"),
    ("family", "name"),
    ("customer", "name"),
    ("contact", "name"),
    ("card", "number"),
    ("user", "name"),
];

/// Masks the rows in place and names the columns in which something was masked.
pub fn mask(columns: &[Column], rows: &mut [Vec<Value>]) -> Vec<String> {
    let mut masked = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let named = is_personal_name(&column.name);
        let mut any = false;
        for value in rows.iter_mut().filter_map(|row| row.get_mut(index)) {
            if !value.is_null() && (named || is_personal_value(value)) {
                *value = MASKED.into();
                any = true;
            }
        }
        if any {
            masked.push(column.name.clone());
        }
    }
    masked
}

fn is_personal_name(name: &str) -> bool {
    let words = words(name);
    let single = words.iter().any(|word| WORDS.contains(&word.as_str()));
    single || words.windows(2).any(|pair| PAIRS.contains(&(pair[0].as_str(), pair[1].as_str())))
}

/// The words of a name, in lower case: `CustomerID` and `customer_id` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = character.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_personal_value(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_address(text) || is_card(text),
        Value::Array(values) => values.iter().any(is_personal_value),
        Value::Object(fields) => fields.values().any(is_personal_value),
        _ => false,
    }
}

/// Whether an e-mail address stands somewhere in the text.
fn holds_address(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || ",;<>()\"|=:".contains(c)).any(|word| {
        word.split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && domain.split('.').filter(|part| !part.is_empty()).count() > 1)
    })
}

/// Whether the text is a card number with a right check digit (ISO/IEC 7812).
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-');
    if !plain || !(13..=19).contains(&digits.len()) {
        return false;
    }
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn personal_columns_and_values_are_masked_and_others_are_not() {
        let columns = ["CustomerID", "ContactEmail", "first_name", "note", "shipping"];
        let columns = columns.map(|name| Column { name: name.into(), kind: "VARCHAR".into() });
        let mut rows = vec![
            vec![json!("17850"), json!("x"), json!("Ann"), json!("mail ann@example.com now"), json!("by sea")],
            vec![json!("17851"), json!(null), json!("Bob"), json!("4111 1111 1111 1111"), json!("a @ b")],
        ];
        let masked = mask(&columns, &mut rows);
        assert_eq!(masked, ["ContactEmail", "first_name", "note"]);
        let expected = [
            vec![json!("17850"), json!(MASKED), json!(MASKED), json!(MASKED), json!("by sea")],
            vec![json!("17851"), json!(null), json!(MASKED), json!(MASKED), json!("a @ b")],
        ];
        assert_eq!(rows, expected);
    }
}
