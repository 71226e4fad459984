//! Parts of a whole: pies, donuts, funnels.

use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::{Chart, ChartKind, Figure, Sort, alt, formats};
use crate::{Data, Field, Kind};

/// Slices beyond which the smallest are put together.
const SLICES: usize = 12;

pub(super) fn figure(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let (x, y) = (data.find(&chart.x, "x")?, chart.only_y(data)?);
    if let Some(row) = data.rows.iter().find(|row| row[y].as_f64().is_some_and(|value| value < 0.0)) {
        let message = format!("a {} shows parts of a whole, and `{}` is negative for {}", chart.kind.as_str(), data.name(y), row[x]);
        return Err(ToolError::invalid("y", message, "Draw a bar chart instead, or leave out what is negative."));
    }
    let columns = vec![Field { name: data.name(x).to_owned(), kind: Kind::Text }, data.columns[y].clone()];
    let rows = data.rows.iter().map(|row| vec![named(&row[x]), row[y].clone()]).collect();
    let mut parts = Data { columns, rows, undrawable: 0 };
    if chart.sort != Sort::Rows || chart.kind != ChartKind::Funnel {
        parts.rows.sort_by(|a, b| b[1].as_f64().unwrap_or(0.0).total_cmp(&a[1].as_f64().unwrap_or(0.0)));
    }
    if chart.kind != ChartKind::Funnel {
        gather(&mut parts, chart.limit.unwrap_or(SLICES).max(2));
    }
    // Every part carries its name, so that there is no legend.
    let option = json!({ "dataset": parts.dataset(), "series": [series(chart)], "legend": { "show": false } });
    let formats = formats(&chart.format, [data.name(y)]);
    Ok(Figure { option, formats, alt: alt::of(chart, &parts, &chart.format), ..Figure::default() })
}

/// A category as text.
pub(super) fn named(value: &Value) -> Value {
    match value {
        Value::Null => json!("(none)"),
        Value::String(text) => json!(text.strip_suffix("T00:00:00Z").unwrap_or(text)),
        other => json!(other.to_string()),
    }
}

/// Puts the smallest parts together, so that at most `most` remain.
fn gather(parts: &mut Data, most: usize) {
    if parts.rows.len() <= most {
        return;
    }
    let rest = parts.rows.split_off(most - 1);
    let sum: f64 = rest.iter().filter_map(|row| row[1].as_f64()).sum();
    parts.rows.push(vec![json!(format!("{} others", rest.len())), json!(sum)]);
}

fn series(chart: &Chart) -> Value {
    let encode = json!({ "itemName": 0, "value": 1 });
    match chart.kind {
        ChartKind::Funnel => {
            json!({ "type": "funnel", "encode": encode, "sort": "none", "left": 8, "right": 8, "top": 8, "bottom": 8, "gap": 2, "label": { "position": "inside", "color": "#fff" } })
        }
        ChartKind::Donut => {
            json!({ "type": "pie", "encode": encode, "radius": ["52%", "78%"], "label": { "formatter": "{b} {d}%" }, "labelLayout": { "hideOverlap": true } })
        }
        _ => {
            json!({ "type": "pie", "encode": encode, "radius": "76%", "label": { "formatter": "{b} {d}%" }, "labelLayout": { "hideOverlap": true } })
        }
    }
}
