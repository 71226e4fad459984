//! The answer in words, at most 2 KB, what matters first.

use crate::result::{ColumnProfile, Profile, Severity};

const LIMIT: usize = 2000;

/// The summary of a whole profile, before it is shrunk.
pub(crate) fn of(profile: &Profile) -> String {
    let mut lines = vec![headline(profile)];
    lines.extend(findings(profile));
    let mut text = lines.join("\n");
    let room = LIMIT.saturating_sub(text.len() + 60);
    text.push_str(&columns(profile, room));
    text
}

fn headline(profile: &Profile) -> String {
    let file = &profile.file;
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let about = if file.rows_estimated { "about " } else { "" };
    let missing: u64 = profile.columns.iter().map(|column| column.nulls).sum();
    let cells = profile.scan.rows * profile.columns.len() as u64;
    let mut text = format!(
        "{}: {about}{} rows × {} columns, quality {:.0}/100, {:.1} % of cells missing",
        short(name, 80),
        file.rows,
        file.columns,
        profile.quality.score,
        100.0 * crate::finish::share(missing, cells)
    );
    if let Some(duplicates) = profile.duplicates.filter(|found| found.rows > 0) {
        append!(text, ", {} duplicate rows", duplicates.rows);
    }
    if !profile.scan.complete {
        append!(text, "; only the first {} rows were read (quick mode)", profile.scan.rows);
    }
    text + "."
}

fn findings(profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    let weighty = profile.issues.iter().filter(|issue| issue.severity != Severity::Info).count();
    if weighty > 0 {
        lines.push(format!("Issues ({weighty} that matter):"));
        let shown = profile.issues.iter().filter(|issue| issue.severity != Severity::Info).take(7);
        lines.extend(shown.map(|issue| format!("- {}: {}", issue.severity.as_str(), short(&issue.message, 130))));
    }
    if !profile.key_candidates.is_empty() {
        let keys: Vec<_> = profile.key_candidates.iter().take(5).map(|key| short(key, 40)).collect();
        lines.push(format!("Key candidates: {}.", keys.join(", ")));
    }
    if let Some(pair) = profile.correlations.first() {
        lines.push(format!("Strongest correlation: {} ~ {} ({:.2}).", short(&pair.a, 40), short(&pair.b, 40), pair.value));
    }
    lines
}

fn columns(profile: &Profile, room: usize) -> String {
    let mut text = String::from("\nColumns:");
    for (shown, column) in profile.columns.iter().enumerate() {
        let line = column_line(column);
        if text.len() + line.len() + 40 > room {
            append!(text, "\n… and {} more", profile.columns.len() - shown);
            break;
        }
        text.push_str(&line);
    }
    text
}

fn column_line(column: &ColumnProfile) -> String {
    let about = if column.distinct.error.is_some() { "~" } else { "" };
    let mut line = format!("\n{} {}, {about}{} distinct", short(&column.name, 40), column.kind.as_str(), column.distinct.value);
    if column.nulls > 0 {
        append!(line, ", {:.1} % missing", column.null_ratio * 100.0);
    }
    if column.kind.is_number() || column.kind.is_moment() {
        let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let (Some(min), Some(max)) = (&column.min, &column.max) {
            append!(line, ", {} to {}", plain(min), plain(max));
        }
    } else if let Some(top) = column.top_values.first() {
        append!(line, ", most often {} ({:.0} %)", short(&top.value, 30), top.share * 100.0);
    }
    line
}

fn short(text: &str, limit: usize) -> String {
    data_stack_core::text::clean(text, limit).replace('\n', " ")
}
