//! One column's statistics, gathered batch by batch.
//!
//! A column is read as numbers, as points in time or as text. Which, is guessed from its first values; values that do not
//! fit are counted as exceptions. When the whole file shows that the guess was wrong, the column is read once more, now as
//! what it is (see [`Column::verdict`]). So types hold for the whole file while nearly every file is read once.

pub(crate) mod evidence;
pub(crate) mod numeric;
pub(crate) mod textual;

use crate::read::batch::Batch;
use crate::sketch::hash;
use crate::value::DateOrder;
use evidence::{Evidence, Shapes};
use numeric::Numeric;
use textual::Textual;

/// As what a column's fields are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Number,
    Moment(DateOrder),
    Text,
}

/// How much a column may keep.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Different values counted exactly.
    pub(crate) counted: usize,
    /// Different values told apart exactly.
    pub(crate) distinct: usize,
    /// Rows whose numbers are kept for comparing columns.
    pub(crate) sample: usize,
    /// Texts that the caller says mean missing.
    pub(crate) null_values: Vec<Vec<u8>>,
}

/// The values of every n-th row, the same rows in every column: what columns are compared by. `NaN` where there is none.
#[derive(Debug, Clone)]
pub(crate) struct RowSample {
    pub(crate) values: Vec<f64>,
    pub(crate) stride: u64,
    row: u64,
    limit: usize,
}

impl RowSample {
    fn new(limit: usize) -> Self {
        Self { values: Vec::new(), stride: 1, row: 0, limit }
    }

    #[inline]
    fn push(&mut self, value: f64) {
        if self.row.is_multiple_of(self.stride) && self.limit > 0 {
            if self.values.len() == self.limit {
                self.thin();
            }
            if self.row.is_multiple_of(self.stride) {
                self.values.push(value);
            }
        }
        self.row += 1;
    }

    /// Keeps every second row; all columns do so at the same row.
    #[cold]
    fn thin(&mut self) {
        let mut keep = false;
        self.values.retain(|_| {
            keep = !keep;
            keep
        });
        self.stride *= 2;
    }
}

/// What is gathered, by reading.
pub(crate) enum Gathered {
    /// No value yet.
    Nothing,
    Numbers(Box<Numeric>),
    Texts(Box<Textual>),
}

/// A column being profiled.
pub(crate) struct Column {
    pub(crate) index: usize,
    pub(crate) reading: Option<Reading>,
    pub(crate) rows: u64,
    pub(crate) nulls: u64,
    pub(crate) empty_strings: u64,
    pub(crate) gathered: Gathered,
    pub(crate) evidence: Evidence,
    pub(crate) sample: RowSample,
    /// The first different values, as they are written.
    pub(crate) examples: Vec<String>,
    limits: Limits,
}

const EXAMPLES: usize = 200;

impl Column {
    /// A column to be read as `reading`, or as its first values suggest.
    pub(crate) fn new(index: usize, reading: Option<Reading>, limits: &Limits) -> Self {
        let mut column = Self {
            index,
            reading: None,
            rows: 0,
            nulls: 0,
            empty_strings: 0,
            gathered: Gathered::Nothing,
            evidence: Evidence::default(),
            sample: RowSample::new(limits.sample),
            examples: Vec::new(),
            limits: limits.clone(),
        };
        if let Some(reading) = reading {
            column.read_as(reading);
        }
        column
    }

    fn read_as(&mut self, reading: Reading) {
        self.reading = Some(reading);
        self.gathered = match reading {
            Reading::Text => Gathered::Texts(Box::new(Textual::new(&self.limits))),
            Reading::Number | Reading::Moment(_) => Gathered::Numbers(Box::new(Numeric::new(&self.limits))),
        };
    }

    /// Takes the column's fields of a batch.
    pub(crate) fn update(&mut self, batch: &Batch) {
        if self.reading.is_none()
            && let Some(reading) = self.guess(batch)
        {
            self.read_as(reading);
        }
        if self.examples.is_empty() {
            self.gather_examples(batch);
        }
        self.rows += batch.rows as u64;
        match (self.reading, std::mem::replace(&mut self.gathered, Gathered::Nothing)) {
            (Some(Reading::Number), Gathered::Numbers(mut numbers)) => {
                self.numbers(batch, &mut numbers);
                self.gathered = Gathered::Numbers(numbers);
            }
            (Some(Reading::Moment(order)), Gathered::Numbers(mut numbers)) => {
                self.moments(batch, order, &mut numbers);
                self.gathered = Gathered::Numbers(numbers);
            }
            (_, Gathered::Texts(mut texts)) => {
                self.texts(batch, &mut texts);
                self.gathered = Gathered::Texts(texts);
            }
            _ => self.visit(batch, |column, _, _| column.sample.push(f64::NAN), |_, _, _| {}),
        }
    }

    /// Visits missing fields with the first closure (by row) and values with the second.
    #[inline]
    fn visit(&mut self, batch: &Batch, mut missing: impl FnMut(&mut Self, usize, bool), mut value: impl FnMut(&mut Self, usize, &[u8])) {
        let any_null = !self.limits.null_values.is_empty();
        batch.visit(self.index, |row, field| match field {
            Some(text) if !(text.is_empty() || any_null && self.limits.null_values.iter().any(|null| null == text)) => {
                value(self, row, text);
            }
            other => {
                self.nulls += 1;
                let empty = other.is_some_and(<[u8]>::is_empty);
                self.empty_strings += u64::from(empty);
                missing(self, row, empty);
            }
        });
    }

    fn numbers(&mut self, batch: &Batch, numbers: &mut Numeric) {
        let mut values = std::mem::take(&mut numbers.buffer);
        values.clear();
        self.visit(
            batch,
            |column, _, _| column.sample.push(f64::NAN),
            |column, row, text| {
                if let Some(value) = column.evidence.number(text, || batch.line(row)) {
                    column.sample.push(value);
                    values.push(value);
                } else {
                    column.sample.push(f64::NAN);
                    numbers.exception(hash(text));
                }
            },
        );
        numbers.buffer = values;
        numbers.take_buffer();
    }

    fn moments(&mut self, batch: &Batch, order: DateOrder, numbers: &mut Numeric) {
        let mut values = std::mem::take(&mut numbers.buffer);
        values.clear();
        self.visit(
            batch,
            |column, _, _| column.sample.push(f64::NAN),
            |column, row, text| {
                if let Some(micros) = column.evidence.moment(text, order, || batch.line(row)) {
                    column.sample.push(micros as f64);
                    values.push(micros as f64);
                } else {
                    column.sample.push(f64::NAN);
                    numbers.exception(hash(text));
                }
            },
        );
        numbers.buffer = values;
        numbers.take_buffer();
    }

    fn texts(&mut self, batch: &Batch, texts: &mut Textual) {
        self.visit(batch, |_, _, _| {}, |_, row, text| texts.add(text, || batch.line(row)));
    }

    fn gather_examples(&mut self, batch: &Batch) {
        let mut found = Vec::new();
        batch.visit(self.index, |_, field| {
            if let Some(text) = field.filter(|text| !text.is_empty() && found.len() < EXAMPLES) {
                let text = data_stack_core::text::clean(&String::from_utf8_lossy(&text[..text.len().min(400)]), 100);
                if !found.contains(&text) {
                    found.push(text);
                }
            }
        });
        self.examples = found;
    }

    /// The reading that the column's first values suggest; `None` when the batch holds none.
    fn guess(&self, batch: &Batch) -> Option<Reading> {
        let mut shapes = Shapes::default();
        batch.visit(self.index, |row, field| {
            if let Some(text) = field.filter(|text| !text.is_empty() && shapes.total() < 4096) {
                shapes.add(text, 1, || batch.line(row));
            }
        });
        (shapes.total() > 0).then(|| shapes.reading(0.9))
    }

    /// Values with blanks at an end.
    pub(crate) fn untrimmed(&self) -> u64 {
        match &self.gathered {
            Gathered::Texts(texts) => texts.texts().untrimmed,
            _ => 0,
        }
    }

    /// The reading that all values call for; the column is read again when it is not the one it was read as.
    pub(crate) fn verdict(&self) -> Option<Reading> {
        match &self.gathered {
            Gathered::Nothing => None,
            Gathered::Texts(texts) => Some(texts.shapes().reading(SHARE)),
            Gathered::Numbers(_) => Some(self.evidence.verdict(self.reading.unwrap_or(Reading::Text), SHARE)),
        }
    }
}

/// The share of a column's values that must fit its type. Texts that stand for nothing do not count.
pub(crate) const SHARE: f64 = 0.99;
