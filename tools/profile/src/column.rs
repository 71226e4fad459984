//! One column's statistics, gathered batch by batch.
//!
//! A column is read as numbers, as points in time or as text. Which, is guessed from its first values; values that do not
//! fit are counted as exceptions. When the whole file shows that the guess was wrong, the column is read once more, now as
//! what it is (see [`Column::verdict`]). So types hold for the whole file while nearly every file is read once.

pub(crate) mod evidence;
pub(crate) mod numeric;
mod sample;
pub(crate) mod textual;

use std::collections::HashSet;

use crate::read::batch::Batch;
use crate::sketch::hash;
use crate::value::DateOrder;
use crate::value::dressed::Style;
use evidence::{Evidence, LINES, Shapes};
use numeric::Numeric;
pub(crate) use sample::{MISSING, RowSample, STRAY, text_code};
use textual::Textual;

/// As what a column's fields are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Number,
    /// Numbers with separators, signs or currencies.
    Dressed(Style),
    Moment(DateOrder),
    /// Times of day.
    Clock,
    Text,
}

/// How much a column may keep.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Different values counted exactly.
    pub(crate) counted: usize,
    /// Different values told apart exactly.
    pub(crate) distinct: usize,
    /// Rows whose values are kept for comparing columns.
    pub(crate) sample: usize,
    /// Texts that the caller says mean missing.
    pub(crate) null_values: Vec<Vec<u8>>,
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
    /// The lines of the first missing values.
    pub(crate) null_lines: Vec<u64>,
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
            null_lines: Vec::new(),
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
            _ => Gathered::Numbers(Box::new(Numeric::new(&self.limits))),
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
            (Some(reading), Gathered::Numbers(mut numbers)) => {
                match reading {
                    Reading::Moment(order) => {
                        self.numbers(batch, &mut numbers, |seen, text, line| seen.moment(text, order, line).map(|micros| micros as f64));
                    }
                    Reading::Clock => {
                        self.numbers(batch, &mut numbers, |seen, text, line| seen.clock(text, line).map(|micros| micros as f64));
                    }
                    Reading::Dressed(style) => self.numbers(batch, &mut numbers, |seen, text, line| seen.dressed(text, style, line)),
                    Reading::Number | Reading::Text => self.numbers(batch, &mut numbers, |seen, text, line| seen.number(text, line)),
                }
                self.gathered = Gathered::Numbers(numbers);
            }
            (_, Gathered::Texts(mut texts)) => {
                self.visit(batch, |column, row, text| {
                    let hash = texts.add(text, || batch.line(row));
                    column.sample.push(text_code(hash));
                });
                self.gathered = Gathered::Texts(texts);
            }
            _ => self.visit(batch, |_, _, _| {}),
        }
    }

    /// Counts missing fields and calls the closure with every value.
    #[inline]
    fn visit(&mut self, batch: &Batch, mut value: impl FnMut(&mut Self, usize, &[u8])) {
        let any_null = !self.limits.null_values.is_empty();
        batch.visit(self.index, |row, field| match field {
            Some(text) if !(text.is_empty() || any_null && self.limits.null_values.iter().any(|null| null == text)) => {
                value(self, row, text);
            }
            other => {
                self.nulls += 1;
                self.empty_strings += u64::from(other.is_some_and(<[u8]>::is_empty));
                self.sample.push(MISSING);
                if self.null_lines.len() < LINES {
                    self.null_lines.push(batch.line(row));
                }
            }
        });
    }

    /// Takes numbers, as `read` reads them.
    #[inline]
    fn numbers(&mut self, batch: &Batch, numbers: &mut Numeric, read: impl Fn(&mut Evidence, &[u8], &dyn Fn() -> u64) -> Option<f64>) {
        let mut values = std::mem::take(&mut numbers.buffer);
        values.clear();
        self.visit(batch, |column, row, text| {
            if let Some(value) = read(&mut column.evidence, text, &|| batch.line(row)) {
                column.sample.push(value.to_bits());
                values.push(value);
            } else {
                column.sample.push(STRAY);
                numbers.exception(hash(text));
            }
        });
        numbers.buffer = values;
        numbers.take_buffer();
    }

    fn gather_examples(&mut self, batch: &Batch) {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        batch.visit(self.index, |_, field| {
            if let Some(text) = field.filter(|text| !text.is_empty() && found.len() < EXAMPLES)
                && seen.insert(hash(text))
            {
                found.push(data_stack_core::text::clean(&String::from_utf8_lossy(&text[..text.len().min(400)]), 100));
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
