//! Every kind of chart in both themes, and a page of them all, to be looked at after a change:
//! `cargo run -p data-stack-charts --features pictures --example gallery -- FOLDER`.

#![allow(clippy::unwrap_used, missing_docs, reason = "an example fails by panicking")]

use std::path::PathBuf;

use data_stack_charts::page::{Block, Cell, Number, Section, prose};
use data_stack_charts::{Chart, ChartKind, Data, Format, Page, Renderer, Size, Stack, Theme};
use data_stack_core::Control;
use serde_json::json;

const KINDS: [ChartKind; 13] = [
    ChartKind::Bar,
    ChartKind::Line,
    ChartKind::Area,
    ChartKind::Scatter,
    ChartKind::Pie,
    ChartKind::Donut,
    ChartKind::Heatmap,
    ChartKind::Histogram,
    ChartKind::Box,
    ChartKind::Funnel,
    ChartKind::Sankey,
    ChartKind::Treemap,
    ChartKind::Map,
];

/// Two years of sales in five countries.
fn sales() -> Data {
    let countries = ["United Kingdom", "Germany", "España", "مصر", "日本"];
    let rows = (0..24).flat_map(|month| {
        countries.iter().enumerate().map(move |(at, country)| {
            let date = format!("20{:02}-{:02}-01", 24 + month / 12, month % 12 + 1);
            let wave = (month * 7 + at as i32 * 5) % 11;
            let revenue = f64::from(40 + wave * 6 + month * 3) * 1_000.0 / (at + 1) as f64;
            vec![json!(date), json!(country), json!(revenue), json!(12 + wave), json!(-8 + 30 * at as i32), json!(60 - 11 * at as i32)]
        })
    });
    let columns =
        [("month", "DATE"), ("country", "VARCHAR"), ("revenue", "DOUBLE"), ("orders", "BIGINT"), ("lon", "BIGINT"), ("lat", "BIGINT")];
    Data::of_query(columns.into_iter(), rows.collect())
}

/// The data's rows of one month, for charts of one row a category.
fn latest(data: &Data) -> Data {
    Data { rows: data.rows[data.rows.len() - 5..].to_vec(), ..data.clone() }
}

fn chart(kind: ChartKind) -> Chart {
    let (x, y, series) = match kind {
        ChartKind::Scatter => ("orders", "revenue", Some("country")),
        ChartKind::Bar | ChartKind::Line | ChartKind::Area | ChartKind::Heatmap | ChartKind::Sankey => {
            ("month", "revenue", Some("country"))
        }
        ChartKind::Histogram => ("revenue", "revenue", None),
        ChartKind::Map => ("lon", "lat", Some("country")),
        _ => ("country", "revenue", None),
    };
    let mut chart = Chart::new(kind, x, &[y]);
    chart.series = series.map(str::to_owned);
    chart.format = Format::parse("currency:EUR", "format").unwrap();
    match kind {
        ChartKind::Bar => chart.stack = Stack::Stacked,
        ChartKind::Area => chart.stack = Stack::Percent,
        ChartKind::Map => (chart.size, chart.format) = (Some("revenue".into()), Format::default()),
        _ => {}
    }
    chart
}

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let data = sales();
    let mut cells = vec![Cell::new(
        3,
        "",
        vec![Block::Number(Number {
            label: "Revenue".into(),
            value: json!(1_234_567.0),
            format: "currency:EUR".into(),
            ..Number::default()
        })],
    )];
    for kind in KINDS {
        let few =
            matches!(kind, ChartKind::Pie | ChartKind::Donut | ChartKind::Funnel | ChartKind::Treemap | ChartKind::Sankey | ChartKind::Map);
        let shown = if few { latest(&data) } else { data.clone() };
        let figure = chart(kind).figure(&shown).unwrap().titled(kind.as_str());
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let picture = Renderer::shared().draw(&figure, Size::default(), theme, &Control::unlimited()).unwrap();
            std::fs::write(folder.join(format!("{}-{name}.svg", kind.as_str())), &picture.svg).unwrap();
            std::fs::write(folder.join(format!("{}-{name}.png", kind.as_str())), picture.png(1.0).unwrap()).unwrap();
        }
        cells.push(Cell::new(6, "", vec![Block::Chart(Box::new(figure))]));
    }
    cells.push(Cell::new(6, "", vec![Block::Prose { nodes: prose("## Notes\n\n- made by `gallery`\n- **thirteen** kinds of charts") }]));
    let page = Page {
        kicker: "Gallery".into(),
        title: "Every chart".into(),
        subtitle: "as it is drawn in a browser".into(),
        sections: vec![Section::new("all", "All", "", vec![Block::Grid { compact: false, items: cells }])],
        footer: Vec::new(),
        ..Page::default()
    };
    std::fs::write(folder.join("gallery.html"), page.html()).unwrap();
}
