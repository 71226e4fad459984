//! What the project declares of its tables, and what was declared when they were last built.

use std::path::Path;

use data_stack_core::ports::dbt::{Contract, ContractColumn};

use super::artifacts::{Manifest, Node};
use super::graph;
use super::ledger::Ledger;

/// Names of what is built on a node.
const AFFECTED: usize = 50;

/// The contracts of everything that has a table or declares columns.
pub(super) fn declared(manifest: &Manifest, ledger: &Ledger, database: &Path) -> Vec<Contract> {
    let database = database.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let built = ledger.contracts();
    let tables = manifest.nodes.iter().chain(&manifest.sources);
    let kept = tables.filter(|(_, node)| matches!(node.resource_type.as_str(), "source" | "model" | "seed" | "snapshot"));
    kept.filter(|(_, node)| node.config.materialized.as_deref() != Some("ephemeral"))
        .map(|(id, node)| {
            let table = node.table_in(&database);
            let built = table.as_ref().and_then(|(schema, name)| built.get(&format!("{schema}.{name}")).cloned());
            Contract { built, affects: affected(manifest, id), table, ..contract(node) }
        })
        .collect()
}

fn contract(node: &Node) -> Contract {
    let patch = node.patch_path.as_deref().and_then(|path| path.split_once("://")).map(|(_, path)| path.to_owned());
    Contract {
        name: node.label(),
        kind: node.resource_type.clone(),
        enforced: node.contract.enforced,
        columns: columns(node),
        file: patch.or_else(|| Some(node.original_file_path.clone())).filter(|file| !file.is_empty()),
        ..Contract::default()
    }
}

/// The columns that a node declares.
pub(super) fn columns(node: &Node) -> Vec<ContractColumn> {
    node.columns.values().map(|column| ContractColumn { name: column.name.clone(), kind: column.data_type.clone() }).collect()
}

fn affected(manifest: &Manifest, id: &str) -> Vec<String> {
    graph::downstream(manifest, id).into_iter().take(AFFECTED).map(|(_, node)| node.label()).collect()
}
