//! How numbers spread: histograms and box plots.

use std::collections::BTreeMap;

use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::part::named;
use super::{Behind, Chart, ChartKind, Figure, alt, formats, value_axis};
use crate::{Data, Field, Format, Kind, grouped, plain};

/// Bins when the chart names no number.
const BINS: usize = 20;

pub(super) fn figure(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    if chart.kind == ChartKind::Box { boxes(chart, data) } else { histogram(chart, data) }
}

fn histogram(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let x = data.find_number(&chart.x, "x")?;
    let (edges, counts) = binned(data.numbers(x).collect(), chart.bins.unwrap_or(BINS).clamp(1, 200));
    let edges: Vec<Value> = edges.into_iter().map(|edge| json!(edge)).collect();
    Ok(bins(data.name(x), &edges, &counts, &chart.format))
}

/// Bins of equal width over the whole range.
fn binned(mut numbers: Vec<f64>, count: usize) -> (Vec<f64>, Vec<u64>) {
    numbers.sort_by(f64::total_cmp);
    let (least, most) = (numbers.first().copied().unwrap_or(0.0), numbers.last().copied().unwrap_or(1.0));
    let width = if most > least { (most - least) / count as f64 } else { 1.0 };
    let mut counts = vec![0; count];
    for number in &numbers {
        let bin = ((number - least) / width) as usize;
        counts[bin.min(count - 1)] += 1;
    }
    ((0..=count).map(|edge| least + width * edge as f64).collect(), counts)
}

/// A histogram from its bins. `edges` has one more value than `counts`: numbers, or dates as ISO 8601.
pub fn bins(name: &str, edges: &[Value], counts: &[u64], format: &Format) -> Figure {
    let dates = edges.first().is_some_and(Value::is_string);
    let edge = |at: usize| edges.get(at).map_or_else(String::new, |edge| edge_text(edge, format));
    let rows: Vec<Vec<Value>> =
        counts.iter().enumerate().map(|(bin, count)| vec![json!(format!("{} to {}", edge(bin), edge(bin + 1))), json!(count)]).collect();
    let columns = vec![Field { name: name.to_owned(), kind: Kind::Text }, Field { name: "rows".into(), kind: Kind::Number }];
    let data = Data { columns, rows, undrawable: 0 };
    // Bars stand on an axis of bins, which is hidden; the axis that is shown measures the values between the outer edges.
    let mut scale = if dates { json!({ "type": "time" }) } else { value_axis(format, false) };
    for (key, value) in [("min", edges.first()), ("max", edges.last())] {
        scale[key] = value.cloned().unwrap_or(Value::Null);
    }
    scale["position"] = json!("bottom");
    scale["splitLine"] = json!({ "show": false });
    scale["axisLine"] = json!({ "show": true });
    scale["axisTick"] = json!({ "show": true, "lineStyle": { "color": "@line" } });
    scale["axisPointer"] = json!({ "show": false });
    let option = json!({
        "dataset": data.dataset(),
        "xAxis": [{ "type": "category", "show": false }, scale],
        "yAxis": { "type": "value", "splitNumber": 3, "axisLabel": { "formatter": "@compact" } },
        "series": [{ "type": "bar", "encode": { "x": 0, "y": 1 }, "barCategoryGap": "6%", "xAxisIndex": 0 }],
    });
    let total: u64 = counts.iter().sum();
    let most = counts.iter().copied().enumerate().max_by_key(|(_, count)| *count).unwrap_or_default();
    let alt = format!(
        "Histogram of {name}: {} values from {} to {}, most of them ({}) from {} to {}.",
        grouped(total),
        edge(0),
        edge(counts.len()),
        grouped(most.1),
        edge(most.0),
        edge(most.0 + 1)
    );
    let formats = [("rows".to_owned(), json!("integer"))].into_iter().collect();
    Figure { option, formats, alt, height: 190, ..Figure::default() }
}

fn edge_text(edge: &Value, format: &Format) -> String {
    match edge {
        Value::String(text) => {
            let text = text.strip_suffix('Z').unwrap_or(text);
            text.strip_suffix("T00:00:00").unwrap_or(text).replace('T', " ")
        }
        other => other.as_f64().map_or_else(String::new, |value| if format.name().is_empty() { plain(value) } else { format.write(value) }),
    }
}

/// Five numbers for each category, whiskers at most 1.5 interquartile ranges long.
fn boxes(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let (x, y) = (data.find(&chart.x, "x")?, chart.only_y(data)?);
    let mut order: Vec<Value> = Vec::new();
    let mut groups = BTreeMap::<String, Vec<f64>>::new();
    for row in &data.rows {
        let name = named(&row[x]);
        let group = groups.entry(name.to_string()).or_insert_with(|| {
            order.push(name);
            Vec::new()
        });
        group.extend(row[y].as_f64());
    }
    order.truncate(chart.limit.unwrap_or(usize::MAX));
    let rows: Vec<Vec<Value>> = order
        .iter()
        .filter_map(|name| {
            let five = five(groups.get_mut(&name.to_string())?)?;
            Some(std::iter::once(name.clone()).chain(five.iter().map(|value| json!(value))).collect())
        })
        .collect();
    let names = [data.name(x), "low", "lower quartile", "median", "upper quartile", "high"];
    let shown = Data::of_values(&names, rows.clone());
    let option = json!({
        "xAxis": { "type": "category", "data": rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>() },
        "yAxis": value_axis(&chart.format, chart.log),
        "series": [{ "type": "boxplot", "name": data.name(y), "data": rows.iter().map(|row| row[1..].to_vec()).collect::<Vec<_>>() }],
    });
    let table = Behind { columns: names.iter().map(|name| (*name).to_owned()).collect(), rows };
    let formats = formats(&chart.format, names.into_iter().skip(1));
    Ok(Figure { option, formats, alt: alt::of(chart, &shown, &chart.format), table: Some(table), ..Figure::default() })
}

fn five(numbers: &mut [f64]) -> Option<[f64; 5]> {
    numbers.sort_by(f64::total_cmp);
    let (low, middle, high) = (quantile(numbers, 0.25)?, quantile(numbers, 0.5)?, quantile(numbers, 0.75)?);
    let reach = 1.5 * (high - low);
    let least = numbers.iter().copied().find(|value| *value >= low - reach)?;
    let most = numbers.iter().rev().copied().find(|value| *value <= high + reach)?;
    Some([least, low, middle, high, most])
}

/// A quantile of sorted numbers, between neighbours in proportion.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}
