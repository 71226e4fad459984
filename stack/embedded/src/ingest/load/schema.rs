//! Source against table: which columns are new, missing or of another type, and what the policy makes of it.

use data_stack_core::ports::ingest::{SchemaChange, SchemaPolicy};
use data_stack_core::ports::warehouse::Column;
use data_stack_core::{Code, ToolError, nearest::nearest};

use crate::ingest::csv::infer::{FoundColumn, widen};
use crate::ingest::names::same;

/// The columns that a load fills, and how they differ from what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The columns that are filled from at least one part.
    pub(super) columns: Vec<Column>,
    /// Columns that the table has to be given first.
    pub(super) added: Vec<Column>,
    /// The differences found.
    pub(super) changes: Vec<SchemaChange>,
}

/// Whether every value of the column surely fits the type.
pub(super) fn fits(column: &FoundColumn, kind: &str) -> bool {
    column.kind == kind || kind == "VARCHAR" || column.is_empty() || (widen(&column.kind, kind) == kind)
}

/// The columns to fill. `table` holds the table's columns, if it exists; else the first source takes its place.
pub(super) fn target(
    table: Option<&[Column]>,
    sources: &[Vec<FoundColumn>],
    types: &[(String, String)],
    policy: SchemaPolicy,
) -> Result<Target, ToolError> {
    let union = union(sources);
    check_types(types, &union)?;
    let kind_of = |column: &Column| {
        let given = types.iter().find(|(name, _)| same(name, &column.name)).map(|(_, kind)| kind.clone());
        Column { name: column.name.clone(), kind: given.unwrap_or_else(|| column.kind.clone()) }
    };
    let union: Vec<Column> = union.iter().map(kind_of).collect();
    let base: Vec<Column> = match table {
        Some(columns) => columns.to_vec(),
        None => union.iter().filter(|column| sources.first().is_some_and(|first| has(first, &column.name))).cloned().collect(),
    };
    let added: Vec<Column> = union.iter().filter(|column| !base.iter().any(|known| same(&known.name, &column.name))).cloned().collect();
    let missing: Vec<&Column> = base.iter().filter(|column| !sources.iter().all(|source| has(source, &column.name))).collect();
    let changes = changes(&added, &missing);
    refuse(&changes, policy)?;
    let added = if policy == SchemaPolicy::Evolve { added } else { Vec::new() };
    let filled = base.iter().chain(&added).filter(|column| union.iter().any(|known| same(&known.name, &column.name)));
    Ok(Target { columns: filled.cloned().collect(), added: if table.is_some() { added.clone() } else { Vec::new() }, changes })
}

fn has(source: &[FoundColumn], name: &str) -> bool {
    source.iter().any(|column| same(&column.name, name))
}

/// The columns of all sources in order, each with a type that holds the values of all.
fn union(sources: &[Vec<FoundColumn>]) -> Vec<Column> {
    let mut found: Vec<(Column, bool)> = Vec::new();
    for column in sources.iter().flatten() {
        match found.iter_mut().find(|(known, _)| same(&known.name, &column.name)) {
            Some((known, empty)) if *empty => {
                known.kind.clone_from(&column.kind);
                *empty = column.is_empty();
            }
            Some((known, _)) if !column.is_empty() => known.kind = widen(&known.kind, &column.kind),
            Some(_) => {}
            None => found.push((Column { name: column.name.clone(), kind: column.kind.clone() }, column.is_empty())),
        }
    }
    found.into_iter().map(|(column, _)| column).collect()
}

fn check_types(types: &[(String, String)], union: &[Column]) -> Result<(), ToolError> {
    let Some((unknown, _)) = types.iter().find(|(name, _)| !union.iter().any(|column| same(&column.name, name))) else { return Ok(()) };
    let alike = nearest(unknown, union.iter().map(|column| column.name.as_str()), 3);
    let hint = alike.first().map_or_else(|| "Name a column of the source.".to_owned(), |name| format!("Did you mean `{name}`?"));
    let valid = union.iter().map(|column| column.name.as_str());
    Err(ToolError::invalid(format!("types.{unknown}"), format!("the source has no column `{unknown}`"), hint).valid(valid))
}

fn changes(added: &[Column], missing: &[&Column]) -> Vec<SchemaChange> {
    let added = added.iter().map(|column| SchemaChange {
        column: column.name.clone(),
        change: "added".into(),
        table_type: None,
        source_type: Some(column.kind.clone()),
    });
    let missing = missing.iter().map(|column| SchemaChange {
        column: column.name.clone(),
        change: "missing".into(),
        table_type: Some(column.kind.clone()),
        source_type: None,
    });
    added.chain(missing).collect()
}

/// Refuses what the policy refuses.
pub(super) fn refuse(changes: &[SchemaChange], policy: SchemaPolicy) -> Result<(), ToolError> {
    let refused = |change: &&SchemaChange| match policy {
        SchemaPolicy::Fail => true,
        SchemaPolicy::Freeze => change.change != "missing",
        SchemaPolicy::Evolve | SchemaPolicy::Discard => false,
    };
    let refused: Vec<&SchemaChange> = changes.iter().filter(refused).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = refused.iter().take(10).map(|change| format!("`{}` {}", change.column, describe(change))).collect();
    let message = format!("the columns differ: {}; nothing was changed", shown.join(", "));
    let hint = "Set `schema_policy` to `evolve` to change the table, or to `discard` to load its own columns only.";
    Err(ToolError::new(Code::Failed, message, hint).at("schema_policy").details(serde_json::json!({ "changes": changes })))
}

fn describe(change: &SchemaChange) -> String {
    match (&change.table_type, &change.source_type) {
        (Some(table), Some(source)) => format!("is {table} in the table and {source} in the source"),
        (Some(_), None) => "is missing from the source".to_owned(),
        _ => "is new".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::target;
    use crate::ingest::csv::infer::FoundColumn;
    use data_stack_core::ports::ingest::SchemaPolicy::{Discard, Evolve, Fail, Freeze};
    use data_stack_core::ports::warehouse::Column;

    fn found(columns: &[(&str, &str)]) -> Vec<FoundColumn> {
        let column = |(name, kind): &(&str, &str)| FoundColumn {
            name: (*name).into(),
            kind: (*kind).into(),
            format: None,
            values: 1,
            sum: None,
            bytes: None,
            surprise: None,
        };
        columns.iter().map(column).collect()
    }

    fn table(columns: &[(&str, &str)]) -> Vec<Column> {
        columns.iter().map(|(name, kind)| Column { name: (*name).into(), kind: (*kind).into() }).collect()
    }

    #[test]
    fn each_policy_decides_over_new_and_missing_columns() {
        let known = table(&[("a", "BIGINT"), ("b", "VARCHAR")]);
        let new = found(&[("A", "BIGINT"), ("b", "VARCHAR"), ("c", "DATE")]);
        let missing = found(&[("a", "BIGINT")]);
        let filled = |source: &[FoundColumn], policy| {
            target(Some(&known), &[source.to_vec()], &[], policy).map(|target| (target.columns, target.added))
        };
        let whole = table(&[("a", "BIGINT"), ("b", "VARCHAR"), ("c", "DATE")]);
        assert_eq!(filled(&new, Evolve).unwrap(), (whole, table(&[("c", "DATE")])));
        assert_eq!(filled(&new, Discard).unwrap(), (known.clone(), vec![]));
        assert!(filled(&new, Fail).is_err() && filled(&new, Freeze).is_err());
        for policy in [Evolve, Discard, Freeze] {
            assert_eq!(filled(&missing, policy).unwrap(), (table(&[("a", "BIGINT")]), vec![]));
        }
        assert!(filled(&missing, Fail).is_err());
    }

    #[test]
    fn files_that_differ_from_one_another_follow_the_same_policies() {
        let parts = [found(&[("a", "BIGINT")]), found(&[("a", "DOUBLE"), ("b", "DATE")])];
        assert!(target(None, &parts, &[], Fail).unwrap_err().message.contains("`b` is new"));
        assert_eq!(target(None, &parts, &[], Evolve).unwrap().columns, table(&[("a", "DOUBLE"), ("b", "DATE")]));
        assert_eq!(target(None, &parts, &[], Discard).unwrap().columns, table(&[("a", "DOUBLE")]));
    }

    #[test]
    fn a_type_for_a_column_that_is_not_there_is_refused() {
        let error = target(None, &[found(&[("amount", "BIGINT")])], &[("amuont".into(), "DOUBLE".into())], Fail).unwrap_err();
        assert_eq!((error.field.as_deref(), error.hints[0].as_str()), (Some("types.amuont"), "Did you mean `amount`?"));
    }
}
