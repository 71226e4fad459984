//! Colours that cannot be seen on the page's ground, as the Web Content Accessibility Guidelines measure it.

use serde_json::{Map, Value};

/// The ground in the light and the dark theme.
const GROUNDS: [[u8; 3]; 2] = [[0xff, 0xff, 0xff], [0x17, 0x1e, 0x2a]];
/// The least contrast of what carries meaning (WCAG 2.2, 1.4.11), with both grounds as far as one colour can have it.
const LEAST: f64 = 3.0;
/// The least with the other ground: a colour for both themes cannot reach 3 with each.
const OTHER: f64 = 2.0;

/// Colours of the options with too little contrast, with their paths.
pub(super) fn pale(options: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, value) in options {
        walk(value, &format!(".{key}"), key, &mut found);
    }
    found
}

fn walk(value: &Value, path: &str, key: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), key, found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{path}[{at}]"), key, found)),
        Value::String(text) if key == "color" && parsed(text).is_some_and(is_pale) => found.push((path.to_owned(), text.clone())),
        _ => {}
    }
}

fn is_pale(color: [u8; 3]) -> bool {
    let [light, dark] = GROUNDS.map(|ground| contrast(color, ground));
    light.max(dark) < LEAST || light.min(dark) < OTHER
}

/// `#rgb`, `#rrggbb` or `rgb(r, g, b)`.
fn parsed(text: &str) -> Option<[u8; 3]> {
    if let Some(digits) = text.strip_prefix('#') {
        let digit = |at: usize| char::from(*digits.as_bytes().get(at)?).to_digit(16);
        let pair = |first: usize, second: usize| Some((digit(first)? * 16 + digit(second)?) as u8);
        return match digits.len() {
            3 | 4 => Some([pair(0, 0)?, pair(1, 1)?, pair(2, 2)?]),
            6 | 8 => Some([pair(0, 1)?, pair(2, 3)?, pair(4, 5)?]),
            _ => None,
        };
    }
    let inner = text.strip_prefix("rgb(")?.strip_suffix(')')?;
    let mut parts = inner.split(',').map(|part| part.trim().parse::<u8>().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn colours_that_vanish_on_either_ground_are_found_with_their_path() {
        let options =
            json!({ "color": ["#3563e9", "#fdfdfd"], "series": [{ "itemStyle": { "color": "rgb(20, 30, 40)" }, "name": "#fff" }] });
        let found = pale(options.as_object().unwrap());
        let expected = [(".color[1]", "#fdfdfd"), (".series[0].itemStyle.color", "rgb(20, 30, 40)")];
        assert_eq!(found, expected.map(|(path, color)| (path.to_owned(), color.to_owned())));
    }
}
