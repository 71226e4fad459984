//! The answer in words, at most 2 KB, what matters first.

use crate::result::{ColumnProfile, Profile, Severity, Verdict};

const LIMIT: usize = 2000;

/// The summary of a whole profile, before it is shrunk.
pub(crate) fn of(profile: &Profile) -> String {
    let mut lines = vec![headline(profile)];
    lines.extend(drift(profile));
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

/// What changed since the baseline: what decides, first.
fn drift(profile: &Profile) -> Vec<String> {
    let Some(drift) = &profile.drift else { return Vec::new() };
    let verdict = match drift.verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "FAIL",
    };
    let mut text = format!("Compared with {}: {verdict}", short(&drift.baseline, 60));
    for (what, names) in [("gone", &drift.removed), ("new", &drift.added)] {
        if !names.is_empty() {
            append!(text, "; {what}: {}", names.iter().take(3).map(|name| short(name, 30)).collect::<Vec<_>>().join(", "));
        }
    }
    for column in drift.columns.iter().take(3) {
        append!(text, "; {}: {}", short(&column.column, 30), short(&column.reasons.join(", "), 80));
    }
    vec![text + "."]
}

fn findings(profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    let weighty = profile.issues.iter().filter(|issue| issue.severity != Severity::Info).count();
    if weighty > 0 {
        lines.push(format!("Issues ({weighty} that matter):"));
        let shown = profile.issues.iter().filter(|issue| issue.severity != Severity::Info).take(7);
        lines.extend(shown.map(|issue| format!("- {}: {}", issue.severity.as_str(), short(&issue.message, 130))));
    }
    lines.extend(relations(profile));
    lines
}

/// What holds between columns: keys, dependencies, correlations, the target, time.
fn relations(profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    if !profile.key_candidates.is_empty() {
        let keys: Vec<_> = profile.key_candidates.iter().take(5).map(|key| short(key, 40)).collect();
        lines.push(format!("Key candidates: {}.", keys.join(", ")));
    } else if let Some(key) = profile.composite_keys.first() {
        let columns: Vec<_> = key.columns.iter().map(|column| short(column, 40)).collect();
        let scope = if key.basis.is_some() { " (as far as compared)" } else { "" };
        lines.push(format!("Key: {}{scope}.", columns.join(" + ")));
    }
    if let Some(target) = &profile.target {
        let best =
            target.associations.iter().take(3).map(|found| format!("{} ({:.0} %)", short(&found.column, 30), found.explained * 100.0));
        lines.push(format!("{} is best told by {}.", short(&target.column, 30), best.collect::<Vec<_>>().join(", ")));
    }
    if let Some(pair) = profile.correlations.first() {
        lines.push(format!("Strongest correlation: {} ~ {} ({:.2}).", short(&pair.a, 40), short(&pair.b, 40), pair.value));
    }
    if let Some(found) = profile.dependencies.first() {
        let how = match (found.equal, found.both_ways) {
            (true, _) => "equals",
            (_, true) => "decides and is decided by",
            _ => "decides",
        };
        lines.push(format!("{} {how} {}.", short(&found.from, 40), short(&found.to, 40)));
    }
    if let Some(series) = &profile.time_series {
        let season =
            series.measures.iter().find_map(|measure| measure.season).map_or_else(String::new, |lag| format!(", repeating every {lag}"));
        lines.push(format!("Over time by {}: {} {}s{season}.", short(&series.column, 40), series.periods, series.period));
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
