//! A page of a Streamlit app: plain Python over the app's own `warehouse` and `charts` modules.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Named, Source, named, query_of, rows};
use crate::parameters::asked;
use crate::spec::{Formats, Parameter, ParameterKind, Tile, TileKind};

/// The page.
pub(super) fn page(source: &Source<'_>) -> String {
    let dashboard = source.dashboard;
    let queries = named(source);
    let mut out = format!(
        "{}\nimport streamlit as st\n\nimport charts\nfrom warehouse import filtered, query\n\n",
        docstring(&format!("{}: made by data-stack from the dashboard `{}`; yours to change.", dashboard.title, source.name))
    );
    let _ = writeln!(out, "st.set_page_config(page_title={}, layout=\"wide\")", text(&dashboard.title));
    let _ = writeln!(out, "st.title({})", text(&dashboard.title));
    if let Some(description) = &dashboard.description {
        let _ = writeln!(out, "st.caption({})", text(description));
    }
    choices(&mut out, source);
    for Named { name, sql } in &queries {
        let _ = writeln!(out, "\n{} = {}", name.to_uppercase(), block(sql));
    }
    load(&mut out, source, &queries);
    let pages = dashboard.all_pages();
    for (title, tiles, _) in pages {
        if !title.is_empty() {
            let _ = writeln!(out, "\nst.header({})", text(title));
        }
        for row in rows(tiles, usual) {
            let widths: Vec<String> = row.iter().map(|(_, width)| width.to_string()).collect();
            let _ = writeln!(out, "\ncolumns = st.columns([{}])", widths.join(", "));
            for (at, (tile, _)) in row.iter().enumerate() {
                let _ = writeln!(out, "with columns[{at}]:\n    {}", shown(source, &queries, tile));
            }
        }
    }
    out
}

fn usual(tile: &Tile) -> u8 {
    match tile.kind {
        TileKind::Number => 3,
        TileKind::Table | TileKind::Markdown => 12,
        _ => 6,
    }
}

/// What a reader chooses, in the sidebar.
fn choices(out: &mut String, source: &Source<'_>) {
    if source.dashboard.parameters.is_empty() {
        return;
    }
    out.push_str("\n# What a reader chooses; bound to the queries as values.\nparameters = {}\nwith st.sidebar:\n");
    for (name, parameter) in &source.dashboard.parameters {
        let value = source.values.get(name).unwrap_or(&parameter.default);
        let _ = writeln!(out, "    parameters[{}] = {}", text(name), input(name, parameter, value));
    }
}

fn input(name: &str, parameter: &Parameter, value: &Value) -> String {
    let label = text(parameter.label.as_deref().unwrap_or(name));
    if let Some(at) = parameter.values.iter().position(|one| one == value) {
        let values: Vec<String> = parameter.values.iter().map(python).collect();
        return format!("st.selectbox({label}, [{}], index={at})", values.join(", "));
    }
    match parameter.kind {
        ParameterKind::Text => format!("st.text_input({label}, {})", python(value)),
        ParameterKind::Number => format!("st.number_input({label}, value={})", python(value)),
        ParameterKind::Boolean => format!("st.checkbox({label}, value={})", python(value)),
        ParameterKind::Date => format!("str(st.date_input({label}, value={}))", python(value)),
    }
}

/// The rows of every query; those that filters work on are narrowed down in the sidebar.
fn load(out: &mut String, source: &Source<'_>, queries: &[Named<'_>]) {
    out.push('\n');
    for Named { name, sql } in queries {
        let bound: Vec<String> =
            asked(sql).filter(|name| source.values.contains_key(*name)).map(|name| format!("{0}: parameters[{0}]", text(name))).collect();
        let bound = if bound.is_empty() { String::new() } else { format!(", {{{}}}", bound.join(", ")) };
        let rows = format!("query({}{bound})", name.to_uppercase());
        let set = source.sets.values().any(|statement| statement == sql);
        if set && !source.dashboard.filters.is_empty() {
            let filters: Vec<String> = source.dashboard.filters.iter().map(|name| text(name)).collect();
            let _ = writeln!(out, "{name} = filtered({rows}, [{}])", filters.join(", "));
        } else {
            let _ = writeln!(out, "{name} = {rows}");
        }
    }
}

/// The statement that shows a tile.
fn shown(source: &Source<'_>, queries: &[Named<'_>], tile: &Tile) -> String {
    let Some(rows) = query_of(source, queries, tile) else {
        let words = tile.text.clone().unwrap_or_else(|| format!("{}: `{}`", tile.title, tile.promql.as_deref().unwrap_or_default()));
        return format!("st.markdown({})", text(&words));
    };
    let mut arguments = vec![rows.to_owned()];
    let mut add = |name: &str, value: Option<String>| arguments.extend(value.map(|value| format!("{name}={value}")));
    add("title", (!tile.title.is_empty()).then(|| text(&tile.title)));
    add("x", tile.x.as_deref().map(text));
    let y: Vec<String> = tile.y.list().iter().map(|name| text(name)).collect();
    add("y", (!y.is_empty()).then(|| if y.len() == 1 { y[0].clone() } else { format!("[{}]", y.join(", ")) }));
    add("series", tile.series.as_deref().map(text));
    add("size", tile.size.as_deref().map(text));
    add("compare", tile.compare.as_deref().map(text));
    add("aggregate", tile.aggregate.map(|how| json!(how).to_string()));
    add("sort", (json!(tile.sort) != "rows").then(|| json!(tile.sort).to_string()));
    add("limit", tile.limit.map(|limit| limit.to_string()));
    add("stack", (json!(tile.stack) != "none").then(|| json!(tile.stack).to_string()));
    add("horizontal", tile.horizontal.then(|| "True".to_owned()));
    add("log", tile.log.then(|| "True".to_owned()));
    add("less_is_better", tile.less_is_better.then(|| "True".to_owned()));
    add("bins", tile.bins.map(|bins| bins.to_string()));
    add(
        "format",
        tile.format.as_ref().map(|format| match format {
            Formats::One(name) => text(name),
            Formats::Each(names) => python(&json!(names)),
        }),
    );
    format!("charts.{}({})", tile.kind.as_str(), arguments.join(", "))
}

/// Text as Python: JSON's escapes are Python's too.
fn text(text: &str) -> String {
    json!(text).to_string()
}

fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// A statement over several lines.
fn block(sql: &str) -> String {
    format!("\"\"\"\n{}\n\"\"\"", sql.trim().replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\""))
}

fn docstring(words: &str) -> String {
    format!("\"\"\"{}\"\"\"\n", words.replace('\\', "\\\\").replace('"', "'").replace('\n', " "))
}
