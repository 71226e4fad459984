//! What a setting's value may be, and how it is read from a file, a variable or a flag.

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_stack_core::Effect;
use serde_json::{Value, json};

/// The type of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A short text.
    Text,
    /// A rung of the ladder; what cannot be read becomes the given, most cautious one.
    Effect(Effect),
    /// Seconds, between the bounds.
    Seconds(f64, f64),
    /// A whole number, between the bounds.
    Count(u64, u64),
    /// Bytes: a number, or a text such as `512MiB`; at least so many.
    Bytes(u64),
    /// True or false.
    Switch,
    /// Texts; in a variable or a flag separated by commas.
    Texts,
    /// A path; relative to the file that holds it, else to the current folder.
    Path,
    /// Paths; in a variable or a flag separated as in `PATH`.
    Paths,
}

/// A value in its normal form, with what a person should know about how it was read.
pub(super) struct Parsed {
    pub(super) value: Value,
    pub(super) caution: Option<String>,
}

/// What relative paths start at and what `~` stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) folder: &'a Path,
    pub(super) home: Option<&'a Path>,
}

impl Kind {
    /// The normal form of `raw`, or what was expected instead.
    pub(super) fn parse(self, raw: &Value, place: Place<'_>) -> Result<Parsed, String> {
        let value = match self {
            Self::Effect(fallback) => return Ok(effect(raw, fallback)),
            Self::Text => raw.as_str().filter(|text| !text.is_empty()).map(Value::from).ok_or("a text"),
            Self::Seconds(least, most) => return within(number(raw), least, most, "a number of seconds").map(plain),
            Self::Count(least, most) => {
                let number = number(raw).filter(|number| number.fract() == 0.0);
                return within(number, least as f64, most as f64, "a whole number")
                    .map(|value| plain(json!(value.as_f64().unwrap_or(0.0) as u64)));
            }
            Self::Bytes(least) => return bytes(raw, least).map(plain),
            Self::Switch => switch(raw).map(Value::from).ok_or("true or false"),
            Self::Texts => texts(raw).map(Value::from).ok_or("a list of texts"),
            Self::Path => raw.as_str().filter(|text| !text.is_empty()).map(|text| path(text, place)).ok_or("a path"),
            Self::Paths => paths(raw, place).ok_or("a list of paths"),
        };
        value.map(plain).map_err(str::to_owned)
    }

    /// How people read a value of this kind.
    pub fn show(self, value: &Value) -> String {
        match (self, value) {
            (_, Value::Null) => "(none)".to_owned(),
            (Self::Bytes(_), value) => show_bytes(value.as_u64().unwrap_or(0)),
            (Self::Seconds(..), value) => format!("{value} s"),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Array(items)) if items.is_empty() => "(none)".to_owned(),
            (_, Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            (_, other) => other.to_string(),
        }
    }
}

fn plain(value: Value) -> Parsed {
    Parsed { value, caution: None }
}

fn effect(raw: &Value, fallback: Effect) -> Parsed {
    let read = raw.as_str().and_then(|text| serde_json::from_value(json!(text.trim().to_ascii_lowercase())).ok());
    let caution = read.is_none().then(|| format!("{raw} is none of read, write and destroy; `{fallback}` holds instead"));
    Parsed { value: json!(read.unwrap_or(fallback)), caution }
}

fn number(raw: &Value) -> Option<f64> {
    match raw {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

fn within(number: Option<f64>, least: f64, most: f64, what: &str) -> Result<Value, String> {
    match number {
        Some(number) if number >= least && number <= most => Ok(shortest(number)),
        _ => Err(format!("{what} from {least} to {most}")),
    }
}

/// 25 rather than 25.0.
fn shortest(number: f64) -> Value {
    if number.fract() == 0.0 { json!(number as u64) } else { json!(number) }
}

fn switch(raw: &Value) -> Option<bool> {
    match raw {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Some(true),
            "0" | "false" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn texts(raw: &Value) -> Option<Vec<String>> {
    match raw {
        Value::String(text) => Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn paths(raw: &Value, place: Place<'_>) -> Option<Value> {
    let parts: Vec<String> = match raw {
        Value::String(text) => {
            std::env::split_paths(text).filter_map(|part| part.to_str().map(str::to_owned)).filter(|part| !part.is_empty()).collect()
        }
        other => texts(other)?,
    };
    Some(parts.iter().map(|part| path(part, place)).collect())
}

fn path(text: &str, place: Place<'_>) -> Value {
    let path = match (text.strip_prefix('~'), place.home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => place.folder.join(text),
    };
    json!(tidy(&path))
}

/// The path without `.` and `..`, its links followed as far as it exists.
pub(super) fn tidy(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

const UNITS: [(&str, u64); 10] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
    ("", 1),
];

fn bytes(raw: &Value, least: u64) -> Result<Value, String> {
    let read = match raw {
        Value::String(text) => sized(text),
        other => other.as_u64(),
    };
    read.filter(|bytes| *bytes >= least)
        .map(Value::from)
        .ok_or_else(|| format!("a size such as \"512MiB\", at least {}", show_bytes(least)))
}

fn sized(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let (unit, factor) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number: f64 = text[..text.len() - unit.len()].trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some((number * *factor as f64) as u64)
}

/// `bytes` in the largest binary unit that keeps it short.
pub fn show_bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit < units.len() - 1 {
        size /= 1024.0;
        unit += 1;
    }
    if size.fract() == 0.0 { format!("{size:.0} {}", units[unit]) } else { format!("{size:.1} {}", units[unit]) }
}

/// A normal form's seconds.
pub(super) fn seconds(value: &Value) -> Duration {
    Duration::try_from_secs_f64(value.as_f64().unwrap_or(0.0)).unwrap_or_default()
}

/// A normal form's texts.
pub(super) fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
