//! Flows and nested areas: sankeys and treemaps.

use std::collections::{BTreeMap, HashSet};

use data_stack_core::ToolError;
use serde_json::{Value, json};

use super::part::named;
use super::{Behind, Chart, ChartKind, Figure, alt, formats};
use crate::Data;

pub(super) fn figure(chart: &Chart, data: &Data) -> Result<Figure, ToolError> {
    let (x, y) = (data.find(&chart.x, "x")?, chart.only_y(data)?);
    let series = match &chart.series {
        Some(name) => Some(data.find(name, "series")?),
        None if chart.kind == ChartKind::Sankey => Some(chart.needed_series(data)?),
        None => None,
    };
    let rows: Vec<Vec<Value>> = data
        .rows
        .iter()
        .map(|row| std::iter::once(named(&row[x])).chain(series.map(|at| named(&row[at]))).chain([row[y].clone()]).collect())
        .collect();
    let names: Vec<&str> = std::iter::once(data.name(x)).chain(series.map(|at| data.name(at))).chain([data.name(y)]).collect();
    let shown = Data::of_values(&names, rows);
    let option = if chart.kind == ChartKind::Sankey { sankey(&shown)? } else { treemap(&shown) };
    let mut formats = formats(&chart.format, [data.name(y)]);
    if !chart.format.name().is_empty() {
        formats.insert("value".into(), json!(chart.format.name()));
    }
    let table = Behind { columns: names.iter().map(|name| (*name).to_owned()).collect(), rows: shown.rows.clone() };
    Ok(Figure { option, formats, alt: alt::of(chart, &shown, &chart.format), table: Some(table), height: 340, ..Figure::default() })
}

fn sankey(flows: &Data) -> Result<Value, ToolError> {
    if let Some(from) = cycle(flows) {
        let message = format!("the flows go round in a circle through {from}, and a sankey cannot show that");
        return Err(ToolError::invalid("series", message, "Name the two sides apart, such as `from Paris` and `to Paris`."));
    }
    let mut seen = HashSet::new();
    let ends = flows.rows.iter().flat_map(|row| [&row[0], &row[1]]);
    let nodes: Vec<Value> = ends.filter(|name| seen.insert(name.to_string())).map(|name| json!({ "name": name })).collect();
    let links: Vec<Value> = flows.rows.iter().map(|row| json!({ "source": row[0], "target": row[1], "value": row[2] })).collect();
    Ok(
        json!({ "series": [{ "type": "sankey", "data": nodes, "links": links, "emphasis": { "focus": "adjacency" }, "left": 8, "right": 130, "top": 10, "bottom": 10 }] }),
    )
}

/// A place from which the flows lead back to it.
fn cycle(flows: &Data) -> Option<String> {
    let mut next = BTreeMap::<String, Vec<String>>::new();
    let mut inward = BTreeMap::<String, usize>::new();
    for row in &flows.rows {
        let (from, to) = (row[0].to_string(), row[1].to_string());
        *inward.entry(to.clone()).or_default() += 1;
        inward.entry(from.clone()).or_default();
        next.entry(from).or_default().push(to);
    }
    let mut free: Vec<String> = inward.iter().filter(|(_, count)| **count == 0).map(|(name, _)| name.clone()).collect();
    while let Some(name) = free.pop() {
        inward.remove(&name);
        for to in next.remove(&name).unwrap_or_default() {
            if let Some(count) = inward.get_mut(&to) {
                *count -= 1;
                if *count == 0 {
                    free.push(to);
                }
            }
        }
    }
    inward.into_keys().next()
}

fn treemap(parts: &Data) -> Value {
    let nested = parts.columns.len() == 3;
    let value = parts.columns.len() - 1;
    let leaf = |row: &Vec<Value>| json!({ "name": row[0], "value": row[value] });
    let nodes: Vec<Value> = if nested {
        let mut order: Vec<&Value> = Vec::new();
        let mut groups = BTreeMap::<String, Vec<Value>>::new();
        for row in &parts.rows {
            groups
                .entry(row[1].to_string())
                .or_insert_with(|| {
                    order.push(&row[1]);
                    Vec::new()
                })
                .push(leaf(row));
        }
        order.into_iter().map(|name| json!({ "name": name, "children": groups.remove(&name.to_string()) })).collect()
    } else {
        parts.rows.iter().map(leaf).collect()
    };
    let levels = json!([{}, { "itemStyle": { "gapWidth": 1 }, "upperLabel": { "show": nested, "height": 20 } }]);
    json!({ "series": [{ "type": "treemap", "data": nodes, "roam": false, "nodeClick": false, "breadcrumb": { "show": false }, "left": 0, "right": 0, "top": 0, "bottom": 0, "levels": levels, "label": { "formatter": "{b}" } }] })
}
