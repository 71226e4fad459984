//! Bars, lines and areas.

use std::collections::HashMap;

use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::{Chart, ChartKind, Figure, Sort, Stack, alt, formats, value_axis};
use crate::{Data, Field, Format, Kind};

pub(super) fn figure(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let mut wide = widened(chart, data)?;
    order(chart, &mut wide);
    let left_out = limit(chart, &mut wide);
    if chart.stack == Stack::Percent {
        to_shares(&mut wide);
    }
    let percent = Format::parse("percent", "format")?;
    let format = if chart.stack == Stack::Percent { &percent } else { &chart.format };
    let series: Vec<Value> = (1..wide.columns.len()).map(|at| one_series(chart, &wide, at)).collect();
    let (across, up) = axes(chart, &wide, format);
    let option = json!({ "dataset": wide.dataset(), "xAxis": across, "yAxis": up, "series": series });
    let subtitle = if left_out > 0 { format!("the first {} of {}", wide.rows.len(), wide.rows.len() + left_out) } else { String::new() };
    let height = if chart.horizontal { (60 + 26 * wide.rows.len() as u32).clamp(160, 900) } else { 0 };
    let formats = formats(format, wide.columns.iter().skip(1).map(|column| column.name.as_str()));
    Ok(Figure { option, formats, alt: alt::of(chart, &wide, format), subtitle, height, ..Figure::default() })
}

/// One row for each `x`, one column for each series.
fn widened(chart: &Chart, data: &Data) -> Result<Data, ToolError> {
    let x = data.find(&chart.x, "x")?;
    if chart.y.is_empty() {
        return Err(ToolError::invalid("y", format!("a {} needs `y`", chart.kind.as_str()), "Name one or more columns of numbers."));
    }
    let y = chart.y.iter().map(|name| data.find_number(name, "y")).collect::<Result<Vec<_>, _>>()?;
    let Some(series) = &chart.series else {
        let columns = std::iter::once(x).chain(y.iter().copied()).map(|at| data.columns[at].clone()).collect();
        let rows = data.rows.iter().map(|row| std::iter::once(x).chain(y.iter().copied()).map(|at| row[at].clone()).collect()).collect();
        return Ok(Data { columns, rows, undrawable: 0 });
    };
    let series = data.find(series, "series")?;
    Ok(pivoted(data, x, chart.only_y(data)?, series))
}

fn pivoted(data: &Data, x: usize, y: usize, series: usize) -> Data {
    let mut columns = vec![data.columns[x].clone()];
    let mut places = HashMap::<String, usize>::new();
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut at_x = HashMap::<String, usize>::new();
    for row in &data.rows {
        let name = row[series].as_str().map_or_else(|| row[series].to_string(), str::to_owned);
        let name = if row[series].is_null() { "(none)".to_owned() } else { name };
        let column = *places.entry(name.clone()).or_insert_with(|| {
            columns.push(Field { name, kind: Kind::Number });
            columns.len() - 1
        });
        let line = *at_x.entry(row[x].to_string()).or_insert_with(|| {
            rows.push(vec![row[x].clone()]);
            rows.len() - 1
        });
        if rows[line].len() <= column {
            rows[line].resize(column + 1, Value::Null);
        }
        let sum = rows[line][column].as_f64().unwrap_or(0.0) + row[y].as_f64().unwrap_or(0.0);
        if !row[y].is_null() {
            rows[line][column] = json!(sum);
        }
    }
    for row in &mut rows {
        row.resize(columns.len(), Value::Null);
    }
    Data { columns, rows, undrawable: 0 }
}

fn total(row: &[Value]) -> f64 {
    row.iter().skip(1).filter_map(Value::as_f64).sum()
}

fn order(chart: &Chart, data: &mut Data) {
    // Along time and numbers, lines that go back and forth say nothing.
    let along = chart.kind != ChartKind::Bar && data.columns[0].kind != Kind::Text;
    match chart.sort {
        Sort::Rows if along => data.rows.sort_by(|a, b| by_value(&a[0], &b[0])),
        Sort::Rows => {}
        Sort::Name => data.rows.sort_by(|a, b| by_value(&a[0], &b[0])),
        Sort::Ascending => data.rows.sort_by(|a, b| total(a).total_cmp(&total(b))),
        Sort::Descending => data.rows.sort_by(|a, b| total(b).total_cmp(&total(a))),
    }
}

/// Numbers by size, all else as text.
pub(super) fn by_value(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.as_str().unwrap_or_default().cmp(b.as_str().unwrap_or_default()),
    }
}

/// Keeps the first categories; gives how many were left out.
fn limit(chart: &Chart, data: &mut Data) -> usize {
    let kept = chart.limit.unwrap_or(usize::MAX).min(data.rows.len());
    let left_out = data.rows.len() - kept;
    data.rows.truncate(kept);
    left_out
}

fn to_shares(data: &mut Data) {
    for row in &mut data.rows {
        let sum = total(row);
        for value in row.iter_mut().skip(1) {
            if let Some(part) = value.as_f64().filter(|_| sum != 0.0) {
                *value = json!(part / sum);
            }
        }
    }
}

fn one_series(chart: &Chart, data: &Data, at: usize) -> Value {
    let encode = if chart.horizontal { json!({ "x": at, "y": 0 }) } else { json!({ "x": 0, "y": at }) };
    let kind = if chart.kind == ChartKind::Bar { "bar" } else { "line" };
    let mut series = json!({ "type": kind, "name": data.name(at), "encode": encode });
    if chart.stack != Stack::None {
        series["stack"] = json!("all");
    }
    match chart.kind {
        ChartKind::Area => series["areaStyle"] = json!({ "opacity": if chart.stack == Stack::None { 0.18 } else { 0.75 } }),
        ChartKind::Bar => series["barMaxWidth"] = json!(48),
        _ => {}
    }
    series
}

fn axes(chart: &Chart, data: &Data, format: &Format) -> (Value, Value) {
    let bars = chart.kind == ChartKind::Bar;
    let mut along = match data.columns[0].kind {
        Kind::Time if !bars => json!({ "type": "time" }),
        Kind::Number if !bars => json!({ "type": "value", "scale": true, "axisLabel": { "formatter": "@number" } }),
        Kind::Time => json!({ "type": "category", "axisLabel": { "formatter": "@date" } }),
        _ => json!({ "type": "category" }),
    };
    if along["type"] == "category" && !bars {
        along["boundaryGap"] = json!(false);
    }
    let mut values = value_axis(format, chart.log);
    if chart.stack == Stack::Percent {
        values["max"] = json!(1);
    }
    if !chart.horizontal {
        return (along, values);
    }
    along["inverse"] = json!(true);
    along["axisLabel"]["width"] = json!(150);
    along["axisLabel"]["overflow"] = json!("truncate");
    (values, along)
}
