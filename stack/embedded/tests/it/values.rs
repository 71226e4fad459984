//! Every DuckDB type as JSON, and JSON values as parameters.

use data_stack_core::ports::warehouse::{Parameters, QueryJob};
use serde_json::{Value, json};

use crate::support::{Workspace, job};

#[tokio::test]
async fn every_type_has_one_lossless_form() {
    let workspace = Workspace::new();
    let cases: Vec<(&str, &str, Value)> = vec![
        ("NULL", "INTEGER", json!(null)),
        ("true", "BOOLEAN", json!(true)),
        ("(-128)::TINYINT", "TINYINT", json!(-128)),
        ("(-32768)::SMALLINT", "SMALLINT", json!(-32768)),
        ("2147483647", "INTEGER", json!(2_147_483_647)),
        ("9007199254740992", "BIGINT", json!(9_007_199_254_740_992_i64)),
        ("9007199254740993", "BIGINT", json!("9007199254740993")),
        ("(-9223372036854775808)::BIGINT", "BIGINT", json!("-9223372036854775808")),
        ("255::UTINYINT", "UTINYINT", json!(255)),
        ("65535::USMALLINT", "USMALLINT", json!(65535)),
        ("4294967295::UINTEGER", "UINTEGER", json!(4_294_967_295_u32)),
        ("7::UBIGINT", "UBIGINT", json!("7")),
        ("18446744073709551615::UBIGINT", "UBIGINT", json!("18446744073709551615")),
        ("(-170141183460469231731687303715884105728)::HUGEINT", "HUGEINT", json!("-170141183460469231731687303715884105728")),
        ("340282366920938463463374607431768211455::UHUGEINT", "UHUGEINT", json!("340282366920938463463374607431768211455")),
        (
            "'-123456789012345678901234567890123456789012345678901234567890'::BIGNUM",
            "BIGNUM",
            json!("-123456789012345678901234567890123456789012345678901234567890"),
        ),
        ("0::BIGNUM", "BIGNUM", json!("0")),
        ("1.50::DECIMAL(4,2)", "DECIMAL(4,2)", json!("1.50")),
        ("-0.001::DECIMAL(9,3)", "DECIMAL(9,3)", json!("-0.001")),
        ("12345678901.1234567::DECIMAL(18,7)", "DECIMAL(18,7)", json!("12345678901.1234567")),
        ("99999999999999999999999999999999999999::DECIMAL(38,0)", "DECIMAL(38,0)", json!("99999999999999999999999999999999999999")),
        (
            "'-0.12345678901234567890123456789012345678'::DECIMAL(38,38)",
            "DECIMAL(38,38)",
            json!("-0.12345678901234567890123456789012345678"),
        ),
        ("0.1::FLOAT", "FLOAT", json!(0.1)),
        ("0.1::DOUBLE", "DOUBLE", json!(0.1)),
        ("1e300::DOUBLE", "DOUBLE", json!(1e300)),
        ("'nan'::DOUBLE", "DOUBLE", json!("NaN")),
        ("'inf'::DOUBLE", "DOUBLE", json!("Infinity")),
        ("'-inf'::FLOAT", "FLOAT", json!("-Infinity")),
        ("'äöü \u{1f980}'", "VARCHAR", json!("äöü \u{1f980}")),
        ("repeat('long ', 5)", "VARCHAR", json!("long long long long long ")),
        ("'{\"a\": [1, 2]}'::JSON", "JSON", json!("{\"a\": [1, 2]}")),
        ("'\\x00\\xff\\x10'::BLOB", "BLOB", json!("AP8Q")),
        ("'10101'::BIT", "BIT", json!("10101")),
        ("'101010101'::BIT", "BIT", json!("101010101")),
        ("'6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID", "UUID", json!("6f9619ff-8b86-d011-b42d-00c04fc964ff")),
        ("'f0000000-0000-0000-0000-000000000001'::UUID", "UUID", json!("f0000000-0000-0000-0000-000000000001")),
        ("'b'::ENUM('a', 'b''c', 'b')", "ENUM('a', 'b''c', 'b')", json!("b")),
        ("DATE '2024-02-29'", "DATE", json!("2024-02-29")),
        ("DATE '0044-03-15 (BC)'", "DATE", json!("-000043-03-15")),
        ("'infinity'::DATE", "DATE", json!("infinity")),
        ("TIME '12:34:56.789'", "TIME", json!("12:34:56.789")),
        ("'12:34:56.123456789'::TIME_NS", "TIME_NS", json!("12:34:56.123456789")),
        ("TIMETZ '12:34:56+05:30'", "TIME WITH TIME ZONE", json!("12:34:56+05:30")),
        ("TIMESTAMP '2024-01-02 03:04:05'", "TIMESTAMP", json!("2024-01-02T03:04:05")),
        ("'-infinity'::TIMESTAMP", "TIMESTAMP", json!("-infinity")),
        ("TIMESTAMP_S '2024-01-02 03:04:05'", "TIMESTAMP_S", json!("2024-01-02T03:04:05")),
        ("TIMESTAMP_MS '2024-01-02 03:04:05.006'", "TIMESTAMP_MS", json!("2024-01-02T03:04:05.006")),
        ("TIMESTAMP_NS '2024-01-02 03:04:05.000000007'", "TIMESTAMP_NS", json!("2024-01-02T03:04:05.000000007")),
        ("TIMESTAMPTZ '2024-01-02 03:04:05+02'", "TIMESTAMP WITH TIME ZONE", json!("2024-01-02T01:04:05Z")),
        ("INTERVAL '14 months 3 days 01:02:03.5'", "INTERVAL", json!("P1Y2M3DT1H2M3.5S")),
        ("[1, NULL, 3]", "INTEGER[]", json!([1, null, 3])),
        ("[[1], []]", "INTEGER[][]", json!([[1], []])),
        ("[1, 2, 3]::INTEGER[3]", "INTEGER[3]", json!([1, 2, 3])),
        ("{'a': 1, 'B c': 'x'}", "STRUCT(a INTEGER, \"B c\" VARCHAR)", json!({"a": 1, "B c": "x"})),
        ("MAP {'k': 1.5, 'l': NULL}", "MAP(VARCHAR, DECIMAL(2,1))", json!([["k", "1.5"], ["l", null]])),
        ("union_value(num := 2)::UNION(num INTEGER, str VARCHAR)", "UNION(num INTEGER, str VARCHAR)", json!({"num": 2})),
        ("'x'::UNION(num INTEGER, str VARCHAR)", "UNION(num INTEGER, str VARCHAR)", json!({"str": "x"})),
    ];
    let list: Vec<String> = cases.iter().enumerate().map(|(index, (sql, ..))| format!("{sql} AS c{index}")).collect();
    let page = workspace.read(&format!("SELECT {}", list.join(", "))).await.unwrap();
    for (index, (sql, kind, value)) in cases.iter().enumerate() {
        assert_eq!((page.columns[index].kind.as_str(), &page.rows[0][index]), (*kind, value), "{sql}");
    }
}

#[tokio::test]
async fn types_are_named_as_duckdb_names_them() {
    let workspace = Workspace::new();
    let page = workspace.read("SELECT * FROM test_all_types() LIMIT 1").await.unwrap();
    let list: Vec<String> = page.columns.iter().map(|column| format!("typeof(\"{}\")", column.name)).collect();
    let named = workspace.rows(&format!("SELECT {} FROM test_all_types() LIMIT 1", list.join(", "))).await.remove(0);
    for (column, expected) in page.columns.iter().zip(named) {
        // DuckDB also quotes words that need no quotes.
        assert_eq!(json!(column.kind), json!(expected.as_str().unwrap().replace("\"name\"", "name")), "{}", column.name);
    }
}

#[tokio::test]
async fn the_extremes_of_every_type_are_read() {
    let workspace = Workspace::new();
    let page = workspace.read("SELECT * FROM test_all_types()").await.unwrap();
    let column = |name: &str| page.columns.iter().position(|column| column.name == name).unwrap();
    let at = |name: &str| page.rows.iter().map(|row| row[column(name)].clone()).collect::<Vec<_>>();
    assert_eq!(
        at("hugeint"),
        [json!("-170141183460469231731687303715884105728"), json!("170141183460469231731687303715884105727"), json!(null)]
    );
    assert_eq!(
        at("dec38_10"),
        [json!("-9999999999999999999999999999.9999999999"), json!("9999999999999999999999999999.9999999999"), json!(null)]
    );
    assert_eq!(at("uuid")[0], json!("00000000-0000-0000-0000-000000000000"));
    assert_eq!(at("date")[0], json!("-5877641-06-25"));
    assert_eq!(at("timestamp")[1], json!("+294247-01-10T04:00:54.775806"));
    assert_eq!(at("time")[1], json!("24:00:00"));
    assert_eq!(at("double_array")[1], json!([42.0, "NaN", "Infinity", "-Infinity", null, -42.0]));
    assert_eq!(at("map")[1], json!([["key1", "🦆🦆🦆🦆🦆🦆"], ["key2", "goose"]]));
}

#[tokio::test]
async fn a_long_blob_is_cut_and_says_so() {
    let workspace = Workspace::new();
    let rows = workspace.rows("SELECT encode(repeat('a', 70000))").await;
    assert_eq!((rows[0][0]["bytes"].clone(), rows[0][0]["truncated"].clone()), (json!(70_000), json!(true)));
}

#[tokio::test]
async fn parameters_keep_their_types() {
    let workspace = Workspace::new();
    let positional =
        Parameters::Positional(vec![json!(1), json!(2.5), json!("it's"), json!(null), json!(true), json!(u64::MAX), json!([1, 2])]);
    let sql = "SELECT $1, $2, $3, $4, $5, $6, $7::INTEGER[]";
    let page = workspace.run(QueryJob { parameters: positional, ..job(sql) }).await.unwrap();
    assert_eq!(
        page.rows,
        [vec![json!(1), json!(2.5), json!("it's"), json!(null), json!(true), json!("18446744073709551615"), json!([1, 2])]]
    );
    let named = Parameters::Named(json!({"low": 2, "high": 3}).as_object().unwrap().clone());
    let page = workspace
        .run(QueryJob { parameters: named, ..job("SELECT range FROM range(10) WHERE range BETWEEN $low AND $high") })
        .await
        .unwrap();
    assert_eq!(page.rows, [[json!(2)], [json!(3)]]);
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_named() {
    let workspace = Workspace::new();
    let named = |value: Value| Parameters::Named(value.as_object().unwrap().clone());
    let cases = [
        ("SELECT ?, ?", Parameters::Positional(vec![json!(1)]), "params", "the statement has 2 placeholders and `params` has 1 values"),
        ("SELECT 1", Parameters::Positional(vec![json!(1)]), "params", "the statement has 0 placeholders and `params` has 1 values"),
        ("SELECT $a", named(json!({"b": 1})), "params.b", "the statement has no placeholder `$b`"),
        ("SELECT $a, $b", named(json!({"b": 1})), "params", "the placeholder `$a` has no value"),
        ("SELECT $a", named(json!({"a": "x\0y"})), "params.a", "the text holds a NUL character"),
    ];
    for (sql, parameters, field, message) in cases {
        let error = workspace.run(QueryJob { parameters, ..job(sql) }).await.unwrap_err();
        assert_eq!((error.field.as_deref(), error.message.as_str()), (Some(field), message), "{sql}");
    }
}
