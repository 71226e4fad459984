//! What stands in lists: facts, parts of a whole, notices, frequent values, and cards that open.

use serde::Serialize;

use super::{Block, Tone};

/// A label with a value.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Names stand between backticks.
    pub value: String,
    /// A few words beside it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Why it is an estimate, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx: Option<String>,
}

impl Fact {
    /// A fact.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// The same fact as an estimate, where `why` is given.
    #[must_use]
    pub fn approx(mut self, why: Option<String>) -> Self {
        self.approx = why;
        self
    }
}

/// A share of a score.
#[derive(Debug, Clone, Serialize)]
pub struct Share {
    /// What it is.
    pub label: String,
    /// From 0 to 1.
    pub share: f64,
}

/// A part of a whole.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// What it is.
    pub label: String,
    /// Chooses its colour: a data type's name.
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// Something to know.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    /// `error`, `warning` or `info`.
    pub tone: Tone,
    /// A short name.
    pub code: String,
    /// One sentence; names stand between backticks.
    pub text: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Titles of cards that it is about: pressing one shows the card.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

/// Frequent values.
#[derive(Debug, Clone, Serialize)]
pub struct Bars {
    /// Its heading.
    pub title: String,
    /// Most frequent first.
    pub items: Vec<Frequent>,
    /// Why the counts are estimates, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx: Option<String>,
}

/// A frequent value.
#[derive(Debug, Clone, Serialize)]
pub struct Frequent {
    /// The value.
    pub label: String,
    /// How often it occurs.
    pub count: u64,
    /// Of all.
    pub share: f64,
}

/// An item that opens.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Card {
    /// Its name; notices refer to it.
    pub title: String,
    /// Before the name, such as a position.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// A type, by which the list can be filtered.
    pub kind: String,
    /// A few words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What share is filled, from 0 to 1.
    pub filled: f64,
    /// At the end of the line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub count: String,
    /// By what `Most distinct` sorts.
    pub distinct: u64,
    /// What there is to know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Alerts>,
    /// A small histogram.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spark: Vec<u64>,
    /// Whether it is open at first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// Its content, in columns.
    pub blocks: Vec<Vec<Block>>,
}

/// How much there is to know about a card.
#[derive(Debug, Clone, Serialize)]
pub struct Alerts {
    /// The most severe.
    pub tone: Tone,
    /// How many.
    pub count: u64,
    /// By what `Most to know` sorts.
    pub weight: u64,
}
