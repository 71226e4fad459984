//! A call's answer for a person: the data on standard output, what is to be known about it on standard error.

use std::io;

use data_stack_core::text::clean;
use serde_json::{Value, json};

use super::screen::{Screen, Tone};
use super::table::{Table, count, shown};
use crate::config::key::show_bytes;
use crate::pipeline::{Answer, Envelope};

/// Shows an answer: as its envelope, or as text.
pub(super) fn show(screen: &mut Screen, as_json: bool, answer: &Answer) -> io::Result<()> {
    let envelope = &answer.envelope;
    if as_json {
        return screen.json(&json!(envelope));
    }
    if let Some(error) = &envelope.error {
        if envelope.data.is_some() {
            screen.line(answer.summary.trim_end())?;
            remarks(screen, envelope)?;
        }
        return screen.error(error);
    }
    let data = envelope.data.as_ref().unwrap_or(&Value::Null);
    match envelope.tool.as_str() {
        "job" if data["jobs"].is_array() => jobs(screen, data)?,
        "job" if data["result"].is_object() => screen.json(&data["result"])?,
        "describe_data" => catalog(screen, data, &answer.summary)?,
        _ if data["columns"].is_array() && data["rows"].is_array() => result(screen, data)?,
        _ if data["text"].is_string() => screen.line(clean(data["text"].as_str().unwrap_or_default(), 1_000_000).trim_end())?,
        _ => screen.line(answer.summary.trim_end())?,
    }
    remarks(screen, envelope)
}

/// What is to be known about an answer.
pub(super) fn remarks(screen: &mut Screen, envelope: &Envelope) -> io::Result<()> {
    for warning in &envelope.warnings {
        screen.warning(&warning.message)?;
    }
    if let Some(truncated) = &envelope.truncated {
        screen.note(Tone::Doubtful, "shortened", &clean(&truncated.reason, 1_000))?;
    }
    for link in &envelope.links {
        screen.note(Tone::Faint, "file", &format!("{} ({})", clean(&link.path, 1_000), show_bytes(link.bytes)))?;
    }
    Ok(())
}

fn result(screen: &mut Screen, data: &Value) -> io::Result<()> {
    let list = |name: &str| data[name].as_array().map_or(&[] as &[Value], Vec::as_slice);
    if let Some(plan) = data["plan"].as_str() {
        screen.line(clean(plan, 100_000).trim_end())?;
    }
    let changed = data["rows_changed"].as_u64().map(|changed| format!(", {} changed", count(changed)));
    if list("columns").is_empty() {
        let statement = data["statement"].as_str().unwrap_or("statement");
        return screen.line(&format!("{} done{}", clean(statement, 40), changed.unwrap_or_default()));
    }
    Table::of_result(list("columns"), list("rows")).show(screen)?;
    let rows = list("rows").len() as u64;
    let total = data["total_rows"].as_u64().filter(|total| *total != rows);
    let of = total.map(|total| format!(" of {}", count(total)));
    let line = format!("{} row(s){}{}", count(rows), of.unwrap_or_default(), changed.unwrap_or_default());
    let line = screen.paint(Tone::Faint, &line);
    screen.err(&format!("{line}\n"))
}

fn jobs(screen: &mut Screen, data: &Value) -> io::Result<()> {
    let found = data["jobs"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    if found.is_empty() {
        return screen.line("There are no jobs.");
    }
    let mut table = Table::new(&["job", "tool", "state", "started", "progress"]);
    for job in found {
        let share = job["done"].as_f64().zip(job["total"].as_f64()).filter(|(_, total)| *total > 0.0);
        let share = share.map(|(done, total)| format!("{:.0} %", done / total * 100.0));
        table.row(&[
            &shown(&job["job_id"]),
            &shown(&job["tool"]),
            &shown(&job["state"]),
            &shown(&job["started_at"]),
            &share.unwrap_or_default(),
        ]);
    }
    table.show(screen)
}

/// Tables with their columns: one table in full, several as a list.
fn catalog(screen: &mut Screen, data: &Value, summary: &str) -> io::Result<()> {
    match data["tables"].as_array().map(Vec::as_slice) {
        Some([only]) if only["columns"].as_array().is_some_and(|columns| !columns.is_empty()) => one_table(screen, only),
        Some(several) if !several.is_empty() => {
            let mut table = Table::new(&["table", "kind", "rows", "columns", "loaded", "comment"]).align_end(2).align_end(3);
            for found in several {
                let columns = found["columns"].as_array().map_or(0, Vec::len).to_string();
                let rows = found["rows"].as_u64().map_or_else(String::new, count);
                let text = |name: &str| found[name].as_str().unwrap_or_default();
                table.row(&[&qualified(found), text("kind"), &rows, &columns, text("loaded_at"), text("comment")]);
            }
            table.show(screen)
        }
        _ => screen.line(summary.trim_end()),
    }
}

fn qualified(table: &Value) -> String {
    format!("{}.{}", table["schema"].as_str().unwrap_or("main"), table["name"].as_str().unwrap_or_default())
}

fn one_table(screen: &mut Screen, found: &Value) -> io::Result<()> {
    let rows = found["rows"].as_u64().map_or_else(String::new, |rows| format!(", {} rows", count(rows)));
    screen.line(&screen.paint(Tone::Strong, &clean(&format!("{}{rows}", qualified(found)), 300)))?;
    let mut table = Table::new(&["column", "type", "null", "samples", "comment"]);
    for column in found["columns"].as_array().into_iter().flatten() {
        let samples: Vec<String> = column["samples"].as_array().into_iter().flatten().map(shown).collect();
        let null = if column["nullable"] == false { "no" } else { "yes" };
        let comment = column["comment"].as_str().unwrap_or_default();
        table.row(&[&shown(&column["name"]), &shown(&column["type"]), null, &samples.join(", "), comment]);
    }
    table.show(screen)
}

#[cfg(test)]
mod tests {
    use super::show;
    use crate::cli::tests::captured;
    use crate::pipeline::{Answer, Envelope};
    use data_stack_core::Effect;
    use serde_json::{Value, json};

    fn shown(tool: &str, data: Value) -> String {
        let mut envelope = Envelope::empty(tool, "r", "t", "local");
        (envelope.ok, envelope.data) = (true, Some(data));
        let answer = Answer { envelope, summary: "In short.".into(), images: Vec::new(), app: None, effect: Effect::Read };
        captured(|screen| show(screen, false, &answer))
    }

    #[test]
    fn every_kind_of_answer_has_its_form() {
        for (tool, data, text) in [
            ("query_duckdb", json!({"columns": [{"name": "n", "type": "BIGINT"}], "rows": [[7]]}), "n\n─\n7\n"),
            (
                "query_duckdb",
                json!({"columns": [], "rows": [], "statement": "INSERT", "rows_changed": 1200}),
                "INSERT done, 1,200 changed\n",
            ),
            ("query_duckdb", json!({"text": "a,b\n1,2\n"}), "a,b\n1,2\n"),
            ("job", json!({"jobs": []}), "There are no jobs.\n"),
            ("job", json!({"result": {"ok": true}}), "{\"ok\":true}\n"),
            ("describe_data", json!({"tables": []}), "In short.\n"),
            ("ingest", json!({"rows_loaded": 3}), "In short.\n"),
        ] {
            assert_eq!(shown(tool, data), text, "{tool}");
        }
    }

    #[test]
    fn one_table_is_shown_with_its_columns_and_several_as_a_list() {
        let column = json!({"name": "id", "type": "BIGINT", "nullable": false, "samples": [1, 2]});
        let table = json!({"schema": "main", "name": "t", "kind": "table", "rows": 1200, "columns": [column]});
        assert_eq!(
            shown("describe_data", json!({"tables": [table]})),
            "main.t, 1,200 rows\ncolumn  type    null  samples  comment\n──────  ──────  ────  ───────  ───────\nid      BIGINT  no    1, 2\n"
        );
        assert_eq!(
            shown("describe_data", json!({"tables": [table, table]})),
            "table   kind    rows  columns  loaded  comment\n──────  ─────  ─────  ───────  ──────  ───────\nmain.t  table  1,200        1\nmain.t  table  1,200        1\n"
        );
    }
}
