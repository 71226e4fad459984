//! Heat maps.

use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::part::named;
use super::{Chart, Figure, Sort, alt, cartesian::by_value, formats};
use crate::{Data, Field, Format, Kind};

/// Columns and cells beyond which the cells have no room for their numbers.
const LABELLED: (usize, usize) = (9, 120);

pub(super) fn figure(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let (x, y, value) = (data.find(&chart.x, "x")?, chart.needed_series(data)?, chart.only_y(data)?);
    let columns = [x, y].map(|at| Field { name: data.name(at).to_owned(), kind: Kind::Text }).into_iter();
    let columns = columns.chain([data.columns[value].clone()]).collect();
    let mut rows: Vec<&Vec<Value>> = data.rows.iter().collect();
    if chart.sort == Sort::Name {
        rows.sort_by(|a, b| by_value(&a[x], &b[x]).then_with(|| by_value(&a[y], &b[y])));
    }
    let rows = rows.into_iter().map(|row| vec![named(&row[x]), named(&row[y]), row[value].clone()]).collect();
    let cells = Data { columns, rows, undrawable: 0 };
    let lines = distinct(&cells, 1);
    let option = option(&cells, &lines, &chart.format);
    let formats = formats(&chart.format, [data.name(value)]);
    let height = (110 + 24 * lines.len() as u32).clamp(200, 900);
    Ok(Figure { option, formats, alt: alt::of(chart, &cells, &chart.format), height, ..Figure::default() })
}

fn distinct(cells: &Data, at: usize) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    cells.rows.iter().map(|row| row[at].clone()).filter(|value| seen.insert(value.to_string())).collect()
}

fn option(cells: &Data, lines: &[Value], format: &Format) -> Value {
    let least = cells.numbers(2).fold(f64::INFINITY, f64::min);
    let most = cells.numbers(2).fold(f64::NEG_INFINITY, f64::max);
    let (least, most) = if least.is_finite() { (least, most) } else { (0.0, 1.0) };
    // Values on both sides of zero are coloured by their distance from it.
    let both = least < 0.0 && most > 0.0;
    let far = least.abs().max(most.abs());
    let (low, high, ramp) = if both { (-far, far, "@diverging") } else { (least, most, "@ramp") };
    let name = if format.name().is_empty() { "number" } else { format.name() };
    let across = distinct(cells, 0);
    let roomy = across.len() <= LABELLED.0 && cells.rows.len() <= LABELLED.1;
    let label = json!({ "show": roomy, "labelFormatter": format!("@{name}"), "fontSize": 11 });
    json!({
        "dataset": cells.dataset(),
        "xAxis": { "type": "category", "data": across, "axisLabel": { "rotate": 0, "width": 90, "overflow": "truncate" } },
        "yAxis": { "type": "category", "data": lines, "inverse": true, "axisLabel": { "width": 130, "overflow": "truncate" } },
        "visualMap": { "type": "continuous", "min": low, "max": high, "dimension": 2, "calculable": false, "orient": "horizontal", "left": "center", "bottom": 0, "itemHeight": 120, "itemWidth": 10, "inRange": { "color": ramp }, "formatter": format!("@{name}") },
        "series": [{ "type": "heatmap", "encode": { "x": 0, "y": 1, "value": 2 }, "label": label }],
    })
}
