//! What a file is, told by its name and its first bytes.

use data_stack_core::ports::ingest::SourceFormat;

/// The format of a file called `name` whose unpacked content begins with `head`.
pub(crate) fn detect(name: &str, head: &[u8]) -> SourceFormat {
    match extension(name).as_str() {
        "parquet" | "pq" => SourceFormat::Parquet,
        _ if named_as_workbook(name) => SourceFormat::Excel,
        "jsonl" | "ndjson" => SourceFormat::Jsonl,
        "json" => SourceFormat::Json,
        "tsv" | "tab" => SourceFormat::Tsv,
        "csv" => SourceFormat::Csv,
        _ => by_content(head),
    }
}

/// Whether the name is a workbook's.
pub(crate) fn named_as_workbook(name: &str) -> bool {
    matches!(extension(name).as_str(), "xlsx" | "xlsm" | "xls" | "xlsb" | "ods")
}

/// The end of a name that tells the format, in lower case, without what tells how it is packed.
pub(crate) fn extension(name: &str) -> String {
    let lower = name.to_lowercase();
    let bare = [".gz", ".zst", ".zstd"].iter().find_map(|end| lower.strip_suffix(end)).unwrap_or(&lower);
    bare.rsplit_once('.').map_or("", |(_, end)| end).to_owned()
}

fn by_content(head: &[u8]) -> SourceFormat {
    match head {
        [b'P', b'A', b'R', b'1', ..] => SourceFormat::Parquet,
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => SourceFormat::Excel,
        _ => match head.trim_ascii_start().first() {
            Some(b'[') => SourceFormat::Json,
            Some(b'{') => SourceFormat::Jsonl,
            _ => SourceFormat::Csv,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::detect;
    use data_stack_core::ports::ingest::SourceFormat;

    #[test]
    fn formats_are_told_by_name_and_then_by_content() {
        let cases: [(&str, &[u8], SourceFormat); 9] = [
            ("a.csv", b"{", SourceFormat::Csv),
            ("a.CSV.GZ", b"", SourceFormat::Csv),
            ("a.jsonl.zst", b"", SourceFormat::Jsonl),
            ("a.parquet", b"", SourceFormat::Parquet),
            ("a", b"PAR1...", SourceFormat::Parquet),
            ("a", b"PK\x03\x04", SourceFormat::Excel),
            ("a.txt", b" [1]", SourceFormat::Json),
            ("a.txt", b"{}", SourceFormat::Jsonl),
            ("a.txt", b"a,b", SourceFormat::Csv),
        ];
        for (name, head, expected) in cases {
            assert_eq!(detect(name, head), expected, "{name}");
        }
    }
}
