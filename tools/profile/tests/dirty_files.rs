//! Files as they come: each is read, repaired or refused in words, never dropped silently and never with a panic.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;

use data_stack_core::{Code, Control};
use data_stack_profile::result::{ColumnProfile, ColumnType, Profile};
use data_stack_profile::{OnError, Options, Source, profile_reader};
use support::{profile, profile_changed, profile_with};

fn column<'a>(profile: &'a Profile, name: &str) -> &'a ColumnProfile {
    profile.columns.iter().find(|column| column.name == name).unwrap()
}

fn codes(profile: &Profile) -> Vec<&str> {
    profile.issues.iter().map(|issue| issue.code.as_str()).collect()
}

/// Rows kept, kept after a repair, and rejected.
fn account(text: &str) -> (u64, u64, u64) {
    let file = profile(text).unwrap().file;
    (file.rows, file.ragged_rows, file.rejected_rows)
}

#[test]
fn rows_and_rejected_rows_always_add_up() {
    assert_eq!(account("a,b,c\n1,2,3\n4,5,6\n"), (2, 0, 0));
    assert_eq!(account("a,b,c\n1,2,3\n4,5\n6,7,8\n"), (3, 1, 0));
    assert_eq!(account("a,b,c\n1,2,3\n4,5,6,7\n6,7,8\n"), (2, 0, 1));
    assert_eq!(account("a,b,c\n1,2,3\n4,5,6,,\n6,7,8\n"), (3, 1, 0));
    assert_eq!(account("a,b,c\n1,2,3\n\n4,5,6\n\n\n"), (2, 0, 0));
    assert_eq!(account("a,b,c\n1,\"2\n2\",3\n4,5,6\n"), (2, 0, 0));
    assert_eq!(account("a,b,c\n1,5\" pipe,3\n4,5,6\n"), (2, 0, 0));
    assert_eq!(account("a,b,c\n1,\"open,3\n4,5,6\n7,8,9\n"), (3, 0, 0));
    assert_eq!(account("a,b,c\n1,2,3\n4,5,6"), (2, 0, 0));
    assert_eq!(account("a,b,c\n1,2,3\ntotal\n"), (1, 0, 1));
}

#[test]
fn a_rejected_line_is_reported_with_its_line_offset_reason_and_text() {
    let found = profile("a,b\n1,2\n3,4,5\n").unwrap();
    assert_eq!(found.rejects.len(), 1);
    let reject = &found.rejects[0];
    assert_eq!((reject.line, reject.byte_offset, reject.raw.as_deref()), (3, Some(8), Some("3,4,5")));
    assert_eq!(reject.reason, "3 fields where 2 are expected");
    assert_eq!(codes(&found)[0], "rejected_rows");
}

fn with(on_error: OnError) -> Options {
    Options { on_error, ..Options::default() }
}

#[test]
fn the_caller_chooses_what_happens_to_faulty_lines() {
    let text = "id,name,n\n1,Ann,5\n2,Smith, John,6\n3,Eve,7\n";
    let error = profile_with(text, &with(OnError::Fail)).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (Code::InvalidInput, "line 3 is faulty: 4 fields where 3 are expected"));
    let report = profile_with(text, &with(OnError::Report)).unwrap().file;
    assert_eq!((report.rows, report.ragged_rows, report.rejected_rows), (2, 0, 1));
    let repair = profile_with(text, &with(OnError::Repair)).unwrap();
    assert_eq!((repair.file.rows, repair.file.ragged_rows, repair.file.rejected_rows), (3, 1, 0));
    assert_eq!(column(&repair, "n").max.as_ref().unwrap(), 7);
    assert_eq!(column(&repair, "name").lengths.unwrap().max, "Smith, John".len() as u64);
}

#[test]
fn a_field_too_few_or_too_many_does_not_shift_the_others() {
    let mut text = String::from("id,name,when,n\n");
    for row in 1..50 {
        let _ = writeln!(text, "{row},x{row},2024-01-01,{row}");
    }
    text.push_str("50,2024-01-02,50\n51,,x51,2024-01-03,51\n");
    let found = profile(&text).unwrap();
    assert_eq!((found.file.rows, found.file.ragged_rows, found.file.rejected_rows), (51, 2, 0));
    let kinds: Vec<_> = found.columns.iter().map(|column| (column.kind.as_str(), column.nulls)).collect();
    assert_eq!(kinds, [("integer", 0), ("code", 1), ("date", 0), ("integer", 0)]);
}

#[test]
fn a_quote_out_of_place_swallows_no_line() {
    let mut text = String::from("id,name,note\n");
    for row in 1..100 {
        let _ = writeln!(text, "{row},\"n, {row}\",\"x\"");
    }
    text.push_str("100,\"open,\"x\"\n101,\"a, b\",\"\n102,\"c\",\"d\"\n");
    let found = profile(&text).unwrap();
    assert_eq!((found.file.rows, found.file.rejected_rows), (102, 0));
    assert_eq!(codes(&found).iter().filter(|code| **code == "stray_quotes").count(), 1);
    assert_eq!(column(&found, "id").max.as_ref().unwrap(), 102);
}

#[test]
fn another_table_below_is_reported_and_not_mixed_in() {
    let text = "id,name,n\n1,x,5\n2,y,6\n\nregion,total\nnorth,5\nsouth,6\n";
    let found = profile(text).unwrap();
    assert_eq!((found.file.rows, found.file.rejected_rows, found.file.blank_lines), (2, 3, 1));
    assert!(found.rejects.iter().all(|reject| reject.reason == "it belongs to another table, which begins on line 5"));
    let again = profile("id,n\n1,5\n2,6\n\"id\",n\n3,7\n").unwrap();
    assert_eq!((again.file.rows, again.rejects[0].line, again.rejects[0].reason.as_str()), (3, 4, "it repeats the header"));
}

#[test]
fn unusual_dialects_are_read_without_being_told() {
    let plain = profile("id,name\n1,\"a \"\"b\"\", c\"\n2,x\n3,\"y\"\n").unwrap();
    let variants = [
        ("padded", "id, name\n1, \"a \"\"b\"\", c\"\n2, x\n3, \"y\"\n"),
        ("long", "id||name\n1||\"a \"\"b\"\", c\"\n2||x\n3||\"y\"\n"),
        ("escaped", "id,name\n1,\"a \\\"b\\\", c\"\n2,x\n3,\"y\"\n"),
        ("empty rows at the end", "id,name\n1,\"a \"\"b\"\", c\"\n2,x\n3,\"y\"\n,\n,\n"),
        ("title", "Title of all,\n,\nid,name\n1,\"a \"\"b\"\", c\"\n2,x\n3,\"y\"\n"),
    ];
    for (name, text) in variants {
        let found = profile(text).unwrap();
        assert_eq!(serde_json::to_value(&found.columns).unwrap(), serde_json::to_value(&plain.columns).unwrap(), "{name}");
    }
}

#[test]
fn line_ends_byte_order_marks_and_encodings_change_no_value() {
    let text = "name,city,n\nJörg,Köln,1\nRenée,Besançon,2\nJosé,Málaga,3\n";
    let plain = profile(text).unwrap();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let variants: [(&str, Vec<u8>); 7] = [
        ("crlf", text.replace('\n', "\r\n").into_bytes()),
        ("cr", text.replace('\n', "\r").into_bytes()),
        ("bom", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("utf-16 with mark", [b"\xff\xfe".as_slice(), &wide].concat()),
        ("utf-16", wide),
        ("latin-1", text.chars().map(|c| c as u8).collect()),
        ("no last line end", text.trim_end().as_bytes().to_vec()),
    ];
    for (name, bytes) in variants {
        let found = profile(bytes).unwrap();
        let columns = serde_json::to_value(&found.columns).unwrap();
        assert_eq!(columns, serde_json::to_value(&plain.columns).unwrap(), "{name}");
    }
}

#[test]
fn a_file_that_stops_being_ascii_late_is_read_in_its_encoding() {
    let mut bytes = b"name,n\n".to_vec();
    for row in 0..150_000 {
        bytes.extend_from_slice(format!("abcdefgh,{row}\n").as_bytes());
    }
    bytes.extend_from_slice(b"Caf\xe9 cr\xe8me,1\nGar\xe7on,2\n");
    let found = profile(&bytes).unwrap();
    assert_eq!((found.file.encoding.as_str(), found.file.rows), ("windows-1252", 150_002));
    assert_eq!(column(&found, "name").max.as_ref().unwrap(), "abcdefgh");
    assert!(!codes(&found).contains(&"invalid_encoding"));
}

#[test]
fn a_broken_byte_in_the_middle_is_repaired_and_reported() {
    let mut bytes = format!("name,n\n{}", "é,1\n".repeat(500)).into_bytes();
    bytes.splice(100..100, *b"\xff");
    let found = profile(&bytes).unwrap();
    assert_eq!((found.file.encoding.as_str(), found.file.rows), ("utf-8", 500));
    assert!(codes(&found).contains(&"invalid_encoding"), "{:?}", codes(&found));
}

#[test]
fn what_is_no_table_is_refused_in_words() {
    let cases: [(&str, &[u8]); 7] = [
        ("empty", b""),
        ("empty", b"\n\n  \n"),
        ("empty", b"\xef\xbb\xbf"),
        ("zip archive", b"PK\x03\x04aaaa"),
        ("gzip", b"\x1f\x8b\x08\x00"),
        ("Parquet", b"PAR1\x00\x00"),
        ("binary", b"\x00\x01\x02\x03\x00\x05\x06\x07\x01\x02\x03,\n\x00\x00\x00"),
    ];
    for (word, bytes) in cases {
        let error = profile(bytes).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (Code::InvalidInput, Some("path")), "{word}");
        assert!(error.message.contains(word) && !error.hints.is_empty(), "{word}: {}", error.message);
    }
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    let found = profile("a,b\n").unwrap();
    assert_eq!((found.file.rows, found.columns.len(), codes(&found)), (0, 2, vec!["no_rows"]));
}

#[test]
fn nul_bytes_and_controls_do_no_harm() {
    let found = profile(b"a,b\nx\0y,1\nz,2\n\x1b[31mred,3\n".as_slice()).unwrap();
    assert!(codes(&found).contains(&"nul_bytes"));
    assert!(!serde_json::to_string(&found).unwrap().contains("\\u001b"));
}

#[test]
fn very_wide_and_very_long_lines_are_read() {
    let width = 100_000;
    let header: Vec<String> = (0..width).map(|index| format!("c{index}")).collect();
    let wide = format!("{}\n{}\n{}\n", header.join(","), vec!["1"; width].join(","), vec!["2"; width].join(","));
    assert_eq!(profile(wide).unwrap().columns.len(), width);
    let long = format!("a,b\n1,{}\n2,x\n", "y".repeat(20 << 20));
    let found = profile(long).unwrap();
    assert_eq!((found.file.rows, column(&found, "b").lengths.unwrap().max), (2, 20 << 20));
}

/// A file of one endless line, or one that breaks off with an error of the system.
struct Strange {
    at: u64,
    breaks_at: Option<u64>,
}

impl std::io::Read for Strange {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = self.breaks_at.unwrap_or(2 << 30);
        if self.at >= end && self.breaks_at.is_some() {
            return Err(std::io::Error::other("the disk is gone"));
        }
        let length = buffer.len().min((end - self.at) as usize);
        buffer[..length].fill(b'x');
        self.at += length as u64;
        Ok(length)
    }
}

impl std::io::Seek for Strange {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let std::io::SeekFrom::Start(at) = to else { return Err(std::io::Error::other("not used")) };
        self.at = at;
        Ok(at)
    }
}

#[test]
fn an_endless_line_and_a_failing_disk_end_in_words() {
    let source = Source { path: "strange.csv".into(), bytes: 2 << 30, modified: None };
    let profile = |breaks_at| {
        let reader = Strange { at: 0, breaks_at };
        profile_reader(reader, &source, &Options::default(), &Control::unlimited()).unwrap_err()
    };
    let endless = profile(None);
    assert_eq!((endless.code, endless.message.as_str()), (Code::Limit, "the record that begins on line 1 is longer than 128 MB"));
    for breaks_at in [100, 3 << 20] {
        let broken = profile(Some(breaks_at));
        assert_eq!((broken.code, broken.message.as_str()), (Code::Unavailable, "the file cannot be read: the disk is gone"));
    }
}

#[test]
fn a_folder_is_no_file() {
    let source = Source { path: "folder".into(), bytes: 0, modified: None };
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let error = profile_reader(folder, &source, &Options::default(), &Control::unlimited()).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (Code::Unavailable, Some("path")));
}

#[test]
fn many_unclosed_quotes_cost_no_more_than_their_lines() {
    let text = format!("a,b\n{}", "\"x,1\n".repeat(40_000));
    assert_eq!(account(&text), (40_000, 0, 0));
}

#[test]
fn a_type_holds_for_the_whole_file_wherever_the_exception_stands() {
    let mut late = String::from("n,code,when\n");
    for row in 0..20_000 {
        let _ = writeln!(late, "{row},{row},2020-01-01");
    }
    let numbers = profile(&late).unwrap();
    assert_eq!(column(&numbers, "code").kind, ColumnType::Integer);
    for row in 0..2_000 {
        let _ = writeln!(late, "{row},0{row:05},yesterday");
    }
    let mixed = profile(&late).unwrap();
    assert_eq!(
        [column(&mixed, "n").kind, column(&mixed, "code").kind, column(&mixed, "when").kind],
        [ColumnType::Integer, ColumnType::Code, ColumnType::Categorical]
    );
    assert_eq!(mixed.scan.columns_read_twice, 2);
    assert_eq!(column(&mixed, "code").distinct.value, 22_000);
}

#[test]
fn a_few_exceptions_leave_the_type_and_are_located() {
    let mut text = String::from("n,s\n");
    for row in 0..1000 {
        text.push_str(if row == 700 {
            "oops,x\n"
        } else if row % 10 == 0 {
            "N/A,x\n"
        } else {
            "5,x\n"
        });
    }
    let found = profile(&text).unwrap();
    let n = column(&found, "n");
    let evidence = n.evidence.as_ref().unwrap();
    assert_eq!((n.kind, evidence.exceptions, evidence.first_exception_line), (ColumnType::Integer, 1, Some(702)));
    assert_eq!((evidence.missing_tokens[0].value.as_str(), evidence.missing_tokens[0].count), ("N/A", 99));
}

#[test]
fn every_kind_of_column_is_told_apart() {
    let mut text = String::from("int;float;bool;date;stamp;cat;zip;long;note;nil\n");
    for row in 0..500 {
        let day = row % 28 + 1;
        let words = ["red", "green", "blue"];
        let _ = writeln!(
            text,
            "{row};{}.5;{};2020-02-{day:02};2020-02-{day:02} 10:00:{:02};{};0{:04};{};some words {row} here;",
            row,
            row % 2 == 0,
            row % 60,
            words[row % 3],
            row * 7 % 400,
            12_345_678_901_234_567_u64 + row as u64,
        );
    }
    let found = profile(&text).unwrap();
    let kinds: Vec<_> = found.columns.iter().map(|column| column.kind.as_str()).collect();
    assert_eq!(kinds, ["integer", "float", "boolean", "date", "timestamp", "categorical", "code", "code", "text", "empty"]);
    assert_eq!(found.key_candidates, ["int", "long", "note"]);
}

#[test]
fn both_splitters_read_the_same() {
    let mut rows = String::from("a,b,c\n");
    for row in 0..3000 {
        let _ = writeln!(rows, "{row},\"x, \"\"{row}\"\"\ny\",{}", if row % 5 == 0 { "" } else { "\"\"" });
    }
    let clean = profile(&rows).unwrap();
    let crlf = profile(rows.replace('\n', "\r\n")).unwrap();
    let dirty = profile(format!("{rows}\n")).unwrap();
    assert_eq!((clean.scan.chunks.own, dirty.scan.chunks.polars, crlf.scan.chunks.own), (0, 0, 0));
    assert_eq!(serde_json::to_value(&clean.columns).unwrap(), serde_json::to_value(&dirty.columns).unwrap());
    assert_eq!(column(&clean, "c").empty_strings, 2400);
    assert_eq!(serde_json::to_value(&clean.columns[0]).unwrap(), serde_json::to_value(&crlf.columns[0]).unwrap());
    assert_eq!(column(&crlf, "b").distinct, column(&clean, "b").distinct);
}

#[test]
fn the_order_of_day_and_month_is_decided_by_the_whole_file() {
    let mut text = String::from("when,n\n");
    for row in 0..6000 {
        let _ = writeln!(text, "0{}/0{}/2024,{row}", row % 9 + 1, row % 7 + 1);
    }
    let ambiguous = profile(&text).unwrap();
    assert!(codes(&ambiguous).contains(&"ambiguous_dates"));
    for row in 0..100 {
        let _ = writeln!(text, "01/{}/2024,{row}", row % 18 + 13);
    }
    let decided = profile(&text).unwrap();
    let when = column(&decided, "when");
    let evidence = when.evidence.as_ref().unwrap();
    assert_eq!((when.kind, evidence.date_order.as_deref(), evidence.exceptions), (ColumnType::Date, Some("month_first"), 0));
    assert_eq!(when.max.as_ref().unwrap(), "2024-09-07");
}

#[test]
fn a_file_that_grew_or_shrank_while_it_was_read_is_reported() {
    let text = b"a,b\n1,2\n3,4\n";
    assert!(codes(&profile_changed(text, 5).unwrap()).contains(&"file_changed"));
    assert!(!codes(&profile_changed(text, text.len() as u64).unwrap()).contains(&"file_changed"));
}
