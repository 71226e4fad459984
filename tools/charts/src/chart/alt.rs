//! What a chart shows, in words: for those who cannot see it, and for clients that show only text.

use serde_json::Value;

use super::{Chart, ChartKind};
use crate::{Data, Format, Kind, plain};

/// A sentence or two about the drawn data, whose first column names the rows.
pub(super) fn of(chart: &Chart, data: &Data, format: &Format) -> String {
    let values: Vec<usize> = (0..data.columns.len()).filter(|at| *at > 0 && data.columns[*at].kind == Kind::Number).collect();
    let names: Vec<&str> = values.iter().take(4).map(|at| data.name(*at)).collect();
    let more = if values.len() > 4 { format!(" and {} more", values.len() - 4) } else { String::new() };
    let mut text = format!("{} of {}{more} by {}, {} rows.", title(chart.kind), names.join(", "), data.name(0), data.rows.len());
    for at in values.into_iter().take(3) {
        if let Some(range) = range(data, at, format) {
            text.push(' ');
            text.push_str(&range);
        }
    }
    text
}

fn title(kind: ChartKind) -> &'static str {
    match kind {
        ChartKind::Bar => "Bar chart",
        ChartKind::Line => "Line chart",
        ChartKind::Area => "Area chart",
        ChartKind::Scatter => "Scatter plot",
        ChartKind::Pie => "Pie chart",
        ChartKind::Donut => "Donut chart",
        ChartKind::Heatmap => "Heat map",
        ChartKind::Histogram => "Histogram",
        ChartKind::Box => "Box plot",
        ChartKind::Funnel => "Funnel",
        ChartKind::Sankey => "Flows",
        ChartKind::Treemap => "Treemap",
        ChartKind::Map => "Map",
    }
}

fn range(data: &Data, at: usize, format: &Format) -> Option<String> {
    let known = data.rows.iter().filter_map(|row| Some((row[at].as_f64()?, row)));
    let least = known.clone().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let most = known.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let write = |value: f64| if format.name().is_empty() { plain(value) } else { format.write(value) };
    let place = |row: &[Value]| label(&row[0]);
    Some(format!("{}: least {} ({}), most {} ({}).", data.name(at), write(least.0), place(least.1), write(most.0), place(most.1)))
}

fn label(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.strip_suffix("T00:00:00Z").unwrap_or(text).chars().take(60).collect(),
        other => other.as_f64().map_or_else(|| other.to_string(), plain),
    }
}
