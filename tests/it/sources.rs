//! The same data in every format has the same profile.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Server, demo_workspace};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
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

fn text_cell(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>")
}

/// The sales as a sheet: quantities and prices as numbers, all else as text. A sheet would make 17850 of the number 17850.0.
fn sheet(csv: &str) -> String {
    let mut rows = String::new();
    for (number, line) in csv.lines().enumerate() {
        rows.push_str("<row>");
        for (column, field) in split(line).into_iter().enumerate() {
            match (field.is_empty(), number > 0 && [3, 5].contains(&column)) {
                (true, _) => rows.push_str("<c/>"),
                (false, true) => write!(rows, "<c><v>{field}</v></c>").unwrap(),
                (false, false) => rows.push_str(&text_cell(&field)),
            }
        }
        rows.push_str("</row>");
    }
    format!("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>")
}

/// The fields of a line whose quotes are in order.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut before) = (false, ' ');
    for character in line.chars() {
        let field = fields.last_mut().unwrap();
        match character {
            '"' => {
                // A quote right behind a closing one stands for itself.
                if !quoted && before == '"' {
                    field.push('"');
                }
                quoted = !quoted;
            }
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
        before = character;
    }
    fields
}

/// A workbook of two sheets: some words, and the sales.
fn workbook(csv: &str) -> Vec<u8> {
    let relationship = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let types = format!(
        "<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
    );
    let root = format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{relationship}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let links = format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{relationship}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{relationship}/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{relationship}\"><sheets><sheet name=\"Notes\" sheetId=\"1\" r:id=\"r1\"/>\
         <sheet name=\"Sales\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>"
    );
    let notes = sheet("note\nmade for a test\n");
    zip(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/worksheets/sheet1.xml", notes.as_bytes()),
        ("xl/worksheets/sheet2.xml", sheet(csv).as_bytes()),
    ])
}

/// The sales once more in every way that they may lie.
fn write_all(folder: &Path, csv: &[u8]) {
    let write = |name: &str, content: &[u8]| std::fs::write(folder.join(name), content).unwrap();
    write("packed.csv.gz", &gzip(csv));
    write("packed.csv.zst", &zstd::encode_all(csv, 1).unwrap());
    write("packed.zip", &zip(&[("sales.csv", csv), ("readme.txt", b"see sales.csv")]));
    write("book.xlsx", &workbook(std::str::from_utf8(csv).unwrap()));
    let middle = csv.len() / 2 + csv[csv.len() / 2..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let header = &csv[..=csv.iter().position(|byte| *byte == b'\n').unwrap()];
    std::fs::create_dir(folder.join("parts")).unwrap();
    write("parts/1.csv", &csv[..middle]);
    write("parts/2.csv.gz", &gzip(&[header, &csv[middle..]].concat()));
}

/// Lets the product itself write a table as a file.
fn export(server: &mut Server, folder: &Path, name: &str) {
    let saved = server.call("query_duckdb", &json!({"sql": "FROM sales", "save_as": name}));
    let path = saved["links"][0]["path"].as_str().unwrap_or_else(|| panic!("{saved}"));
    std::fs::copy(path, folder.join(name)).unwrap();
}

/// What is to be the same: everything but how the text was written.
fn essence(answer: &Value) -> Value {
    let data = &answer["data"];
    let mut columns = data["columns"].clone();
    for column in columns.as_array_mut().unwrap_or_else(|| panic!("{answer}")) {
        column.as_object_mut().unwrap().retain(|name, _| !["declared_type", "examples"].contains(&name.as_str()));
    }
    json!([data["file"]["rows"], data["file"]["rejected_rows"], columns, data["correlations"], data["key_candidates"]])
}

#[test]
fn the_same_data_has_the_same_profile_in_every_format() {
    let folder = demo_workspace();
    let csv = std::fs::read(folder.path().join("transactions.csv")).unwrap();
    write_all(folder.path(), &csv);
    let (mut server, _) = Server::session(folder.path(), &["--effects", "write"], "2025-11-25");
    let types = json!({"InvoiceNo": "VARCHAR"});
    let loaded = server.call("ingest", &json!({"source": "transactions.csv", "table": "sales", "types": types}));
    assert_eq!(loaded["ok"], true, "{loaded}");
    for name in ["sales.parquet", "sales.arrow", "sales.jsonl"] {
        export(&mut server, folder.path(), name);
    }
    let plain = server.call("profile_csv", &json!({"path": "transactions.csv", "detail": "high"}));
    assert_eq!((&plain["data"]["file"]["rows"], &plain["data"]["file"]["format"]), (&json!(42_481), &json!("csv")));
    let cases = [
        (json!({"path": "packed.csv.gz"}), json!({"format": "csv", "compression": "gzip"})),
        (json!({"path": "packed.csv.zst"}), json!({"format": "csv", "compression": "zstd"})),
        (json!({"path": "packed.zip", "entry": "sales.csv"}), json!({"format": "csv", "compression": "zip", "entry": "sales.csv"})),
        (json!({"path": "book.xlsx", "sheet": "sales"}), json!({"format": "excel", "sheet": "Sales"})),
        (json!({"path": "sales.parquet"}), json!({"format": "parquet"})),
        (json!({"path": "sales.arrow"}), json!({"format": "arrow"})),
        (json!({"path": "sales.jsonl"}), json!({"format": "jsonl"})),
        (json!({"path": "parts/*"}), json!({"format": "csv"})),
        (json!({"table": "sales"}), json!({"format": "table", "path": "sales"})),
        (json!({"sql": "FROM sales"}), json!({"format": "query", "path": "query"})),
    ];
    for (mut arguments, expected) in cases {
        arguments["detail"] = json!("high");
        let answer = server.call("profile_csv", &arguments);
        assert_same(&essence(&answer), &essence(&plain), &arguments);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(answer["data"]["file"][name], *value, "{arguments}: {name}");
        }
    }
}

/// Fails with the first difference instead of with both profiles.
fn assert_same(found: &Value, expected: &Value, about: &Value) {
    let (found, expected) = (flat(found, String::new()), flat(expected, String::new()));
    for (one, other) in found.iter().zip(&expected) {
        assert_eq!(one, other, "{about}");
    }
    assert_eq!(found.len(), expected.len(), "{about}");
}

fn flat(value: &Value, at: String) -> Vec<(String, Value)> {
    match value {
        Value::Array(values) => values.iter().enumerate().flat_map(|(index, value)| flat(value, format!("{at}/{index}"))).collect(),
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| flat(value, format!("{at}/{name}"))).collect(),
        other => vec![(at, other.clone())],
    }
}

#[test]
fn a_column_shows_what_it_is_declared_as_beside_what_was_found() {
    let folder = demo_workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    let sql = "SELECT '7' AS code, 1.5::DECIMAL(9,2) AS price, '' AS note, NULL::DATE AS day";
    let answer = server.call("profile_csv", &json!({"sql": sql}));
    let columns = answer["data"]["columns"].as_array().unwrap();
    let shown: Vec<Value> =
        columns.iter().map(|column| json!([column["declared_type"], column["type"], column["nulls"], column["empty_strings"]])).collect();
    assert_eq!(
        json!(shown),
        json!([
            ["VARCHAR", "integer", 0, null],
            ["DECIMAL(9,2)", "float", 0, null],
            ["VARCHAR", "empty", 1, 1],
            ["DATE", "empty", 1, null]
        ])
    );
}

#[test]
fn no_row_is_lost_or_taken_for_a_header_or_a_blank_line() {
    let folder = demo_workspace();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    let cases = [
        ("SELECT NULL AS only UNION ALL SELECT 1 UNION ALL SELECT NULL", 3, 2),
        ("SELECT 'name' AS a, 'unit' AS b UNION ALL SELECT '1', '2' UNION ALL SELECT '3', '4'", 3, 0),
        ("SELECT '' AS a, NULL AS b FROM range(3)", 3, 3),
        ("SELECT ' x' AS a, ' \\\"y' AS b FROM range(3)", 3, 0),
        ("SELECT 1 AS a, 2 AS b WHERE false", 0, 0),
    ];
    for (sql, rows, nulls) in cases {
        let answer = server.call("profile_csv", &json!({"sql": sql}));
        let found = (&answer["data"]["file"]["rows"], &answer["data"]["columns"][0]["nulls"], &answer["data"]["file"]["rejected_rows"]);
        assert_eq!(found, (&json!(rows), &json!(nulls), &json!(0)), "{sql}: {answer}");
    }
}

#[test]
fn what_to_profile_is_named_once_and_choices_are_named_in_errors() {
    let folder = demo_workspace();
    let csv = std::fs::read(folder.path().join("transactions.csv")).unwrap();
    std::fs::write(folder.path().join("book.xlsx"), workbook(std::str::from_utf8(&csv[..200]).unwrap().rsplit_once('\n').unwrap().0))
        .unwrap();
    std::fs::create_dir(folder.path().join("mixed")).unwrap();
    std::fs::write(folder.path().join("mixed/1.csv"), "a,b\n1,2\n").unwrap();
    std::fs::write(folder.path().join("mixed/2.csv"), "a,c\n1,2\n").unwrap();
    let (mut server, _) = Server::session(folder.path(), &[], "2025-11-25");
    let cases = [
        (json!({}), "path", "exactly one of"),
        (json!({"path": "transactions.csv", "sql": "SELECT 1"}), "sql", "exactly one of"),
        (json!({"table": "t", "sheet": "x"}), "sheet", "Leave it out"),
        (json!({"path": "book.xlsx", "sheet": "Sale"}), "sheet", "Did you mean `Sales`?"),
        (json!({"path": "mixed/*.csv"}), "path", "same columns"),
    ];
    for (arguments, field, hint) in cases {
        let error = server.call("profile_csv", &arguments)["error"].clone();
        assert_eq!((&error["code"], &error["field"]), (&json!("invalid_input"), &json!(field)), "{arguments}: {error}");
        assert!(error["hints"][0].as_str().unwrap().contains(hint), "{arguments}: {error}");
    }
    let mixed = server.call("profile_csv", &json!({"path": "mixed/*.csv"}));
    assert_eq!(mixed["error"]["message"], "the columns of mixed/2.csv are not those of mixed/1.csv: it lacks `b` and adds `c`");
}
