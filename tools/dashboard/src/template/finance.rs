//! `finance`: money by period, against the period before, and where it comes from.

use data_stack_charts::Stack;
use data_stack_core::{Code, ToolError};

use super::roles::{Measure, Roles, Time};
use super::{heading, largest, largest_only, number, ranking, spoken};
use crate::query::quoted;
use crate::spec::{Dashboard, Formats, Names, Tile, TileKind};

/// Values of a ranking.
const RANKED: usize = 10;

pub(super) fn dashboard(roles: &Roles) -> Result<(Dashboard, Vec<String>), ToolError> {
    let missing = |what: &str| {
        let message = format!("`finance` needs {what}, and `{}` has none", roles.name);
        ToolError::new(Code::InvalidInput, message, "Use `analytics`, or name a table that has it.").at("template")
    };
    let time = roles.time.as_ref().ok_or_else(|| missing("a column of dates"))?;
    let money = roles.measures.iter().find(|measure| measure.money && !measure.average).ok_or_else(|| missing("a column of money"))?;
    let mut tiles = numbers(roles, time, money);
    tiles.push(running(roles, time, money));
    tiles.push(both_ways(roles, time, money));
    tiles.extend(roles.categories.iter().take(2).map(|column| {
        let words = heading(&format!("{} by {}", spoken(&money.name), spoken(&column.name)));
        let mut made = ranking(&words, largest(roles, &column.name, money, RANKED), &money.name, 6);
        made.total = Some(format!("SELECT {} FROM {}", money.sum(), roles.from));
        made
    }));
    tiles.extend(roles.entities.iter().take(1).map(|column| {
        let words = format!("Largest {} by {}", spoken(&column.name), spoken(&money.name));
        ranking(&words, largest_only(roles, &column.name, money, RANKED), &money.name, 6)
    }));
    tiles.push(periods(roles, time, money));
    super::fit(&mut tiles);
    let dashboard = Dashboard {
        title: format!("{}: finance", roles.name),
        description: Some(format!("`{}` of `{}` by {}", money.name, roles.name, time.unit)),
        tiles,
        ..Dashboard::default()
    };
    let why = format!("Money is `{}`, as {}; time is `{}`, by {}.", money.name, money.expression, time.name, time.unit);
    Ok((dashboard, vec![why, roles.describe()]))
}

/// The money of each whole period, newest first, beside the period before: the last one may have only begun.
fn by_period(roles: &Roles, time: &Time, money: &Measure) -> String {
    let (column, name) = (quoted(&time.name), quoted(&money.name));
    format!(
        "SELECT date_trunc('{unit}', {column}) AS period, {sum} AS {name}, lag({sum}) OVER (ORDER BY date_trunc('{unit}', {column})) AS the_{unit}_before \
         FROM {from} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1 DESC",
        unit = time.unit,
        sum = money.sum(),
        from = roles.from
    )
}

fn numbers(roles: &Roles, time: &Time, money: &Measure) -> Vec<Tile> {
    let (from, sum, name) = (&roles.from, money.sum(), quoted(&money.name));
    let mut latest = number(
        &heading(&format!("{} in the latest {}", spoken(&money.name), time.unit)),
        format!("{} LIMIT 60", by_period(roles, time, money)),
        "compact",
    );
    (latest.y, latest.compare) = (Names::One(money.name.clone()), Some(format!("the_{}_before", time.unit)));
    let average = format!("SELECT avg({name}) AS n FROM ({})", by_period(roles, time, money));
    let back = format!("SELECT -sum({0}) FILTER ({0} < 0) / nullif(sum({0}) FILTER ({0} > 0), 0) AS n FROM {from}", money.expression);
    let mut returned = number("Goes back", back, "percent");
    returned.less_is_better = true;
    vec![
        latest,
        number(&format!("Total {}", money.name), format!("SELECT {sum} AS n FROM {from}"), "compact"),
        number(&format!("Average {}", time.unit), average, "compact"),
        returned,
    ]
}

/// The sum so far.
fn running(roles: &Roles, time: &Time, money: &Measure) -> Tile {
    let name = quoted(&money.name);
    let sql = format!(
        "SELECT period AS {unit}, sum({name}) OVER (ORDER BY period) AS total FROM ({}) ORDER BY 1",
        by_period(roles, time, money),
        unit = time.unit
    );
    let mut made = Tile::new(TileKind::Area, &heading(&format!("{}, added up", spoken(&money.name))), sql);
    (made.x, made.y, made.width) = (Some(time.unit.to_owned()), Names::One("total".into()), Some(6));
    made
}

/// What comes in and what goes back.
fn both_ways(roles: &Roles, time: &Time, money: &Measure) -> Tile {
    let (column, value) = (quoted(&time.name), &money.expression);
    let sql = format!(
        "SELECT CAST(date_trunc('{unit}', {column}) AS DATE) AS {unit}, sum({value}) FILTER ({value} >= 0) AS comes_in, coalesce(sum({value}) FILTER ({value} < 0), 0) AS goes_back \
         FROM {from} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1",
        unit = time.unit,
        from = roles.from
    );
    let mut made = Tile::new(TileKind::Bar, &format!("In and back by {}", time.unit), sql);
    (made.x, made.y) = (Some(time.unit.to_owned()), Names::Several(vec!["comes_in".into(), "goes_back".into()]));
    (made.stack, made.width) = (Stack::Stacked, Some(6));
    made
}

/// Every period with its change.
fn periods(roles: &Roles, time: &Time, money: &Measure) -> Tile {
    let (name, before) = (quoted(&money.name), format!("the_{}_before", time.unit));
    let sql = format!(
        "SELECT CAST(period AS DATE) AS {unit}, {name}, ({name} - {before}) / nullif(abs({before}), 0) AS change, sum({name}) OVER (ORDER BY period) AS total FROM ({}) ORDER BY 1 DESC",
        by_period(roles, time, money),
        unit = time.unit
    );
    let mut made = Tile::new(TileKind::Table, &format!("Every {}", time.unit), sql);
    let formats = [(money.name.as_str(), "number:2"), ("change", "percent"), ("total", "number:2")];
    made.format = Some(Formats::Each(formats.map(|(name, format)| (name.to_owned(), format.to_owned())).into()));
    (made.y, made.width) = (Names::One(money.name.clone()), Some(12));
    made
}
