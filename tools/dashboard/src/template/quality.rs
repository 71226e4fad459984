//! `data-quality`: whether a table's rows can be relied on, and how the checks of the workspace went.

use data_stack_core::ToolError;

use super::cube::bucket;
use super::eda::{missing, repeated};
use super::number;
use super::roles::Roles;
use crate::query::{Runner, quoted};
use crate::spec::{Dashboard, Formats, Names, Tile, TileKind};

/// Measures that are searched for outliers.
const MEASURES: usize = 12;
/// The recorded verdicts of `validate`.
const VERDICTS: &str = "SELECT recorded_at, score, status FROM _data_stack.quality ORDER BY recorded_at DESC LIMIT 200";
/// What did not hold in the latest of them, errors first.
const FAILED: &str = "SELECT check_id AS \"check\", scope, severity, status, evidence FROM _data_stack.quality_checks WHERE status <> 'pass' AND NOT proposed AND request_id = (SELECT max_by(request_id, recorded_at) FROM _data_stack.quality) ORDER BY severity, scope, check_id LIMIT 100";

pub(super) async fn dashboard(roles: &Roles, runner: &mut Runner<'_>) -> Result<(Dashboard, Vec<String>), ToolError> {
    let mut why = vec![roles.describe()];
    let mut tiles = vec![
        number("Rows", format!("SELECT count(*) AS n FROM {}", roles.from), "integer"),
        number("Rows that repeat another", repeated(roles), "integer"),
        number("Complete rows", complete(roles), "percent"),
    ];
    tiles.extend(roles.time.as_ref().map(|time| {
        let sql = format!("SELECT strftime(max({}), '%Y-%m-%d %H:%M') AS newest FROM {}", quoted(&time.name), roles.from);
        number(&format!("Newest {}", time.name), sql, "text")
    }));
    let width = if tiles.len() == 4 { 3 } else { 4 };
    for tile in &mut tiles {
        tile.width = Some(width);
    }
    // Nothing recorded yet is no error: the table then stands for itself.
    if runner.rows(VERDICTS).await.is_ok_and(|answer| !answer.data.rows.is_empty()) {
        why.push("`validate` has recorded verdicts, which are shown over time.".into());
        tiles.extend(verdicts());
    } else {
        why.push("No verdict of `validate` is recorded yet; `record: true` keeps one.".into());
    }
    tiles.extend(missing(roles).map(|tile| Tile { width: Some(if roles.measures.is_empty() { 12 } else { 6 }), ..tile }));
    tiles.extend(outliers(roles));
    tiles.extend(roles.time.as_ref().map(|time| {
        let sql = format!(
            "SELECT {}, count(*) AS \"rows\" FROM {} WHERE {} IS NOT NULL GROUP BY 1 ORDER BY 1",
            bucket(time),
            roles.from,
            quoted(&time.name)
        );
        let mut tile = Tile::new(TileKind::Bar, &format!("Rows by {}: gaps and bursts", time.unit), sql);
        (tile.x, tile.y, tile.width) = (Some(time.unit.to_owned()), Names::One("rows".into()), Some(12));
        tile
    }));
    super::fit(&mut tiles);
    let dashboard = Dashboard {
        title: format!("{}: data quality", roles.name),
        description: Some(format!("Whether the rows of `{}` can be relied on", roles.name)),
        tiles,
        ..Dashboard::default()
    };
    Ok((dashboard, why))
}

/// The share of rows with a value in every column.
fn complete(roles: &Roles) -> String {
    let all: Vec<String> = roles.columns.iter().map(|column| format!("{} IS NOT NULL", quoted(&column.name))).collect();
    format!("SELECT count(*) FILTER ({}) / nullif(count(*), 0)::DOUBLE AS n FROM {}", all.join(" AND "), roles.from)
}

/// The latest verdict, the scores before it, and what did not hold.
fn verdicts() -> Vec<Tile> {
    let mut score = Tile::new(TileKind::Line, "Score of the checks", VERDICTS);
    (score.x, score.y, score.width) = (Some("recorded_at".into()), Names::One("score".into()), Some(8));
    let mut latest =
        number("Latest score", "SELECT score FROM _data_stack.quality ORDER BY recorded_at DESC LIMIT 30".to_owned(), "number");
    latest.width = Some(4);
    let mut failed = Tile::new(TileKind::Table, "Checks that do not hold", FAILED);
    failed.width = Some(12);
    vec![score, latest, failed]
}

/// How many values of each measure are far out, below zero, or zero.
fn outliers(roles: &Roles) -> Option<Tile> {
    let parts = roles.measures.iter().filter(|measure| measure.expression == quoted(&measure.name)).take(MEASURES).map(|measure| {
        let (column, from) = (&measure.expression, &roles.from);
        let name = measure.name.replace('\'', "''");
        format!(
            "SELECT '{name}' AS \"column\", count(*) FILTER ({column} < low - 3 * (high - low) OR {column} > high + 3 * (high - low)) AS far_out, \
             count(*) FILTER ({column} < 0) AS negative, count(*) FILTER ({column} = 0) AS zero FROM {from}, \
             (SELECT quantile_cont({column}, 0.25) AS low, quantile_cont({column}, 0.75) AS high FROM {from})"
        )
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| {
        let mut tile = Tile::new(TileKind::Table, "Numbers to look at", parts.join(" UNION ALL "));
        tile.y = Names::Several(["far_out", "negative", "zero"].map(str::to_owned).into());
        (tile.format, tile.width) =
            (Some(Formats::Each(["far_out", "negative", "zero"].map(|name| (name.to_owned(), "integer".to_owned())).into())), Some(6));
        tile
    })
}
