//! How a file is written: its delimiter, its quotes, its line ends and the lines before its header.

use crate::records::{self, Fault, Marks, Next, Record, Scanner};

/// What the caller knows better than the file shows.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Between fields.
    pub delimiter: Option<u8>,
    /// Around fields.
    pub quote: Quoting,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// Lines before the header.
    pub skip_rows: Option<usize>,
    /// The encoding's name.
    pub encoding: Option<String>,
}

/// Whether and how fields are quoted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quoting {
    /// Not known.
    #[default]
    Unknown,
    /// Nothing is quoted.
    Never,
    /// With this character.
    With(u8),
}

impl Quoting {
    fn or(self, found: u8) -> Option<u8> {
        match self {
            Self::Unknown => Some(found),
            Self::Never => None,
            Self::With(quote) => Some(quote),
        }
    }
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnds {
    /// `\n`.
    Lf,
    /// `\r\n`.
    Crlf,
    /// `\r` alone.
    Cr,
    /// `\n` and `\r\n`.
    Mixed,
}

impl LineEnds {
    /// The usual name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::Crlf => "crlf",
            Self::Cr => "cr",
            Self::Mixed => "mixed",
        }
    }

    /// Reads the line ends off a sample.
    pub fn of(sample: &[u8]) -> Self {
        let feeds = records::count(sample, b'\n');
        let returns = records::count(sample, b'\r');
        let pairs = memchr::memmem::find_iter(sample, b"\r\n").count();
        match () {
            () if returns == 0 => Self::Lf,
            () if feeds == 0 && !(returns == 1 && sample.last() == Some(&b'\r')) => Self::Cr,
            () if pairs == feeds => Self::Crlf,
            () if pairs == 0 => Self::Lf,
            () => Self::Mixed,
        }
    }
}

/// The structure of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between and around fields.
    pub marks: Marks,
    /// Lines before the first row.
    pub preamble_lines: usize,
    /// Bytes of those lines.
    pub preamble_bytes: usize,
    /// Fields that most rows have.
    pub width: usize,
}

const EXAMINED: usize = 1000;

/// Finds the dialect of a sample of UTF-8 text with `\n` line ends. `last` says that it is the whole file.
pub fn sniff(sample: &[u8], last: bool, given: &Given) -> Dialect {
    let declared = declaration(sample);
    let delimiters: Vec<u8> = given.delimiter.or(declared).map_or_else(|| b",;\t|:~^\x1f\x01 ".to_vec(), |one| vec![one]);
    let best = delimiters
        .into_iter()
        .map(|delimiter| {
            let marks = Marks { delimiter, quote: given.quote.or(quote(sample, delimiter)) };
            (score(sample, last, marks), marks)
        })
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    let marks = match best {
        Some((score, marks)) if score > 0.0 || given.delimiter.is_some() => marks,
        _ => Marks { delimiter: b',', quote: given.quote.or(b'"') },
    };
    frame(sample, last, marks, given.skip_rows, declared.is_some())
}

/// Excel's first line `sep=;`.
fn declaration(sample: &[u8]) -> Option<u8> {
    match sample {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, b'\r' | b'\n', ..] => Some(*delimiter),
        _ => None,
    }
}

/// The quote in use: the double one, unless only single ones stand around fields.
fn quote(sample: &[u8], delimiter: u8) -> u8 {
    if memchr::memchr(b'"', sample).is_some() {
        return b'"';
    }
    let opening = memchr::memmem::find_iter(sample, &[delimiter, b'\'']).count();
    let closing = memchr::memmem::find_iter(sample, &[b'\'', delimiter]).count();
    if opening >= 2 && opening.abs_diff(closing) <= opening / 4 { b'\'' } else { b'"' }
}

fn sample_records(sample: &[u8], last: bool, marks: Marks) -> Vec<(Record, usize)> {
    let mut scanner = Scanner::new(marks);
    let mut found = Vec::new();
    let mut at = 0;
    while at < sample.len() && found.len() < EXAMINED {
        let Next::Record(record, behind) = scanner.next(sample, at, last) else { break };
        found.push((record, behind));
        at = behind;
    }
    found
}

/// The number of fields that most non-blank records have, and their share.
fn mode(records: &[(Record, usize)]) -> (usize, f64) {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    let mut total = 0;
    for (record, _) in records.iter().filter(|(record, _)| record.end > record.start) {
        *counts.entry(record.fields).or_default() += 1;
        total += 1;
    }
    let best = counts.into_iter().max_by_key(|(fields, count)| (*count, *fields));
    best.map_or((1, 0.0), |(fields, count)| (fields, count as f64 / f64::from(total.max(1))))
}

/// How well a dialect explains the sample: 0 for not at all, at most 1.
fn score(sample: &[u8], last: bool, marks: Marks) -> f64 {
    let records = sample_records(sample, last, marks);
    let (fields, share) = mode(&records);
    if fields < 2 {
        return 0.0;
    }
    let faults = records.iter().filter(|(record, _)| record.fault != Fault::None).count() as f64 / records.len().max(1) as f64;
    let usual = if matches!(marks.delimiter, b',' | b';' | b'\t' | b'|') { 1.0 } else { 0.5 };
    let decimal = if marks.delimiter == b',' && is_decimal_comma(sample) { 0.5 } else { 1.0 };
    share * share * (1.0 - 1.0 / fields as f64) * (1.0 - 0.5 * faults) * usual * decimal
}

/// Whether nearly all commas stand between two digits, as decimal commas do.
fn is_decimal_comma(sample: &[u8]) -> bool {
    let (mut all, mut between) = (0, 0);
    for at in memchr::memchr_iter(b',', sample).take(10_000) {
        all += 1;
        let digit = |at: Option<usize>| at.and_then(|at| sample.get(at)).is_some_and(u8::is_ascii_digit);
        between += usize::from(digit(at.checked_sub(1)) && digit(Some(at + 1)));
    }
    between * 20 > all * 19
}

/// Where the table begins within the sample, and how wide it is.
fn frame(sample: &[u8], last: bool, marks: Marks, skip: Option<usize>, declared: bool) -> Dialect {
    let records = sample_records(sample, last, marks);
    let start = skip.unwrap_or(0) + usize::from(declared && skip.is_none());
    let (width, _) = mode(records.get(start..).unwrap_or_default());
    let mut first = start.min(records.len());
    while skip.is_none() && first < records.len().min(100) && is_preamble(&records[first].0, sample, width) {
        first += 1;
    }
    let preamble_bytes = first.checked_sub(1).and_then(|index| records.get(index)).map_or(0, |(_, behind)| *behind);
    let preamble_lines = records::count(&sample[..preamble_bytes], b'\n');
    let width = records.get(first).map_or(width, |(record, _)| record.fields.max(width));
    Dialect { marks, preamble_lines, preamble_bytes, width }
}

fn is_preamble(record: &Record, sample: &[u8], width: usize) -> bool {
    let comment = sample.get(record.start) == Some(&b'#') && record.fields != width;
    let blank = record.end == record.start && width > 1;
    blank || comment || width > 1 && record.fields == 1 || record.fields * 2 < width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (char, Option<char>, usize, usize) {
        let dialect = sniff(text.as_bytes(), true, &Given::default());
        (dialect.marks.delimiter as char, dialect.marks.quote.map(char::from), dialect.preamble_lines, dialect.width)
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_rows_alike() {
        assert_eq!(found("a,b,c\n1,2,3\n4,5,6\n"), (',', Some('"'), 0, 3));
        assert_eq!(found("a;b\n1,5;2,5\n3,25;4,75\n"), (';', Some('"'), 0, 2));
        assert_eq!(found("a\tb\n1\thello, world\n2\tx\n"), ('\t', Some('"'), 0, 2));
        assert_eq!(found("a|b\n2020-01-01 10:00|x\n2020-01-02 11:00|y\n"), ('|', Some('"'), 0, 2));
        assert_eq!(found("t,name\n2020-01-01 10:00:00,ab cd\n2020-01-02 11:00:00,ef gh\n"), (',', Some('"'), 0, 2));
        assert_eq!(found("only\none\ncolumn\n"), (',', Some('"'), 0, 1));
        assert_eq!(found("a,b\n'x, y','z'\n'u','v'\n"), (',', Some('\''), 0, 2));
    }

    #[test]
    fn lines_before_the_table_are_passed_over() {
        assert_eq!(found("Report of May\n\na,b,c\n1,2,3\n4,5,6\n"), (',', Some('"'), 2, 3));
        assert_eq!(found("sep=;\na;b\n1;2\n"), (';', Some('"'), 1, 2));
        assert_eq!(found("# made by x, y\na,b,c\n1,2,3\n"), (',', Some('"'), 1, 3));
    }

    #[test]
    fn line_ends_are_told_apart() {
        let names = ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\r\nb\n", "a"].map(|text| LineEnds::of(text.as_bytes()).as_str());
        assert_eq!(names, ["lf", "crlf", "cr", "mixed", "lf"]);
    }
}
