//! A page of an Evidence project: Markdown with components, over queries that the project runs when it is built.

use std::fmt::Write;

use data_stack_charts::{Aggregate, Stack};
use data_stack_core::ToolError;
use serde_json::json;

use super::sql::{literal, replaced};
use super::{Named, Source, named, query_of, rows};
use crate::query::quoted;
use crate::spec::{Formats, Tile, TileKind};

/// The project's source that reads the warehouse.
const SOURCE: &str = "warehouse";

/// Letters that would make a column's name code of the page: its queries are JavaScript's templates.
const CODE: [char; 6] = ['`', '$', '{', '}', '\\', '\n'];

/// The page, and a file for each query.
pub(super) fn files(source: &Source<'_>) -> Result<Vec<(String, String)>, ToolError> {
    let tiles = source.dashboard.all_pages().into_iter().flat_map(|(_, tiles, _)| tiles);
    let names = tiles.flat_map(|tile| tile.x.iter().chain(&tile.series).chain(tile.y.list()));
    if let Some(name) = source.dashboard.filters.iter().chain(names).find(|name| name.contains(CODE)) {
        let message = format!("the column `{}` has letters that Evidence would run as code", data_stack_core::text::clean(name, 80));
        return Err(ToolError::invalid("target", message, "Give the column another name in the SQL, with AS."));
    }
    let queries = named(source);
    let mut files = vec![(format!("pages/{}.md", source.name), page(source, &queries))];
    files.extend(queries.iter().map(|Named { name, sql }| {
        // A source is asked when the project is built, so that values are those of then.
        let statement = replaced(sql.trim().trim_end_matches(';'), source.values, |_, value| literal(value));
        (format!("sources/{SOURCE}/{}.sql", table(source, name)), format!("{statement}\n"))
    }));
    Ok(files)
}

/// The name of a query's rows in the source.
fn table(source: &Source<'_>, query: &str) -> String {
    format!("{}_{query}", source.name.replace('-', "_"))
}

fn page(source: &Source<'_>, queries: &[Named<'_>]) -> String {
    let dashboard = source.dashboard;
    let mut out = format!("---\ntitle: {}\n---\n", json!(dashboard.title));
    let _ = writeln!(out, "<!-- Made by data-stack from the dashboard `{}`; yours to change. -->\n", source.name);
    if let Some(description) = &dashboard.description {
        let _ = writeln!(out, "{}\n", plain(description));
    }
    let followed = filters(&mut out, source, queries);
    for Named { name, sql } in queries {
        let set = source.sets.values().any(|statement| statement == sql);
        let conditions: Vec<String> = followed
            .iter()
            .filter(|_| set)
            .map(|name| format!("coalesce({0}::VARCHAR, '') LIKE '${{inputs.{1}.value}}'", quoted(name), variable(name)))
            .collect();
        let filter = if conditions.is_empty() { String::new() } else { format!("\nwhere {}", conditions.join("\n  and ")) };
        let _ = writeln!(out, "```sql {name}\nselect * from {SOURCE}.{}{filter}\n```\n", table(source, name));
    }
    for (at, (title, tiles, _)) in dashboard.all_pages().into_iter().enumerate() {
        if !title.is_empty() {
            let _ = writeln!(out, "## {}\n", plain(title));
        }
        for (line, row) in rows(tiles, |tile| if tile.kind == TileKind::Number { 3 } else { 6 }).into_iter().enumerate() {
            for (place, (tile, _)) in row.iter().enumerate() {
                grouped(&mut out, source, queries, tile, &format!("t{at}_{line}_{place}"));
            }
            let parts: Vec<String> =
                row.iter().enumerate().map(|(place, (tile, _))| shown(source, queries, tile, &format!("t{at}_{line}_{place}"))).collect();
            let body = if parts.len() > 1 {
                format!("<Grid cols={}>\n\n{}\n\n</Grid>", parts.len().min(4), parts.join("\n\n"))
            } else {
                parts.concat()
            };
            let _ = writeln!(out, "{body}\n");
        }
    }
    out
}

/// A list to choose from for each column of text that the page can be narrowed down by.
fn filters(out: &mut String, source: &Source<'_>, queries: &[Named<'_>]) -> Vec<String> {
    let set = queries.iter().find(|query| source.sets.values().any(|statement| statement == query.sql));
    let Some(set) = set else { return Vec::new() };
    // Times are passed over: a list of days is no way to choose a span.
    let names: Vec<String> = source
        .dashboard
        .filters
        .iter()
        .filter(|name| !["hour", "day", "week", "month", "year"].contains(&name.as_str()))
        .cloned()
        .collect();
    for name in &names {
        let variable = variable(name);
        let _ = writeln!(
            out,
            "```sql choose_{variable}\nselect distinct {} as value from {SOURCE}.{} order by 1\n```\n",
            quoted(name),
            table(source, &set.name)
        );
        let _ = writeln!(
            out,
            "<Dropdown data={{choose_{variable}}} name={variable} value=value title={} defaultValue=\"%\">\n    <DropdownOption value=\"%\" valueLabel=\"All\"/>\n</Dropdown>\n",
            attribute(name)
        );
    }
    names
}

/// A query that puts rows together, where the tile asks for that.
fn grouped(out: &mut String, source: &Source<'_>, queries: &[Named<'_>], tile: &Tile, name: &str) {
    let (Some(how), Some(rows)) = (tile.aggregate, query_of(source, queries, tile)) else { return };
    let how = match how {
        Aggregate::Sum => "sum",
        Aggregate::Average => "avg",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
    };
    let keys: Vec<String> = tile.x.iter().chain(&tile.series).map(|name| quoted(name)).collect();
    let values = tile.y.list().iter().map(|name| format!("{how}({0}) as {0}", quoted(name)));
    let columns: Vec<String> = keys.iter().cloned().chain(values).collect();
    let by = if keys.is_empty() { String::new() } else { format!(" group by {}", keys.join(", ")) };
    let limit = tile.limit.map_or_else(String::new, |limit| format!(" order by {} desc limit {limit}", keys.len() + 1));
    let _ = writeln!(out, "```sql {name}\nselect {} from ${{{rows}}}{by}{limit}\n```\n", columns.join(", "));
}

/// The component that shows a tile.
fn shown(source: &Source<'_>, queries: &[Named<'_>], tile: &Tile, grouped: &str) -> String {
    let Some(rows) = query_of(source, queries, tile) else {
        return tile.text.clone().map_or_else(|| plain(&tile.title), |text| plain(&text));
    };
    let rows = if tile.aggregate.is_some() { grouped } else { rows };
    let (component, more) = component(tile);
    let mut out = format!("<{component} data={{{rows}}} title={}", attribute(&tile.title));
    for (name, value) in arguments(tile, component) {
        let _ = write!(out, " {name}={value}");
    }
    format!("{out}{more}/>")
}

/// The component, and what is always said to it. What Evidence has no component for is shown as rows.
fn component(tile: &Tile) -> (&'static str, &'static str) {
    match tile.kind {
        TileKind::Number => ("BigValue", ""),
        TileKind::Bar if tile.horizontal => ("BarChart", " swapXY=true"),
        TileKind::Bar if tile.stack == Stack::Percent => ("BarChart", " type=stacked100"),
        TileKind::Bar if tile.stack == Stack::None => ("BarChart", " type=grouped"),
        TileKind::Bar => ("BarChart", ""),
        TileKind::Line => ("LineChart", ""),
        TileKind::Area => ("AreaChart", ""),
        TileKind::Scatter => ("ScatterPlot", ""),
        TileKind::Heatmap => ("Heatmap", ""),
        TileKind::Histogram => ("Histogram", ""),
        TileKind::Funnel => ("FunnelChart", ""),
        TileKind::Sankey => ("SankeyDiagram", ""),
        TileKind::Pie | TileKind::Donut | TileKind::Treemap => ("BarChart", " swapXY=true"),
        _ => ("DataTable", ""),
    }
}

fn arguments(tile: &Tile, component: &str) -> Vec<(&'static str, String)> {
    let (x, series) = (tile.x.as_deref(), tile.series.as_deref());
    let y: Vec<&str> = tile.y.list().iter().map(String::as_str).collect();
    let first = y.first().copied();
    let named: &[(&'static str, Option<&str>)] = match component {
        "DataTable" => &[],
        "BigValue" => &[("value", Some(first.unwrap_or("n")))],
        "Histogram" => &[("x", x)],
        "Heatmap" => &[("x", x), ("y", series), ("value", first)],
        "FunnelChart" => &[("nameCol", x), ("valueCol", first)],
        "SankeyDiagram" => &[("sourceCol", x), ("targetCol", series), ("valueCol", first)],
        _ => &[("x", x), ("series", series), ("y", first.filter(|_| y.len() == 1))],
    };
    let mut found: Vec<(&'static str, String)> = named.iter().filter_map(|(name, value)| Some((*name, attribute((*value)?)))).collect();
    if y.len() > 1 && named.iter().any(|(name, value)| *name == "y" && value.is_none()) {
        found.push(("y", format!("{{{}}}", json!(y).to_string().replace('<', "\\u003c"))));
    }
    if let Some(Formats::One(name)) = tile.format.as_ref().filter(|_| component != "DataTable") {
        let format = match name.as_str() {
            "percent" => "pct1",
            "integer" => "num0",
            _ => return found,
        };
        let argument = match component {
            "BigValue" => "fmt",
            "Heatmap" => "valueFmt",
            _ => "yFmt",
        };
        found.push((argument, format.to_owned()));
    }
    found
}

/// A name as a variable of the page.
fn variable(name: &str) -> String {
    crate::render_dashboard::slug(name, '_')
}

/// Text as an attribute: an expression, so that no character of it is read as markup.
fn attribute(text: &str) -> String {
    format!("{{{}}}", json!(text).to_string().replace('<', "\\u003c"))
}

/// Markdown of a page, whose braces and tags are no code. Entities would be undone before the page is compiled, and a tag would
/// then run; so would code between backticks. Expressions are compiled as they stand.
fn plain(text: &str) -> String {
    let safe = |letter: char| match letter {
        '&' | '<' | '{' | '}' => format!("{{String.fromCharCode({})}}", letter as u32),
        other => other.to_string(),
    };
    let part = |(at, part): (usize, &str)| {
        let part: String = part.chars().map(safe).collect();
        if at % 2 == 0 { part } else { format!("<code>{part}</code>") }
    };
    text.split('`').enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_text_becomes_code() {
        let expected = "a {String.fromCharCode(60)}script> {String.fromCharCode(123)}x{String.fromCharCode(125)} <code>{String.fromCharCode(60)}b></code> {String.fromCharCode(38)}lt;";
        assert_eq!(plain("a <script> {x} `<b>` &lt;"), expected);
    }
}
