//! Templates: dashboards that fill themselves from a table that nobody prepared.

mod analytics;
mod cube;
mod eda;
mod finance;
mod operations;
mod quality;
mod roles;

use data_stack_core::ToolError;
use data_stack_core::schema::names_only;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::query::{Runner, quoted};
use crate::spec::{Dashboard, DataSet, Formats, Names, Tile, TileKind};
use roles::{Measure, Roles};

/// A kind of dashboard that fills itself from a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = names_only)]
pub enum Template {
    /// Totals, over time, by category, the largest.
    #[default]
    Analytics,
    /// Every column: missing, distinct, spread, together.
    Eda,
    /// What is missing, double, out of range or late, and the score of checks.
    DataQuality,
    /// The stack: loads, tables, calls. Needs no table.
    Operations,
    /// Money by period, before and after, and where it comes from.
    Finance,
}

/// A dashboard of the table, and why it is so.
pub(crate) async fn fill(template: Template, table: &str, runner: &mut Runner<'_>) -> Result<(Dashboard, Vec<String>), ToolError> {
    let (dashboard, why) = chosen(template, table, runner).await?;
    Ok((lined(dashboard), why))
}

async fn chosen(template: Template, table: &str, runner: &mut Runner<'_>) -> Result<(Dashboard, Vec<String>), ToolError> {
    if template == Template::Operations {
        return operations::dashboard(runner).await;
    }
    let roles = roles::of(table, runner).await?;
    match template {
        Template::Eda => eda::dashboard(&roles, runner).await,
        Template::DataQuality => quality::dashboard(&roles, runner).await,
        Template::Finance => finance::dashboard(&roles),
        _ => Ok(analytics::dashboard(&roles)),
    }
}

/// Words that begin a line of a statement that people read.
const LINES: [&str; 8] = [" FROM ", " WHERE ", " GROUP BY ", " ORDER BY ", " LIMIT ", " LEFT JOIN ", " CROSS JOIN ", " UNION ALL "];

/// The statements over several lines, as a person would have written them.
fn lined(mut dashboard: Dashboard) -> Dashboard {
    let lined = |sql: &mut String| *sql = break_lines(sql);
    dashboard.data.values_mut().for_each(|set| {
        if let DataSet::Sql(sql) = set {
            lined(sql);
        }
    });
    let pages = dashboard.pages.iter_mut().flat_map(|page| &mut page.tiles);
    dashboard.tiles.iter_mut().chain(pages).filter_map(|tile| tile.sql.as_mut()).for_each(lined);
    dashboard
}

/// Breaks a statement before its clauses, outside of quotes and of parentheses deeper than a common table's.
fn break_lines(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 32);
    let (mut quote, mut depth) = (None, 0_usize);
    let least = usize::from(sql.starts_with("WITH "));
    for (at, letter) in sql.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let rest = &sql[at..];
        let begins = quote.is_none() && depth <= least && letter == ' ' && LINES.iter().any(|word| rest.starts_with(word));
        let after = quote.is_none()
            && depth == 0
            && letter == ' '
            && (sql[..at].ends_with("),") || sql[..at].ends_with(')') && rest.starts_with(" SELECT "));
        if begins || after && least == 1 {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        } else {
            out.push(letter);
        }
    }
    out
}

/// A number in the first row of a page.
fn number(heading: &str, sql: String, format: &str) -> Tile {
    let mut tile = Tile::new(TileKind::Number, heading, sql);
    (tile.width, tile.format) = (Some(3), Some(Formats::One(format.to_owned())));
    tile
}

/// Bars that lie, largest first, of a statement that gives `category` and `name`.
fn ranking(heading: &str, sql: String, name: &str, width: u8) -> Tile {
    let mut tile = Tile::new(TileKind::Bar, heading, sql);
    (tile.x, tile.y, tile.horizontal, tile.width) = (Some("category".to_owned()), Names::One(name.to_owned()), true, Some(width));
    tile
}

/// The measure for each of the largest values of a column, and for all others together, so that the bars come to the total.
fn largest(roles: &Roles, column: &str, measure: &Measure, most: usize) -> String {
    let (from, by, sum) = (&roles.from, quoted(column), measure.sum());
    let name = quoted(&measure.name);
    format!(
        "WITH ranked AS (SELECT coalesce(CAST({by} AS VARCHAR), '(none)') AS category, {sum} AS {name}, row_number() OVER (ORDER BY {sum} DESC NULLS LAST, {by}) AS place FROM {from} GROUP BY {by}) \
         SELECT CASE WHEN place <= {most} THEN category ELSE 'All others' END AS category, sum({name}) AS {name} FROM ranked GROUP BY 1 ORDER BY min(place)"
    )
}

/// The largest values alone, where all others together would hide them.
fn largest_only(roles: &Roles, column: &str, measure: &Measure, most: usize) -> String {
    let by = quoted(column);
    let (sum, name) = (measure.sum(), quoted(&measure.name));
    format!(
        "SELECT {by} AS category, {sum} AS {name} FROM {} WHERE {by} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 LIMIT {most}",
        roles.from
    )
}

/// A column's name in a heading: with spaces, as it is otherwise.
fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// A heading that begins with a column's name.
fn heading(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Widens the last tile of a row that would leave a gap.
fn fit(tiles: &mut [Tile]) {
    let mut room: u8 = 12;
    for at in 0..tiles.len() {
        let width = tiles[at].width.unwrap_or(6).clamp(1, 12);
        if width > room {
            widen(tiles, at, room);
            room = 12;
        }
        room = if room == width { 12 } else { room - width };
    }
    if room < 12 {
        widen(tiles, tiles.len(), room);
    }
}

/// Gives the tile before `at` the room that is left in its row.
fn widen(tiles: &mut [Tile], at: usize, room: u8) {
    if let Some(tile) = at.checked_sub(1).and_then(|before| tiles.get_mut(before)) {
        tile.width = Some((tile.width.unwrap_or(6) + room).min(12));
    }
}

/// How a column of numbers spreads between its 1st and 99th percentile, in bins counted by the database.
fn spread(roles: &Roles, expression: &str, name: &str, width: u8) -> Tile {
    let from = &roles.from;
    let sql = format!(
        "WITH numbers AS (SELECT CAST({expression} AS DOUBLE) AS n FROM {from} WHERE {expression} IS NOT NULL), \
         ends AS (SELECT quantile_cont(n, 0.01) AS low, quantile_cont(n, 0.99) AS high FROM numbers WHERE isfinite(n)) \
         SELECT round(low + least(floor(20 * (n - low) / nullif(high - low, 0)), 19) * (high - low) / 20, CAST(greatest(0, 2 - floor(log10(greatest((high - low) / 20, 1e-9)))) AS INTEGER)) AS \"from\", count(*) AS \"rows\" \
         FROM numbers, ends WHERE n BETWEEN low AND high GROUP BY 1 ORDER BY 1"
    );
    let mut tile = Tile::new(TileKind::Bar, &format!("How {} spreads", spoken(name)), sql);
    (tile.x, tile.y, tile.width) = (Some("from".to_owned()), Names::One("rows".to_owned()), Some(width));
    tile
}

#[cfg(test)]
mod tests {
    use super::break_lines;

    #[test]
    fn statements_break_before_their_clauses_and_never_in_quotes() {
        let sql = "WITH a AS (SELECT x FROM t WHERE y IN (SELECT 1 FROM u)), b AS (SELECT 2) SELECT ' FROM ' FROM a GROUP BY 1";
        let expected =
            "WITH a AS (SELECT x\n  FROM t\n  WHERE y IN (SELECT 1 FROM u)),\nb AS (SELECT 2)\nSELECT ' FROM '\nFROM a\nGROUP BY 1";
        assert_eq!(break_lines(sql), expected);
        assert_eq!(break_lines("SELECT (SELECT 1 FROM t) FROM u"), "SELECT (SELECT 1 FROM t)\nFROM u");
    }
}
