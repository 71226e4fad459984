//! `analytics`: how much, when, of what, and by whom.

use data_stack_charts::{Aggregate, Sort, Stack};

use super::cube::{bucket, cube};
use super::roles::{Measure, Roles, Time};
use super::{fit, heading, largest, largest_only, number, ranking, spoken, spread};
use crate::query::quoted;
use crate::spec::{Dashboard, DataSet, Formats, Names, Tile, TileKind};

/// Measures that are shown.
const MEASURES: usize = 3;
/// Categories whose shares are told apart by colour.
const SHARES: u64 = 8;
/// Values of a ranking.
const RANKED: usize = 10;
/// The data set that the filters work on.
const CUBE: &str = "overview";

pub(super) fn dashboard(roles: &Roles) -> (Dashboard, Vec<String>) {
    let main = roles.main();
    let sums: Vec<&Measure> = roles.measures.iter().filter(|measure| !measure.average).take(MEASURES).collect();
    let made = cube(roles, &sums);
    let followed = made.is_some();
    let mut why = vec![roles.describe()];
    let mut tiles = numbers(roles, &sums, followed);
    if let Some(time) = &roles.time {
        why.push(format!("Time is `{}`, by {}: fine enough to see changes and coarse enough to read.", time.name, time.unit));
        tiles.push(over_time(roles, time, &main, followed));
    }
    tiles.extend(roles.categories.iter().take(2).map(|column| by_category(roles, &column.name, &main, followed)));
    if let (Some(time), Some(first)) = (&roles.time, roles.categories.first().filter(|column| column.distinct <= SHARES)) {
        tiles.push(mix(time, &first.name, &main));
    }
    tiles.extend(roles.entities.iter().take(2).map(|column| {
        let mut tile =
            ranking(&format!("Largest {} by {}", column.name, main.name), largest_only(roles, &column.name, &main, RANKED), &main.name, 6);
        tile.format = money(&main);
        tile
    }));
    tiles.extend(roles.time.as_ref().filter(|time| time.hours).map(|time| week(roles, time, &main)));
    tiles.extend(roles.measures.first().map(|measure| spread(roles, &measure.expression, &measure.name, 6)));
    tiles.extend(roles.places.as_ref().map(|(longitude, latitude)| map(roles, longitude, latitude)));
    tiles.push(newest(roles));
    fit(&mut tiles);
    let mut dashboard = Dashboard {
        title: roles.name.clone(),
        description: Some(format!("An overview of `{}`, chosen from what its columns are", roles.name)),
        tiles,
        ..Dashboard::default()
    };
    if let Some((sql, filters)) = made {
        dashboard.data.insert(CUBE.to_owned(), DataSet::Sql(sql));
        dashboard.filters = filters;
    }
    (dashboard, why)
}

fn money(measure: &Measure) -> Option<Formats> {
    measure.money.then(|| Formats::One("compact".to_owned()))
}

/// Totals that follow the filters, then means and counts of what cannot be summed up.
fn numbers(roles: &Roles, sums: &[&Measure], followed: bool) -> Vec<Tile> {
    let total = |name: &str, expression: String| {
        let heading = if name == "rows" { "Rows".to_owned() } else { format!("Total {name}") };
        if !followed {
            return number(&heading, format!("SELECT {expression} AS {} FROM {}", quoted(name), roles.from), "compact");
        }
        let mut tile = Tile::over(TileKind::Number, &heading, CUBE);
        (tile.y, tile.aggregate, tile.width) = (Names::One(name.to_owned()), Some(Aggregate::Sum), Some(3));
        tile.total = Some(format!("SELECT {expression} FROM {}", roles.from));
        tile
    };
    let mut tiles = vec![total("rows", "count(*)".to_owned())];
    tiles.extend(sums.iter().map(|measure| total(&measure.name, measure.sum())));
    let counts = roles.identifiers.iter().filter(|column| column.distinct < roles.rows).map(|column| {
        number(
            &format!("Distinct {}", column.name),
            format!("SELECT count(DISTINCT {}) AS n FROM {}", quoted(&column.name), roles.from),
            "integer",
        )
    });
    let means = roles.measures.iter().filter(|measure| measure.average).map(|measure| {
        number(&format!("Average {}", measure.name), format!("SELECT {} AS n FROM {}", measure.sum(), roles.from), "number")
    });
    tiles.extend(counts.chain(means));
    even(tiles)
}

/// As many numbers as fill whole rows.
fn even(mut tiles: Vec<Tile>) -> Vec<Tile> {
    let (kept, width) = match tiles.len() {
        1 => (1, 12),
        2 => (2, 6),
        3 => (3, 4),
        4 | 5 => (4, 3),
        6 | 7 => (6, 4),
        _ => (8, 3),
    };
    tiles.truncate(kept);
    for tile in &mut tiles {
        tile.width = Some(width);
    }
    tiles
}

fn over_time(roles: &Roles, time: &Time, main: &Measure, followed: bool) -> Tile {
    let heading = heading(&format!("{} by {}", spoken(&main.name), time.unit));
    let mut made = if followed {
        Tile { aggregate: Some(Aggregate::Sum), ..Tile::over(TileKind::Area, &heading, CUBE) }
    } else {
        let (sum, name) = (main.sum(), quoted(&main.name));
        let column = quoted(&time.name);
        Tile::new(
            TileKind::Area,
            &heading,
            format!("SELECT {}, {sum} AS {name} FROM {} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1", bucket(time), roles.from),
        )
    };
    (made.x, made.y, made.width, made.height) = (Some(time.unit.to_owned()), Names::One(main.name.clone()), Some(12), Some(300));
    made
}

fn by_category(roles: &Roles, category: &str, main: &Measure, followed: bool) -> Tile {
    let heading = heading(&format!("{} by {}", spoken(&main.name), spoken(category)));
    if !followed {
        return ranking(&heading, largest(roles, category, main, RANKED), &main.name, 6);
    }
    let mut tile = Tile::over(TileKind::Bar, &heading, CUBE);
    (tile.x, tile.y, tile.aggregate) = (Some(category.to_owned()), Names::One(main.name.clone()), Some(Aggregate::Sum));
    (tile.horizontal, tile.sort, tile.width) = (true, Sort::Descending, Some(6));
    tile
}

/// What the whole is made of, over time.
fn mix(time: &Time, category: &str, main: &Measure) -> Tile {
    let mut made = Tile::over(TileKind::Bar, &format!("{category} as shares, by {}", time.unit), CUBE);
    (made.x, made.y, made.series) = (Some(time.unit.to_owned()), Names::One(main.name.clone()), Some(category.to_owned()));
    (made.aggregate, made.stack, made.width, made.height) = (Some(Aggregate::Sum), Stack::Percent, Some(6), Some(320));
    made
}

/// When in the week: a heat map of weekday and hour.
fn week(roles: &Roles, time: &Time, main: &Measure) -> Tile {
    let (column, sum, name) = (quoted(&time.name), main.sum(), quoted(&main.name));
    // Hours and days without rows stand in it too, so that both axes are in order.
    let sql = format!(
        "WITH cells AS (SELECT extract(hour FROM {column}) AS h, isodow({column}) AS d, {sum} AS v FROM {} WHERE {column} IS NOT NULL GROUP BY ALL), \
         hours AS (SELECT unnest(range((SELECT min(h) FROM cells), (SELECT max(h) + 1 FROM cells))) AS h), days AS (SELECT unnest(range(1, 8)) AS d) \
         SELECT lpad(CAST(hours.h AS VARCHAR), 2, '0') AS hour, ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][days.d] AS weekday, v AS {name} \
         FROM days CROSS JOIN hours LEFT JOIN cells ON cells.h = hours.h AND cells.d = days.d ORDER BY days.d, hours.h",
        roles.from
    );
    let mut made = Tile::new(TileKind::Heatmap, &heading(&format!("{} by weekday and hour", spoken(&main.name))), sql);
    (made.x, made.series, made.y) = (Some("hour".to_owned()), Some("weekday".to_owned()), Names::One(main.name.clone()));
    (made.format, made.width) = (Some(Formats::One("compact".to_owned())), Some(6));
    made
}

fn map(roles: &Roles, longitude: &str, latitude: &str) -> Tile {
    let (x, y) = (quoted(longitude), quoted(latitude));
    let sql = format!(
        "SELECT round({x}, 2) AS longitude, round({y}, 2) AS latitude, count(*) AS \"rows\" FROM {} WHERE {x} IS NOT NULL AND {y} IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 2000",
        roles.from
    );
    let mut tile = Tile::new(TileKind::Map, "Where", sql);
    (tile.x, tile.y, tile.size, tile.width) =
        (Some("longitude".to_owned()), Names::One("latitude".to_owned()), Some("rows".to_owned()), Some(6));
    tile
}

fn newest(roles: &Roles) -> Tile {
    let order = roles.time.as_ref().map_or_else(String::new, |time| format!(" ORDER BY {} DESC NULLS LAST", quoted(&time.name)));
    let heading = if roles.time.is_some() { "Newest rows" } else { "Some rows" };
    let mut tile = Tile::new(TileKind::Table, heading, format!("SELECT * FROM {}{order} LIMIT 20", roles.from));
    tile.width = Some(12);
    tile
}
