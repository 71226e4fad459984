//! Files as they come: what is read, what is rejected, and that both add up.

use data_stack_core::Code;
use data_stack_core::ports::ingest::{Dialect, IngestJob, OnError};

use super::{World, columns, job};

fn rejecting(source: &str) -> IngestJob {
    IngestJob { on_error: OnError::Reject, ..job(source) }
}

/// Content, columns, rows as text, rejected lines.
type Case<'a> = (&'a str, Vec<u8>, &'a [&'a str], &'a [&'a str], &'a [u64]);

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn dirty_files_load_what_can_be_read_and_reject_the_rest() {
    let cases: [Case<'_>; 17] = [
        ("ragged", b"a,b\n1,2\n3\n4,5,6\n7,8\n".to_vec(), &["a BIGINT", "b BIGINT"], &["1|2", "7|8"], &[3, 4]),
        ("stray quote", b"a,b\n1,5\" pipe\n2,x\"y\n".to_vec(), &["a BIGINT", "b VARCHAR"], &["1|5\" pipe", "2|x\"y"], &[]),
        ("unclosed quote", b"a,b\n1,\"x\n2,y\n3,z\n".to_vec(), &["a BIGINT", "b VARCHAR"], &["2|y", "3|z"], &[2]),
        ("quoted newline", b"a,b\n1,\"x\ny\"\n2,z\n".to_vec(), &["a BIGINT", "b VARCHAR"], &["1|x\ny", "2|z"], &[]),
        ("mixed line ends", b"a,b\r\n1,x\n2,y\r3,z".to_vec(), &["a BIGINT", "b VARCHAR"], &["1|x", "2|y", "3|z"], &[]),
        ("byte order mark", b"\xef\xbb\xbfa,b\n1,x\n".to_vec(), &["a BIGINT", "b VARCHAR"], &["1|x"], &[]),
        ("utf-16", utf16("a,b\n1,\u{e9}\u{1F600}\n"), &["a BIGINT", "b VARCHAR"], &["1|\u{e9}\u{1F600}"], &[]),
        ("latin-1", b"a,b\n1,Orl\xe9ans\n2,Jos\xe9\n".to_vec(), &["a BIGINT", "b VARCHAR"], &["1|Orl\u{e9}ans", "2|Jos\u{e9}"], &[]),
        ("nul bytes", b"a,b\n1,x\0y\n2,z\n".to_vec(), &["a BIGINT", "b VARCHAR"], &["2|z"], &[2]),
        ("header only", b"a,b\n".to_vec(), &["a VARCHAR", "b VARCHAR"], &[], &[]),
        ("odd header", b"a,,A\n1,2,3\n".to_vec(), &["a BIGINT", "column2 BIGINT", "A_2 BIGINT"], &["1|2|3"], &[]),
        (
            "long ids",
            b"id,x\n9007199254740993,a\n9223372036854775807,b\n".to_vec(),
            &["id BIGINT", "x VARCHAR"],
            &["9007199254740993|a", "9223372036854775807|b"],
            &[],
        ),
        ("huge ids", b"id,x\n12345678901234567890,a\n".to_vec(), &["id HUGEINT", "x VARCHAR"], &["12345678901234567890|a"], &[]),
        ("padded codes", b"code,n\n0042,1\n1234,2\n".to_vec(), &["code VARCHAR", "n BIGINT"], &["0042|1", "1234|2"], &[]),
        ("blank lines", b"a,b\n1,2\n\n3,4\n\n\n".to_vec(), &["a BIGINT", "b BIGINT"], &["1|2", "3|4"], &[]),
        ("decimal comma", b"a;b\n1,5;x\n2,5;y\n".to_vec(), &["a VARCHAR", "b VARCHAR"], &["1,5|x", "2,5|y"], &[]),
        (
            "day first",
            b"d,n\n31/12/2010 8:05,1\n01/02/2011 10:00,2\n".to_vec(),
            &["d TIMESTAMP", "n BIGINT"],
            &["2010-12-31 08:05:00|1", "2011-02-01 10:00:00|2"],
            &[],
        ),
    ];
    for (name, content, expected_columns, expected_rows, expected_rejects) in cases {
        let world = World::new();
        world.write("f.csv", content);
        let report = world.load(rejecting("f.csv")).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(columns(&report), expected_columns, "{name}");
        assert_eq!(world.query("FROM t"), expected_rows, "{name}");
        let rejected: Vec<u64> = report.rejects.iter().map(|reject| reject.line).collect();
        assert_eq!(rejected, expected_rejects, "{name}");
        assert_eq!((report.rows_read, report.rows_rejected), (expected_rows.len() as u64, expected_rejects.len() as u64), "{name}");
        assert!(report.checks.iter().all(|check| check.passed) && report.checks.len() >= 2, "{name}: {:?}", report.checks);
    }
}

#[test]
fn rejected_lines_come_with_place_reason_and_text_and_as_a_file() {
    let world = World::new();
    world.write("f.csv", b"\xef\xbb\xbfa,b\n1,2\n3,4,\"5, 6\"\n");
    let report = world.load(rejecting("f.csv")).unwrap();
    let reject = &report.rejects[0];
    assert_eq!(
        (reject.source.as_str(), reject.line, reject.byte_offset, reject.reason.as_str(), reject.raw.as_str()),
        ("f.csv", 3, Some(11), "expected 2 fields, found 3", "3,4,\"5, 6\"")
    );
    let file = world.artifact(&report.rejects_file.unwrap().uri);
    assert_eq!(file, "source,line,byte_offset,column,reason,raw\nf.csv,3,11,,\"expected 2 fields, found 3\",\"3,4,\"\"5, 6\"\"\"\n");
}

#[test]
fn by_default_a_line_that_cannot_be_read_refuses_the_load() {
    let world = World::new();
    world.write("f.csv", "a,b\n1,2\n3\n");
    let error = world.load(job("f.csv")).unwrap_err();
    assert_eq!(error.code, Code::Failed);
    assert!(error.message.contains("line 3 of f.csv: expected 2 fields, found 1"), "{error}");
    assert_eq!(world.query("SELECT count(*) FROM duckdb_tables()"), ["0"]);
}

#[test]
fn a_value_that_is_not_of_the_given_type_is_rejected_with_its_column() {
    let world = World::new();
    world.write("f.csv", "id,n\na,1\nb,x\nc,2.5\nd,3.0\n");
    let report = world.load(IngestJob { types: vec![("n".into(), "BIGINT".into())], ..rejecting("f.csv") }).unwrap();
    let found: Vec<_> = report
        .rejects
        .iter()
        .map(|reject| (reject.line, reject.column.clone().unwrap(), reject.reason.clone(), reject.raw.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (3, "n".to_owned(), "`x` is no BIGINT".to_owned(), "b,x".to_owned()),
            (4, "n".to_owned(), "`2.5` is no BIGINT without rounding".to_owned(), "c,2.5".to_owned())
        ]
    );
    assert_eq!((report.rows_read, report.rows_rejected, report.rows_loaded), (2, 2, 2));
    assert_eq!(world.query("FROM t"), ["a|1", "d|3"]);
}

#[test]
fn empty_files_and_wrong_arguments_are_refused_with_the_field() {
    let world = World::new();
    world.write("empty.csv", "");
    world.write("f.csv", "amount\n1\n");
    let cases = [
        (job("empty.csv"), "source"),
        (job("absent.csv"), "source"),
        (job("../f.csv"), "source"),
        (job("https://example.org/a.csv"), "source"),
        (IngestJob { table: "_data_stack.loads".into(), ..job("f.csv") }, "table"),
        (IngestJob { types: vec![("amuont".into(), "BIGINT".into())], ..job("f.csv") }, "types.amuont"),
        (IngestJob { types: vec![("amount".into(), "NONSENSE".into())], ..job("f.csv") }, "types.amount"),
        (IngestJob { types: vec![("amount".into(), "INT); DROP TABLE t; --".into())], ..job("f.csv") }, "types.amount"),
        (IngestJob { dialect: Dialect { encoding: Some("klingon".into()), ..Dialect::default() }, ..job("f.csv") }, "dialect.encoding"),
        (IngestJob { dialect: Dialect { delimiter: Some("::".into()), ..Dialect::default() }, ..job("f.csv") }, "dialect.delimiter"),
    ];
    for (job, field) in cases {
        let error = world.load(job).unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field), "{error:?}");
        assert!(!error.hints.is_empty());
    }
}

#[test]
fn the_real_file_loads_with_its_types() {
    let world = World::new();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/transactions.csv");
    world.write("transactions.csv", std::fs::read(data).unwrap());
    let report = world.load(job("transactions.csv")).unwrap();
    assert_eq!((report.rows_read, report.rows_rejected, report.rows_total), (42_481, 0, 42_481));
    assert_eq!(
        columns(&report),
        [
            "InvoiceNo VARCHAR",
            "StockCode VARCHAR",
            "Description VARCHAR",
            "Quantity BIGINT",
            "InvoiceDate TIMESTAMP",
            "UnitPrice DOUBLE",
            "CustomerID DOUBLE",
            "Country VARCHAR"
        ]
    );
}
