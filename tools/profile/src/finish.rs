//! From what was gathered to the result.

mod columns;
pub(crate) mod dates;
mod evidence;
mod spread;
mod texts;
mod textual;

use columns::column_profile;

use crate::column::Column;
use crate::drift::snapshot::Snapshot;
use crate::engine::Gathering;
use crate::options::{Mode, Options, Source};
use crate::pairs::Comparison;
use crate::personal::{self, Finding};
use crate::result::{Basis, ColumnProfile, ColumnType, DuplicateRows, Exactness, FileInfo, PersonalData, Profile, Reject, ScanInfo};
use crate::suggest::checks::{self, Check};
use crate::value::{DateOrder, moment};
use crate::{issues, pairs, privacy, quality};

/// A profile with what is handed on beside it.
pub(crate) struct Examined {
    pub(crate) profile: Profile,
    /// What a later profile is compared with.
    pub(crate) snapshot: Snapshot,
    /// Checks that the file passes.
    pub(crate) checks: Vec<Check>,
}

/// Builds the result and what is handed on beside it.
pub(crate) fn examined(found: &Gathering, source: &Source, options: &Options) -> Examined {
    let profile = profile(found, source, options);
    let snapshot = Snapshot::new(&profile, found, options.share_safe);
    let checks = checks::run(&profile, found, options.share_safe);
    Examined { profile, snapshot, checks }
}

/// Builds the result.
pub(crate) fn profile(found: &Gathering, source: &Source, options: &Options) -> Profile {
    let rows = found.tally.rows;
    let (columns, personal_data) = columns(found, source, options);
    let duplicates = found.duplicates.map(|(repeats, exact)| DuplicateRows {
        rows: repeats,
        ratio: share(repeats, rows),
        exactness: if exact && found.complete { Exactness::Exact } else { Exactness::Sampled },
    });
    let untrimmed = found.columns.iter().map(Column::untrimmed).sum();
    let key_candidates = keys(&columns, rows, found.complete);
    let mut result = Profile {
        file: file_info(found, source),
        scan: scan_info(found, options.mode),
        quality: quality::score(&columns, &found.tally, duplicates.as_ref(), untrimmed),
        issues: Vec::new(),
        columns,
        folded: None,
        correlations: Vec::new(),
        compared: None,
        target: None,
        time_series: None,
        missing_patterns: None,
        dependencies: Vec::new(),
        inclusions: Vec::new(),
        duplicates,
        key_candidates,
        composite_keys: Vec::new(),
        personal_data,
        rejects: rejects(found),
        verdict: None,
        drift: None,
        suggestions: Vec::new(),
        stored: None,
        report: None,
    };
    relate(&mut result, found, options);
    result.issues = issues::find(&result, found);
    if options.share_safe {
        privacy::aggregate_only(&mut result);
    }
    privacy::mask_rejects(&mut result);
    result
}

/// Finds how columns go together.
fn relate(result: &mut Profile, found: &Gathering, options: &Options) {
    let (rows, complete) = (found.tally.rows, found.complete);
    let columns = std::mem::take(&mut result.columns);
    let compared = Comparison::new(&found.columns, &columns, rows, complete, options.target.as_deref());
    let lines: Vec<u64> = found.lines.codes.iter().step_by(compared.step).copied().collect();
    result.compared = compared.compared();
    result.correlations = compared.correlations();
    result.dependencies = pairs::dependencies::find(&compared, &lines);
    if result.key_candidates.is_empty() && complete {
        result.composite_keys = pairs::keys::composite(&compared, rows);
    }
    result.inclusions = pairs::keys::inclusions(&found.columns, &columns, &result.key_candidates);
    result.missing_patterns = pairs::missing::patterns(&found.columns, &columns, rows, complete);
    result.target = options.target.as_deref().and_then(|name| pairs::target::analyse(&compared, &found.columns, &columns, name));
    let is_private = |name: &str| result.personal_data.iter().any(|found| found.column == name);
    result.time_series = pairs::series::of(&compared, is_private);
    drop(compared);
    result.columns = columns;
}

/// All columns, and those that seem personal; the values of these are masked.
fn columns(found: &Gathering, source: &Source, options: &Options) -> (Vec<ColumnProfile>, Vec<PersonalData>) {
    let rows = found.tally.rows;
    let modified = source.modified.as_deref().and_then(|text| moment(text.as_bytes(), DateOrder::DayFirst)).map(|moment| moment.micros);
    let mut personal_data = Vec::new();
    let mut columns = Vec::with_capacity(found.columns.len());
    for column in &found.columns {
        let name = &found.layout.header.names[column.index];
        let mut profile = column_profile(column, name, rows, options, modified);
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

/// Columns of which every row has another value: counted, or seen from that every value is greater (or smaller) than the last.
fn keys(columns: &[ColumnProfile], rows: u64, complete: bool) -> Vec<String> {
    let is_key = |column: &&ColumnProfile| {
        let exact = column.distinct.exactness == Exactness::Exact;
        complete && rows > 1 && column.nulls == 0 && exact && column.distinct.value == rows
    };
    let amounts = |column: &ColumnProfile| matches!(column.semantic_type.as_deref(), Some("currency" | "percent" | "formatted_number"));
    columns
        .iter()
        .filter(is_key)
        .filter(|column| column.kind != ColumnType::Float && !amounts(column))
        .map(|column| column.name.clone())
        .collect()
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
