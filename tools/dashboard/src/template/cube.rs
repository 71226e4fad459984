//! The rows that a page's filters work on: one for each time and pair of categories, summed up by the database.

use super::Measure;
use super::roles::{Roles, Time};
use crate::query::quoted;

/// Rows that the cube may have; a data set is cut beyond ten thousand.
const ROWS: u64 = 9_900;
/// Categories of a filter; all others are put together.
const CATEGORIES: u64 = 12;

/// The statement, and the columns by which it can be narrowed down; `None` where there is nothing to choose.
pub(super) fn cube(roles: &Roles, measures: &[&Measure]) -> Option<(String, Vec<String>)> {
    let categories: Vec<&str> = roles.categories.iter().take(2).map(|column| column.name.as_str()).collect();
    if categories.is_empty() {
        return None;
    }
    let kept = kept(roles.time.as_ref().map_or(1, |time| time.buckets), categories.len());
    let by = roles.main().sum();
    let tops = categories.iter().enumerate().map(|(at, name)| {
        format!(
            "top_{at} AS (SELECT {0} AS value FROM {1} WHERE {0} IS NOT NULL GROUP BY 1 ORDER BY {by} DESC NULLS LAST, 1 LIMIT {kept})",
            quoted(name),
            roles.from
        )
    });
    let tops: Vec<String> = tops.collect();
    let chosen = categories.iter().enumerate().map(|(at, name)| {
        let column = quoted(name);
        format!("CASE WHEN {column} IN (FROM top_{at}) THEN CAST({column} AS VARCHAR) WHEN {column} IS NULL THEN '(none)' ELSE 'All others' END AS {column}")
    });
    let time = roles.time.as_ref().map(bucket);
    let sums = measures.iter().map(|measure| format!("{} AS {}", measure.sum(), quoted(&measure.name)));
    let columns: Vec<String> = time.into_iter().chain(chosen).chain(["count(*) AS \"rows\"".to_owned()]).chain(sums).collect();
    let sql = format!("WITH {} SELECT {} FROM {} GROUP BY ALL ORDER BY ALL", tops.join(", "), columns.join(", "), roles.from);
    let filters = roles.time.iter().map(|time| time.unit.to_owned()).chain(categories.iter().map(|name| (*name).to_owned()));
    Some((sql, filters.collect()))
}

/// The time that a row falls into, under the unit's name.
pub(super) fn bucket(time: &Time) -> String {
    let truncated = format!("date_trunc('{}', {})", time.unit, quoted(&time.name));
    let whole = if time.unit == "hour" { truncated } else { format!("CAST({truncated} AS DATE)") };
    format!("{whole} AS \"{}\"", time.unit)
}

/// How many categories are told apart, so that the rows stay few.
fn kept(buckets: u64, categories: usize) -> u64 {
    let room = ROWS as f64 / buckets.max(1) as f64;
    let each = if categories > 1 { room.sqrt() } else { room };
    (each as u64).saturating_sub(2).clamp(2, CATEGORIES)
}
