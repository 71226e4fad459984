//! What SQL may do in each mode, and what it may never reach.

use std::os::unix::fs::symlink;

use data_stack_core::ports::warehouse::{Explain, QueryJob};
use data_stack_core::{Code, Effect};

use crate::support::{Workspace, job};

async fn workspace() -> (Workspace, tempfile::TempDir) {
    let workspace = Workspace::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(workspace.path("inside.csv"), "a,b\n1,2\n").unwrap();
    symlink(outside.path().join("secret.csv"), workspace.path("link.csv")).unwrap();
    symlink(outside.path(), workspace.path("folder")).unwrap();
    workspace.write("CREATE TABLE t AS SELECT range AS a, 'x' || range AS b FROM range(10)").await;
    (workspace, outside)
}

/// Every file of the workspace with its size, but for data-stack's own.
fn files(workspace: &Workspace) -> Vec<(String, u64)> {
    let mut found: Vec<_> = std::fs::read_dir(&workspace.settings.workspace)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != ".data-stack")
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn reading_statements_are_run_in_read_mode() {
    let (workspace, _outside) = workspace().await;
    let statements = [
        "SELECT * FROM t",
        "FROM t",
        "TABLE t",
        "VALUES (1), (2)",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "SELECT 1;",
        "SELECT ';' AS a -- ; DROP TABLE t",
        "DESCRIBE t",
        "DESCRIBE (SELECT * FROM t)",
        "SHOW TABLES",
        "SHOW ALL TABLES",
        "SUMMARIZE t",
        "PRAGMA table_info('t')",
        "PRAGMA show_tables",
        "PRAGMA database_size",
        "PIVOT t ON a IN (1, 2) USING count(*)",
        "SELECT * FROM query('SELECT 42')",
        "SELECT * FROM query_table('t')",
        "SELECT * FROM 'inside.csv'",
        "SELECT * FROM read_csv('inside.csv')",
        "SELECT * FROM read_text('./inside.csv')",
        "SELECT * FROM glob('*.csv')",
        "EXPLAIN SELECT * FROM t",
        "EXPLAIN ANALYZE SELECT * FROM t",
        "EXPLAIN (ANALYZE, FORMAT json) SELECT * FROM t",
        "/* a /* nested */ comment */ EXPLAIN /* again */ SELECT 1",
    ];
    for sql in statements {
        if let Err(error) = workspace.read(sql).await {
            panic!("{sql}: {error:?}");
        }
    }
}

#[tokio::test]
async fn statements_that_change_data_are_refused_by_name_in_read_mode() {
    let (workspace, _outside) = workspace().await;
    let cases = [
        ("INSERT INTO t VALUES (1, 'a')", "INSERT", "write"),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 'a' FROM x", "INSERT", "write"),
        ("UPDATE t SET a = 1", "UPDATE", "write"),
        ("CREATE TABLE u (a INTEGER)", "CREATE", "write"),
        ("CREATE MACRO m(x) AS x + 1", "CREATE", "write"),
        ("CREATE VIEW v AS SELECT 1", "CREATE", "write"),
        ("CREATE OR REPLACE TABLE t AS SELECT 1", "CREATE", "destroy"),
        ("ALTER TABLE t ADD COLUMN c INTEGER", "ALTER", "write"),
        ("ALTER TABLE t DROP COLUMN b", "ALTER", "destroy"),
        ("COMMENT ON TABLE t IS 'x'", "ALTER", "write"),
        ("MERGE INTO t USING (SELECT 1 AS a) AS s ON t.a = s.a WHEN MATCHED THEN DELETE", "MERGE", "destroy"),
        ("DELETE FROM t", "DELETE", "destroy"),
        ("TRUNCATE t", "DELETE", "destroy"),
        ("DROP TABLE t", "DROP", "destroy"),
        ("VACUUM", "VACUUM", "write"),
        ("EXPLAIN ANALYZE INSERT INTO t VALUES (1, 'a')", "INSERT", "write"),
        ("EXPLAIN ANALYZE DELETE FROM t", "DELETE", "destroy"),
        ("explain (analyze) /* x */ DELETE FROM t", "DELETE", "destroy"),
        ("EXPLAIN DROP TABLE t", "DROP", "destroy"),
    ];
    for (sql, kind, needed) in cases {
        let error = workspace.read(sql).await.unwrap_err();
        let expected = format!("the statement is a {kind}, which needs mode `{needed}`, and the call has mode `read`");
        assert_eq!((error.code, error.message.as_str(), error.field.as_deref()), (Code::Denied, expected.as_str(), Some("mode")), "{sql}");
    }
    assert_eq!(workspace.rows("SELECT count(*) FROM t").await, [[10]]);
}

#[tokio::test]
async fn write_mode_adds_and_only_destroy_mode_removes() {
    let (workspace, _outside) = workspace().await;
    let write = |sql: &str| QueryJob { effect: Effect::Write, ..job(sql) };
    assert_eq!(workspace.run(write("INSERT INTO t VALUES (10, 'y')")).await.unwrap().rows_changed, Some(1));
    workspace.run(write("CREATE TABLE u AS SELECT 1 AS a")).await.unwrap();
    for sql in ["DELETE FROM t", "DROP TABLE u", "CREATE OR REPLACE TABLE u AS SELECT 2 AS a", "ALTER TABLE t DROP b"] {
        assert_eq!(workspace.run(write(sql)).await.unwrap_err().field.as_deref(), Some("mode"), "{sql}");
    }
    assert_eq!(workspace.write("DELETE FROM t WHERE a > 4").await.rows_changed, Some(6));
    assert_eq!(workspace.rows("SELECT count(*) FROM t").await, [[5]]);
}

#[tokio::test]
async fn statements_that_reach_beyond_the_database_are_refused_in_every_mode() {
    let (workspace, _outside) = workspace().await;
    let before = files(&workspace);
    let statements = [
        "COPY t TO 'out.csv'",
        "COPY t FROM 'inside.csv'",
        "COPY (SELECT 1) TO 'out.parquet' (FORMAT parquet)",
        "/* SELECT */ COPY t TO 'out.csv' -- SELECT 1",
        "EXPORT DATABASE 'dump'",
        "IMPORT DATABASE 'dump'",
        "PRAGMA import_database('dump')",
        "ATTACH 'other.duckdb'",
        "ATTACH ':memory:' AS m",
        "DETACH warehouse",
        "USE memory",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
        "UPDATE EXTENSIONS",
        "SET memory_limit = '100GB'",
        "SET GLOBAL threads = 64",
        "SET VARIABLE x = 1",
        "RESET threads",
        "PRAGMA threads = 64",
        "PRAGMA enable_profiling",
        "PRAGMA disable_checkpoint_on_shutdown",
        "CALL pragma_version()",
        "CALL enable_logging()",
        "CHECKPOINT",
        "BEGIN",
        "COMMIT",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DEALLOCATE p",
        "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
        "CREATE OR REPLACE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
        "DROP SECRET s",
        "CREATE TEMP TABLE x AS SELECT 1",
        "CREATE OR REPLACE TEMPORARY TABLE x AS SELECT 1",
        "EXPLAIN ANALYZE COPY t TO 'out.csv'",
        "EXPLAIN /* /* */ SELECT 1 -- */ ANALYZE COPY t TO 'out.csv'",
        "FROM enable_logging('QueryLog', storage = 'file', storage_path = 'log')",
        "SELECT * FROM system.main.\"Enable_Logging\" /* x */ ('QueryLog')",
        "SELECT * FROM query('FROM enable_logging()')",
        "SELECT * FROM query('FROM enable_' || 'logging()')",
        "SELECT * FROM query($$FROM query('FROM force_checkpoint()')$$)",
        "SELECT * FROM arrow_scan(1, 2, 3)",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "CREATE MACRO m() AS TABLE FROM enable_logging()",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE t",
        "SELECT 1 /* ; */; DROP TABLE t --",
        "SELECT 1\n--\n;DROP TABLE t",
        "PIVOT t ON a USING count(*)",
        "",
        "-- nothing",
        ";",
    ];
    for sql in statements {
        let answer = workspace.run(QueryJob { effect: Effect::Destroy, ..job(sql) }).await;
        let error = answer.expect_err(sql);
        assert!(matches!(error.code, Code::Denied | Code::InvalidInput), "{sql}: {error:?}");
        assert!(!error.hints.is_empty(), "{sql}: {error:?}");
    }
    assert_eq!(files(&workspace), before);
    assert_eq!(workspace.rows("SELECT count(*) FROM t").await, [[10]]);
}

#[tokio::test]
async fn files_networks_and_the_environment_are_out_of_reach() {
    let (workspace, outside) = workspace().await;
    let secret = outside.path().join("secret.csv").display().to_string();
    let mut statements: Vec<String> = [
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/etc/passwd')",
        "FROM read_csv('/etc/passwd')",
        "FROM read_json('/etc/passwd')",
        "FROM read_ndjson_objects('/etc/passwd')",
        "FROM read_parquet('/etc/passwd')",
        "FROM parquet_metadata('/etc/passwd')",
        "FROM parquet_schema('/etc/passwd')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM read_duckdb('/etc/passwd', table_name = 't')",
        "FROM read_text(['inside.csv', '/etc/passwd'])",
        "FROM '/etc/passwd'",
        "FROM '/etc/passwd.csv'",
        "FROM glob('/etc/*')",
        "FROM glob('../*')",
        "FROM read_text('link.csv')",
        "FROM read_csv('link.csv')",
        "FROM 'link.csv'",
        "FROM read_text('folder/secret.csv')",
        "FROM glob('folder/*')",
        "FROM read_text('~/.bashrc')",
        "FROM read_text('file:///etc/passwd')",
        "FROM read_text('/proc/self/environ')",
        "FROM read_text('/dev/stdin')",
        "FROM read_csv('http://127.0.0.1:1/x.csv')",
        "FROM read_parquet('s3://bucket/x.parquet')",
        "FROM 'https://example.com/x.parquet'",
        "FROM sqlite_scan('/etc/passwd', 't')",
        "FROM postgres_scan('host=127.0.0.1', 'public', 't')",
        "SELECT getenv('HOME')",
        "FROM st_read('/etc/passwd')",
        "CREATE TABLE stolen AS FROM read_text('/etc/passwd')",
        "CREATE VIEW stolen AS FROM read_text('/etc/passwd')",
    ]
    .map(str::to_owned)
    .into();
    statements.push(format!("FROM read_csv('{secret}')"));
    statements.push(format!("FROM '{secret}'"));
    statements.push(format!("SELECT * FROM query('FROM read_csv(''{secret}'')')"));
    for sql in &statements {
        let error = workspace.run(QueryJob { effect: Effect::Write, ..job(sql) }).await.expect_err(sql);
        assert!(!error.message.contains("root:"), "{sql}: {error:?}");
        assert!(!error.hints.is_empty(), "{sql}: {error:?}");
    }
    assert_eq!(workspace.rows("SELECT count(*) FROM duckdb_secrets()").await, [[0]]);
}

#[tokio::test]
async fn a_refusal_by_the_sandbox_names_the_granted_folders() {
    let (workspace, _outside) = workspace().await;
    let error = workspace.read("FROM read_text('/etc/passwd')").await.unwrap_err();
    assert_eq!(error.code, Code::Denied);
    assert_eq!(error.hints, [format!("SQL may read files only below: {}.", workspace.settings.workspace.display())]);
}

#[tokio::test]
async fn explaining_a_change_changes_nothing_unless_it_is_analyzed() {
    let (workspace, _outside) = workspace().await;
    let explain = |explain| QueryJob { explain, effect: Effect::Destroy, ..job("DELETE FROM t WHERE a < 5") };
    let plan = workspace.run(explain(Explain::Plan)).await.unwrap().plan.unwrap();
    assert!(plan.contains("DELETE"), "{plan}");
    assert_eq!(workspace.rows("SELECT count(*) FROM t").await, [[10]]);
    let plan = workspace.run(explain(Explain::Analyze)).await.unwrap().plan.unwrap();
    assert!(plan.contains("Total Time"), "{plan}");
    assert_eq!(workspace.rows("SELECT count(*) FROM t").await, [[5]]);
    let read = QueryJob { effect: Effect::Read, ..explain(Explain::Analyze) };
    assert_eq!(workspace.run(read).await.unwrap_err().field.as_deref(), Some("mode"));
}

#[tokio::test]
async fn nothing_of_a_call_is_left_for_the_next() {
    let (workspace, _outside) = workspace().await;
    workspace.write("CREATE TABLE memory.main.leftover AS SELECT 1").await;
    assert_eq!(workspace.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'leftover'").await, [[0]]);
    assert_eq!(workspace.read("SELECT * FROM memory.main.leftover").await.unwrap_err().code, Code::NotFound);
}
