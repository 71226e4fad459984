//! Projects that cannot work.

use data_stack_core::ports::dbt::{DbtCommand, DbtStatus};

use super::support::{Shop, job, selected};

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_cannot_be_parsed_says_where() {
    let cases = [
        ("models/a.sql", "select 1\nfrom {{ ref('totals'", "unexpected", Some("models/a.sql"), Some(2)),
        ("models/a.sql", "select * from {{ source('nowhere', 'x') }}", "nowhere", Some("models/a.sql"), None),
        ("models/stg_orders.sql", "select * from {{ ref('totals') }}", "cycle", None, None),
    ];
    for (path, text, said, file, line) in cases {
        let shop = Shop::new();
        shop.file(path, text);
        let report = shop.run(job(DbtCommand::Build)).await;
        let problem = &report.problems[0];
        assert!(problem.message.contains(said), "{said}: {problem:?}");
        assert_eq!((problem.file.as_deref(), problem.line), (file, line), "{said}");
        assert_eq!((report.succeeded, report.nodes.len()), (false, 0), "{said}");
        assert!(!shop.workspace.settings.database.exists() || said == "cycle", "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_duckdb_refuses_is_placed_in_its_source() {
    let shop = Shop::new();
    shop.file("models/stg_orders.sql", "-- a note\nselect id,\n  nope as customer\nfrom {{ ref('raw_orders') }}\n");
    let report = shop.run(selected(DbtCommand::Build, "+totals")).await;
    let failed = &report.nodes[0];
    assert_eq!((failed.name.as_str(), failed.status), ("stg_orders", DbtStatus::Error));
    assert_eq!((failed.file.as_deref(), failed.line, failed.compiled_line), (Some("models/stg_orders.sql"), Some(3), Some(3)));
    assert!(failed.message.as_deref().unwrap().contains("nope"), "{failed:?}");
    assert!(failed.compiled_sql.as_deref().unwrap().contains("nope as customer"), "{failed:?}");
    assert_eq!(failed.affects, ["totals"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_of_printing_are_read_and_not_kept() {
    let shop = Shop::new();
    // A Python model runs within dbt and writes past its log.
    let write = "    for _ in range(100):\n        sys.stdout.write('x' * 1_000_000 + '\\n')\n";
    shop.file("models/loud.py", &format!("import sys\ndef model(dbt, session):\n{write}    return session.sql('select 1 as n')\n"));
    let report = shop.run(selected(DbtCommand::Run, "loud")).await;
    assert!(report.succeeded, "{report:?}");
    assert!(report.printed_bytes > 100_000_000, "{}", report.printed_bytes);
    assert!(report.log.iter().map(String::len).sum::<usize>() < 100_000);
}
