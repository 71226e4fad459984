//! What changed since the baseline.

use data_stack_charts::page::{Block, Cell, Notice, Section, Table, TableColumn, Tone};
use serde_json::json;

use super::shown;
use crate::result::{Drift, Profile, Verdict};

/// Columns listed.
const COLUMNS: usize = 300;

pub(super) fn section(profile: &Profile) -> Option<Section> {
    let drift = profile.drift.as_ref()?;
    let mut blocks = Vec::new();
    let notices = notices(drift);
    if !notices.is_empty() {
        blocks.push(Block::Notices { items: notices });
    }
    if !drift.columns.is_empty() {
        blocks.push(Block::Grid { compact: false, items: vec![Cell::new(12, "", vec![columns(drift)])] });
    }
    let note = format!("{}: {} columns changed, {} did not", verdict(drift.verdict), drift.columns.len(), drift.stable);
    Some(Section::new("drift", "Since the baseline", note, blocks))
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "in order",
        Verdict::Warn => "to be looked at",
        Verdict::Fail => "not in order",
    }
}

fn notices(drift: &Drift) -> Vec<Notice> {
    let name = |name: &String| format!("`{}`", shown(&json!(name)));
    let one = |code: &str, text: String| Notice { tone: Tone::Warning, code: code.to_owned(), text, fix: None, about: Vec::new() };
    let mut notices: Vec<Notice> = drift.reasons.iter().map(|reason| one("file", reason.clone())).collect();
    for (code, names) in [("added", &drift.added), ("removed", &drift.removed)] {
        notices.extend((!names.is_empty()).then(|| one(code, names.iter().take(50).map(name).collect::<Vec<_>>().join(", "))));
    }
    notices.extend(
        drift.renamed.iter().map(|found| one("renamed", format!("{} is now {}: {}", name(&found.from), name(&found.to), found.why))),
    );
    notices.extend(
        drift.retyped.iter().map(|found| one("another type", format!("{} was {} and is {}", name(&found.column), found.from, found.to))),
    );
    notices
}

fn columns(drift: &Drift) -> Block {
    let rows = drift.columns.iter().take(COLUMNS).map(|column| {
        let missing = format!("{} → {}", data_stack_charts::percent(column.nulls.0), data_stack_charts::percent(column.nulls.1));
        let why = column.reasons.join("; ");
        vec![
            json!(column.column),
            json!(verdict(column.verdict)),
            json!(column.psi),
            json!(column.ks),
            json!(column.js),
            json!(missing),
            json!(why),
        ]
    });
    let columns = vec![
        TableColumn::text("column"),
        TableColumn::text("verdict"),
        TableColumn { bar: Some(1.0), ..TableColumn::number("PSI", "number:3") },
        TableColumn::number("KS", "number:3"),
        TableColumn::number("Jensen-Shannon", "number:3"),
        TableColumn::text("missing"),
        TableColumn::text("why"),
    ];
    Block::Table(Table { title: "Changed columns".to_owned(), columns, rows: rows.collect(), search: drift.columns.len() > 20 })
}
