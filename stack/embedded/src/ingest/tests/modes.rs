//! Modes, schema policies, and that a content is loaded once.

use data_stack_core::Code;
use data_stack_core::ports::ingest::{IngestJob, OnError, SchemaPolicy};

use super::{World, append, columns, job, replace};

#[test]
fn create_refuses_a_table_that_exists_and_append_adds_to_it() {
    let world = World::new();
    world.write("1.csv", "a,b\n1,x\n");
    world.write("2.csv", "a,b\n2,y\n");
    assert_eq!(world.load(job("1.csv")).unwrap().rows_total, 1);
    assert_eq!(world.load(job("2.csv")).unwrap_err().field.as_deref(), Some("mode"));
    assert_eq!(world.load(append("2.csv")).unwrap().rows_total, 2);
    assert_eq!(world.query("FROM t ORDER BY a"), ["1|x", "2|y"]);
}

#[test]
fn replace_keeps_one_previous_version_and_the_tables_own_constraints() {
    let world = World::new();
    world.write("1.csv", "a,b\n1,x\n2,y\n");
    world.write("2.csv", "a,b\n1,z\n");
    world.query("SELECT 1");
    duckdb::Connection::open(world.path("w.duckdb"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a BIGINT PRIMARY KEY, b VARCHAR NOT NULL)")
        .unwrap();
    world.load(append("1.csv")).unwrap();
    let report = world.load(replace("2.csv")).unwrap();
    assert_eq!((report.previous.as_deref(), report.rows_total), (Some("_data_stack_previous.t"), 1));
    assert_eq!(world.query("FROM t"), ["1|z"]);
    assert_eq!(world.query("FROM _data_stack_previous.t ORDER BY a"), ["1|x", "2|y"]);
    world.write("3.csv", "a,b\n7,\n");
    let error = world.load(replace("3.csv")).unwrap_err();
    assert!(error.message.contains("NOT NULL"), "{error}");
    assert_eq!((world.query("FROM t"), world.query("FROM _data_stack_previous.t").len()), (vec!["1|z".to_owned()], 2));
}

#[test]
fn the_same_content_is_loaded_once_unless_forced() {
    let world = World::new();
    world.write("1.csv", "a\n1\n");
    world.write("copy.csv", "a\n1\n");
    world.load(job("1.csv")).unwrap();
    for repeated in [job("1.csv"), append("1.csv"), append("copy.csv"), replace("1.csv")] {
        let report = world.load(repeated).unwrap();
        assert_eq!((report.files.len(), report.skipped.len(), report.rows_total), (0, 1, 1));
        assert!(report.skipped[0].loaded_at.is_some());
    }
    let forced = world.load(IngestJob { force: true, ..append("1.csv") }).unwrap();
    assert_eq!((forced.rows_loaded, forced.rows_total), (1, 2));
    assert_eq!(
        world.query("SELECT table_name, source, rows, mode, request_id, is_current FROM _data_stack.loads ORDER BY loaded_at"),
        ["t|1.csv|1|create|request|true", "t|1.csv|1|append|request|true"]
    );
}

#[test]
fn a_content_that_was_replaced_away_can_be_loaded_again() {
    let world = World::new();
    world.write("1.csv", "a\n1\n");
    world.write("2.csv", "a\n2\n");
    world.load(job("1.csv")).unwrap();
    world.load(replace("2.csv")).unwrap();
    assert_eq!(world.load(replace("1.csv")).unwrap().rows_loaded, 1);
    assert_eq!(world.query("FROM t"), ["1"]);
}

#[test]
fn a_dropped_table_is_loaded_afresh() {
    let world = World::new();
    world.write("1.csv", "a\n1\n");
    world.load(job("1.csv")).unwrap();
    duckdb::Connection::open(world.path("w.duckdb")).unwrap().execute_batch("DROP TABLE t").unwrap();
    assert_eq!(world.load(job("1.csv")).unwrap().rows_loaded, 1);
}

/// The policy, the second file, and the columns and rows afterwards or the words of the refusal.
type Case<'a> = (SchemaPolicy, &'a str, Result<(&'a [&'a str], &'a [&'a str]), &'a str>);

#[test]
fn each_policy_meets_new_missing_and_changed_columns() {
    use SchemaPolicy::{Discard, Evolve, Fail, Freeze};
    let (new, missing, changed) = ("a,b,c\n2,y,9\n", "a\n2\n", "a,b\ntwo,y\n");
    let kept: &[&str] = &["a BIGINT", "b VARCHAR"];
    let cases: [Case<'_>; 12] = [
        (Fail, new, Err("`c` is new")),
        (Fail, missing, Err("`b` is missing from the source")),
        (Fail, changed, Err("`a` is BIGINT in the table and VARCHAR in the source")),
        (Freeze, new, Err("`c` is new")),
        (Freeze, missing, Ok((kept, &["1|x", "2"]))),
        (Freeze, changed, Err("`a` is BIGINT")),
        (Discard, new, Ok((kept, &["1|x", "2|y"]))),
        (Discard, missing, Ok((kept, &["1|x", "2"]))),
        (Discard, changed, Err("`two` is no BIGINT")),
        (Evolve, new, Ok((&["a BIGINT", "b VARCHAR", "c BIGINT"], &["1|x", "2|y|9"]))),
        (Evolve, missing, Ok((kept, &["1|x", "2"]))),
        (Evolve, changed, Ok((&["a VARCHAR", "b VARCHAR"], &["1|x", "two|y"]))),
    ];
    for (policy, second, expected) in cases {
        let world = World::new();
        world.write("1.csv", "a,b\n1,x\n");
        world.write("2.csv", second);
        world.load(job("1.csv")).unwrap();
        let result = world.load(IngestJob { schema_policy: policy, ..append("2.csv") });
        match expected {
            Ok((expected_columns, rows)) => {
                assert_eq!(
                    columns(&result.unwrap_or_else(|error| panic!("{policy:?} {second:?}: {error:?}"))),
                    expected_columns,
                    "{policy:?} {second:?}"
                );
                assert_eq!(world.query("FROM t ORDER BY ALL"), rows, "{policy:?} {second:?}");
            }
            Err(words) => {
                let error = result.unwrap_err();
                assert!(error.code == Code::Failed && error.message.contains(words), "{policy:?} {second:?}: {error}");
                assert_eq!(world.query("FROM t"), ["1|x"], "{policy:?} {second:?}");
            }
        }
    }
}

#[test]
fn values_are_cast_from_their_letters_into_the_tables_types() {
    let world = World::new();
    world.write("1.csv", "code,price\n0042,1.10\n");
    world.write("2.csv", "price,code\n2,1234\n");
    world.load(IngestJob { types: vec![("price".into(), "DECIMAL(9,2)".into())], ..job("1.csv") }).unwrap();
    let report = world.load(append("2.csv")).unwrap();
    assert_eq!(report.changes, []);
    assert_eq!(world.query("FROM t"), ["0042|1.10", "1234|2.00"]);
}

#[test]
fn a_row_that_does_not_fit_the_table_is_rejected_where_that_is_asked_for() {
    let world = World::new();
    world.write("1.csv", "a,b\n1,x\n");
    world.write("2.csv", "a,b\n2,y\nthree,z\n");
    world.load(job("1.csv")).unwrap();
    let report = world.load(IngestJob { on_error: OnError::Reject, ..append("2.csv") }).unwrap();
    assert_eq!((report.rows_loaded, report.rows_rejected, report.rows_total), (1, 1, 2));
    assert_eq!(report.rejects[0].reason, "`three` is no BIGINT");
}

#[test]
fn a_glob_loads_its_files_together_and_skips_those_it_has() {
    let world = World::new();
    world.write("in/1.csv", "a,b\n1,x\n");
    world.write("in/2.csv", "a,b\n2.5,y\n");
    let report = world.load(job("in/*.csv")).unwrap();
    assert_eq!((report.files.len(), columns(&report)), (2, vec!["a DOUBLE".to_owned(), "b VARCHAR".to_owned()]));
    world.write("in/3.csv", "a,b\n3,z\n");
    let report = world.load(append("in/*.csv")).unwrap();
    assert_eq!((report.files.len(), report.skipped.len(), report.rows_total), (1, 2, 3));
}

#[test]
fn a_preview_changes_nothing_and_says_what_would_happen() {
    let world = World::new();
    world.write("1.csv", "a,b\n1,x\n");
    world.write("2.csv", "a,b,c\n2,y,9007199254740993\n3,z\n");
    let preview = world.preview(job("1.csv")).unwrap();
    assert_eq!(preview.outcome, "1 rows with 2 columns would be loaded into the new table `t`.");
    assert_eq!(preview.rows, [[serde_json::json!(1), serde_json::json!("x")]]);
    assert_eq!(world.query("SELECT count(*) FROM duckdb_tables()"), ["0"]);
    world.load(job("1.csv")).unwrap();
    let preview = world.preview(append("2.csv")).unwrap();
    assert_eq!(preview.outcome, "The load would be refused: the columns differ: `c` is new; nothing was changed.");
    assert_eq!((preview.rows_read, preview.rows_rejected, preview.changes.len()), (1, 1, 1));
    assert_eq!(preview.rows, [[serde_json::json!(2), serde_json::json!("y"), serde_json::json!("9007199254740993")]]);
    assert_eq!(world.preview(job("1.csv")).unwrap().outcome, "Nothing would be loaded: the table holds this content already.");
    assert_eq!(world.query("FROM t"), ["1|x"]);
}

#[test]
fn names_are_only_names() {
    let world = World::new();
    world.write("1.csv", "a\"; DROP TABLE t; --,b'\n1,x\n");
    let report = world.load(IngestJob { table: "raw.\"we\"\"ird; name\"".into(), ..job("1.csv") }).unwrap();
    assert_eq!(report.table, "raw.\"we\"\"ird; name\"");
    assert_eq!(world.query("SELECT \"b'\" FROM raw.\"we\"\"ird; name\""), ["x"]);
}
