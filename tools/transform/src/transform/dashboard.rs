//! The last step: the tables that dashboards show, written to files.

use std::collections::BTreeMap;

use data_stack_core::ports::dbt::{Lineage, LineageJob};
use data_stack_core::{Ctx, ResourceLink, ToolError};
use serde_json::json;

use super::steps::Came;
use super::types::DashboardTable;

/// What the step wrote.
pub(super) struct Written {
    pub(super) tables: Vec<DashboardTable>,
    pub(super) links: Vec<ResourceLink>,
    pub(super) came: Came,
}

/// Writes the tables of the project's dashboards; the loaded table itself where there is no project.
///
/// This is where a dashboard is drawn from the marts: everything that it needs is in the tables named here.
pub(super) async fn write(loaded: Option<&str>, is_built: bool, ctx: &Ctx) -> Result<Written, ToolError> {
    let shown = if is_built { marts(&ctx.ports.dbt()?.lineage(LineageJob::default(), &ctx.control).await?) } else { BTreeMap::new() };
    let shown = if shown.is_empty() { loaded.map(|table| (table.to_owned(), Vec::new())).into_iter().collect() } else { shown };
    let (mut tables, mut links) = (Vec::new(), Vec::new());
    for (index, (table, dashboards)) in shown.iter().enumerate() {
        ctx.control.progress(index as f64, Some(shown.len() as f64), format!("writing {table}"));
        let arguments = json!({"sql": format!("SELECT * FROM {}", quoted(table)), "save_as": format!("{table}.parquet"), "limit": 1});
        let called = ctx.ports.tools()?.call("query_duckdb", arguments, ctx).await;
        if let Some(error) = called.error {
            return Err(error);
        }
        let uri = called.links.first().map(|link| link.uri.clone()).unwrap_or_default();
        let rows = called.data["total_rows"].as_u64().unwrap_or_default();
        tables.push(DashboardTable { table: table.clone(), rows, dashboards: dashboards.clone(), uri });
        links.extend(called.links);
    }
    let names: Vec<String> = tables.iter().map(|table| format!("{} ({} rows)", table.table, table.rows)).collect();
    let came = if names.is_empty() {
        Came::Skipped("the project has no tables for dashboards".to_owned())
    } else {
        Came::Done(format!("{} tables for dashboards: {}.", names.len(), names.join(", ")))
    };
    Ok(Written { tables, links, came })
}

/// The tables that exposures are built on, each with the exposures that show it; in a project without exposures, those on which
/// nothing else is built.
fn marts(lineage: &Lineage) -> BTreeMap<String, Vec<String>> {
    let models = lineage.nodes.iter().filter(|node| node.kind == "model" && node.materialized.as_deref() != Some("ephemeral"));
    let readers = |id: &str| lineage.edges.iter().filter(|(from, _)| from == id).map(|(_, to)| to.clone()).collect::<Vec<_>>();
    let mut shown = BTreeMap::new();
    let mut last = BTreeMap::new();
    for model in models {
        // dbt names the database too, which is always the warehouse here.
        let Some(table) = model.relation.as_deref().and_then(|relation| relation.split_once('.')).map(|(_, table)| table.to_owned()) else {
            continue;
        };
        let readers = readers(&model.unique_id);
        let exposures: Vec<String> =
            readers.iter().filter_map(|id| id.strip_prefix("exposure.")?.split('.').nth(1)).map(str::to_owned).collect();
        if !exposures.is_empty() {
            shown.insert(table, exposures);
        } else if readers.is_empty() {
            last.insert(table, Vec::new());
        }
    }
    if shown.is_empty() { last } else { shown }
}

/// A table's name as SQL takes it, whatever letters it has.
fn quoted(table: &str) -> String {
    table.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_stack_core::ports::dbt::DbtEntry;

    #[test]
    fn dashboards_show_what_exposures_name_and_else_what_is_built_last() {
        let node = |kind: &str, name: &str| DbtEntry {
            unique_id: format!("{kind}.shop.{name}"),
            name: name.into(),
            kind: kind.into(),
            relation: Some(format!("warehouse.marts.{name}")),
            ..DbtEntry::default()
        };
        let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let mut lineage = Lineage {
            nodes: vec![node("model", "orders"), node("model", "revenue"), node("seed", "codes"), node("exposure", "page")],
            edges: vec![
                edge("model.shop.orders", "model.shop.revenue"),
                edge("model.shop.orders", "exposure.shop.page"),
                edge("seed.shop.codes", "exposure.shop.page"),
            ],
            ..Lineage::default()
        };
        assert_eq!(marts(&lineage), BTreeMap::from([("marts.orders".into(), vec!["page".into()])]));
        lineage.edges.truncate(1);
        assert_eq!(marts(&lineage), BTreeMap::from([("marts.revenue".into(), vec![])]));
        assert_eq!(quoted("marts.a\"b"), "\"marts\".\"a\"\"b\"");
    }
}
