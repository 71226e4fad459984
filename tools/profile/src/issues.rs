//! What to know before using the data, after the alert taxonomy of ydata-profiling and what readers trip over.
//!
//! Messages name lines and counts, never values: a value may be personal.

use crate::column::{Column, Gathered};
use crate::engine::Gathering;
use crate::result::{ColumnProfile, ColumnType, Exactness, Issue, Profile, Severity};

/// Columns with the same issue that are listed one by one; beyond, they share one.
const APART: usize = 5;
/// Correlated pairs reported at most.
const PAIRS: usize = 10;
/// Columns named in a shared issue.
const NAMED: usize = 20;

/// All issues, most severe first.
pub(crate) fn find(profile: &Profile, found: &Gathering) -> Vec<Issue> {
    let mut issues = of_file(profile, found);
    for (column, gathered) in profile.columns.iter().zip(&found.columns) {
        of_column(column, gathered, profile.scan.rows, &mut issues);
    }
    for pair in profile.correlations.iter().filter(|pair| pair.value.abs() >= 0.9).take(PAIRS) {
        let message = format!("`{}` and `{}` are highly correlated ({:.3})", pair.a, pair.b, pair.value);
        let mut issue = issue("high_correlation", Severity::Info, message).fix("Keep one of them in a model.");
        issue.columns = vec![pair.a.clone(), pair.b.clone()];
        issues.push(issue);
    }
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
    Issue { code: code.to_owned(), severity, column: None, columns: Vec::new(), rows_affected: None, message, fix: None }
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
    add(tally.rejected, issue("rejected_rows", Severity::Error, rejected).fix(fix));
    let short =
        format!("{} rows have fewer fields than columns{}; the missing ones count as missing values", tally.short, at(tally.short_line));
    add(tally.short, issue("short_rows", Severity::Warning, short).fix("Check whether a field was left out in the middle."));
    let long = format!("{} rows have surplus fields{}, which were left out or joined", tally.long, at(tally.long_line));
    add(tally.long, issue("long_rows", Severity::Info, long));
    let quotes = format!("{} rows have quotes that break RFC 4180{}; they were read as text", tally.misquoted, at(tally.misquoted_line));
    add(tally.misquoted, issue("stray_quotes", Severity::Warning, quotes).fix("Double the quotes within quoted fields."));
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
        issues.push(issue("duplicate_rows", Severity::Warning, message).rows(duplicates.rows).fix(fix));
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

fn of_column(column: &ColumnProfile, gathered: &Column, rows: u64, issues: &mut Vec<Issue>) {
    let mut add = |issue: Issue| issues.push(issue.on(&column.name));
    if column.kind == ColumnType::Empty {
        if rows > 0 {
            add(issue("empty", Severity::Warning, format!("`{}` has no values", column.name)).rows(rows).fix("Drop the column."));
        }
        return;
    }
    if column.nulls > 0 {
        let severity = if column.null_ratio >= 0.05 { Severity::Warning } else { Severity::Info };
        let message = format!("`{}` has {} missing values ({:.1} %)", column.name, column.nulls, column.null_ratio * 100.0);
        add(issue("missing", severity, message).rows(column.nulls));
    }
    of_types(column, rows, &mut add);
    of_values(column, rows, &mut add);
    if let Gathered::Texts(_) = &gathered.gathered {
        let untrimmed = gathered.untrimmed();
        if untrimmed > 0 {
            let message = format!("`{}` has {untrimmed} values with blanks at an end", column.name);
            add(issue("untrimmed", Severity::Warning, message).rows(untrimmed).fix("Trim the column: values that look equal are not."));
        }
        let variants = case_variants(column, gathered);
        if variants > 0 {
            let message = format!("`{}` has {variants} values that differ from another only in case or blanks", column.name);
            add(issue("case_variants", Severity::Warning, message).rows(variants).fix("Unify the spelling before grouping."));
        }
    }
}

fn of_types(column: &ColumnProfile, rows: u64, add: &mut impl FnMut(Issue)) {
    let name = &column.name;
    let Some(evidence) = &column.evidence else { return };
    if evidence.exceptions > 0 {
        let line = evidence.first_exception_line.map_or_else(String::new, |line| format!(", the first on line {line}"));
        let kind = column.kind.as_str();
        let message = format!("`{name}` is {kind} but {} values do not fit{line}", evidence.exceptions);
        let fix = "Correct them, or load the column as text.";
        add(issue("mixed_types", Severity::Warning, message).rows(evidence.exceptions).fix(fix));
    }
    let tokens: u64 = evidence.missing_tokens.iter().map(|token| token.count).sum();
    if tokens > 0 {
        let listed: Vec<_> = evidence.missing_tokens.iter().map(|token| format!("\"{}\"", token.value)).collect();
        let message = format!("`{name}` has {tokens} texts that seem to mean missing");
        let fix = format!("Call again with `null_values`: [{}].", listed.join(", "));
        add(issue("disguised_missing", Severity::Warning, message).rows(tokens).fix(fix));
    }
    if let Some(share) = evidence.ambiguous_share.filter(|share| *share > 0.0) {
        let message = format!("{:.0} % of the dates in `{name}` are valid with day and month exchanged", share * 100.0);
        let severity = if share > 0.99 { Severity::Error } else { Severity::Info };
        add(issue("ambiguous_dates", severity, message).fix("Confirm the order of day and month with the source."));
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
    if let Some(outliers) = column.outliers.filter(|outliers| outliers.extreme > 0) {
        let message = format!("`{name}` has {} values beyond 3 interquartile ranges", outliers.extreme);
        add(issue("outliers", Severity::Info, message).rows(outliers.extreme));
    }
    if let Some(dress) = column.semantic_type.as_deref().filter(|found| matches!(*found, "currency" | "percent" | "formatted_number")) {
        let message = format!("`{name}` holds numbers written as text ({dress})");
        add(issue("numbers_as_text", Severity::Warning, message).rows(values).fix("Remove the signs and separators, then cast."));
    }
}

/// Rows of a category whose value differs from a more frequent one only in case or blanks.
fn case_variants(column: &ColumnProfile, gathered: &Column) -> u64 {
    let Gathered::Texts(texts) = &gathered.gathered else { return 0 };
    if column.kind != ColumnType::Categorical {
        return 0;
    }
    let mut groups = std::collections::HashMap::<String, (u64, u64)>::new();
    for (entry, text) in texts.counts.iter() {
        let folded = String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let (all, most) = groups.entry(folded).or_default();
        *all += entry.count;
        *most = (*most).max(entry.count);
    }
    groups.values().map(|(all, most)| all - most).sum()
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
        let columns = group.into_iter().filter_map(|issue| issue.column).take(NAMED).collect();
        merged.push(Issue { code, severity, column: None, columns, rows_affected: (touched > 0).then_some(touched), message, fix });
    }
    merged
}
