//! How a text is separated: found from its beginning, then held to by the whole file.

use data_stack_core::ToolError;
use data_stack_core::ports::ingest::{Dialect, SourceFormat};

use super::records::{Fields, Records, Syntax};
use super::value::{Readings, readings};
use crate::ingest::names;

/// Records that are looked at to find the dialect.
const MAX_RECORDS: usize = 2_000;

/// More columns than this mean that the delimiter is wrong.
const MAX_COLUMNS: usize = 5_000;

/// How a file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The characters that give it structure.
    pub(crate) syntax: Syntax,
    /// Lines that the caller says come before everything.
    pub(crate) skipped_lines: u64,
    /// Records that were found to be titles or remarks before the header.
    pub(crate) preamble: u64,
    /// Whether a record names the columns.
    pub(crate) header: bool,
    /// The columns' names.
    pub(crate) names: Vec<String>,
    /// Texts that stand for null beside the empty one.
    pub(crate) nulls: Vec<String>,
    /// What the reader should know, as code and sentence.
    pub(crate) notes: Vec<(&'static str, String)>,
}

/// Finds the layout from the beginning of a text. `whole` says whether `sample` is all of it.
pub(crate) fn find(sample: &[u8], whole: bool, format: SourceFormat, hints: &Dialect) -> Result<Layout, ToolError> {
    let skipped_lines = hints.skip_rows.unwrap_or(0);
    let sample = after_lines(sample, skipped_lines);
    let syntax = syntax(sample, whole, format, hints)?;
    let records = sample_records(sample, whole, syntax);
    let usual = modal(&records);
    let mut notes = Vec::new();
    let preamble = if hints.skip_rows.is_some() { 0 } else { leading_text(&records, usual) };
    if preamble > 0 {
        notes
            .push(("preamble", format!("{preamble} line(s) before the header were passed over; set `dialect.skip_rows` if that is wrong")));
    }
    let rows = records.get(preamble as usize..).unwrap_or_default();
    let Some(first) = rows.first() else {
        return Err(ToolError::invalid("source", "the file holds no rows", "Check the file, or `dialect.skip_rows`."));
    };
    if first.len() > MAX_COLUMNS {
        let message = format!("the file would have {} columns; at most {MAX_COLUMNS} are loaded", first.len());
        return Err(ToolError::invalid("dialect.delimiter", message, "Give the delimiter with `dialect`."));
    }
    let header = hints.header.unwrap_or_else(|| is_header(rows));
    let names = if header { named(first, &mut notes) } else { (1..=usual.max(1)).map(|at| format!("column{at}")).collect() };
    Ok(Layout { syntax, skipped_lines, preamble, header, names, nulls: hints.null_values.clone().unwrap_or_default(), notes })
}

/// What follows the first `count` lines.
fn after_lines(sample: &[u8], count: u64) -> &[u8] {
    let mut records = Records::new(sample, Syntax { delimiter: b',', quote: None, escape: None });
    match records.pass_lines(count) {
        Ok(_) => &sample[(records.offset() as usize).min(sample.len())..],
        Err(_) => sample,
    }
}

fn named(first: &[String], notes: &mut Vec<(&'static str, String)>) -> Vec<String> {
    let (names, changes) = names::columns(first);
    notes.extend(changes.into_iter().map(|note| ("header_names", note)));
    names
}

/// One ASCII character, or `\t`.
fn character(field: &str, text: &str) -> Result<u8, ToolError> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(*byte),
        _ => Err(ToolError::invalid(
            format!("dialect.{field}"),
            format!("`{text}` is not one ASCII character"),
            "Use one character such as `;`, or `\\t` for a tab.",
        )),
    }
}

fn syntax(sample: &[u8], whole: bool, format: SourceFormat, hints: &Dialect) -> Result<Syntax, ToolError> {
    let quote = match hints.quote.as_deref() {
        None => Some(b'"'),
        Some("") => None,
        Some(text) => Some(character("quote", text)?),
    };
    let delimiters = match hints.delimiter.as_deref() {
        Some(text) => vec![character("delimiter", text)?],
        None if format == SourceFormat::Tsv => vec![b'\t'],
        None => vec![b',', b'\t', b';', b'|'],
    };
    if quote.is_some_and(|quote| delimiters.contains(&quote)) {
        return Err(ToolError::invalid("dialect.quote", "the quote is also the delimiter", "Give two different characters."));
    }
    let escapes = [None, quote.map(|_| b'\\')];
    let candidates = delimiters.iter().flat_map(|delimiter| escapes.map(|escape| Syntax { delimiter: *delimiter, quote, escape }));
    let fallback = Syntax { delimiter: delimiters[0], quote, escape: None };
    Ok(best(sample, whole, candidates).unwrap_or(fallback))
}

/// The candidate by which most records have the same number of fields; the first of equals.
fn best(sample: &[u8], whole: bool, candidates: impl Iterator<Item = Syntax>) -> Option<Syntax> {
    let mut best = None;
    let mut best_score = (0, 1);
    for syntax in candidates {
        let records = sample_records(sample, whole, syntax);
        let usual = modal(&records);
        let alike = records.iter().filter(|record| record.len() == usual).count();
        let score = (alike * 1000 / records.len().max(1), usual);
        // A single field is no evidence for a delimiter, except for how its quotes are escaped.
        if usual > 1 && score.0 >= 500 && score > best_score {
            (best, best_score) = (Some(syntax), score);
        }
    }
    best
}

/// The records of the sample that hold anything; a malformed one is shown as having no fields.
fn sample_records(sample: &[u8], whole: bool, syntax: Syntax) -> Vec<Vec<String>> {
    let mut records = Records::new(sample, syntax);
    let mut fields = Fields::default();
    let mut found = Vec::new();
    while let Ok(Some(record)) = records.next(&mut fields) {
        let malformed = record.malformed.is_some();
        if !record.is_blank() {
            let texts = fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            found.push(if malformed { Vec::new() } else { texts });
        }
        if found.len() > MAX_RECORDS {
            break;
        }
    }
    if !whole && found.len() > 1 {
        found.pop();
    }
    found
}

/// The most frequent number of fields; the larger of equals.
fn modal(records: &[Vec<String>]) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for record in records.iter().filter(|record| !record.is_empty()) {
        *counts.entry(record.len()).or_insert(0usize) += 1;
    }
    counts.into_iter().max_by_key(|(fields, count)| (*count, *fields)).map_or(0, |(fields, _)| fields)
}

/// How many records at the beginning are titles or remarks: single fields before records of several.
fn leading_text(records: &[Vec<String>], usual: usize) -> u64 {
    let leading = records.iter().take_while(|record| record.len() == 1).count();
    if usual > 1 && leading < records.len() { leading as u64 } else { 0 }
}

/// Whether the first record names the columns: a number or date in it under which more of them stand says no, a text above
/// numbers or dates says yes, and a file of nothing but text has a header as nearly all have.
fn is_header(rows: &[Vec<String>]) -> bool {
    let Some((first, body)) = rows.split_first() else { return false };
    let mut for_data = body.is_empty() && first.iter().any(|cell| typed(cell));
    for (at, cell) in first.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let mut below = body.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty()).peekable();
        let all_typed = below.peek().is_some() && below.all(|cell| typed(cell));
        if all_typed && !typed(cell) {
            return true;
        }
        for_data |= all_typed || typed(cell);
    }
    !for_data
}

fn typed(cell: &str) -> bool {
    !cell.is_empty() && readings(cell.as_bytes()) != Readings::TEXT
}

#[cfg(test)]
mod tests {
    use super::{Layout, find};
    use data_stack_core::ports::ingest::{Dialect, SourceFormat};

    fn layout(text: &str) -> Layout {
        find(text.as_bytes(), true, SourceFormat::Csv, &Dialect::default()).unwrap()
    }

    #[test]
    fn delimiters_are_found_by_how_evenly_they_divide() {
        let cases = [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';'),
            ("a\tb\nx, y\tz\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("\"a;b\",c\n\"d;e;f\",g\n", b','),
            ("word\nother\n", b','),
        ];
        for (text, delimiter) in cases {
            assert_eq!(layout(text).syntax.delimiter, delimiter, "{text:?}");
        }
    }

    #[test]
    fn headers_are_told_from_data() {
        let cases = [
            ("id,name\n1,x\n", true),
            ("1,x\n2,y\n", false),
            ("name,city\nx,y\n", true),
            ("a,b\n", true),
            ("1,2\n", false),
            ("country,2019,2020\nFR,1,2\n", false),
            ("x,2010-01-01\ny,2010-01-02\n", false),
        ];
        for (text, header) in cases {
            assert_eq!(layout(text).header, header, "{text:?}");
        }
        assert_eq!(layout("1,x\n2,y\n").names, ["column1", "column2"]);
    }

    #[test]
    fn titles_before_the_header_are_passed_over_and_told() {
        let found = layout("Report of May\n\na,b\n1,2\n3,4\n");
        assert_eq!((found.preamble, found.names.len(), found.notes.len()), (1, 2, 1));
    }

    #[test]
    fn backslashes_escape_quotes_only_where_that_reads_better() {
        assert_eq!(layout("a,b\n\"x \\\"y\\\" z\",1\n\"p\",2\n").syntax.escape, Some(b'\\'));
        assert_eq!(layout("a,b\n\"C:\\dir\",1\n").syntax.escape, None);
    }

    #[test]
    fn hints_win_and_bad_hints_are_refused() {
        let hints = Dialect { delimiter: Some("\\t".into()), header: Some(false), ..Dialect::default() };
        let found = find(b"a\tb\n", true, SourceFormat::Csv, &hints).unwrap();
        assert_eq!((found.syntax.delimiter, found.header), (b'\t', false));
        let hints = Dialect { delimiter: Some("ab".into()), ..Dialect::default() };
        assert_eq!(find(b"a,b\n", true, SourceFormat::Csv, &hints).unwrap_err().field.as_deref(), Some("dialect.delimiter"));
    }
}
