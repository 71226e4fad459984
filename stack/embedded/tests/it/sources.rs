//! Sources of every format as text, through worker processes.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use arrow::ipc::CompressionType;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use data_stack_core::ports::sources::{OpenedSource, Wanted};
use data_stack_core::ports::warehouse::{Export, ExportFormat, QueryJob};
use data_stack_core::{Code, Control, Progress, ToolError};
use data_stack_embedded::ingest::SizeLimits;
use serde_json::json;

use crate::support::{Workspace, job};

const TEXT: &str = "id,name\n1,x\n2,\"y, z\"\n";

fn place(path: &str) -> Wanted {
    Wanted::Place { path: path.into(), sheet: None, entry: None }
}

fn entry(path: &str, entry: &str) -> Wanted {
    Wanted::Place { path: path.into(), sheet: None, entry: Some(entry.into()) }
}

fn sheet(path: &str, sheet: &str) -> Wanted {
    Wanted::Place { path: path.into(), sheet: Some(sheet.into()), entry: None }
}

async fn open(workspace: &Workspace, wanted: Wanted) -> Result<Vec<OpenedSource>, ToolError> {
    let opened = workspace.ports().sources().unwrap().open(wanted, &Control::unlimited()).await;
    let spool = workspace.settings.state.join("ingest");
    let left = std::fs::read_dir(spool).map_or(0, Iterator::count);
    assert_eq!(left, 0, "working copies are unlinked at once");
    opened
}

async fn open_one(workspace: &Workspace, wanted: Wanted) -> OpenedSource {
    let mut opened = open(workspace, wanted).await.unwrap();
    assert_eq!(opened.len(), 1);
    opened.remove(0)
}

fn text_of(source: &mut OpenedSource) -> String {
    let mut text = String::new();
    source.file.read_to_string(&mut text).unwrap();
    assert_eq!(source.bytes, text.len() as u64);
    text
}

fn declared(source: &OpenedSource) -> Vec<String> {
    let columns = &source.written.as_ref().unwrap().columns;
    columns.iter().map(|column| format!("{} {}", column.name, column.kind.as_deref().unwrap_or("?"))).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Exports a query's rows to a file in the workspace.
async fn export(workspace: &Workspace, sql: &str, format: ExportFormat, name: &str) {
    let export = Export { format, name: "rows".into() };
    let page = workspace.run(QueryJob { export: Some(export), ..job(sql) }).await.unwrap();
    std::fs::copy(page.export.unwrap().path, workspace.path(name)).unwrap();
}

/// A value of every kind that text might lose.
const KINDS: &str = "SELECT 1 AS id, 'a,\"b\"' || chr(10) || 'c' AS t, NULL::INTEGER AS n, '' AS e, [1, NULL] AS l, {'k': 'v'} AS s, \
    'ab'::BLOB AS b, TIMESTAMPTZ '2020-01-01 00:00:00+01' AS z, DATE '2020-02-03' AS d, 1.50::DECIMAL(9,2) AS p, TIMESTAMP '2020-01-01 10:00:00.5' AS w";
const KINDS_TEXT: &str = "id,t,n,e,l,s,b,z,d,p,w\n1,\"a,\"\"b\"\"\nc\",,\"\",\"[1,null]\",\"{\"\"k\"\":\"\"v\"\"}\",YWI=,2019-12-31 23:00:00+00,2020-02-03,1.50,2020-01-01 10:00:00.5\n";

#[tokio::test]
async fn text_is_opened_as_it_is_and_packed_text_is_unpacked() {
    let workspace = Workspace::new();
    std::fs::write(workspace.path("a.csv"), TEXT).unwrap();
    std::fs::write(workspace.path("a.csv.gz"), [gzip(&TEXT.as_bytes()[..9]), gzip(&TEXT.as_bytes()[9..])].concat()).unwrap();
    std::fs::write(workspace.path("a.csv.zst"), zstd::encode_all(TEXT.as_bytes(), 3).unwrap()).unwrap();
    let extra: &[(&str, &[u8])] = &[("__MACOSX/._a.csv", b"x"), ("in/a.csv", TEXT.as_bytes())];
    std::fs::write(workspace.path("a.zip"), zip(extra)).unwrap();
    let cases = [
        ("a.csv", None, None),
        ("a.csv.gz", Some("gzip"), None),
        ("a.csv.zst", Some("zstd"), None),
        ("a.zip", Some("zip"), Some("in/a.csv")),
    ];
    for (name, compression, entry) in cases {
        let mut source = open_one(&workspace, place(name)).await;
        let stored = std::fs::metadata(workspace.path(name)).unwrap().len();
        assert_eq!(text_of(&mut source), TEXT, "{name}");
        assert_eq!((source.format.as_str(), source.compression, source.entry.as_deref()), ("csv", compression, entry), "{name}");
        assert_eq!((source.name.as_str(), source.stored_bytes, source.written), (name, Some(stored), None));
    }
}

#[tokio::test]
async fn an_archive_of_several_files_is_asked_for_one() {
    let workspace = Workspace::new();
    std::fs::write(workspace.path("a.zip"), zip(&[("a.csv", b"a\n1\n"), ("b.jsonl", b"{\"b\":2}\n")])).unwrap();
    let error = open(&workspace, place("a.zip")).await.unwrap_err();
    assert_eq!((error.field.as_deref(), error.valid_values), (Some("entry"), vec!["a.csv".to_owned(), "b.jsonl".to_owned()]));
    let mut source = open_one(&workspace, entry("a.zip", "b.jsonl")).await;
    assert_eq!((text_of(&mut source).as_str(), source.format.as_str()), ("b\n2\n", "jsonl"));
    let error = open(&workspace, entry("a.zip", "a.cvs")).await.unwrap_err();
    assert_eq!((error.field.as_deref(), error.hints[0].as_str()), (Some("entry"), "Did you mean `a.csv`?"));
}

#[tokio::test]
async fn parquet_and_arrow_keep_every_value_and_their_types() {
    let workspace = Workspace::new();
    export(&workspace, KINDS, ExportFormat::Parquet, "a.parquet").await;
    export(&workspace, KINDS, ExportFormat::Arrow, "a.arrow").await;
    let batches: Vec<_> =
        FileReader::try_new(std::fs::File::open(workspace.path("a.arrow")).unwrap(), None).unwrap().map(Result::unwrap).collect();
    let mut stream = StreamWriter::try_new(std::fs::File::create(workspace.path("a.arrows")).unwrap(), &batches[0].schema()).unwrap();
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME)).unwrap();
    let file = std::fs::File::create(workspace.path("a.feather")).unwrap();
    let mut packed = FileWriter::try_new_with_options(file, &batches[0].schema(), options).unwrap();
    for batch in &batches {
        stream.write(batch).unwrap();
        packed.write(batch).unwrap();
    }
    stream.finish().unwrap();
    packed.finish().unwrap();
    let types = [
        "id INTEGER",
        "t VARCHAR",
        "n INTEGER",
        "e VARCHAR",
        "l INTEGER[]",
        "s STRUCT(k VARCHAR)",
        "b BLOB",
        "z TIMESTAMP WITH TIME ZONE",
        "d DATE",
        "p DECIMAL(9,2)",
        "w TIMESTAMP",
    ];
    for (name, format) in [("a.parquet", "parquet"), ("a.arrow", "arrow"), ("a.arrows", "arrow"), ("a.feather", "arrow")] {
        let mut source = open_one(&workspace, place(name)).await;
        assert_eq!(text_of(&mut source), KINDS_TEXT, "{name}");
        assert_eq!((source.format.as_str(), declared(&source)), (format, types.map(str::to_owned).to_vec()), "{name}");
    }
}

#[tokio::test]
async fn tables_views_and_queries_are_read_where_they_lie() {
    let workspace = Workspace::new();
    workspace.write(&format!("CREATE TABLE sales AS {KINDS}")).await;
    workspace.write("CREATE SCHEMA raw").await;
    workspace.write("CREATE VIEW raw.\"of all\" AS SELECT id FROM sales").await;
    let mut source = open_one(&workspace, Wanted::Table("sales".into())).await;
    assert_eq!((text_of(&mut source).as_str(), source.format.as_str(), source.stored_bytes), (KINDS_TEXT, "table", None));
    assert_eq!(text_of(&mut open_one(&workspace, Wanted::Table("raw.\"of all\"".into())).await), "id\n1\n");
    let sql = "SELECT id AS a, id + 1 AS a FROM sales UNION ALL SELECT NULL, NULL ORDER BY 1 DESC; -- the end";
    let mut source = open_one(&workspace, Wanted::Query(sql.into())).await;
    assert_eq!((text_of(&mut source).as_str(), source.format.as_str()), ("a,a_1\n1,2\n,\n", "query"));
    let mut source = open_one(&workspace, Wanted::Query("SELECT NULL AS only UNION ALL SELECT 1 ORDER BY 1".into())).await;
    assert_eq!(text_of(&mut source), "only\n1\n\n");
}

#[tokio::test]
async fn what_may_not_be_asked_is_refused_with_the_next_step() {
    let workspace = Workspace::new();
    workspace.write("CREATE TABLE sales AS SELECT 1 AS id").await;
    let error = open(&workspace, Wanted::Table("sale".into())).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref(), error.valid_values), (Code::NotFound, Some("table"), vec!["sales".to_owned()]));
    for (sql, code) in [
        ("DELETE FROM sales", Code::Denied),
        ("CREATE TABLE t AS SELECT 1", Code::Denied),
        ("COPY sales TO 'x.csv'", Code::Denied),
        ("SELECT 1; SELECT 2", Code::InvalidInput),
        ("EXPLAIN SELECT 1", Code::InvalidInput),
        ("SELECT idd FROM sales", Code::NotFound),
        ("SELECT 1) TO 'x.csv' --", Code::InvalidInput),
    ] {
        let error = open(&workspace, Wanted::Query(sql.into())).await.unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (code, Some("sql")), "{sql}: {error}");
    }
    assert_eq!(workspace.rows("SELECT count(*) FROM sales").await, [[json!(1)]]);
    let error = open(&workspace, place("https://example.org/a.csv")).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::Denied, Some("path")));
    assert!(error.hints[0].contains("--network https://example.org/"), "{:?}", error.hints);
}

#[tokio::test]
async fn json_keeps_what_is_written_and_counts_what_is_no_object() {
    let workspace = Workspace::new();
    std::fs::write(workspace.path("a.jsonl"), "{\"zip\":\"0042\",\"n\":1.10}\n[1]\n\n{\"n\":null,\"tags\":[\"x\"],\"zip\":\"\"}\n")
        .unwrap();
    let mut source = open_one(&workspace, place("a.jsonl")).await;
    assert_eq!(text_of(&mut source), "zip,n,tags\n0042,1.10,\n\"\",,\"[\"\"x\"\"]\"\n");
    assert_eq!(declared(&source), ["zip string", "n number", "tags array"]);
    let written = source.written.unwrap();
    assert_eq!((written.rejected, written.rejects[0].line, written.rejects[0].raw.as_str()), (1, 2, "[1]"));
    std::fs::write(workspace.path("a.json"), "[{\"a\": 1},\n {\"a\": 2}]").unwrap();
    assert_eq!(text_of(&mut open_one(&workspace, place("a.json")).await), "a\n1\n2\n");
}

#[tokio::test]
async fn a_pattern_opens_all_that_match_in_order() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("in")).unwrap();
    std::fs::write(workspace.path("in/2.csv.gz"), gzip(b"a\n2\n")).unwrap();
    std::fs::write(workspace.path("in/1.csv"), "a\n1\n").unwrap();
    let opened = open(&workspace, place("in/*")).await.unwrap();
    assert_eq!(opened.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["in/1.csv", "in/2.csv.gz"]);
    assert_eq!(open(&workspace, place("in/*.parquet")).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn bombs_torn_archives_and_wrong_choices_are_clear_errors() {
    let sizes = SizeLimits { unpacked: 4 << 20, ..SizeLimits::default() };
    let workspace = Workspace::with(|settings| settings.source_sizes = sizes);
    let zeros = vec![b'0'; 5 << 20];
    std::fs::write(workspace.path("bomb.csv.gz"), gzip(&zeros)).unwrap();
    std::fs::write(workspace.path("bomb.zip"), zip(&[("bomb.csv", &zeros)])).unwrap();
    let whole = gzip(TEXT.repeat(1_000).as_bytes());
    std::fs::write(workspace.path("torn.csv.gz"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(workspace.path("torn.zip"), &zip(&[("a.csv", TEXT.as_bytes())])[..60]).unwrap();
    std::fs::write(workspace.path("torn.parquet"), "PAR1 and no more").unwrap();
    std::fs::write(workspace.path("torn.arrow"), "ARROW1 and no more").unwrap();
    std::fs::write(workspace.path("plain.csv"), TEXT).unwrap();
    let cases = [
        (place("bomb.csv.gz"), Code::Limit, None, "unpacks to more than"),
        (place("bomb.zip"), Code::Limit, None, "unpacks to more than"),
        (Wanted::Query("SELECT repeat('x', 100) FROM range(100_000)".into()), Code::Limit, None, "larger as text than the limit"),
        (place("torn.csv.gz"), Code::InvalidInput, Some("path"), "torn.csv.gz cannot be unpacked"),
        (place("torn.zip"), Code::InvalidInput, Some("path"), "torn.zip cannot be unpacked"),
        (place("torn.parquet"), Code::InvalidInput, Some("path"), "the file cannot be read"),
        (place("torn.arrow"), Code::InvalidInput, Some("path"), "the file cannot be read"),
        (entry("plain.csv", "x"), Code::InvalidInput, Some("entry"), "is no zip archive"),
        (sheet("plain.csv", "x"), Code::InvalidInput, Some("sheet"), "is no workbook"),
    ];
    for (wanted, code, field, words) in cases {
        let error = open(&workspace, wanted.clone()).await.unwrap_err();
        assert!(error.message.contains(words), "{wanted:?}: {error}");
        assert_eq!((error.code, error.field.as_deref()), (code, field), "{wanted:?}: {error}");
        assert!(!error.hints.is_empty(), "{wanted:?}");
    }
}

#[tokio::test]
async fn a_cancelled_call_ends_in_every_phase_and_leaves_nothing() {
    let workspace = Workspace::new();
    let lines = "{\"a\": 123, \"b\": \"some text\"}\n".repeat(200_000);
    std::fs::write(workspace.path("a.jsonl.gz"), gzip(lines.as_bytes())).unwrap();
    let endless = Wanted::Query("SELECT count(*) FROM range(1000000000) a, range(1000000) b".into());
    let cases = [
        (place("a.jsonl.gz"), "unpacking a.jsonl.gz"),
        (place("a.jsonl.gz"), "looking for columns in a.jsonl.gz"),
        (place("a.jsonl.gz"), "reading a.jsonl.gz"),
        (endless, "reading the query"),
    ];
    for (wanted, words) in cases {
        let token = tokio_util::sync::CancellationToken::new();
        let (cancel, messages) = (token.clone(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&messages);
        let sink = move |progress: Progress| {
            if progress.message.starts_with(words) {
                cancel.cancel();
            }
            kept.lock().unwrap().push(progress.message);
        };
        let control = Control::new(token, None, Arc::new(sink));
        let error = workspace.ports().sources().unwrap().open(wanted, &control).await.unwrap_err();
        assert_eq!(error.code, Code::Cancelled, "{words}: {error}, {:?}", messages.lock().unwrap());
    }
}
