//! A profile on the terminal: the file, a line for each column with its shape, and what to know before using the data.

use std::io;

use data_stack_core::text::clean;
use serde_json::Value;

use crate::cli::screen::{Screen, Tone};
use crate::cli::table::{Table, count, shown};
use crate::config::key::show_bytes;

/// How many of the most frequent values a line shows.
const TOP: usize = 3;
/// Longest of these, in characters.
const TOP_VALUE: usize = 18;
/// Longest value in a line, in characters.
const VALUE: usize = 24;

/// Shows a profile's data.
pub(super) fn show(screen: &mut Screen, data: &Value) -> io::Result<()> {
    let title = screen.paint(Tone::Strong, &headline(data));
    screen.line(&title)?;
    if let Some(score) = data["quality"]["score"].as_f64() {
        screen.line(&format!("quality {score:.1} of 100"))?;
    }
    if let Some(verdict) = data["verdict"].as_str() {
        let tone = match verdict {
            "pass" => Tone::Good,
            "warn" => Tone::Doubtful,
            _ => Tone::Bad,
        };
        let line =
            screen.paint(tone, &format!("compared with {}: {verdict}", clean(data["drift"]["baseline"].as_str().unwrap_or_default(), 300)));
        screen.line(&line)?;
        for reason in reasons(&data["drift"]) {
            screen.line(&format!("  {}", clean(&reason, 300)))?;
        }
    }
    screen.line("")?;
    columns(data).show(screen)?;
    let issues = list(&data["issues"]);
    if !issues.is_empty() {
        screen.line("")?;
    }
    for issue in issues {
        let severity = issue["severity"].as_str().unwrap_or("info");
        let tone = match severity {
            "error" => Tone::Bad,
            "warning" => Tone::Doubtful,
            _ => Tone::Faint,
        };
        let mark = screen.paint(tone, &format!("{severity:8}"));
        screen.line(&format!("{mark} {}", clean(issue["message"].as_str().unwrap_or_default(), 500)))?;
    }
    Ok(())
}

/// What a comparison found, a line each.
fn reasons(drift: &Value) -> Vec<String> {
    let names = |key: &str| list(&drift[key]).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let mut lines: Vec<String> = list(&drift["reasons"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    for (key, what) in [("removed", "gone"), ("added", "new")] {
        if !names(key).is_empty() {
            lines.push(format!("{what}: {}", names(key)));
        }
    }
    for column in list(&drift["columns"]) {
        let why: Vec<&str> = list(&column["reasons"]).iter().filter_map(Value::as_str).collect();
        lines.push(format!("{}: {}", column["column"].as_str().unwrap_or_default(), why.join(", ")));
    }
    lines
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn headline(data: &Value) -> String {
    let file = &data["file"];
    let number = |name: &str| file[name].as_u64().unwrap_or(0);
    let text = |name: &str| clean(file[name].as_str().unwrap_or_default(), 300);
    let kind = if matches!(text("format").as_str(), "" | "csv" | "tsv") { "encoding" } else { "format" };
    format!(
        "{}: {} rows × {} columns, {}, {}",
        text("path"),
        count(number("rows")),
        number("columns"),
        show_bytes(number("bytes")),
        text(kind)
    )
}

fn columns(data: &Value) -> Table {
    let mut table = Table::new(&["column", "type", "missing", "distinct", "min", "median", "max", "shape"]).align_end(2).align_end(3);
    for column in list(&data["columns"]) {
        let missing = column["null_ratio"].as_f64().map_or_else(String::new, percent);
        let distinct = column["distinct"]["value"].as_u64().or(column["distinct"].as_u64()).map_or_else(String::new, count);
        let text = |name: &str| clean(column[name].as_str().unwrap_or_default(), VALUE);
        let cells = [
            text("name"),
            text("type"),
            missing,
            distinct,
            point(&column["min"]),
            point(&column["median"]),
            point(&column["max"]),
            shape(column),
        ];
        table.row(&cells.each_ref().map(String::as_str));
    }
    table
}

/// A value of the range: whole numbers with their thousands set apart, times without what they do not need.
fn point(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_time(text) => {
            let short = text.strip_suffix("T00:00:00").or_else(|| text.strip_suffix(":00")).unwrap_or(text);
            short.replacen('T', " ", 1)
        }
        Value::Number(number) => match number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 1e15) {
            Some(whole) => format!("{}{}", if whole < 0.0 { "-" } else { "" }, count(whole.abs() as u64)),
            None => clean(&shown(value), VALUE),
        },
        other => clean(&shown(other), VALUE),
    }
}

/// Whether a text is a date with a time of day, as results write it.
fn is_time(text: &str) -> bool {
    let form = text.char_indices().take(16).all(|(at, c)| match at {
        4 | 7 => c == '-',
        10 => c == 'T',
        13 => c == ':',
        _ => c.is_ascii_digit(),
    });
    form && text.len() >= 16
}

fn percent(ratio: f64) -> String {
    if ratio == 0.0 { "0 %".to_owned() } else { format!("{:.1} %", ratio * 100.0) }
}

/// A histogram as a row of bars, or the most frequent values.
fn shape(column: &Value) -> String {
    let counts: Vec<f64> = list(&column["histogram"]["counts"]).iter().filter_map(Value::as_f64).collect();
    if counts.len() > 1 {
        return bars(&counts);
    }
    let top = list(&column["top_values"]).iter().take(TOP);
    let parts: Vec<String> = top
        .map(|value| {
            let share = value["share"].as_f64().map_or_else(String::new, |share| format!(" {:.0} %", share * 100.0));
            format!("{}{share}", clean(&shown(&value["value"]), TOP_VALUE))
        })
        .collect();
    parts.join(", ")
}

/// Each count as one of eight heights; what is not zero is never drawn as nothing.
fn bars(counts: &[f64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().fold(0.0, f64::max);
    let height = |count: f64| if most > 0.0 { (count / most * 7.0).round() as usize } else { 0 };
    counts.iter().map(|count| if *count == 0.0 { ' ' } else { HEIGHTS[height(*count).min(7)] }).collect()
}

#[cfg(test)]
mod tests {
    use super::show;
    use crate::cli::tests::captured;
    use serde_json::json;

    #[test]
    fn a_profile_is_shown_whole() {
        let data = json!({
            "file": {"path": "orders.csv", "bytes": 2048, "rows": 1200, "columns": 2, "encoding": "utf-8"},
            "quality": {"score": 97.25},
            "issues": [{"severity": "warning", "message": "`country` has\u{1b}[31m 3 spellings"}],
            "columns": [
                {"name": "amount", "type": "float", "null_ratio": 0.0, "distinct": {"value": 1100}, "min": -1.5, "median": 3, "max": 90,
                 "histogram": {"edges": [0, 1, 2, 3], "counts": [1, 0, 70, 35]}},
                {"name": "country", "type": "categorical", "null_ratio": 0.125, "distinct": {"value": 3},
                 "top_values": [{"value": "UK", "count": 900, "share": 0.9}, {"value": "Norway", "count": 100, "share": 0.1}]}
            ]
        });
        let text = captured(|screen| show(screen, &data));
        assert_eq!(
            text,
            "orders.csv: 1,200 rows × 2 columns, 2 KiB, utf-8\n\
             quality 97.2 of 100\n\
             \n\
             column   type         missing  distinct  min   median  max  shape\n\
             ───────  ───────────  ───────  ────────  ────  ──────  ───  ────────────────────\n\
             amount   float            0 %     1,100  -1.5  3       90   ▁ █▅\n\
             country  categorical   12.5 %         3                     UK 90 %, Norway 10 %\n\
             \n\
             warning  `country` has 3 spellings\n"
        );
    }

    #[test]
    fn points_of_a_range_are_short() {
        let shown = [
            json!(-9360),
            json!(13541.33),
            json!(12347.0),
            json!("2010-12-01T08:26:00"),
            json!("2010-12-01T00:00:00"),
            json!("A-1"),
            json!(null),
        ];
        assert_eq!(shown.each_ref().map(super::point), ["-9,360", "13541.33", "12,347", "2010-12-01 08:26", "2010-12-01", "A-1", ""]);
    }
}
