//! What a page is made of. Everything is data: the page's script builds elements from it, text only ever as text.

use serde::Serialize;
use serde_json::{Map, Value};

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
}

impl Cell {
    /// A framed cell.
    pub fn new(span: u8, title: &str, blocks: Vec<Block>) -> Self {
        Self { span, title: title.to_owned(), bare: false, blocks }
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

/// One number.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Number {
    /// What it is.
    pub label: String,
    /// A number, or text that is shown as it is.
    pub value: Value,
    /// How it is written: the name of a [`Format`](crate::Format).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// How it compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// A few words below it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// How it was over time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spark: Vec<Option<f64>>,
    /// Why it is an estimate, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx: Option<String>,
}

/// How a number compares with another.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The difference, as a share unless `format` says otherwise.
    pub value: f64,
    /// How it is written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// With what.
    pub label: String,
    /// Whether it is welcome.
    pub tone: Tone,
}

/// Rows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    /// Its heading, read by screen readers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// Values in the order of the columns; a list of numbers is drawn as a spark line.
    pub rows: Vec<Vec<Value>>,
    /// Whether it has a search box.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub search: bool,
}

/// A column of a table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TableColumn {
    /// Its heading.
    pub name: String,
    /// `end` for numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub align: String,
    /// How its values are written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// The value that fills a cell's bar; no bars without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<f64>,
    /// Whether its values are set in fixed width.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
    /// `bar` or `line`, for lists of numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub spark: String,
}

impl TableColumn {
    /// A column of text.
    pub fn text(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A column of numbers in a format.
    pub fn number(name: &str, format: &str) -> Self {
        Self { name: name.to_owned(), align: "end".to_owned(), format: format.to_owned(), ..Self::default() }
    }
}

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

/// Where a figure's numbers come from.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Truth {
    /// The statement that was run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sql: String,
    /// Rows that it gave.
    pub rows: u64,
    /// When it was run, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// When the tables it reads were last loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_as_of: Option<String>,
    /// A hash of its rows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// Checks of the numbers, and how they ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Checked>,
}

/// A check of a figure's numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// `good` or `poor`.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
}

/// Formats of values by the name of their column.
pub type Formats = Map<String, Value>;
