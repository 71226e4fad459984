//! What a source is, told by its first bytes where they are a signature, then by its name, then by what it looks like.

use data_stack_core::ports::ingest::SourceFormat;
use data_stack_core::ports::sources::Format;

use crate::ingest::source::format::{detect, extension};

/// The longest plausible message at the head of an Arrow stream.
const ARROW_MESSAGE: u32 = 16 << 20;

/// The format of a file called `name` whose unpacked content begins with `head`.
pub(super) fn of(name: &str, head: &[u8]) -> Format {
    match head {
        [b'P', b'A', b'R', b'1', ..] => return Format::Parquet,
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => return Format::Excel,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => return Format::Arrow,
        [0xff, 0xff, 0xff, 0xff, length @ ..] if is_message(length) => return Format::Arrow,
        _ => {}
    }
    let named = matches!(extension(name).as_str(), "json" | "jsonl" | "ndjson");
    match detect(name, head) {
        SourceFormat::Json | SourceFormat::Jsonl if !named && !is_json(head) => Format::Csv,
        SourceFormat::Csv => Format::Csv,
        SourceFormat::Tsv => Format::Tsv,
        SourceFormat::Json => Format::Json,
        SourceFormat::Jsonl => Format::Jsonl,
        SourceFormat::Parquet => Format::Parquet,
        SourceFormat::Excel => Format::Excel,
    }
}

fn is_message(length: &[u8]) -> bool {
    length.first_chunk::<4>().is_some_and(|bytes| (1..ARROW_MESSAGE).contains(&u32::from_le_bytes(*bytes)))
}

/// Whether text that begins with a bracket or a brace is JSON: what follows has to be an object's beginning.
fn is_json(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    let inner = text.get(1..).unwrap_or_default().trim_ascii_start().first();
    match text.first() {
        Some(b'[') => matches!(inner, Some(b'{')),
        Some(b'{') => matches!(inner, Some(b'"' | b'}')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use data_stack_core::ports::sources::Format;

    #[test]
    fn signatures_count_more_than_names_and_names_more_than_looks() {
        let cases: [(&str, &[u8], Format); 12] = [
            ("a.csv", b"PAR1\x15", Format::Parquet),
            ("a.feather", b"ARROW1\0\0", Format::Arrow),
            ("a.arrows", b"\xff\xff\xff\xff\x10\x01\0\0", Format::Arrow),
            ("a.csv", b"{a},b", Format::Csv),
            ("a.txt", b"{a},b", Format::Csv),
            ("a.txt", b"[1],2", Format::Csv),
            ("a.txt", b"[\n {\"a\": 1}]", Format::Json),
            ("a", b"{\"a\": 1}\n", Format::Jsonl),
            ("a.json", b"[1]", Format::Json),
            ("a.ndjson.gz", b"", Format::Jsonl),
            ("a.tab", b"a\tb", Format::Tsv),
            ("report.ods", b"PK\x03\x04", Format::Excel),
        ];
        for (name, head, expected) in cases {
            assert_eq!(of(name, head), expected, "{name}");
        }
    }
}
