//! What to know before using the data, after the alert taxonomy of ydata-profiling and what readers trip over.
//!
//! Messages name lines and counts, never values: a value may be personal.

mod relations;
mod rows;
mod texts;
mod values;

use crate::column::{Column, Gathered};
use crate::engine::Gathering;
use crate::result::{ColumnProfile, ColumnType, Exactness, Issue, Profile, Severity};

/// Columns with the same issue that are listed one by one; beyond, they share one.
const APART: usize = 5;
/// Lines shown of the rows behind an issue.
const LINES: usize = 5;
/// Columns named in a shared issue.
const NAMED: usize = 20;

/// All issues, most severe first.
pub(crate) fn find(profile: &Profile, found: &Gathering) -> Vec<Issue> {
    let mut issues = of_file(profile, found);
    for (column, gathered) in profile.columns.iter().zip(&found.columns) {
        of_column(column, gathered, profile.scan.rows, &found.lines.codes, &mut issues);
    }
    issues.extend(relations::find(profile));
    for personal in &profile.personal_data {
        let message = format!("`{}` seems to hold personal data ({})", personal.column, personal.kind);
        let fix = "Its values are masked here; restrict or hash the column before sharing the data.";
        issues.push(issue("personal_data", Severity::Warning, message).on(&personal.column).fix(fix));
    }
    let mut issues = merge(issues);
    issues.sort_by_key(|issue| (issue.severity, std::cmp::Reverse(issue.rows_affected)));
    issues
}

fn issue(code: &str, severity: Severity, message: String) -> Issue {
    let dimension = dimension(code).map(str::to_owned);
    let (code, lines) = (code.to_owned(), Vec::new());
    Issue { code, severity, column: None, columns: Vec::new(), dimension, rows_affected: None, lines, message, fix: None }
}

/// The dimension of the quality score that an issue lowers.
fn dimension(code: &str) -> Option<&'static str> {
    Some(match code {
        "missing" | "empty" | "disguised_missing" => "completeness",
        "mixed_types" => "validity",
        "untrimmed" | "invalid_encoding" => "consistency",
        "duplicate_rows" => "uniqueness",
        "rejected_rows" | "short_rows" | "long_rows" | "stray_quotes" => "structure",
        _ => return None,
    })
}

impl Issue {
    fn on(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    fn rows(mut self, rows: u64) -> Self {
        self.rows_affected = Some(rows);
        self
    }

    /// Lines of some of the rows, the first ones known.
    fn at(mut self, lines: impl IntoIterator<Item = u64>) -> Self {
        self.lines = lines.into_iter().take(LINES).collect();
        self
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

fn of_file(profile: &Profile, found: &Gathering) -> Vec<Issue> {
    let tally = &found.tally;
    let at = |line: Option<u64>| line.map_or_else(String::new, |line| format!(", the first on line {line}"));
    let mut issues = Vec::new();
    let mut add = |rows: u64, issue: Issue| {
        if rows > 0 {
            issues.push(issue.rows(rows));
        }
    };
    let reason = tally.rejects.first().map_or_else(String::new, |first| format!("; line {}: {}", first.line, first.reason));
    let rejected = format!("{} lines were left out{reason}", tally.rejected);
    let fix = "See `rejects`; `on_error: \"repair\"` fits them to the columns as well as it can.";
    let lines = tally.rejects.iter().map(|reject| reject.line);
    add(tally.rejected, issue("rejected_rows", Severity::Error, rejected).at(lines).fix(fix));
    let short =
        format!("{} rows have fewer fields than columns{}; the missing ones count as missing values", tally.short, at(tally.short_line));
    add(
        tally.short,
        issue("short_rows", Severity::Warning, short).at(tally.short_line).fix("Check whether a field was left out in the middle."),
    );
    let long = format!("{} rows have surplus fields{}, which were left out or joined", tally.long, at(tally.long_line));
    add(tally.long, issue("long_rows", Severity::Info, long).at(tally.long_line));
    let quotes = format!("{} rows have quotes that break RFC 4180{}; they were read as text", tally.misquoted, at(tally.misquoted_line));
    add(
        tally.misquoted,
        issue("stray_quotes", Severity::Warning, quotes).at(tally.misquoted_line).fix("Double the quotes within quoted fields."),
    );
    let encoding = &profile.file.encoding;
    let invalid = format!("{} byte sequences are not valid {encoding} and became U+FFFD", tally.invalid);
    add(tally.invalid, issue("invalid_encoding", Severity::Warning, invalid).fix("Give the right `encoding`, such as `windows-1252`."));
    let nuls = format!("the file holds {} NUL bytes", tally.nuls);
    add(tally.nuls, issue("nul_bytes", Severity::Warning, nuls).fix("Remove them: many programs stop reading there."));
    let blank = format!("{} blank lines were passed over", tally.blank);
    add(tally.blank, issue("blank_lines", Severity::Info, blank));
    issues.extend(of_structure(profile, found));
    issues
}

fn of_structure(profile: &Profile, found: &Gathering) -> Vec<Issue> {
    let mut issues = Vec::new();
    if let Some(duplicates) = profile.duplicates.filter(|duplicates| duplicates.rows > 0) {
        let about = if duplicates.exactness == Exactness::Exact { "" } else { "about " };
        let message = format!("{about}{} rows repeat an earlier row ({:.1} %)", duplicates.rows, duplicates.ratio * 100.0);
        let fix = "Load with DISTINCT if they are not separate events.";
        let lines = rows::repeated(found, duplicates.rows);
        issues.push(issue("duplicate_rows", Severity::Warning, message).rows(duplicates.rows).at(lines).fix(fix));
    }
    for (position, text) in &found.layout.header.renamed {
        let name = &found.layout.header.names[*position];
        let why = if text.is_empty() { "has no name" } else { "has a name that is taken or unclean" };
        let message = format!("column {} {why}; it is called `{name}` here", position + 1);
        issues.push(issue("renamed_column", Severity::Warning, message).on(name).fix("Name the column in the file's header."));
    }
    let read = found.consumed + found.layout.encoding.bom as u64;
    if found.complete && found.tally.rows > 0 && profile.file.bytes > 0 && read != profile.file.bytes {
        let message = format!("the file changed while it was read: {read} bytes were read of {} when it was opened", profile.file.bytes);
        issues.push(issue("file_changed", Severity::Error, message).fix("Call again when nothing writes to the file."));
    }
    if found.tally.rows == 0 {
        issues
            .push(issue("no_rows", Severity::Error, "the file has a header but no rows".to_owned()).fix("Check the export that made it."));
    }
    if !found.layout.header.present {
        let message = "no header was found: the first row was read as data and the columns are numbered".to_owned();
        issues.push(issue("no_header", Severity::Warning, message).fix("Set `header` to true if the first row names the columns."));
    }
    issues
}

fn of_column(column: &ColumnProfile, gathered: &Column, rows: u64, lines: &[u64], issues: &mut Vec<Issue>) {
    let mut add = |issue: Issue| issues.push(issue.on(&column.name));
    if column.kind == ColumnType::Empty {
        if rows > 0 {
            let message = format!("`{}` has no values", column.name);
            add(issue("empty", Severity::Warning, message).rows(rows).at(gathered.null_lines.clone()).fix("Drop the column."));
        }
        return;
    }
    if column.nulls > 0 {
        let severity = if column.null_ratio >= 0.05 { Severity::Warning } else { Severity::Info };
        let message = format!("`{}` has {} missing values ({:.1} %)", column.name, column.nulls, column.null_ratio * 100.0);
        add(issue("missing", severity, message).rows(column.nulls).at(gathered.null_lines.clone()));
    }
    of_types(column, gathered, rows, &mut add);
    of_values(column, rows, &mut add);
    values::find(column, gathered, lines, &mut add);
    if let Gathered::Texts(texts) = &gathered.gathered {
        texts::find(column, texts, &mut add);
    }
}

fn of_types(column: &ColumnProfile, gathered: &Column, rows: u64, add: &mut impl FnMut(Issue)) {
    let name = &column.name;
    let Some(evidence) = &column.evidence else { return };
    if evidence.exceptions > 0 {
        let line = evidence.first_exception_line.map_or_else(String::new, |line| format!(", the first on line {line}"));
        let kind = column.kind.as_str();
        let message = format!("`{name}` is {kind} but {} values do not fit{line}", evidence.exceptions);
        let fix = "Correct them, or load the column as text.";
        let lines = if gathered.evidence.lines.is_empty() {
            evidence.first_exception_line.into_iter().collect()
        } else {
            gathered.evidence.lines.clone()
        };
        add(issue("mixed_types", Severity::Warning, message).rows(evidence.exceptions).at(lines).fix(fix));
    }
    let tokens: u64 = evidence.missing_tokens.iter().map(|token| token.count).sum();
    if tokens > 0 {
        let listed: Vec<_> = evidence.missing_tokens.iter().map(|token| format!("\"{}\"", token.value)).collect();
        let message = format!("`{name}` has {tokens} texts that seem to mean missing");
        let fix = format!("Call again with `null_values`: [{}].", listed.join(", "));
        add(issue("disguised_missing", Severity::Warning, message).rows(tokens).at(rows::of_sentinels(gathered)).fix(fix));
    }
    if let Some(share) = evidence.ambiguous_share.filter(|share| *share > 0.0) {
        let severity = if share > 0.99 { Severity::Error } else { Severity::Info };
        if column.kind.is_moment() {
            let message = format!("{:.0} % of the dates in `{name}` are valid with day and month exchanged", share * 100.0);
            add(issue("ambiguous_dates", severity, message).fix("Confirm the order of day and month with the source."));
        } else {
            let message = format!("{:.0} % of the numbers in `{name}` are others with point and comma exchanged", share * 100.0);
            add(issue("ambiguous_numbers", severity, message).fix("Confirm with the source what sets off decimals."));
        }
    }
    match &evidence.note {
        Some(note) if column.kind == ColumnType::Code => {
            let message = format!("`{name}` looks like a number but is a code ({note})");
            add(issue("code_not_number", Severity::Info, message).rows(rows).fix("Load it as text (VARCHAR), or digits are lost."));
        }
        Some(note) if column.kind == ColumnType::Float => {
            let message = format!("`{name}`: {note}");
            add(issue("whole_floats", Severity::Info, message).fix("Load it as an integer; usually missing values made it a float."));
        }
        _ => {}
    }
}

fn of_values(column: &ColumnProfile, rows: u64, add: &mut impl FnMut(Issue)) {
    let name = &column.name;
    let values = rows - column.nulls;
    let distinct = column.distinct.value;
    if distinct == 1 && values > 1 {
        add(issue("constant", Severity::Warning, format!("`{name}` has the same value in all its {values} rows"))
            .fix("It tells nothing; drop it."));
        return;
    }
    let texts = matches!(column.kind, ColumnType::Text | ColumnType::Code);
    if distinct == values && values > 1 && column.distinct.exactness == Exactness::Exact {
        add(issue("unique", Severity::Info, format!("every value of `{name}` is different")));
    } else if texts && distinct > 1000 && distinct * 2 > values {
        let message = format!("`{name}` has {distinct} different values in {values} rows");
        add(issue("high_cardinality", Severity::Info, message));
    }
    if let Some(top) = column.top_values.first().filter(|top| top.share > 0.9 && column.kind == ColumnType::Categorical) {
        let message = format!("one value of `{name}` makes up {:.1} % of its rows", top.share * 100.0);
        add(issue("imbalance", Severity::Info, message).rows(top.count));
    }
    if let Some(zeros) = column.zeros.filter(|zeros| *zeros * 10 > values && distinct > 2) {
        let message = format!("{:.1} % of `{name}` are zero", 100.0 * zeros as f64 / values as f64);
        add(issue("zeros", Severity::Info, message).rows(zeros));
    }
    if let Some(skew) = column.skew.filter(|skew| skew.abs() > 20.0) {
        add(issue("skewed", Severity::Info, format!("`{name}` is highly skewed ({skew:.1})")).fix("Use the median, or a logarithm."));
    }
    if let Some(dress) = column.semantic_type.as_deref().filter(|found| matches!(*found, "currency" | "percent" | "formatted_number")) {
        let how = column.evidence.as_ref().and_then(|evidence| evidence.written.clone()).unwrap_or_else(|| dress.to_owned());
        let message = format!("`{name}` holds numbers written as text ({how})");
        let fix = "Call with `suggest`: [\"cleaning\"] for SQL that removes the signs and separators and casts.";
        add(issue("numbers_as_text", Severity::Warning, message).rows(values).fix(fix));
    }
}

/// Puts the same issue of many columns into one.
fn merge(issues: Vec<Issue>) -> Vec<Issue> {
    let mut merged: Vec<Issue> = Vec::new();
    let mut groups = std::collections::BTreeMap::<(Severity, String), Vec<Issue>>::new();
    for issue in issues {
        if issue.column.is_some() {
            groups.entry((issue.severity, issue.code.clone())).or_default().push(issue);
        } else {
            merged.push(issue);
        }
    }
    for ((severity, code), group) in groups {
        if group.len() <= APART {
            merged.extend(group);
            continue;
        }
        let touched: u64 = group.iter().filter_map(|issue| issue.rows_affected).sum();
        let message = format!("{} columns: {}", group.len(), code.replace('_', " "));
        let fix = group.first().and_then(|issue| issue.fix.clone());
        let mut lines: Vec<u64> = group.iter().flat_map(|issue| issue.lines.iter().copied()).collect();
        lines.sort_unstable();
        lines.dedup();
        let columns = group.into_iter().filter_map(|issue| issue.column).take(NAMED).collect();
        let rows_affected = (touched > 0).then_some(touched);
        let dimension = dimension(&code).map(str::to_owned);
        merged.push(Issue { code, severity, column: None, columns, dimension, rows_affected, lines: Vec::new(), message, fix }.at(lines));
    }
    merged
}
