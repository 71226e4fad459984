//! Makes a result fit its token budget: the least interesting columns are shown in less detail, then folded; never cut.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::result::{ColumnProfile, ColumnType, Folded, Profile, Severity};

/// How much of a profile the answer shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = data_stack_core::schema::names_only)]
pub enum Detail {
    /// At most 4,000 tokens.
    Low,
    /// At most 12,000 tokens.
    #[default]
    Medium,
    /// At most 30,000 tokens.
    High,
}

impl Detail {
    /// The largest result in estimated tokens.
    pub const fn tokens(self) -> usize {
        match self {
            Self::Low => 4_000,
            Self::Medium => 12_000,
            Self::High => 30_000,
        }
    }

    /// The largest result in bytes of JSON, four to a token.
    pub const fn bytes(self) -> usize {
        4 * self.tokens()
    }
}

/// Bytes kept free for the report's link, added later, and for separators.
const RESERVE: usize = 600;

/// How much of a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Folded,
    Short,
    Compact,
    Full,
}

/// Shrinks a profile to its budget; true when something was left out.
pub(crate) fn fit(profile: &mut Profile, detail: Detail) -> bool {
    if size(profile) + RESERVE <= detail.bytes() {
        return false;
    }
    let limit = detail.bytes() - RESERVE;
    trim_lists(profile, limit);
    let columns = std::mem::take(&mut profile.columns);
    let room = limit.saturating_sub(size(profile));
    let levels = choose(&columns, &interest(profile, &columns), room);
    let mut folded = Vec::new();
    for (column, level) in columns.into_iter().zip(levels) {
        match level {
            Level::Full => profile.columns.push(column),
            Level::Folded => folded.push(column),
            _ => profile.columns.push(reduced(&column, level)),
        }
    }
    if !folded.is_empty() {
        profile.folded = Some(fold(&folded, limit.saturating_sub(size(profile) + 400)));
    }
    true
}

fn size(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX / 2, |text| text.len())
}

/// Shortens the lists beside the columns, each to a share of the budget.
fn trim_lists(profile: &mut Profile, limit: usize) {
    keep(&mut profile.issues, limit / 4);
    keep(&mut profile.correlations, limit / 10);
    keep(&mut profile.personal_data, limit / 20);
    keep(&mut profile.rejects, limit / 20);
    keep(&mut profile.key_candidates, limit / 40);
    keep(&mut profile.composite_keys, limit / 40);
    keep(&mut profile.dependencies, limit / 20);
    keep(&mut profile.inclusions, limit / 40);
    if let Some(drift) = profile.drift.as_mut() {
        keep(&mut drift.columns, limit / 8);
        for names in [&mut drift.added, &mut drift.removed] {
            keep(names, limit / 40);
        }
        keep(&mut drift.renamed, limit / 40);
        keep(&mut drift.retyped, limit / 40);
    }
    if size(&profile.suggestions) > limit / 4 {
        profile.suggestions.iter_mut().for_each(|made| made.text = None);
    }
    if let Some(missing) = profile.missing_patterns.as_mut() {
        keep(&mut missing.patterns, limit / 40);
        keep(&mut missing.together, limit / 40);
    }
    if let Some(target) = profile.target.as_mut() {
        keep(&mut target.associations, limit / 10);
        keep(&mut target.leaks, limit / 20);
    }
    if let Some(series) = profile.time_series.as_mut() {
        let shown = (limit / 4000).min(12);
        series.measures.iter_mut().for_each(|measure| drop(measure.recent.drain(..measure.recent.len().saturating_sub(shown))));
    }
}

fn keep<T: Serialize>(list: &mut Vec<T>, room: usize) {
    let mut used = 0;
    let fitting = list.iter().take_while(|item| {
        used += size(item) + 1;
        used <= room
    });
    let count = fitting.count();
    list.truncate(count);
}

/// How interesting each column is: what is wrong with it, what it is good for.
fn interest(profile: &Profile, columns: &[ColumnProfile]) -> Vec<f64> {
    let mut by_name: BTreeMap<&str, f64> = BTreeMap::new();
    for issue in &profile.issues {
        let weight = match issue.severity {
            Severity::Error => 20.0,
            Severity::Warning => 5.0,
            Severity::Info => 1.0,
        };
        for name in issue.column.iter().chain(&issue.columns) {
            *by_name.entry(name).or_default() += weight;
        }
    }
    for name in profile.key_candidates.iter().chain(profile.personal_data.iter().map(|found| &found.column)) {
        *by_name.entry(name).or_default() += 5.0;
    }
    for pair in &profile.correlations {
        for name in [&pair.a, &pair.b] {
            *by_name.entry(name).or_default() += pair.strength();
        }
    }
    for found in profile.target.iter().flat_map(|target| &target.associations) {
        *by_name.entry(&found.column).or_default() += 10.0 * found.explained;
    }
    for found in profile.drift.iter().flat_map(|drift| &drift.columns) {
        *by_name.entry(&found.column).or_default() += 10.0;
    }
    if let Some(target) = &profile.target {
        *by_name.entry(&target.column).or_default() += 100.0;
    }
    let dull = |column: &ColumnProfile| column.kind == ColumnType::Empty || column.distinct.value <= 1;
    let score = |(position, column): (usize, &ColumnProfile)| {
        let found = by_name.get(column.name.as_str()).copied().unwrap_or_default();
        let kind = if dull(column) { -100.0 } else { 0.0 };
        found + kind - position as f64 * 1e-3
    };
    columns.iter().enumerate().map(score).collect()
}

/// The level of every column: all begin in full, the least interesting go down first, one level at a time.
fn choose(columns: &[ColumnProfile], interest: &[f64], room: usize) -> Vec<Level> {
    let sizes: Vec<[usize; 4]> = columns
        .iter()
        .map(|column| [0, size(&reduced(column, Level::Short)) + 1, size(&reduced(column, Level::Compact)) + 1, size(column) + 1])
        .collect();
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by(|a, b| interest[*a].total_cmp(&interest[*b]));
    let mut levels = vec![Level::Full; columns.len()];
    let mut total: usize = sizes.iter().map(|sizes| sizes[3]).sum();
    for (level, at) in [(Level::Compact, 2), (Level::Short, 1), (Level::Folded, 0)] {
        // Folding leaves a list of names; it needs room of its own.
        let room = if level == Level::Folded { room * 17 / 20 } else { room };
        for column in &order {
            if total <= room {
                return levels;
            }
            total = total - sizes[*column][at + 1] + sizes[*column][at];
            levels[*column] = level;
        }
    }
    levels
}

fn reduced(column: &ColumnProfile, level: Level) -> ColumnProfile {
    let mut column = column.clone();
    column.histogram = None;
    column.examples.clear();
    column.top_values.truncate(5);
    column.patterns.truncate(2);
    column.outliers = None;
    (column.text, column.sum, column.entropy) = (None, None, None);
    if let Some(dates) = column.dates.as_mut() {
        dates.gaps.clear();
    }
    column.quantiles.clear();
    column.inexact.retain(|field, _| !matches!(field.as_str(), "histogram" | "outliers" | "quantiles" | "text"));
    (column.skew, column.kurtosis) = (None, None);
    if level == Level::Short {
        column.top_values.clear();
        column.patterns.clear();
        (column.mad, column.dates) = (None, None);
        (column.stddev, column.median, column.lengths, column.sorted, column.negatives, column.zeros) =
            (None, None, None, None, None, None);
        column.inexact.retain(|field, _| field == "*");
        column.evidence = column.evidence.filter(|evidence| evidence.exceptions > 0);
        column.unique_ratio = None;
    }
    column
}

fn fold(columns: &[ColumnProfile], room: usize) -> Folded {
    let mut types = BTreeMap::new();
    for column in columns {
        *types.entry(column.kind.as_str().to_owned()).or_default() += 1;
    }
    let mut names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    keep(&mut names, room);
    let how = "Call again with `columns` naming those wanted, or with a higher `detail`.".to_owned();
    Folded { columns: columns.len() as u64, types, names, how }
}
