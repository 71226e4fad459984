//! How long pictures and pages take: the engine's load, then one chart warm. `cargo bench -p data-stack-charts --features pictures`.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, reason = "a benchmark prints its numbers and fails by panicking")]

use std::time::{Duration, Instant};

use data_stack_charts::page::{Block, Section};
use data_stack_charts::{Chart, ChartKind, Data, Page, Renderer, Size, Theme};
use data_stack_core::Control;
use serde_json::json;

fn months() -> Data {
    let rows = (0..48).map(|month| {
        let date = format!("20{:02}-{:02}-01T00:00:00Z", 20 + month / 12, month % 12 + 1);
        vec![json!(date), json!(f64::from(month * 37 % 101) * 1e4), json!(f64::from(month * 53 % 89) * 1e4)]
    });
    let names = [("month", "DATE"), ("revenue", "DOUBLE"), ("cost", "DOUBLE")];
    Data::of_query(names.into_iter(), rows.collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn timed<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let one = |work: &mut dyn FnMut() -> T| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    };
    median((0..runs).map(|_| one(&mut work)).collect())
}

fn main() {
    let control = Control::unlimited();
    let figure = Chart::new(ChartKind::Line, "month", &["revenue", "cost"]).figure(&months()).unwrap().titled("Revenue and cost");
    let size = Size::default();
    let draw = || Renderer::shared().draw(&figure, size, Theme::Light, &control).unwrap();
    let cold = timed(1, draw);
    let svg = timed(21, draw);
    let picture = draw();
    let png = timed(21, || picture.png(size.scale).unwrap());
    let page = Page {
        kicker: "Bench".into(),
        title: "Twelve charts".into(),
        subtitle: String::new(),
        sections: vec![Section::new("all", "All", "", (0..12).map(|_| Block::Chart(Box::new(figure.clone()))).collect())],
        footer: Vec::new(),
        ..Page::default()
    };
    let html = timed(21, || page.html());
    println!("first chart, engine load included  {cold:>10.1?}");
    println!("one chart as SVG, warm             {svg:>10.1?}");
    println!("its PNG at 1600 × 900              {png:>10.1?}");
    println!("a page of twelve charts            {html:>10.1?}  {} kB", page.html().len() / 1000);
}
