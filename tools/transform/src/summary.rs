//! The same facts in a few sentences.

use std::fmt::Write as _;

use data_stack_core::ports::dbt::{DbtEntry, DbtReport, Lineage};

use crate::columns::{ColumnOrigin, ModelColumns};
use crate::run_dbt::{Counts, Failure};

/// Failures and names that a summary tells of.
const FAILURES: usize = 8;
const NAMES: usize = 30;

/// What came of a run.
pub(crate) fn report(command: &str, report: &DbtReport, failures: &[Failure]) -> String {
    let Counts { total, ok, warned, failed, skipped, unfinished } = Counts::of(report);
    let mut text = format!("dbt {command} of {}, {:.1} s", report.project, report.elapsed_s);
    if let Some(problem) = report.problems.first() {
        let _ = write!(text, ": it could not work. {}", problem.message);
        return text;
    }
    let _ = match total {
        0 => write!(text, ": {}.", if report.succeeded { "done" } else { "failed" }),
        _ => {
            write!(text, ": {total} nodes, {ok} ok, {warned} with warnings, {failed} failed, {skipped} skipped, {unfinished} not reached.")
        }
    };
    for Failure { node, sample } in failures.iter().take(FAILURES) {
        let file = node.file.as_deref().unwrap_or_default();
        let line = node.line.map(|line| format!(":{line}")).unwrap_or_default();
        let rows = node.failing_rows.map(|rows| format!(", {rows} failing rows")).unwrap_or_default();
        let _ = write!(text, "\n{} {:?} {} ({file}{line}){rows}", node.kind, node.status, node.name);
        if let Some(message) = node.message.as_deref().filter(|_| sample.is_none()) {
            let _ = write!(text, ": {}", data_stack_core::text::clean(message, 300));
        }
        for (what, names) in [("affects", &node.affects), ("used by", &node.exposures)] {
            if !names.is_empty() {
                let _ = write!(text, "; {what} {}", names.iter().take(5).cloned().collect::<Vec<_>>().join(", "));
            }
        }
    }
    if total == 0 && !report.log.is_empty() {
        let _ = write!(text, "\n{}", report.log.join("\n"));
    }
    text
}

/// What a selection means, or would do.
pub(crate) fn entries(entries: &[DbtEntry], plan: bool) -> String {
    let mut text =
        if plan { format!("It would work on {} nodes; nothing was changed.", entries.len()) } else { format!("{} nodes.", entries.len()) };
    for entry in entries.iter().take(NAMES) {
        let action = entry.action.as_deref().map(|action| format!(": {action}")).unwrap_or_default();
        let _ = write!(text, "\n{} {}{action}", entry.kind, entry.name);
    }
    text
}

/// A part of the graph, and where columns come from.
pub(crate) fn lineage(lineage: &Lineage, columns: &[ModelColumns]) -> String {
    let mut text = format!("{} nodes, {} edges.", lineage.nodes.len(), lineage.edges.len());
    let short = |id: &str| id.split('.').skip(2).collect::<Vec<_>>().join(".");
    for (from, to) in lineage.edges.iter().take(NAMES) {
        let _ = write!(text, "\n{} → {}", short(from), short(to));
    }
    let all: Vec<(&str, &ColumnOrigin)> =
        columns.iter().flat_map(|model| model.columns.iter().map(|column| (model.model.as_str(), column))).collect();
    if !columns.is_empty() {
        let open = all.iter().filter(|(_, column)| column.unresolved.is_some()).count()
            + columns.iter().filter(|model| model.unresolved.is_some()).count();
        let _ = write!(text, "\n{} columns of {} models, {open} not wholly resolved.", all.len(), columns.len());
    }
    for (model, column) in all.iter().take(NAMES) {
        let _ = write!(
            text,
            "\n{model}.{} ← {}",
            column.column,
            if column.from.is_empty() { column.kind.to_owned() } else { column.from.join(", ") }
        );
    }
    text
}
