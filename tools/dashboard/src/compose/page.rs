//! The page of all tiles.

use std::collections::BTreeMap;

use data_stack_charts::page::{Block, Cell, Control, Filter, Rows, Section};
use data_stack_charts::{Data, Kind, Page};
use serde_json::{Map, Value};

use crate::spec::{Dashboard, Parameter, ParameterKind};

/// The page. `data` are the rows of the data sets that its filters work on.
pub(crate) fn page(
    dashboard: &Dashboard,
    pages: Vec<(String, Vec<Cell>)>,
    values: &Map<String, Value>,
    as_of: Option<&str>,
    data: &BTreeMap<String, Data>,
) -> Page {
    let many = pages.len() > 1;
    let sections = pages.into_iter().enumerate().map(|(at, (title, cells))| {
        let title = if title.is_empty() && many { format!("Page {}", at + 1) } else { title };
        Section::new(&format!("page-{}", at + 1), &title, "", vec![Block::Grid { compact: false, items: cells }])
    });
    let sections = sections.collect();
    let followed = |name: &&String| data.values().any(|rows| rows.columns.iter().any(|column| column.name == **name));
    let time = |name: &String| data.values().flat_map(|rows| &rows.columns).any(|column| column.name == *name && column.kind == Kind::Time);
    let filters =
        dashboard.filters.iter().filter(followed).map(|name| Filter { name: name.clone(), label: label(name), time: time(name) }).collect();
    let rows = |data: &Data| Rows { columns: data.columns.iter().map(|column| column.name.clone()).collect(), rows: data.rows.clone() };
    Page {
        kicker: "Dashboard".to_owned(),
        title: dashboard.title.clone(),
        subtitle: subtitle(dashboard, values),
        sections,
        footer: vec![
            "Each tile tells its query, rows and data hash. This page holds all it shows and asks nothing of the network.".to_owned(),
        ],
        fresh: as_of.map(str::to_owned),
        filters,
        controls: dashboard.parameters.iter().map(|(name, parameter)| control(name, parameter, values)).collect(),
        data: data.iter().map(|(name, data)| (name.clone(), rows(data))).collect(),
    }
}

/// A column's name for people.
fn label(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn control(name: &str, parameter: &Parameter, values: &Map<String, Value>) -> Control {
    let kind = match parameter.kind {
        ParameterKind::Text => "text",
        ParameterKind::Number => "number",
        ParameterKind::Date => "date",
        ParameterKind::Boolean => "boolean",
    };
    Control {
        name: name.to_owned(),
        label: parameter.label.clone().unwrap_or_else(|| label(name)),
        kind,
        value: values.get(name).cloned().unwrap_or_default(),
        values: parameter.values.clone(),
    }
}

/// What the dashboard is about, and the values that it was made with.
fn subtitle(dashboard: &Dashboard, values: &Map<String, Value>) -> String {
    let chosen = values.iter().map(|(name, value)| {
        let label = dashboard.parameters.get(name).and_then(|parameter| parameter.label.clone()).unwrap_or_else(|| label(name));
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{label}: `{}`", value.replace('`', "'"))
    });
    dashboard.description.clone().into_iter().chain(chosen).collect::<Vec<_>>().join(" · ")
}
