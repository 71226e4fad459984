//! What decides what: the target, keys, dependencies and references.

use data_stack_charts::page::{Block, Cell, Notice, Section, Table, TableColumn, Tone};
use serde_json::json;

use super::shown;
use crate::result::{Dependency, Profile};

/// Rows of a list.
const LISTED: usize = 200;

/// How the columns bear on the column that is to be predicted.
pub(super) fn target(profile: &Profile) -> Option<Section> {
    let target = profile.target.as_ref()?;
    let rows = target.associations.iter().take(LISTED);
    let rows =
        rows.map(|one| vec![json!(one.column), json!(one.explained), json!(one.value), json!(one.method.replace('_', " "))]).collect();
    let columns = vec![
        TableColumn::text("column"),
        TableColumn { bar: Some(1.0), ..TableColumn::number("explains", "percent") },
        TableColumn::number("correlation", "number:2"),
        TableColumn::text("measured by"),
    ];
    let table = Table { title: "Associations".to_owned(), columns, rows, search: target.associations.len() > 20 };
    let mut blocks = Vec::new();
    if !target.leaks.is_empty() {
        let items = target.leaks.iter().map(|leak| Notice {
            tone: Tone::Warning,
            code: "gives it away".to_owned(),
            text: format!("`{}`: {}", shown(&json!(leak.column)), leak.reason),
            fix: None,
            about: vec![leak.column.clone()],
        });
        blocks.push(Block::Notices { items: items.collect() });
    }
    blocks.push(Block::Grid { compact: false, items: vec![Cell::new(12, "", vec![Block::Table(table)])] });
    Some(Section::new("target", "Target", format!("{}, a {}", shown(&json!(target.column)), target.task), blocks))
}

/// Keys of several columns, columns that decide others, and references within the file.
pub(super) fn structure(profile: &Profile) -> Option<Section> {
    let keys: Vec<Vec<serde_json::Value>> =
        profile.composite_keys.iter().take(LISTED).map(|key| vec![json!(key.columns.join(" + "))]).collect();
    let decided = profile.dependencies.iter().take(LISTED).map(|one| vec![json!(words(one)), json!(one.holds)]).collect::<Vec<_>>();
    let refers = profile
        .inclusions
        .iter()
        .take(LISTED)
        .map(|one| vec![json!(format!("{} → {}", one.from, one.to)), json!(one.values)])
        .collect::<Vec<_>>();
    let lists = [
        ("Columns that decide others", vec![TableColumn::text("columns"), TableColumn::number("holds for", "percent")], decided),
        ("Identify a row together", vec![TableColumn::text("columns")], keys),
        ("Refer to another column", vec![TableColumn::text("columns"), TableColumn::number("values", "integer")], refers),
    ];
    let items: Vec<Cell> = lists
        .into_iter()
        .filter(|(_, _, rows)| !rows.is_empty())
        .map(|(title, columns, rows)| {
            let search = rows.len() > 20;
            Cell::new(6, title, vec![Block::Table(Table { title: title.to_owned(), columns, rows, search })])
        })
        .collect();
    (!items.is_empty())
        .then(|| Section::new("structure", "Structure", "keys and dependencies", vec![Block::Grid { compact: false, items }]))
}

fn words(one: &Dependency) -> String {
    let sign = match (one.equal, one.both_ways) {
        (true, _) => "=",
        (_, true) => "↔",
        _ => "→",
    };
    format!("{} {sign} {}", one.from, one.to)
}
