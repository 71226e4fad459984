//! Real dbt on small projects, sound and broken ones.

mod broken;
mod running;
mod support;

use data_stack_core::ports::dbt::{ContractColumn, ContractsJob, DbtCommand, DbtJob, DbtStatus, LineageJob};
use data_stack_core::{Code, Control};
use serde_json::json;

use support::{Shop, job, selected};

#[tokio::test(flavor = "multi_thread")]
async fn a_build_reports_each_node_and_what_failures_reach() {
    let shop = Shop::new();
    let plan = shop.dbt().list(job(DbtCommand::Build), &Control::unlimited()).await.unwrap();
    let planned: Vec<_> = plan.iter().map(|entry| (entry.name.as_str(), entry.action.as_deref().unwrap(), entry.changed)).collect();
    let expected = [
        ("stg_orders", "create or replace the view", None),
        ("totals", "add to the table; create it if it is not there", None),
        ("raw_orders", "replace the table's rows by the file's", None),
        ("not_null_stg_orders_customer", "test", None),
    ];
    assert_eq!(planned, expected);

    let report = shop.run(job(DbtCommand::Build)).await;
    let ended: Vec<_> = report.nodes.iter().map(|node| (node.name.as_str(), node.status)).collect();
    let expected = [
        ("not_null_stg_orders_customer", DbtStatus::Fail),
        ("sales_page", DbtStatus::Skipped),
        ("totals", DbtStatus::Skipped),
        ("stg_orders", DbtStatus::Ok),
        ("raw_orders", DbtStatus::Ok),
    ];
    assert_eq!(ended, expected);
    let failed = &report.nodes[0];
    assert_eq!((failed.file.as_deref(), failed.line), (Some("models/schema.yml"), Some(5)));
    assert_eq!((failed.tests.as_deref(), failed.column.as_deref(), failed.failing_rows), (Some("stg_orders"), Some("customer"), Some(1)));
    assert_eq!(
        (failed.affects.as_slice(), failed.exposures.as_slice()),
        (["totals".to_owned()].as_slice(), ["sales_page".to_owned()].as_slice())
    );
    assert_eq!(report.nodes[2].blocked_by, ["not_null_stg_orders_customer"]);
    assert_eq!((report.succeeded, report.problems.len(), report.unfinished), (false, 0, 0));

    let page = shop.workspace.read("select count(*) from stg_orders").await.unwrap();
    assert_eq!(page.rows, [[json!(3)]]);
    // The view, and what the view reads.
    let tables: Vec<_> = page.origins.iter().map(|origin| (origin.table.as_str(), origin.kind.as_str())).collect();
    assert_eq!(tables, [("main.raw_orders", "table"), ("main.stg_orders", "view")]);
    let origin = &page.origins[1];
    assert_eq!(origin.model.as_deref(), Some("stg_orders"));
    assert_eq!(origin.built_by.as_deref(), Some(report.run_id.as_str()));
    assert!(origin.failing_tests[0].starts_with("not_null_stg_orders_customer (failure, 1 rows"), "{origin:?}");

    shop.file("models/stg_orders.sql", "select id, coalesce(customer, 'nobody') as customer, amount from {{ ref('raw_orders') }}");
    let mended = shop.run(job(DbtCommand::Build)).await;
    assert!(mended.succeeded, "{mended:?}");
    let page = shop.workspace.read("select sum(total) from totals").await.unwrap();
    assert_eq!((page.rows, page.origins[0].failing_upstream.len()), (vec![vec![json!("60")]], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_read_cannot_write_and_use_the_state_folder() {
    let shop = Shop::new();
    shop.run(job(DbtCommand::Seed)).await;
    let sql = "{% do run_query('create table sneaked as select 1') %}select count(*) as n from {{ ref('raw_orders') }}";
    let shown = shop.run(DbtJob { inline_sql: Some(sql.into()), ..job(DbtCommand::Show) }).await;
    assert_eq!(shown.compiled.as_deref(), Some("select count(*) as n from \"warehouse\".\"main\".\"raw_orders\""), "{shown:?}");
    let tables = shop.workspace.rows("select table_name from duckdb_tables() where not internal").await;
    assert_eq!(tables, [[json!("raw_orders")]]);
    let mut files: Vec<String> =
        std::fs::read_dir(shop.folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["dbt_project.yml", "models", "seeds"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lineage_follows_the_project_and_a_wrong_name_is_told_the_nearest() {
    let shop = Shop::new();
    let lineage = |name: &str| {
        let job = LineageJob { names: vec![name.into()], upstream: true, ..LineageJob::default() };
        let dbt = shop.dbt();
        async move { dbt.lineage(job, &Control::unlimited()).await }
    };
    let found = lineage("totals").await.unwrap();
    let expected = [("model.shop.stg_orders", "model.shop.totals"), ("seed.shop.raw_orders", "model.shop.stg_orders")];
    let edges: Vec<_> = found.edges.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(edges, expected);
    let unmatched = shop.dbt().run(selected(DbtCommand::Run, "stg_order"), &Control::unlimited()).await.unwrap_err();
    assert_eq!((unmatched.code, unmatched.field.as_deref()), (Code::NotFound, Some("select")));
    assert_eq!(unmatched.valid_values[0], "stg_orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_name_what_is_declared_and_what_was_when_it_was_built() {
    let shop = Shop::new();
    let declared = |second: &str| {
        let columns = format!("columns: [{{name: customer, data_type: varchar}}, {{name: {second}, data_type: hugeint}}]");
        shop.file("models/schema.yml", &format!("models:\n  - name: totals\n    config: {{contract: {{enforced: true}}, on_schema_change: append_new_columns}}\n    {columns}\n"));
    };
    declared("total");
    assert!(shop.run(job(DbtCommand::Build)).await.succeeded);
    declared("revenue");
    let found = shop.dbt().contracts(ContractsJob::default(), &Control::unlimited()).await.unwrap();
    let totals = found.iter().find(|contract| contract.name == "totals").unwrap();
    let columns = |second: &str, kinds: [&str; 2]| {
        let column = |name: &str, kind: &str| ContractColumn { name: name.into(), kind: Some(kind.into()) };
        vec![column("customer", kinds[0]), column(second, kinds[1])]
    };
    assert_eq!(totals.columns, columns("revenue", ["varchar", "hugeint"]));
    assert_eq!(totals.built, Some(columns("total", ["varchar", "hugeint"])));
    assert_eq!(totals.table, Some(("main".into(), "totals".into())));
    assert_eq!((totals.enforced, totals.file.as_deref()), (true, Some("models/schema.yml")));
}
