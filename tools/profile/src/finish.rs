//! From what was gathered to the result.

mod columns;

use columns::column_profile;

use crate::column::Column;
use crate::engine::Gathering;
use crate::options::{Mode, Options, Source};
use crate::personal::{self, Finding};
use crate::result::{Basis, ColumnProfile, ColumnType, DuplicateRows, Exactness, FileInfo, PersonalData, Profile, Reject, ScanInfo};
use crate::{issues, pairs, privacy, quality};

/// Builds the result.
pub(crate) fn profile(found: &Gathering, source: &Source, options: &Options) -> Profile {
    let rows = found.tally.rows;
    let (columns, personal_data) = columns(found, options);
    let duplicates = found.duplicates.map(|(repeats, exact)| DuplicateRows {
        rows: repeats,
        ratio: share(repeats, rows),
        exactness: if exact && found.complete { Exactness::Exact } else { Exactness::Sampled },
    });
    let correlations = pairs::correlations(&found.columns, &columns, rows, found.complete);
    let untrimmed = found.columns.iter().map(Column::untrimmed).sum();
    let key_candidates = keys(&columns, rows, found.complete);
    let mut result = Profile {
        file: file_info(found, source),
        scan: scan_info(found, options.mode),
        quality: quality::score(&columns, &found.tally, duplicates.as_ref(), untrimmed),
        issues: Vec::new(),
        columns,
        folded: None,
        correlations,
        duplicates,
        key_candidates,
        personal_data,
        rejects: rejects(found),
        report: None,
    };
    result.issues = issues::find(&result, found);
    if options.share_safe {
        privacy::aggregate_only(&mut result);
    }
    privacy::mask_rejects(&mut result);
    result
}

/// All columns, and those that seem personal; the values of these are masked.
fn columns(found: &Gathering, options: &Options) -> (Vec<ColumnProfile>, Vec<PersonalData>) {
    let rows = found.tally.rows;
    let mut personal_data = Vec::new();
    let mut columns = Vec::with_capacity(found.columns.len());
    for column in &found.columns {
        let name = &found.layout.header.names[column.index];
        let mut profile = column_profile(column, name, rows, options);
        if let Some(finding) = personal::find(name, column, profile.kind) {
            privacy::mask_column(&mut profile);
            personal_data.push(finding.into_result(name));
        }
        privacy::mask_stray_values(&mut profile);
        if !found.complete {
            profile.distinct.exactness = Exactness::Sampled;
            profile.inexact.insert("*".into(), Basis { method: Exactness::Sampled, error: None });
        }
        columns.push(profile);
    }
    (columns, personal_data)
}

impl Finding {
    fn into_result(self, column: &str) -> PersonalData {
        PersonalData { column: column.to_owned(), kind: self.kind.to_owned(), match_rate: self.match_rate, evidence: self.evidence }
    }
}

/// A share, 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn keys(columns: &[ColumnProfile], rows: u64, complete: bool) -> Vec<String> {
    let is_key = |column: &&ColumnProfile| {
        complete && rows > 1 && column.nulls == 0 && column.distinct.exactness == Exactness::Exact && column.distinct.value == rows
    };
    columns.iter().filter(is_key).filter(|column| column.kind != ColumnType::Float).map(|column| column.name.clone()).collect()
}

fn rejects(found: &Gathering) -> Vec<Reject> {
    let shown = found.tally.rejects.iter();
    shown
        .map(|reject| Reject {
            line: reject.line,
            byte_offset: reject.offset,
            reason: reject.reason.clone(),
            raw: Some(reject.raw.clone()),
        })
        .collect()
}

/// Marks as a caller would write them, such as `\\t` for a tab.
fn printable(marks: &[u8]) -> String {
    let text = String::from_utf8_lossy(marks);
    text.chars().map(|mark| if matches!(mark, '"' | '\'' | '\\') { mark.to_string() } else { mark.escape_debug().to_string() }).collect()
}

fn file_info(found: &Gathering, source: &Source) -> FileInfo {
    let layout = &found.layout;
    let records = found.tally.rows;
    let estimated = (records as f64 * source.bytes as f64 / found.consumed.max(1) as f64) as u64;
    let marks = layout.dialect.marks;
    FileInfo {
        path: source.path.clone(),
        format: "csv".to_owned(),
        compression: None,
        entry: None,
        sheet: None,
        files: None,
        bytes: source.bytes,
        text_bytes: None,
        modified: source.modified.clone(),
        rows: if found.complete { records } else { estimated },
        rows_estimated: !found.complete,
        columns: layout.width() as u64,
        encoding: layout.encoding.encoding.name().to_lowercase(),
        delimiter: printable(marks.delimiter.as_bytes()) + if marks.padded { " " } else { "" },
        quote: marks.quote.map(|quote| printable(&[quote])),
        escape: marks.escape.map(|escape| printable(&[escape])),
        has_header: layout.header.present,
        preamble_lines: layout.dialect.preamble_lines as u64,
        line_endings: layout.line_ends.as_str().to_owned(),
        bom: layout.encoding.bom > 0,
        ragged_rows: found.tally.short + found.tally.long,
        rejected_rows: found.tally.rejected,
        blank_lines: found.tally.blank,
    }
}

fn scan_info(found: &Gathering, mode: Mode) -> ScanInfo {
    ScanInfo {
        mode: mode.as_str().to_owned(),
        rows: found.tally.rows,
        complete: found.complete,
        chunks: found.chunks,
        columns_read_twice: found.read_twice,
    }
}
