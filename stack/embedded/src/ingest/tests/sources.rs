//! Every format, packed and unpacked.

use std::io::Write;

use data_stack_core::Code;
use data_stack_core::ports::ingest::{Dialect, IngestJob, OnError};

use super::{World, append, columns, job};
use crate::fetch::RemoteSettings;
use crate::ingest::SizeLimits;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_text_is_unpacked() {
    let text = b"a\tb\n1\tx\n";
    for (name, content) in [("f.tsv.gz", gzip(text)), ("f.tsv.zst", zstd::encode_all(&text[..], 3).unwrap())] {
        let world = World::new();
        world.write(name, content);
        assert_eq!(columns(&world.load(job(name)).unwrap()), ["a BIGINT", "b VARCHAR"], "{name}");
        assert_eq!(world.query("FROM t"), ["1|x"], "{name}");
    }
}

#[test]
fn a_bomb_is_refused() {
    let sizes = SizeLimits { unpacked: 1 << 20, ..SizeLimits::default() };
    let world = World::with(RemoteSettings::default(), sizes);
    world.write("f.csv.gz", gzip(&vec![b'0'; 2 << 20]));
    assert_eq!(world.load(job("f.csv.gz")).unwrap_err().code, Code::Limit);
}

#[test]
fn json_lines_load_with_nested_values_and_reject_what_is_no_object() {
    let world = World::new();
    world.write(
        "f.jsonl",
        "{\"id\":\"0042\",\"n\":1,\"tags\":[\"x\"]}\n[1]\n\n{\"id\":\"7\",\"n\":9007199254740993,\"o\":{\"k\":true}}\n{\"id\"\n",
    );
    let report = world.load(IngestJob { on_error: OnError::Reject, ..job("f.jsonl") }).unwrap();
    assert_eq!(columns(&report), ["id VARCHAR", "n BIGINT", "tags VARCHAR[]", "o STRUCT(k BOOLEAN)"]);
    assert_eq!(world.query("FROM t"), ["0042|1|[x]", "7|9007199254740993|{'k': true}"]);
    assert_eq!((report.rows_read, report.rows_rejected), (2, 2));
    assert_eq!(report.rejects.iter().map(|reject| (reject.line, reject.raw.as_str())).collect::<Vec<_>>(), [(2, "[1]"), (5, "{\"id\"")]);
}

#[test]
fn a_json_array_loads_and_its_types_can_be_given() {
    let world = World::new();
    world.write("f.json", "[{\"a\": 1, \"b\": \"5\"},\n {\"a\": 2, \"b\": \"x\"}]");
    let types = vec![("b".into(), "BIGINT".into())];
    let report = world.load(IngestJob { on_error: OnError::Reject, types, ..job("f.json") }).unwrap();
    assert_eq!(world.query("FROM t"), ["1|5"]);
    assert_eq!((report.rejects[0].line, report.rejects[0].column.as_deref()), (2, Some("b")));
}

#[test]
fn parquet_loads_as_it_is_typed() {
    let world = World::new();
    let path = world.path("f.parquet");
    let connection = duckdb::Connection::open_in_memory().unwrap();
    let sql = "COPY (SELECT i AS id, i::DECIMAL(9,2) AS price, DATE '2020-01-01' AS day FROM range(3) r(i)) TO '{}' (FORMAT parquet)";
    connection.execute_batch(&sql.replace("{}", &path.to_string_lossy())).unwrap();
    let report = world.load(job("f.parquet")).unwrap();
    assert_eq!(columns(&report), ["id BIGINT", "price DECIMAL(9,2)", "day DATE"]);
    assert_eq!((report.rows_read, world.query("FROM t LIMIT 1")), (3, vec!["0|0.00|2020-01-01".to_owned()]));
    world.write("more.csv", "id,price,day\n9,1.50,2020-02-02\n");
    assert_eq!(world.load(append("more.csv")).unwrap().rows_total, 4);
}

/// A workbook as the format's standard wants it, with the parts that readers need and no more.
fn workbook() -> Vec<u8> {
    let relationship = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let sheet = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>code</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>n</t></is></c>\
        <c r=\"C1\" t=\"inlineStr\"><is><t>day</t></is></c><c r=\"D1\" t=\"inlineStr\"><is><t>ok</t></is></c></row>\
        <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>0042</t></is></c><c r=\"B2\"><v>1.5</v></c><c r=\"C2\" s=\"1\"><v>40513</v></c><c r=\"D2\" t=\"b\"><v>1</v></c></row>\
        <row r=\"4\"><c r=\"A4\" t=\"inlineStr\"><is><t>7</t></is></c><c r=\"B4\" t=\"e\"><v>#N/A</v></c><c r=\"C4\" s=\"1\"><v>40514</v></c><c r=\"D4\" t=\"b\"><v>0</v></c></row>";
    let parts = [
        ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>".to_owned()),
        ("_rels/.rels", format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{relationship}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{relationship}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{relationship}/styles\" Target=\"styles.xml\"/></Relationships>")),
        ("xl/workbook.xml", format!("<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{relationship}\"><sheets><sheet name=\"Sales\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>")),
        ("xl/styles.xml", "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>".to_owned()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:D4\"/><sheetData>{sheet}</sheetData></worksheet>")),
    ];
    zip(&parts)
}

/// A zip archive without compression.
fn zip(parts: &[(&str, String)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let (start, size, length) = (archive.len() as u32, content.len() as u32, name.len() as u16);
        let mut shared = vec![20, 0, 0, 0, 0, 0, 0, 0, 33, 0];
        for number in [crc.sum(), size, size] {
            shared.extend_from_slice(&number.to_le_bytes());
        }
        shared.extend_from_slice(&length.to_le_bytes());
        shared.extend_from_slice(&[0, 0]);
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&shared);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(content.as_bytes());
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&shared);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&start.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = archive.len() as u32;
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    archive.extend_from_slice(&[parts.len() as u8, 0, parts.len() as u8, 0]);
    archive.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    archive.extend_from_slice(&start.to_le_bytes());
    archive.extend_from_slice(&[0, 0]);
    archive
}

#[test]
fn a_sheet_loads_with_the_types_of_its_cells() {
    let world = World::new();
    world.write("f.xlsx", workbook());
    let report = world.load(job("f.xlsx")).unwrap();
    assert_eq!(columns(&report), ["code VARCHAR", "n DOUBLE", "day DATE", "ok BOOLEAN"]);
    assert_eq!(world.query("FROM t"), ["0042|1.5|2010-12-01|true", "7|2010-12-02|false"]);
    assert_eq!(report.warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), ["cell_errors"]);
    let error = world.load(IngestJob { sheet: Some("Sale".into()), ..append("f.xlsx") });
    assert_eq!(error.unwrap().skipped.len(), 1, "the content is known whatever the sheet");
    let error = world.load(IngestJob { sheet: Some("Sale".into()), force: true, ..append("f.xlsx") }).unwrap_err();
    assert_eq!((error.field.as_deref(), error.valid_values), (Some("sheet"), vec!["Sales".to_owned()]));
}

#[test]
fn nulls_and_headers_are_read_as_the_caller_says() {
    let world = World::new();
    world.write("f.txt", "remark\n1;NA\nNA;2\n");
    let dialect = Dialect { header: Some(false), skip_rows: Some(1), null_values: Some(vec!["NA".into()]), ..Dialect::default() };
    let report = world.load(IngestJob { dialect, ..job("f.txt") }).unwrap();
    assert_eq!(columns(&report), ["column1 BIGINT", "column2 BIGINT"]);
    assert_eq!(world.query("SELECT count(column1), count(column2), count(*) FROM t"), ["1|1|2"]);
}
