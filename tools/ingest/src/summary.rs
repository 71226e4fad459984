//! The same facts in a few sentences.

use std::fmt::Write as _;

use data_stack_core::ports::ingest::{LoadReport, Preview, Reject};
use data_stack_core::ports::warehouse::Column;

/// Columns that a summary names.
const COLUMNS: usize = 30;

/// What a load would do.
pub(crate) fn preview(preview: &Preview) -> String {
    let mut text = preview.outcome.clone();
    let _ = write!(text, "\nColumns: {}.", columns(&preview.columns));
    if let Some(reject) = preview.rejects.first() {
        let _ = write!(text, "\n{} line(s) cannot be read; first: {}.", preview.rows_rejected, place(reject));
    }
    for change in preview.changes.iter().take(10) {
        let _ = write!(text, "\nColumn `{}` is {}.", change.column, change.change);
    }
    text
}

/// What a load did.
pub(crate) fn report(report: &LoadReport) -> String {
    let table = &report.table;
    if report.files.is_empty() {
        return format!(
            "Nothing new: `{table}` holds the content of all {} file(s) already, {} rows. Set `force` to load again.",
            report.skipped.len(),
            report.rows_total
        );
    }
    let mut text = format!(
        "{} rows from {} file(s) loaded into `{table}`, which has {} rows now.",
        report.rows_loaded,
        report.files.len(),
        report.rows_total
    );
    let _ = write!(text, "\nColumns: {}.", columns(&report.columns));
    if !report.skipped.is_empty() {
        let _ = write!(text, "\n{} file(s) skipped: loaded before.", report.skipped.len());
    }
    if let Some(reject) = report.rejects.first() {
        let _ = write!(text, "\n{} line(s) rejected; first: {}.", report.rows_rejected, place(reject));
    }
    if let Some(previous) = &report.previous {
        let _ = write!(text, "\nThe previous contents are in `{previous}`.");
    }
    let passed = report.checks.iter().filter(|check| check.passed).count();
    let _ = write!(text, "\n{passed} of {} checks passed.", report.checks.len());
    text
}

fn columns(columns: &[Column]) -> String {
    let shown: Vec<String> = columns.iter().take(COLUMNS).map(|column| format!("{} {}", column.name, column.kind)).collect();
    let more = if columns.len() > COLUMNS { format!(" and {} more", columns.len() - COLUMNS) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn place(reject: &Reject) -> String {
    format!("line {} of {}: {}", reject.line, reject.source, reject.reason)
}
