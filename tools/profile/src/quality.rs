//! The quality score: 100 × completeness × validity × consistency × uniqueness × structure.
//!
//! Every dimension is the share that is in order, so the score falls to what all of them leave together:
//!
//! - completeness: cells with a value, of all cells; texts such as `N/A` count as missing
//! - validity: values that fit the type of their column, of all values
//! - consistency: cells without blanks at an end or broken characters, of all values
//! - uniqueness: rows that do not repeat an earlier row, of all rows
//! - structure: records that needed no repair and were not rejected, of all records

use crate::result::{ColumnProfile, Dimensions, DuplicateRows, Quality};
use data_stack_csv::Tally;

/// Scores a file.
pub(crate) fn score(columns: &[ColumnProfile], tally: &Tally, duplicates: Option<&DuplicateRows>, untrimmed: u64) -> Quality {
    let cells = tally.rows * columns.len() as u64;
    let missing: u64 = columns.iter().map(|column| column.nulls + tokens(column)).sum();
    let values = cells.saturating_sub(columns.iter().map(|column| column.nulls).sum());
    let misfits: u64 = columns.iter().filter_map(|column| column.evidence.as_ref()).map(|evidence| evidence.exceptions).sum();
    let faults = tally.short + tally.long + tally.misquoted + tally.rejected;
    let dimensions = Dimensions {
        completeness: good(missing, cells),
        validity: good(misfits, values),
        consistency: good(tally.invalid + untrimmed, values),
        uniqueness: good(duplicates.map_or(0, |found| found.rows), tally.rows),
        structure: good(faults, tally.rows + tally.rejected),
    };
    Quality { score: (1000.0 * product(&dimensions)).round() / 10.0, dimensions }
}

fn tokens(column: &ColumnProfile) -> u64 {
    column.evidence.as_ref().map_or(0, |evidence| evidence.missing_tokens.iter().map(|token| token.count).sum())
}

fn good(bad: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { (1.0 - bad as f64 / all as f64).max(0.0) }
}

fn product(dimensions: &Dimensions) -> f64 {
    let Dimensions { completeness, validity, consistency, uniqueness, structure } = dimensions;
    completeness * validity * consistency * uniqueness * structure
}
