//! Charts become the options they should.

use data_stack_core::Code;
use serde_json::json;

use super::{Chart, ChartKind, Sort, Stack, bins};
use crate::{Data, Format};

fn sales() -> Data {
    let rows = vec![
        vec![json!("2024-02-01"), json!("UK"), json!(3)],
        vec![json!("2024-01-01"), json!("UK"), json!(1)],
        vec![json!("2024-01-01"), json!("NO"), json!("3")],
    ];
    Data::of_query([("month", "DATE"), ("country", "VARCHAR"), ("orders", "DECIMAL(18,2)")].into_iter(), rows)
}

#[test]
fn a_series_column_becomes_a_column_for_each_of_its_values() {
    let mut chart = Chart::new(ChartKind::Line, "month", &["orders"]);
    chart.series = Some("country".into());
    let figure = chart.figure(&sales()).unwrap();
    let source = json!([["month", "UK", "NO"], ["2024-01-01T00:00:00Z", 1.0, 3.0], ["2024-02-01T00:00:00Z", 3.0, null]]);
    assert_eq!(figure.option["dataset"], json!({ "source": source, "sourceHeader": true }));
    assert_eq!(figure.option["xAxis"], json!({ "type": "time" }));
    let series = json!([
        { "type": "line", "name": "UK", "encode": { "x": 0, "y": 1 } },
        { "type": "line", "name": "NO", "encode": { "x": 0, "y": 2 } },
    ]);
    assert_eq!(figure.option["series"], series);
    let alt = "Line chart of UK, NO by month, 2 rows. UK: least 1 (2024-01-01), most 3 (2024-02-01). NO: least 3 (2024-01-01), most 3 (2024-01-01).";
    assert_eq!(figure.alt, alt);
}

#[test]
fn shares_of_a_stack_sum_to_one() {
    let mut chart = Chart::new(ChartKind::Bar, "month", &["orders"]);
    (chart.series, chart.stack, chart.sort) = (Some("country".into()), Stack::Percent, Sort::Name);
    let figure = chart.figure(&sales()).unwrap();
    let rows = json!([["2024-01-01T00:00:00Z", 0.25, 0.75], ["2024-02-01T00:00:00Z", 1.0, null]]);
    assert_eq!(json!(figure.rows().rows), rows);
    assert_eq!(figure.option["yAxis"], json!({ "type": "value", "axisLabel": { "formatter": "@percent" }, "max": 1 }));
    assert_eq!(json!(figure.formats), json!({ "UK": "percent", "NO": "percent" }));
}

#[test]
fn what_a_limit_leaves_out_is_said() {
    let mut chart = Chart::new(ChartKind::Bar, "country", &["orders"]);
    (chart.limit, chart.sort, chart.horizontal) = (Some(2), Sort::Descending, true);
    let figure = chart.figure(&sales()).unwrap();
    assert_eq!(figure.subtitle, "the first 2 of 3");
    assert_eq!(json!(figure.rows().rows), json!([["UK", 3], ["NO", 3.0]]));
    assert_eq!(figure.option["series"][0]["encode"], json!({ "x": 1, "y": 0 }));
}

#[test]
fn small_slices_are_put_together() {
    let rows = (1..=20).map(|size| vec![json!(format!("c{size}")), json!(size)]).collect();
    let data = Data::of_values(&["c", "n"], rows);
    let mut chart = Chart::new(ChartKind::Donut, "c", &["n"]);
    chart.limit = Some(3);
    let figure = chart.figure(&data).unwrap();
    assert_eq!(json!(figure.rows().rows), json!([["c20", 20], ["c19", 19], ["18 others", 171.0]]));
}

#[test]
fn a_histogram_measures_its_axis_by_its_edges() {
    let figure = bins("price", &[json!(0), json!(2.5), json!(5)], &[3, 1], &Format::default());
    assert_eq!(json!(figure.rows().rows), json!([["0 to 2.5", 3], ["2.5 to 5", 1]]));
    assert_eq!((&figure.option["xAxis"][1]["min"], &figure.option["xAxis"][1]["max"]), (&json!(0), &json!(5)));
    assert_eq!(figure.alt, "Histogram of price: 4 values from 0 to 5, most of them (3) from 0 to 2.5.");
}

#[test]
fn boxes_reach_to_the_last_value_within_the_fences() {
    let rows = [1, 2, 3, 4, 100].map(|value| vec![json!("a"), json!(value)]).to_vec();
    let figure = Chart::new(ChartKind::Box, "g", &["v"]).figure(&Data::of_values(&["g", "v"], rows)).unwrap();
    assert_eq!(figure.option["series"][0]["data"], json!([[1.0, 2.0, 3.0, 4.0, 4.0]]));
}

#[test]
fn mistakes_name_the_field_and_the_nearest_column() {
    let error = Chart::new(ChartKind::Bar, "mnth", &["orders"]).figure(&sales()).unwrap_err();
    assert_eq!((error.field.as_deref(), error.hints), (Some("x"), vec!["Did you mean `month`?".to_owned()]));
    let error = Chart::new(ChartKind::Bar, "month", &["country"]).figure(&sales()).unwrap_err();
    assert_eq!((error.field.as_deref(), error.valid_values), (Some("y"), vec!["orders".to_owned()]));
    let error = Chart::new(ChartKind::Sankey, "country", &["orders"]).figure(&sales()).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("series"));
    let empty = Data { rows: Vec::new(), ..sales() };
    assert_eq!(Chart::new(ChartKind::Bar, "month", &["orders"]).figure(&empty).unwrap_err().code, Code::NotFound);
}

#[test]
fn flows_in_a_circle_are_refused() {
    let rows = vec![vec![json!("a"), json!("b"), json!(1)], vec![json!("b"), json!("a"), json!(1)]];
    let mut chart = Chart::new(ChartKind::Sankey, "from", &["n"]);
    chart.series = Some("to".into());
    let error = chart.figure(&Data::of_values(&["from", "to", "n"], rows)).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("series"));
}

#[test]
fn options_lie_over_the_finished_chart() {
    let mut chart = Chart::new(ChartKind::Bar, "month", &["orders"]);
    chart.options = json!({ "series": [{ "color": "red" }], "legend": { "show": false } }).as_object().cloned().unwrap();
    let option = chart.figure(&sales()).unwrap().option;
    assert_eq!((&option["series"][0]["color"], &option["series"][0]["type"]), (&json!("red"), &json!("bar")));
    assert_eq!(option["legend"], json!({ "show": false }));
}

#[test]
fn what_cannot_be_drawn_is_counted() {
    let data = Data::of_query([("v", "DOUBLE")].into_iter(), vec![vec![json!("NaN")], vec![json!("Infinity")], vec![json!(1)]]);
    assert_eq!((data.undrawable, json!(data.rows)), (2, json!([[null], [null], [1]])));
}
