//! Whether a run counts as failed, and its nodes as cases of a test report.

use data_stack_core::junit::{Case, Outcome};
use data_stack_core::ports::dbt::{DbtNode, DbtReport, DbtStatus};
use data_stack_core::{Code, ToolError, text};

/// Names in a message.
const NAMES: usize = 5;
/// Characters of dbt's own words in a message.
const WORDS: usize = 1_000;

/// Why the run counts as failed, if it does.
pub(super) fn failure(report: &DbtReport) -> Option<ToolError> {
    if let Some(stopped) = &report.stopped {
        let done = report.nodes.iter().filter(|node| matches!(node.status, DbtStatus::Ok | DbtStatus::Warn)).count();
        return Some(stopped.clone().hint(format!("{done} node(s) were done before; what they committed stays.")));
    }
    if let Some(problem) = report.problems.first() {
        let place = place(problem.file.as_deref(), problem.line);
        let message = format!("dbt cannot work on {}: {}", report.project, text::clean(&problem.message, WORDS));
        let hint =
            if place.is_empty() { "Mend what dbt names and call again.".to_owned() } else { format!("Mend it{place} and call again.") };
        return Some(ToolError::new(Code::Failed, message, hint));
    }
    let failed: Vec<&DbtNode> = report.nodes.iter().filter(|node| matches!(node.status, DbtStatus::Error | DbtStatus::Fail)).collect();
    match failed.first() {
        Some(first) => Some(of_nodes(report, &failed, first)),
        None if report.succeeded => None,
        None => {
            let said = text::clean(&report.log.join("\n"), WORDS);
            Some(ToolError::new(Code::Failed, format!("dbt failed: {said}"), "`data.log` holds what dbt said last."))
        }
    }
}

fn of_nodes(report: &DbtReport, failed: &[&DbtNode], first: &DbtNode) -> ToolError {
    let names: Vec<&str> = failed.iter().take(NAMES).map(|node| node.name.as_str()).collect();
    let more = if failed.len() > NAMES { format!(" and {} more", failed.len() - NAMES) } else { String::new() };
    let said = first.message.as_deref().map(|message| format!(" First: {}", text::clean(message, WORDS))).unwrap_or_default();
    let total = report.nodes.len() as u64 + report.unfinished;
    let message = format!("{} of {total} nodes failed: {}{more}.{said}", failed.len(), names.join(", "));
    let place = place(first.file.as_deref(), first.line);
    let hint = if first.status == DbtStatus::Fail {
        format!("Look at `data.failures[0].sample` for rows that failed, then mend the data or the test{place}.")
    } else {
        format!("Mend the SQL{place} and call with `command: \"retry\"`.")
    };
    ToolError::new(Code::Failed, message, hint)
}

/// ` in models/a.sql, line 3`.
fn place(file: Option<&str>, line: Option<u64>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!(" in {file}, line {line}"),
        (Some(file), None) => format!(" in {file}"),
        _ => String::new(),
    }
}

/// The nodes as JUnit shows them.
pub(super) fn cases(report: &DbtReport) -> Vec<Case> {
    report
        .nodes
        .iter()
        .map(|node| Case { class: node.kind.clone(), name: node.name.clone(), seconds: node.elapsed_s, outcome: outcome(node) })
        .collect()
}

fn outcome(node: &DbtNode) -> Outcome {
    let message = node.message.clone().unwrap_or_default();
    match node.status {
        DbtStatus::Ok | DbtStatus::Warn => Outcome::Passed,
        DbtStatus::Fail => Outcome::Failed(message),
        DbtStatus::Error => Outcome::Error(message),
        DbtStatus::Skipped => Outcome::Skipped(node.blocked_by.join(", ")),
    }
}
