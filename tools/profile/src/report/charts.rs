//! Charts as SVG and HTML. Titles carry the numbers, so that pointing at a bar tells its count.

use serde_json::Value;

use super::{escape, grouped, percent, readable};
use crate::result::{Correlation, Histogram, TopValue};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 84.0;

/// A histogram with its two ends labelled.
pub(super) fn histogram(out: &mut String, histogram: &Histogram) {
    let most = histogram.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = WIDTH / histogram.counts.len().max(1) as f64;
    append!(
        out,
        "<svg class=\"hist\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"histogram\">"
    );
    for (bin, count) in histogram.counts.iter().enumerate() {
        let height = if *count == 0 { 0.0 } else { (HEIGHT * *count as f64 / most).max(1.5) };
        let edge = |at: usize| histogram.edges.get(at).map(label).unwrap_or_default();
        append!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{} to {}: {}</title></rect>",
            bin as f64 * step + 0.5,
            HEIGHT - height,
            (step - 1.0).max(0.5),
            edge(bin),
            edge(bin + 1),
            grouped(*count)
        );
    }
    let end = |value: Option<&Value>| value.map(label).unwrap_or_default();
    let beside = |count: u64, side: &str| if count > 0 { format!("{} {side}", grouped(count)) } else { String::new() };
    append!(
        out,
        "</svg><div class=\"axis\"><span>{}</span><span class=\"mute\">{} {}</span><span>{}</span></div>",
        end(histogram.edges.first()),
        beside(histogram.below, "below"),
        beside(histogram.above, "above"),
        end(histogram.edges.last())
    );
}

/// A small histogram for the table of columns.
pub(super) fn spark(out: &mut String, counts: &[u64]) {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = 72.0 / counts.len().max(1) as f64;
    out.push_str("<svg class=\"spark\" viewBox=\"0 0 72 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"");
    for (bin, count) in counts.iter().enumerate() {
        let height = 20.0 * *count as f64 / most;
        append!(out, "M{:.1} 20v-{height:.1}h{:.1}v{height:.1}z", bin as f64 * step, (step - 0.6).max(0.4));
    }
    out.push_str("\"/></svg>");
}

/// The most frequent values as bars.
pub(super) fn bars(out: &mut String, values: &[TopValue]) {
    let most = values.iter().map(|value| value.share).fold(f64::MIN_POSITIVE, f64::max);
    out.push_str("<ol class=\"bars\">");
    for value in values {
        let shown = if value.value.trim().is_empty() { "(blank)".to_owned() } else { escape(&value.value) };
        append!(
            out,
            "<li><span class=\"bar\" style=\"width:{:.1}%\"></span><span class=\"value\" title=\"{shown}\">{shown}</span><span class=\"count\" title=\"{}\">{}</span></li>",
            100.0 * value.share / most,
            percent(value.share),
            grouped(value.count)
        );
    }
    out.push_str("</ol>");
}

/// The correlations of at most `limit` columns as a heat map.
pub(super) fn heat_map(out: &mut String, correlations: &[Correlation], limit: usize) {
    let mut names: Vec<&str> = Vec::new();
    for pair in correlations {
        for name in [pair.a.as_str(), pair.b.as_str()] {
            if !names.contains(&name) && names.len() < limit {
                names.push(name);
            }
        }
    }
    let find = |a: &str, b: &str| correlations.iter().find(|pair| pair.a == a && pair.b == b || pair.a == b && pair.b == a);
    out.push_str("<div class=\"scroll\"><table class=\"heat\"><thead><tr><th></th>");
    for name in &names {
        append!(out, "<th scope=\"col\"><span>{}</span></th>", escape(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in &names {
        append!(out, "<tr><th scope=\"row\">{}</th>", escape(row));
        for column in &names {
            let value = if row == column { Some(1.0) } else { find(row, column).map(|pair| pair.value) };
            heat_cell(out, row, column, value);
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

fn heat_cell(out: &mut String, row: &str, column: &str, value: Option<f64>) {
    let Some(value) = value else {
        out.push_str("<td class=\"weak\" title=\"weak, or not listed\">·</td>");
        return;
    };
    let side = if value < 0.0 { "neg" } else { "pos" };
    let strong = if value.abs() > 0.55 { " strong" } else { "" };
    let title = format!("{} ~ {}: {value:.4}", escape(row), escape(column));
    append!(out, "<td class=\"{side}{strong}\" style=\"--s:{:.0}%\" title=\"{title}\">{value:.2}</td>", value.abs() * 100.0);
}

/// A value of the result as text, escaped.
pub(super) fn label(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), readable),
        Value::String(text) => escape(text.strip_suffix("T00:00:00").unwrap_or(text)),
        other => escape(&other.to_string()),
    }
}
