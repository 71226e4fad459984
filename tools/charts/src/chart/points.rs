//! Points: scatter plots, and maps of longitude and latitude.

use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::part::named;
use super::{Chart, ChartKind, Figure, alt, formats, value_axis};
use crate::{Data, Format, Kind};

/// The greatest diameter of a scaled point, in pixels.
const LARGEST: f64 = 34.0;
/// Points beyond which they are drawn small and pale.
const CROWD: usize = 1500;

pub(super) fn figure(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let map = chart.kind == ChartKind::Map;
    let x = if map { data.find_number(&chart.x, "x")? } else { data.find(&chart.x, "x")? };
    let y = chart.only_y(data)?;
    let size = chart.size.as_ref().map(|name| data.find_number(name, "size")).transpose()?;
    let series = chart.series.as_ref().map(|name| data.find(name, "series")).transpose()?;
    let chosen: Vec<usize> = [Some(x), Some(y), size, series].into_iter().flatten().collect();
    let columns = chosen.iter().map(|at| data.columns[*at].clone()).collect();
    let rows = data.rows.iter().map(|row| chosen.iter().map(|at| row[*at].clone()).collect()).collect();
    let shown = Data { columns, rows, undrawable: 0 };
    let place = usize::from(size.is_some()) + 2;
    let option = option(chart, &shown, size.map(|_| 2), series.map(|_| place));
    let formats = formats(&chart.format, [data.name(y)]);
    Ok(Figure { option, formats, alt: alt::of(chart, &shown, &chart.format), height: if map { 380 } else { 300 }, ..Figure::default() })
}

fn option(chart: &Chart, data: &Data, size: Option<usize>, series: Option<usize>) -> Value {
    let mut option = json!({ "dataset": data.dataset() });
    let plain = Format::default();
    (option["xAxis"], option["yAxis"]) = if chart.kind == ChartKind::Map {
        let degrees = |name: &str| json!({ "type": "value", "scale": true, "name": name, "nameLocation": "middle", "nameGap": 26, "axisLabel": { "formatter": "{value}°" } });
        (degrees("longitude"), degrees("latitude"))
    } else {
        let across = match data.columns[0].kind {
            Kind::Number => value_axis(&plain, false),
            Kind::Time => json!({ "type": "time" }),
            Kind::Text | Kind::Numbers => json!({ "type": "category" }),
        };
        (scaled(across, data.name(0)), scaled(value_axis(&chart.format, chart.log), data.name(1)))
    };
    let crowd = data.rows.len() > CROWD;
    let look = json!({ "opacity": if crowd { 0.35 } else { 0.7 } });
    let one = |rows: Option<Vec<Value>>, name: &str| {
        let mut made = json!({ "type": "scatter", "name": name, "encode": { "x": 0, "y": 1 }, "itemStyle": look, "symbolSize": if crowd { 4 } else { 8 } });
        if let Some(rows) = rows {
            made["data"] = rows.into();
            made["dimensions"] = data.columns.iter().map(|column| column.name.as_str()).collect();
        }
        made
    };
    let most = size.map_or(0.0, |at| data.numbers(at).fold(f64::MIN_POSITIVE, f64::max));
    let point = |row: &Vec<Value>| sized(row, size, most);
    option["series"] = match series {
        None if size.is_none() => json!([one(None, data.name(1))]),
        None => json!([one(Some(data.rows.iter().map(point).collect()), data.name(1))]),
        Some(at) => groups(data, at).into_iter().map(|(name, rows)| one(Some(rows.into_iter().map(point).collect()), &name)).collect(),
    };
    option
}

fn scaled(mut axis: Value, name: &str) -> Value {
    axis["scale"] = json!(true);
    axis["name"] = json!(name);
    axis["nameLocation"] = json!("middle");
    axis["nameGap"] = json!(28);
    axis
}

/// Rows by the value of a column, in the order of their first appearance.
fn groups(data: &Data, at: usize) -> Vec<(String, Vec<&Vec<Value>>)> {
    let mut groups: Vec<(String, Vec<&Vec<Value>>)> = Vec::new();
    for row in &data.rows {
        let name = named(&row[at]).as_str().unwrap_or_default().to_owned();
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    groups
}

/// A point, with its diameter where a column scales it: the area is in proportion.
fn sized(row: &[Value], size: Option<usize>, most: f64) -> Value {
    let Some(at) = size else { return json!(row) };
    let share = (row[at].as_f64().unwrap_or(0.0).max(0.0) / most).sqrt();
    json!({ "value": row, "symbolSize": (share * LARGEST).max(3.0).round() })
}
