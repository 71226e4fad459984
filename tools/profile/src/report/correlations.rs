//! How columns go together: a heat map and the strongest pairs, for each way of measuring it.

use data_stack_charts::page::{Block, Cell, Section, Table, TableColumn};
use data_stack_charts::{Chart, ChartKind, Data, Format};
use serde_json::{Value, json};

use crate::result::{Correlation, Profile};

/// Columns of a heat map.
const HEAT: usize = 24;
/// Pairs listed.
const PAIRS: usize = 200;

pub(super) fn section(profile: &Profile) -> Option<Section> {
    let mut methods: Vec<&str> = Vec::new();
    for pair in &profile.correlations {
        if !methods.contains(&pair.method.as_str()) {
            methods.push(&pair.method);
        }
    }
    let blocks = methods.iter().filter_map(|method| {
        let pairs: Vec<&Correlation> = profile.correlations.iter().filter(|pair| pair.method == *method).collect();
        let heat = Cell::new(7, "", vec![heat_map(method, &pairs)?]);
        let table = Cell::new(5, "Strongest pairs", vec![strongest(&pairs)]);
        Some(Block::Grid { compact: false, items: vec![heat, table] })
    });
    let blocks: Vec<Block> = blocks.collect();
    if blocks.is_empty() {
        let block = Block::Text { text: "No two columns go together noticeably.".to_owned() };
        return (profile.columns.len() > 1).then(|| Section::new("correlations", "Correlations", "", vec![block]));
    }
    Some(Section::new("correlations", "Correlations", "pairs that go together noticeably", blocks))
}

fn heat_map(method: &str, pairs: &[&Correlation]) -> Option<Block> {
    let mut names: Vec<&str> = Vec::new();
    for pair in pairs {
        for name in [pair.a.as_str(), pair.b.as_str()] {
            if names.len() < HEAT && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let find = |a: &str, b: &str| pairs.iter().find(|pair| pair.a == a && pair.b == b || pair.a == b && pair.b == a).map(|pair| pair.value);
    let value = |a: &str, b: &str| if a == b { Some(1.0) } else { find(a, b) };
    let cell = |a: &&str, b: &&str| vec![json!(a), json!(b), value(a, b).map_or(Value::Null, |value| json!((value * 1e4).round() / 1e4))];
    let rows = names.iter().flat_map(|a| names.iter().map(move |b| cell(a, b))).collect();
    let data = Data::of_values(&["column", "with", "correlation"], rows);
    let mut chart = Chart::new(ChartKind::Heatmap, "column", &["correlation"]);
    chart.series = Some("with".to_owned());
    chart.format = Format::parse("number:2", "format").ok()?;
    // The scale is the measure's own and not the data's.
    let scale = if pairs.iter().any(|pair| pair.value < 0.0) { json!([-1, 1, "@diverging"]) } else { json!([0, 1, "@ramp"]) };
    let options = json!({ "visualMap": { "min": scale[0], "max": scale[1], "inRange": { "color": scale[2] } } });
    chart.options = options.as_object().cloned().unwrap_or_default();
    Some(Block::Chart(Box::new(chart.figure(&data).ok()?.titled(title(method)))))
}

fn title(method: &str) -> String {
    match method {
        "pearson" => "Pearson, straight-line".to_owned(),
        "spearman" => "Spearman, by rank".to_owned(),
        "cramers_v" => "Cramér's V, categories".to_owned(),
        "correlation_ratio" => "Correlation ratio, categories and numbers".to_owned(),
        other => other.replace('_', " "),
    }
}

fn strongest(pairs: &[&Correlation]) -> Block {
    let ranked = pairs.iter().any(|pair| pair.spearman.is_some());
    let row = |pair: &&Correlation| {
        let mut row = vec![json!(format!("{} ~ {}", pair.a, pair.b)), json!(pair.value)];
        row.extend(ranked.then(|| json!(pair.spearman)));
        row.extend([json!(pair.mutual_information), json!(pair.rows)]);
        row
    };
    let rows = pairs.iter().take(PAIRS).map(row).collect();
    let mut columns = vec![TableColumn::text("columns"), TableColumn::number("value", "number:3")];
    columns.extend(ranked.then(|| TableColumn::number("Spearman", "number:3")));
    columns.extend([TableColumn::number("information", "number:3"), TableColumn::number("rows", "integer")]);
    Block::Table(Table { title: "Strongest pairs".to_owned(), columns, rows, search: pairs.len() > 20 })
}
