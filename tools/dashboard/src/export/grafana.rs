//! A dashboard file that Grafana provisions: Prometheus for `promql`, the DuckDB data source for SQL.

use data_stack_charts::Stack;
use data_stack_core::ToolError;
use serde_json::{Map, Value, json};

use super::sql::replaced;
use super::{Source, rows};
use crate::query::statement;
use crate::spec::{Formats, Parameter, Tile, TileKind};

/// The data sources, as the stack's Grafana knows them.
const PROMETHEUS: (&str, &str) = ("prometheus", "prometheus");
/// The plugin of the makers of the hosted DuckDB.
const WAREHOUSE: (&str, &str) = ("motherduck-duckdb-datasource", "warehouse");
/// The version of the format.
const SCHEMA: u64 = 41;

/// The file.
pub(super) fn file(source: &Source<'_>) -> Result<String, ToolError> {
    let mut panels = Vec::new();
    let mut top = 0;
    for (title, tiles, _) in source.dashboard.all_pages() {
        if !title.is_empty() {
            panels.push(json!({ "type": "row", "title": title, "collapsed": false, "panels": [], "gridPos": { "x": 0, "y": top, "w": 24, "h": 1 } }));
            top += 1;
        }
        for row in rows(tiles, |tile| if tile.kind == TileKind::Number { 3 } else { 6 }) {
            let tall = if row.iter().all(|(tile, _)| tile.kind == TileKind::Number) { 4 } else { 9 };
            let mut left = 0;
            for (tile, width) in row {
                let place = json!({ "x": left, "y": top, "w": width * 2, "h": tall });
                panels.push(panel(source, tile, &place));
                left += width * 2;
            }
            top += tall;
        }
    }
    for (at, panel) in panels.iter_mut().enumerate() {
        panel["id"] = json!(at + 1);
    }
    let variables: Vec<Value> = source.dashboard.parameters.iter().map(|(name, parameter)| variable(source, name, parameter)).collect();
    let dashboard = json!({
        "uid": uid(source.name),
        "title": source.dashboard.title,
        "description": source.dashboard.description.clone().unwrap_or_default(),
        "tags": ["data-stack"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": variables },
        "panels": panels,
    });
    serde_json::to_string_pretty(&dashboard).map(|text| text + "\n").map_err(|error| ToolError::internal(error.to_string()))
}

/// A name that stays the same, within Grafana's forty characters.
fn uid(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(40).collect()
}

fn panel(source: &Source<'_>, tile: &Tile, place: &Value) -> Value {
    let mut made = json!({ "type": kind(tile), "title": tile.title, "gridPos": place });
    if let Some(query) = &tile.promql {
        made["datasource"] = data_source(PROMETHEUS);
        let legend = tile.series.as_ref().map_or_else(String::new, |name| format!("{{{{{name}}}}}"));
        made["targets"] = json!([{ "refId": "A", "datasource": data_source(PROMETHEUS), "expr": query, "legendFormat": legend, "instant": tile.kind == TileKind::Number }]);
    } else if let Some(sql) = statement(source.sets, tile) {
        // Grafana writes values into the text; `sqlstring` quotes them.
        let sql = replaced(
            sql,
            source.values,
            |name, value| if value.is_string() { format!("${{{name}:sqlstring}}") } else { format!("${{{name}}}") },
        );
        made["datasource"] = data_source(WAREHOUSE);
        made["targets"] = json!([{ "refId": "A", "datasource": data_source(WAREHOUSE), "rawSql": sql, "format": if is_series(tile) { "time_series" } else { "table" } }]);
    } else {
        made["options"] = json!({ "mode": "markdown", "content": tile.text.clone().unwrap_or_default() });
        return made;
    }
    made["fieldConfig"] = json!({ "defaults": defaults(tile), "overrides": [] });
    made["options"] = options(tile);
    made
}

fn data_source((kind, uid): (&str, &str)) -> Value {
    json!({ "type": kind, "uid": uid })
}

/// Whether the tile runs along time.
fn is_series(tile: &Tile) -> bool {
    matches!(tile.kind, TileKind::Line | TileKind::Area)
}

fn kind(tile: &Tile) -> &'static str {
    match tile.kind {
        TileKind::Number => "stat",
        TileKind::Markdown => "text",
        TileKind::Line | TileKind::Area => "timeseries",
        TileKind::Bar => "barchart",
        TileKind::Pie | TileKind::Donut => "piechart",
        TileKind::Histogram => "histogram",
        TileKind::Scatter => "xychart",
        TileKind::Map => "geomap",
        _ => "table",
    }
}

fn defaults(tile: &Tile) -> Value {
    let unit = match &tile.format {
        Some(Formats::One(name)) => match name.split(':').next().unwrap_or_default() {
            "percent" => "percentunit",
            "bytes" => "bytes",
            "compact" | "integer" => "short",
            _ => "none",
        },
        _ => "none",
    };
    let mut custom = Map::new();
    if is_series(tile) {
        custom.insert("fillOpacity".into(), json!(if tile.kind == TileKind::Area { 20 } else { 0 }));
        custom.insert("showPoints".into(), json!("never"));
    }
    json!({ "unit": unit, "custom": custom })
}

fn options(tile: &Tile) -> Value {
    match tile.kind {
        TileKind::Number => {
            json!({ "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false }, "graphMode": "area", "colorMode": "value" })
        }
        TileKind::Bar => {
            json!({ "orientation": if tile.horizontal { "horizontal" } else { "auto" }, "stacking": if tile.stack == Stack::None { "none" } else { "normal" } })
        }
        TileKind::Pie | TileKind::Donut => {
            json!({ "pieType": tile.kind.as_str(), "reduceOptions": { "values": true, "calcs": [], "fields": "" } })
        }
        TileKind::Line | TileKind::Area => {
            json!({ "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true }, "tooltip": { "mode": "multi", "sort": "desc" } })
        }
        _ => json!({}),
    }
}

/// A parameter as a variable that a reader chooses.
fn variable(source: &Source<'_>, name: &str, parameter: &Parameter) -> Value {
    let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let current = written(source.values.get(name).unwrap_or(&parameter.default));
    let label = parameter.label.clone().unwrap_or_else(|| name.to_owned());
    let current = json!({ "text": current, "value": current });
    if parameter.values.is_empty() {
        return json!({ "type": "textbox", "name": name, "label": label, "query": current["value"], "current": current });
    }
    let values: Vec<String> = parameter.values.iter().map(written).collect();
    let options: Vec<Value> =
        values.iter().map(|value| json!({ "text": value, "value": value, "selected": current["value"] == **value })).collect();
    json!({ "type": "custom", "name": name, "label": label, "query": values.join(","), "options": options, "current": current })
}
