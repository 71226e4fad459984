//! What a page is made of. Everything is data: the page's script builds elements from it, text only ever as text.

use serde::Serialize;
use serde_json::Value;

use super::{Bars, Card, Fact, Notice, Number, Part, Recipe, Share, Table, Truth};
use crate::Figure;

/// A part of a page under a heading of its own.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// Names it in the address and in the navigation: lower-case letters and hyphens.
    pub id: String,
    /// Its heading; without one it is not in the navigation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// A few words beside the heading.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section with a heading.
    pub fn new(id: &str, title: &str, note: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), note: note.into(), blocks }
    }
}

/// A part of a section.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Block {
    /// A chart with its table, its downloads and where it comes from.
    Chart(Box<Figure>),
    /// One number.
    Number(Number),
    /// Rows with sorting and search.
    Table(Table),
    /// Labels with values.
    Facts {
        /// In order.
        rows: Vec<Fact>,
    },
    /// A score of 100 with the shares it is made of.
    Score {
        /// What is scored.
        title: String,
        /// From 0 to 100.
        value: f64,
        /// `good`, `fair` or `poor`.
        tone: Tone,
        /// The parts.
        parts: Vec<Share>,
    },
    /// What a whole is made of, as one bar with a key.
    Mix {
        /// Largest first.
        items: Vec<Part>,
    },
    /// What to know, most important first; long lists are folded.
    Notices {
        /// In order.
        items: Vec<Notice>,
    },
    /// Frequent values with their counts.
    Bars(Bars),
    /// Some values as they are written.
    Values {
        /// Its heading.
        title: String,
        /// In order.
        items: Vec<String>,
    },
    /// A list that opens item by item, with search, filters and order.
    Cards {
        /// What the search box says while it is empty.
        placeholder: String,
        /// In order.
        items: Vec<Card>,
    },
    /// Formatted text.
    Prose {
        /// Elements from [`prose`](super::prose()).
        nodes: Vec<Value>,
    },
    /// A sentence.
    Text {
        /// Names stand between backticks.
        text: String,
    },
    /// Cells side by side.
    Grid {
        /// Whether cells stay side by side on narrow windows.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        compact: bool,
        /// In order.
        items: Vec<Cell>,
    },
}

/// A cell of a grid of twelve columns.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// How many of the twelve columns it takes.
    pub span: u8,
    /// A heading of its own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Whether it is drawn without a frame.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bare: bool,
    /// What stands in it.
    pub blocks: Vec<Block>,
    /// How it follows from the page's rows, where filters change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Where its numbers come from, where no figure in it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Truth>,
}

impl Cell {
    /// A framed cell.
    pub fn new(span: u8, title: &str, blocks: Vec<Block>) -> Self {
        Self { span, title: title.to_owned(), bare: false, blocks, recipe: None, truth: None }
    }
}

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// In order.
    Good,
    /// Usable.
    Fair,
    /// Not in order.
    Poor,
    /// Neither.
    Flat,
    /// Data is lost or misread.
    Error,
    /// May mislead.
    Warning,
    /// Good to know.
    Info,
}
