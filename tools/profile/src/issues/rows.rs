//! The lines of the rows behind an issue.

use std::collections::HashSet;

use super::LINES;
use crate::column::{Column, Gathered, STRAY};
use crate::engine::Gathering;
use crate::sketch::mix;
use crate::value::is_sentinel;

/// The lines of rows that repeat an earlier one, where every row is among the compared ones and as many repeat there as were counted.
pub(super) fn repeated(found: &Gathering, rows: u64) -> Vec<u64> {
    let lines = &found.lines;
    if lines.stride != 1 || lines.codes.len() as u64 != found.tally.rows || found.columns.len() != found.layout.width() {
        return Vec::new();
    }
    let comparable = |row: &usize| found.columns.iter().all(|column| column.sample.codes[*row] != STRAY);
    let mut seen = HashSet::new();
    let repeats =
        |row: &usize| !seen.insert(found.columns.iter().fold(0, |code, column| mix(code ^ column.sample.codes[*row]).wrapping_add(1)));
    let repeated: Vec<usize> = (0..lines.codes.len()).filter(comparable).filter(repeats).collect();
    if repeated.len() as u64 != rows {
        return Vec::new();
    }
    repeated.into_iter().take(LINES).map(|row| lines.codes[row]).collect()
}

/// The lines of texts that stand for nothing.
pub(super) fn of_sentinels(column: &Column) -> Vec<u64> {
    match &column.gathered {
        Gathered::Texts(texts) => {
            let mut lines: Vec<u64> = texts.counts.iter().filter(|(_, text)| is_sentinel(text)).map(|(entry, _)| entry.line).collect();
            lines.sort_unstable();
            lines
        }
        _ => column.evidence.sentinel_lines.clone(),
    }
}
