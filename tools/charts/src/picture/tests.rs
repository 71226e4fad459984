//! Pictures of every kind of chart, drawn by the real engine.

use std::sync::Arc;
use std::time::Duration;

use data_stack_core::{Code, Control, Progress};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Renderer, Size, Theme};
use crate::{Chart, ChartKind, Data, Figure};

fn draw(figure: &Figure) -> String {
    Renderer::shared().draw(figure, Size::default(), Theme::Light, &Control::unlimited()).unwrap().svg
}

fn sales() -> Data {
    let rows = vec![
        vec![json!("2024-01-01"), json!("Norway"), json!(10.5), json!(3)],
        vec![json!("2024-02-01"), json!("Norway"), json!(12.0), json!(5)],
        vec![json!("2024-01-01"), json!("España & <b>más</b>"), json!(7.25), json!(2)],
        vec![json!("2024-02-01"), json!("مصر 🎉"), json!(null), json!(1)],
    ];
    let columns = [("month", "DATE"), ("country", "VARCHAR"), ("revenue", "DOUBLE"), ("orders", "BIGINT")];
    Data::of_query(columns.into_iter(), rows)
}

fn chart(kind: ChartKind) -> Chart {
    let (x, y) = match kind {
        ChartKind::Bar | ChartKind::Line | ChartKind::Area => ("month", vec!["revenue"]),
        ChartKind::Scatter | ChartKind::Map => ("orders", vec!["revenue"]),
        ChartKind::Histogram => ("orders", vec![]),
        _ => ("country", vec!["orders"]),
    };
    let mut chart = Chart::new(kind, x, &y);
    match kind {
        ChartKind::Heatmap | ChartKind::Sankey => chart.series = Some("month".into()),
        ChartKind::Bar | ChartKind::Line | ChartKind::Area => chart.series = Some("country".into()),
        _ => {}
    }
    chart
}

#[test]
fn every_kind_is_drawn_as_a_document_that_paints() {
    use ChartKind::*;
    for kind in [Bar, Line, Area, Scatter, Pie, Donut, Heatmap, Histogram, Box, Funnel, Sankey, Treemap, Map] {
        let figure = chart(kind).figure(&sales()).unwrap().titled("Sales");
        let svg = draw(&figure);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{kind:?}: {}", &svg[..200]);
        let shapes: usize = ["<path", "<polygon", "<circle", "<rect"].iter().map(|shape| svg.matches(shape).count()).sum();
        assert!(shapes >= 4, "{kind:?} draws nothing");
        let png = super::Picture { svg }.png(1.0).unwrap();
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!((&png[1..4], side(16), side(20)), (&b"PNG"[..], 800, 450), "{kind:?}");
    }
}

#[test]
fn the_same_figure_gives_the_same_bytes_and_text_stays_text() {
    let figure = chart(ChartKind::Bar).figure(&sales()).unwrap().titled("<script>alert(1)</script>");
    let (first, second) = (draw(&figure), draw(&figure));
    assert_eq!(first, second);
    assert!(!first.contains("<script") && !first.contains("<b>"), "{first}");
    assert!(first.contains("España &amp; &lt;b&gt;más&lt;/b&gt;"), "{first}");
}

#[test]
fn options_that_cannot_be_drawn_fail_with_a_reason_and_the_next_figure_is_drawn() {
    let mut broken = chart(ChartKind::Bar).figure(&sales()).unwrap();
    broken.option["series"] = json!([{ "type": "line", "encode": { "x": 0, "y": 1 }, "coordinateSystem": "nowhere" }]);
    let control = Control::unlimited();
    let error = Renderer::shared().draw(&broken, Size::default(), Theme::Dark, &control).unwrap_err();
    assert_eq!(error.code, Code::Failed);
    assert!(error.message.starts_with("ECharts cannot draw this figure: "), "{error}");
    let figure = chart(ChartKind::Bar).figure(&sales()).unwrap();
    assert!(draw(&figure).starts_with("<svg "));
}

#[test]
fn a_drawing_stops_when_its_call_ends() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let control = Control::new(cancel, Some(Duration::from_secs(60)), Arc::new(|_: Progress| {}));
    let figure = chart(ChartKind::Bar).figure(&sales()).unwrap();
    let ended = Renderer::shared().draw(&figure, Size::default(), Theme::Light, &control);
    // A drawing that was ready before anyone looked is an answer too.
    assert!(ended.is_ok() || ended.unwrap_err().code == Code::Cancelled);
    assert!(draw(&figure).starts_with("<svg "));
}

#[test]
fn an_absurd_size_is_refused() {
    let figure = chart(ChartKind::Bar).figure(&sales()).unwrap();
    let size = Size { width: 100_000, ..Size::default() };
    let error = Renderer::shared().draw(&figure, size, Theme::Light, &Control::unlimited()).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some("size")));
}
