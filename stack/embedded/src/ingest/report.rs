//! What callers are told: the preview and the report.

use data_stack_core::ports::ingest::{IngestJob, LoadCheck, LoadMode, LoadReport, OnError, Preview, Reject, SourceFile};
use data_stack_core::{Code, ResourceLink, ToolError, Warning};

use super::names::TableName;
use super::plan::{Loaded, Outcome, Outlook, Prepared};
use super::rejects::lines;
use super::source::prepare::reject;

/// Rejected lines that are shown; all are in the file.
const SHOWN: usize = 20;

/// What a load would do.
pub(super) fn preview(job: &IngestJob, files: Vec<SourceFile>, prepared: &[Prepared], outlook: Outlook) -> Preview {
    let all: Vec<Reject> = prepared.iter().flat_map(|prepared| prepared.rejects.iter().cloned()).collect();
    let unaccounted = prepared.iter().flat_map(|prepared| &prepared.checks).find(|check| !check.passed);
    let outcome = match unaccounted {
        Some(check) => format!("The load would be refused: {}.", unaccounted_sentence(check)),
        None => sentence(job, &files, all.len(), &outlook),
    };
    Preview {
        files,
        columns: outlook.columns,
        rows: outlook.rows,
        rows_read: outlook.rows_read,
        rows_rejected: all.len() as u64,
        rejects: all.into_iter().take(SHOWN).collect(),
        changes: outlook.changes,
        outcome,
        warnings: warnings(prepared, outlook.warnings),
    }
}

fn sentence(job: &IngestJob, files: &[SourceFile], rejected: usize, outlook: &Outlook) -> String {
    let repeated = files.iter().filter(|file| file.loaded_at.is_some()).count();
    if repeated == files.len() && !job.force && job.mode != LoadMode::Replace {
        return "Nothing would be loaded: the table holds this content already.".to_owned();
    }
    if let Some(refusal) = &outlook.refusal {
        return format!("The load would be refused: {refusal}.");
    }
    if rejected > 0 && job.on_error == OnError::Fail {
        return format!("The load would be refused: {} cannot be read; set `on_error` to `reject` to load the rest.", lines(rejected));
    }
    let verb = match job.mode {
        LoadMode::Create => "would be loaded into the new table",
        LoadMode::Append => "would be added to",
        LoadMode::Replace => "would replace the contents of",
    };
    let skipped =
        if repeated > 0 && !job.force { format!("; {repeated} file(s) were loaded before and are skipped") } else { String::new() };
    let rejected = if rejected > 0 { format!("; {} would be rejected", lines(rejected)) } else { String::new() };
    format!("{} rows with {} columns {verb} `{}`{rejected}{skipped}.", outlook.rows_read, outlook.columns.len(), job.table)
}

fn warnings(prepared: &[Prepared], further: Vec<Warning>) -> Vec<Warning> {
    prepared.iter().flat_map(|prepared| prepared.warnings.iter().cloned()).chain(further).collect()
}

/// All rejected lines: those that could not be read and those whose values did not fit.
pub(super) fn rejects(prepared: &[Prepared], outcome: &Outcome) -> Vec<Reject> {
    let misfits = outcome.misfits.iter().filter_map(|misfit| {
        let prepared = prepared.get(misfit.part)?;
        Some(reject(prepared, misfit.line, misfit.offset, misfit.column.clone(), misfit.reason.clone()))
    });
    prepared.iter().flat_map(|prepared| prepared.rejects.iter().cloned()).chain(misfits).collect()
}

/// What a load did.
pub(super) fn loaded(
    table: &TableName,
    files: Vec<SourceFile>,
    prepared: Vec<Prepared>,
    outcome: Outcome,
    rejects: Vec<Reject>,
    rejects_file: Option<ResourceLink>,
) -> LoadReport {
    let is_loaded =
        |file: &SourceFile| outcome.loaded.iter().filter_map(|number| prepared.get(*number)).any(|part| part.file.source == file.source);
    let (loaded, skipped) = files.into_iter().partition(is_loaded);
    let warnings = warnings(&prepared, outcome.warnings);
    let rejected = rejects.len() as u64;
    let checks = prepared.into_iter().flat_map(|prepared| prepared.checks).chain(outcome.checks).collect();
    LoadReport {
        table: table.to_string(),
        files: loaded,
        skipped,
        // Rows whose values did not fit were read by the letters but not as data: they count as rejected, once.
        rows_read: outcome.rows_read - outcome.misfits.len() as u64,
        rows_loaded: outcome.rows_loaded,
        rows_rejected: rejected,
        rows_total: outcome.rows_total,
        columns: outcome.columns,
        changes: outcome.changes,
        rejects: rejects.into_iter().take(SHOWN).collect(),
        rejects_file,
        checks,
        previous: outcome.previous,
        warnings,
    }
}

/// The report of a call that had nothing left to load.
pub(super) fn nothing_new(table: &TableName, skipped: Vec<SourceFile>, loaded: Loaded) -> LoadReport {
    LoadReport {
        table: table.to_string(),
        files: Vec::new(),
        skipped,
        rows_read: 0,
        rows_loaded: 0,
        rows_rejected: 0,
        rows_total: loaded.rows,
        columns: loaded.columns,
        changes: Vec::new(),
        rejects: Vec::new(),
        rejects_file: None,
        checks: Vec::new(),
        previous: None,
        warnings: Vec::new(),
    }
}

fn unaccounted_sentence(check: &LoadCheck) -> String {
    format!("the lines of the source do not add up ({}: {})", check.check, check.found)
}

/// The refusal to load a file of which lines may be lost.
pub(super) fn unaccounted(check: &LoadCheck) -> ToolError {
    let message = format!("{}; nothing was loaded", unaccounted_sentence(check));
    ToolError::new(
        Code::Failed,
        message,
        "Call with `preview` and give `dialect.delimiter` or `dialect.quote`: quotes that are not in order can hide rows.",
    )
}
