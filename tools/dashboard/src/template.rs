//! The template `analytics`: a dashboard for a table that nobody prepared, from what its columns are.

use data_stack_charts::{Kind, Sort};
use data_stack_core::nearest::nearest;
use data_stack_core::ports::warehouse::{Catalog, Table};
use data_stack_core::{Code, ToolError};
use serde_json::Value;

use crate::query::Runner;
use crate::spec::{Dashboard, Formats, Names, Tile, TileKind};

/// Measures summed up at the top.
const MEASURES: usize = 3;
/// Categories of a chart.
const CATEGORIES: u32 = 12;
/// Distinct values beyond which a text is no category.
const MANY: u64 = 2_000;

/// What a table's columns are good for.
struct Roles {
    from: String,
    time: Option<String>,
    measures: Vec<String>,
    categories: Vec<(String, u64)>,
}

/// A dashboard of the table, and why it is so.
pub(crate) async fn analytics(table: &str, runner: &mut Runner<'_>) -> Result<(Dashboard, Vec<String>), ToolError> {
    let found = find(table, runner.catalog())?.clone();
    let roles = roles(&found, runner).await?;
    let mut why = vec![describe(&roles)];
    let mut tiles = vec![number("Rows", format!("SELECT count(*) AS \"rows\" FROM {}", roles.from))];
    for measure in roles.measures.iter().take(MEASURES) {
        tiles.push(number(&format!("Total {measure}"), format!("SELECT sum({}) AS total FROM {}", quoted(measure), roles.from)));
    }
    if let Some(time) = &roles.time {
        let (unit, tile) = over_time(&roles, time, runner).await?;
        why.push(format!("Time is `{time}`, by {unit}: fine enough to see changes and coarse enough to read."));
        tiles.push(tile);
    }
    tiles.extend(roles.categories.iter().take(2).map(|(name, _)| by_category(&roles, name)));
    tiles.extend(roles.measures.first().map(|measure| spread(&roles, measure)));
    tiles.push(newest(&roles));
    let description = Some(format!("An overview of {}, chosen from what its columns are.", found.name));
    Ok((Dashboard { title: found.name.clone(), description, tiles, ..Dashboard::default() }, why))
}

/// A table of the catalogue by its name, alone or with its schema.
fn find<'a>(name: &str, catalog: &'a Catalog) -> Result<&'a Table, ToolError> {
    let (schema, table) = name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table));
    let fits = |one: &&Table| one.name.eq_ignore_ascii_case(table) && schema.is_none_or(|schema| one.schema.eq_ignore_ascii_case(schema));
    catalog.tables.iter().find(fits).ok_or_else(|| {
        let near = nearest(table, catalog.tables.iter().map(|table| table.name.as_str()), 3);
        let hint = near.first().map_or_else(|| "Load it with `ingest` first.".to_owned(), |near| format!("Did you mean `{near}`?"));
        ToolError::new(Code::NotFound, format!("there is no table `{name}`"), hint).at("table").valid(near)
    })
}

/// A name as SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn roles(table: &Table, runner: &mut Runner<'_>) -> Result<Roles, ToolError> {
    let from = format!("{}.{}", quoted(&table.schema), quoted(&table.name));
    let of = |kind: Kind| table.columns.iter().filter(move |column| Kind::of(&column.kind) == kind).map(|column| column.name.clone());
    let texts: Vec<String> = of(Kind::Text).take(40).collect();
    let mut categories = Vec::new();
    if !texts.is_empty() {
        let counts: Vec<String> = texts.iter().map(|name| format!("approx_count_distinct({})", quoted(name))).collect();
        let answer = runner.rows(&format!("SELECT {} FROM {from}", counts.join(", "))).await?;
        let counts = answer.data.rows.first().map(|row| row.iter().map(|value| value.as_u64().unwrap_or(0)).collect::<Vec<_>>());
        categories = texts.into_iter().zip(counts.unwrap_or_default()).filter(|(_, count)| (2..=MANY).contains(count)).collect();
        categories.sort_by_key(|(_, count)| *count);
    }
    let measures = of(Kind::Number).filter(|name| !is_identifier(name)).collect();
    Ok(Roles { from, time: of(Kind::Time).next(), measures, categories })
}

/// Whether a number's name says that it identifies rather than measures.
fn is_identifier(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = ["id", "key", "code", "number", "_no", "zip", "postcode", "year", "month", "index", "row"];
    ends.iter().any(|end| lower.ends_with(end)) || lower == "no" || lower == "lat" || lower == "lon"
}

fn describe(roles: &Roles) -> String {
    let named = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let measures = named(roles.measures.iter().map(String::as_str).collect());
    let categories = named(roles.categories.iter().map(|(name, _)| name.as_str()).collect());
    format!("Numbers that are summed up: {measures}. Texts with 2 to {MANY} values that split them: {categories}.")
}

/// What is summed up, in SQL: the first measure, or the rows.
fn total(roles: &Roles) -> (String, String) {
    roles
        .measures
        .first()
        .map_or_else(|| ("rows".to_owned(), "count(*)".to_owned()), |name| (name.clone(), format!("sum({})", quoted(name))))
}

fn number(heading: &str, sql: String) -> Tile {
    let mut tile = Tile::new(TileKind::Number, heading, sql);
    (tile.width, tile.format) = (Some(3), Some(Formats::One("compact".to_owned())));
    tile
}

async fn over_time(roles: &Roles, moment: &str, runner: &mut Runner<'_>) -> Result<(&'static str, Tile), ToolError> {
    let column = quoted(moment);
    let span = format!("SELECT date_diff('day', min({column}), max({column})) AS days FROM {}", roles.from);
    let answer = runner.rows(&span).await?;
    let days = answer.data.rows.first().and_then(|row| row.first()).and_then(Value::as_f64).unwrap_or(0.0);
    let unit = match days {
        days if days <= 3.0 => "hour",
        days if days <= 120.0 => "day",
        days if days <= 730.0 => "week",
        days if days <= 5_500.0 => "month",
        _ => "year",
    };
    let (name, sum) = total(roles);
    let sql = format!(
        "SELECT date_trunc('{unit}', {column}) AS {unit}, {sum} AS {} FROM {} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1",
        quoted(&name),
        roles.from
    );
    let mut tile = Tile::new(TileKind::Area, &format!("{name} by {unit}"), sql);
    (tile.x, tile.y, tile.width, tile.height) = (Some(unit.to_owned()), Names::One(name), Some(12), Some(300));
    Ok((unit, tile))
}

fn by_category(roles: &Roles, category: &str) -> Tile {
    let (name, sum) = total(roles);
    let sql = format!(
        "SELECT {} AS category, {sum} AS {} FROM {} GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT {CATEGORIES}",
        quoted(category),
        quoted(&name),
        roles.from
    );
    let mut tile = Tile::new(TileKind::Bar, &format!("{name} by {category}, largest {CATEGORIES}"), sql);
    (tile.x, tile.y, tile.horizontal, tile.sort) = (Some("category".to_owned()), Names::One(name), true, Sort::Rows);
    tile.width = Some(6);
    tile
}

/// How a measure spreads between its 1st and 99th percentile, in bins counted by the database.
fn spread(roles: &Roles, measure: &str) -> Tile {
    let column = quoted(measure);
    let from = &roles.from;
    let sql = format!(
        "WITH ends AS (SELECT quantile_cont({column}, 0.01)::DOUBLE AS low, quantile_cont({column}, 0.99)::DOUBLE AS high FROM {from}) \
         SELECT round(low + least(floor(20 * ({column} - low) / nullif(high - low, 0)), 19) * (high - low) / 20, 6) AS \"from\", count(*) AS \"rows\" \
         FROM {from}, ends WHERE {column} BETWEEN low AND high GROUP BY 1 ORDER BY 1"
    );
    let mut tile = Tile::new(TileKind::Bar, &format!("How {measure} spreads (1st to 99th percentile)"), sql);
    (tile.x, tile.y, tile.width) = (Some("from".to_owned()), Names::One("rows".to_owned()), Some(6));
    tile
}

fn newest(roles: &Roles) -> Tile {
    let order = roles.time.as_ref().map_or_else(String::new, |time| format!(" ORDER BY {} DESC", quoted(time)));
    let heading = if roles.time.is_some() { "Newest rows" } else { "Some rows" };
    let mut tile = Tile::new(TileKind::Table, heading, format!("SELECT * FROM {}{order} LIMIT 20", roles.from));
    tile.width = Some(12);
    tile
}
