//! What a job would do, node by node.

use data_stack_core::ports::dbt::{DbtCommand, DbtEntry, DbtJob};

use super::artifacts::{Manifest, Node};
use super::graph;
use super::ledger::Ledger;

/// The listed nodes, with what the job would do with each.
pub(super) fn entries(job: &DbtJob, ids: &[String], manifest: &Manifest, ledger: &Ledger) -> Vec<DbtEntry> {
    let built = ledger.checksums(&manifest.metadata.project_name);
    let found = ids.iter().filter_map(|id| Some((id, manifest.node(id)?)));
    found
        .map(|(id, node)| {
            let known = built.get(id).filter(|_| !node.checksum.checksum.is_empty());
            let changed = known.map(|known| *known != node.checksum.checksum);
            DbtEntry { action: action(job, node).map(str::to_owned), changed, ..graph::entry(id, node) }
        })
        .collect()
}

/// What the job would do with a node; `None` when it only lists.
fn action(job: &DbtJob, node: &Node) -> Option<&'static str> {
    if job.command == DbtCommand::List {
        return None;
    }
    let materialized = node.config.materialized.as_deref().unwrap_or_default();
    Some(match (node.resource_type.as_str(), materialized, job.full_refresh) {
        ("test" | "unit_test", ..) => "test",
        ("seed", _, true) => "drop the table and load the file",
        ("seed", ..) => "replace the table's rows by the file's",
        ("snapshot", ..) => "add new versions of changed rows",
        ("source", ..) => "look how old the rows are",
        ("model", "ephemeral", _) => "nothing by itself: its SQL goes into others",
        ("model", "view", _) => "create or replace the view",
        ("model", "incremental", true) => "DROP the table with the rows gathered so far and build it anew",
        ("model", "incremental", false) => "add to the table; create it if it is not there",
        ("model", "external", _) => "write the file",
        ("model", ..) => "create or replace the table",
        _ => "run",
    })
}
