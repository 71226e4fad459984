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
use crate::spec::{Dashboard, Formats, Names, Tile, TileKind};
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

/// How a column of numbers spreads between its 1st and 99th percentile, in bins counted by the database.
fn spread(roles: &Roles, expression: &str, name: &str, width: u8) -> Tile {
    let from = &roles.from;
    let sql = format!(
        "WITH numbers AS (SELECT CAST({expression} AS DOUBLE) AS n FROM {from} WHERE {expression} IS NOT NULL), \
         ends AS (SELECT quantile_cont(n, 0.01) AS low, quantile_cont(n, 0.99) AS high FROM numbers WHERE isfinite(n)) \
         SELECT round(low + least(floor(20 * (n - low) / nullif(high - low, 0)), 19) * (high - low) / 20, 6) AS \"from\", count(*) AS \"rows\" \
         FROM numbers, ends WHERE n BETWEEN low AND high GROUP BY 1 ORDER BY 1"
    );
    let mut tile = Tile::new(TileKind::Bar, &format!("How {name} spreads"), sql);
    (tile.x, tile.y, tile.width) = (Some("from".to_owned()), Names::One("rows".to_owned()), Some(width));
    tile
}
