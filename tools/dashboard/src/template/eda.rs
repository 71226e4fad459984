//! `eda`: every column of a table: what is missing, how values spread, what goes together.

use data_stack_charts::{Kind, Sort};
use data_stack_core::ToolError;

use super::roles::{Column, Roles};
use super::{fit, largest_only, number, ranking, spoken, spread};
use crate::query::{Runner, quoted};
use crate::spec::{Dashboard, Formats, Names, Page, Tile, TileKind};

/// Columns of a kind that are drawn one by one.
const EACH: usize = 8;
/// Columns that are set against each other.
const PAIRED: usize = 10;
/// Values of a ranking.
const RANKED: usize = 10;

pub(super) async fn dashboard(roles: &Roles, runner: &mut Runner<'_>) -> Result<(Dashboard, Vec<String>), ToolError> {
    let measured = |column: &&Column| roles.measures.iter().any(|measure| measure.name == column.name);
    let numbers: Vec<&Column> = of(roles, Kind::Number).into_iter().filter(measured).collect();
    let texts: Vec<&Column> = of(roles, Kind::Text).into_iter().filter(|column| column.distinct * 2 < roles.rows.max(4)).collect();
    let mut overview = vec![
        number("Rows", format!("SELECT count(*) AS n FROM {}", roles.from), "integer"),
        number("Columns", format!("SELECT {} AS n", roles.columns.len()), "integer"),
        number("Cells without a value", missing_share(roles), "percent"),
        number("Rows that repeat another", repeated(roles), "integer"),
        columns_table(roles),
    ];
    overview.extend(missing(roles));
    if numbers.len() > 1 {
        overview.push(together(roles, &numbers, runner).await?);
    }
    fit(&mut overview);
    let mut spreads: Vec<Tile> = numbers.iter().take(EACH).map(|column| spread(roles, &quoted(&column.name), &column.name, 6)).collect();
    let frequent = texts.iter().take(EACH).map(|column| {
        let rows = super::Measure::rows();
        ranking(&format!("Frequent values of {}", spoken(&column.name)), largest_only(roles, &column.name, &rows, RANKED), "rows", 6)
    });
    fit(&mut spreads);
    let mut pages = vec![Page { title: "Overview".into(), tiles: overview }];
    pages.extend((!spreads.is_empty()).then_some(Page { title: "Numbers".into(), tiles: spreads }));
    let mut frequent: Vec<Tile> = frequent.collect();
    fit(&mut frequent);
    pages.extend((!frequent.is_empty()).then_some(Page { title: "Texts".into(), tiles: frequent }));
    let dashboard = Dashboard {
        title: format!("{}: exploration", roles.name),
        description: Some(format!("Every column of `{}`", roles.name)),
        pages,
        ..Dashboard::default()
    };
    let why = format!(
        "{} numbers are drawn by how they spread, {} texts by their frequent values.",
        numbers.len().min(EACH),
        texts.len().min(EACH)
    );
    Ok((dashboard, vec![roles.describe(), why]))
}

/// The columns of a kind that have values.
fn of(roles: &Roles, kind: Kind) -> Vec<&Column> {
    roles.columns.iter().filter(|column| column.kind == kind && column.distinct > 1).collect()
}

fn missing_share(roles: &Roles) -> String {
    let sums: Vec<String> = roles.columns.iter().map(|column| format!("count({})", quoted(&column.name))).collect();
    let cells = roles.columns.len().max(1);
    format!("SELECT 1 - ({}) / nullif(count(*) * {cells}, 0)::DOUBLE AS n FROM {}", sums.join(" + "), roles.from)
}

pub(super) fn repeated(roles: &Roles) -> String {
    format!("SELECT (SELECT count(*) FROM {0}) - (SELECT count(*) FROM (SELECT DISTINCT * FROM {0})) AS n", roles.from)
}

fn columns_table(roles: &Roles) -> Tile {
    let sql = format!(
        "SELECT column_name AS \"column\", column_type AS type, CAST(null_percentage AS DOUBLE) / 100 AS missing, approx_unique AS \"distinct\", min AS least, max AS most, \
         try_cast(avg AS DOUBLE) AS mean, try_cast(q50 AS DOUBLE) AS median, try_cast(std AS DOUBLE) AS deviation FROM (SUMMARIZE {})",
        roles.from
    );
    let mut tile = Tile::new(TileKind::Table, "Columns", sql);
    tile.format = Some(Formats::Each(
        [("missing", "percent"), ("distinct", "integer")].map(|(name, format)| (name.to_owned(), format.to_owned())).into(),
    ));
    (tile.y, tile.width) = (Names::One("missing".into()), Some(12));
    tile
}

/// The columns with missing values, if there are any.
pub(super) fn missing(roles: &Roles) -> Option<Tile> {
    let mut gaps: Vec<&Column> = roles.columns.iter().filter(|column| column.missing > 0.0).collect();
    gaps.sort_by(|a, b| b.missing.total_cmp(&a.missing));
    let counts: Vec<String> =
        gaps.iter().take(30).map(|column| format!("1 - count({0}) / nullif(count(*), 0)::DOUBLE AS {0}", quoted(&column.name))).collect();
    (!counts.is_empty()).then(|| {
        let sql = format!("SELECT category, missing FROM (UNPIVOT (SELECT {} FROM {}) ON COLUMNS(*) INTO NAME category VALUE missing) ORDER BY missing DESC", counts.join(", "), roles.from);
        let mut tile = ranking("Missing values by column", sql, "missing", 6);
        tile.format = Some(Formats::One("percent".into()));
        tile
    })
}

/// Correlations of the numbers, computed by the database in one pass.
async fn together(roles: &Roles, numbers: &[&Column], runner: &mut Runner<'_>) -> Result<Tile, ToolError> {
    let names: Vec<&str> = numbers.iter().take(PAIRED).map(|column| column.name.as_str()).collect();
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let pairs = names.iter().flat_map(|a| names.iter().map(move |b| (*a, *b)));
    let cells = pairs.map(|(a, b)| {
        let value = if a == b { "1.0".to_owned() } else { format!("corr({}, {})", quoted(a), quoted(b)) };
        format!("{{'a': {}, 'b': {}, 'c': round({value}, 3)}}", literal(a), literal(b))
    });
    let sql = format!(
        "SELECT cell.a AS \"first\", cell.b AS \"second\", CASE WHEN isnan(cell.c) THEN NULL ELSE cell.c END AS correlation FROM (SELECT unnest([{}]) AS cell FROM {})",
        cells.collect::<Vec<_>>().join(", "),
        roles.from
    );
    runner.rows(&sql).await?;
    let mut tile = Tile::new(TileKind::Heatmap, "What goes together (Pearson's correlation)", sql);
    (tile.x, tile.series, tile.y) = (Some("first".into()), Some("second".into()), Names::One("correlation".into()));
    (tile.width, tile.sort) = (Some(6), Sort::Rows);
    Ok(tile)
}
