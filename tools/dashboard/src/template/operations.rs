//! `operations`: the stack itself: what was loaded when, how large tables are, how checks went, and, in Grafana, its calls.

use data_stack_charts::Stack;
use data_stack_core::ToolError;

use super::number;
use crate::query::Runner;
use crate::spec::{Dashboard, Formats, Names, Page, Tile, TileKind};

/// Tables that hold nothing of the workspace's own.
const OWN: &str = "NOT internal AND schema_name NOT LIKE '\\_data\\_stack%' ESCAPE '\\' AND database_name = current_database()";

pub(super) async fn dashboard(runner: &mut Runner<'_>) -> Result<(Dashboard, Vec<String>), ToolError> {
    let mut why = vec!["The numbers of calls are Prometheus', which Grafana asks; all else is read from the warehouse.".to_owned()];
    let has_loads = runner.rows("SELECT count(*) FROM _data_stack.loads").await.is_ok();
    let has_verdicts = runner.rows("SELECT count(*) FROM _data_stack.quality").await.is_ok();
    let mut tiles = vec![
        number("Tables", format!("SELECT count(*) AS n FROM duckdb_tables() WHERE {OWN}"), "integer"),
        number("Rows in all tables", format!("SELECT coalesce(sum(estimated_size), 0) AS n FROM duckdb_tables() WHERE {OWN}"), "compact"),
    ];
    if has_loads {
        tiles.push(number("Loads", "SELECT count(*) AS n FROM _data_stack.loads".into(), "integer"));
        tiles.push(number("Rejected rows", "SELECT coalesce(sum(rows_rejected), 0) AS n FROM _data_stack.loads".into(), "integer"));
        tiles.extend(loads());
    } else {
        why.push("Nothing has been loaded by `ingest` yet.".into());
    }
    let width = if has_loads { 3 } else { 6 };
    tiles.iter_mut().filter(|tile| tile.kind == TileKind::Number).for_each(|tile| tile.width = Some(width));
    tiles.push(sizes());
    if has_verdicts {
        let mut score =
            Tile::new(TileKind::Line, "Score of the checks", "SELECT recorded_at, score FROM _data_stack.quality ORDER BY recorded_at");
        (score.x, score.y, score.width) = (Some("recorded_at".into()), Names::One("score".into()), Some(12));
        tiles.push(score);
    }
    let pages = vec![Page { title: "Warehouse".into(), tiles }, Page { title: "Calls".into(), tiles: calls() }];
    let description = Some("What was loaded when, how large tables are, and how calls go".to_owned());
    Ok((Dashboard { title: "Operations".into(), description, pages, ..Dashboard::default() }, why))
}

fn loads() -> Vec<Tile> {
    let by_day = "SELECT CAST(loaded_at AS DATE) AS day, table_name AS \"table\", sum(rows) AS \"rows\" FROM _data_stack.loads GROUP BY ALL ORDER BY ALL";
    let mut over_time = Tile::new(TileKind::Bar, "Rows loaded by day", by_day);
    (over_time.x, over_time.y, over_time.series) = (Some("day".into()), Names::One("rows".into()), Some("table".into()));
    (over_time.stack, over_time.width) = (Stack::Stacked, Some(6));
    let newest = "SELECT table_schema || '.' || table_name AS \"table\", source, rows, rows_rejected, bytes, loaded_at FROM _data_stack.loads ORDER BY loaded_at DESC LIMIT 50";
    let mut table = Tile::new(TileKind::Table, "Newest loads", newest);
    table.format = Some(Formats::Each(
        [("bytes", "bytes"), ("rows", "integer"), ("rows_rejected", "integer")]
            .map(|(name, format)| (name.to_owned(), format.to_owned()))
            .into(),
    ));
    table.width = Some(12);
    vec![over_time, table]
}

fn sizes() -> Tile {
    let sql = format!(
        "SELECT schema_name || '.' || table_name AS category, estimated_size AS \"rows\" FROM duckdb_tables() WHERE {OWN} ORDER BY 2 DESC, 1 LIMIT 15"
    );
    super::ranking("Largest tables", sql, "rows", 6)
}

/// What `data-stack serve` tells Prometheus at `/metrics`.
fn calls() -> Vec<Tile> {
    let of = |kind: TileKind, heading: &str, query: &str, series: &str, width: u8| {
        let mut tile = Tile::of(kind, heading);
        (tile.promql, tile.width) = (Some(query.to_owned()), Some(width));
        tile.series = (!series.is_empty()).then(|| series.to_owned());
        tile
    };
    let mut p95 = of(
        TileKind::Line,
        "Time of a call, 95th percentile, in seconds",
        "histogram_quantile(0.95, sum by (tool, le) (rate(data_stack_call_duration_seconds_bucket[5m])))",
        "tool",
        6,
    );
    p95.format = Some(Formats::One("number".into()));
    let mut failed = of(
        TileKind::Line,
        "Share of calls that fail",
        "sum by (tool) (rate(data_stack_calls_total{outcome!=\"ok\"}[5m])) / sum by (tool) (rate(data_stack_calls_total[5m]))",
        "tool",
        6,
    );
    failed.format = Some(Formats::One("percent".into()));
    vec![
        of(TileKind::Number, "Calls in an hour", "sum(increase(data_stack_calls_total[1h]))", "", 6),
        of(TileKind::Number, "Jobs that run", "sum(data_stack_jobs_running)", "", 6),
        of(TileKind::Line, "Calls a second", "sum by (tool) (rate(data_stack_calls_total[5m]))", "tool", 12),
        p95,
        failed,
    ]
}
