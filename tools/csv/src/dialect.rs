//! How a file is written: its delimiter, its quotes, its line ends and the lines before its header.

use crate::candidates::candidates;
use crate::literal::{Sort, sort};
use crate::marks::{Delimiter, Marks, count};
use crate::records::{Fault, Next, Record, Scanner};
use crate::split::each_field;

/// What the caller knows better than the file shows.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Between fields.
    pub delimiter: Option<Delimiter>,
    /// Around fields.
    pub quote: Quoting,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// Lines before the header.
    pub skip_rows: Option<usize>,
    /// The encoding's name.
    pub encoding: Option<String>,
    /// The whole structure, where the writer of the text is known; then delimiter, quote and header do not matter.
    pub known: Option<Known>,
}

/// How a text is structured, from its writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What stands between and around fields.
    pub marks: Marks,
    /// Rows that name the columns.
    pub header_rows: usize,
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
    pub(crate) fn of(sample: &[u8]) -> Self {
        let feeds = count(sample, b'\n');
        let returns = count(sample, b'\r');
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

/// Records whose number of fields is compared.
const EXAMINED: usize = 1000;
/// Records whose fields are looked at, and bytes of them.
const LOOKED_AT: (usize, usize) = (200, 1 << 16);
/// Records among which the table begins.
const PREAMBLE: usize = 100;

/// Finds the dialect of a sample of UTF-8 text with `\n` line ends. `last` says that it is the whole file.
pub(crate) fn sniff(sample: &[u8], last: bool, given: &Given) -> Dialect {
    if let Some(known) = given.known {
        return frame(sample, last, known.marks, given.skip_rows, false);
    }
    let declared = declaration(sample);
    let marks = candidates(sample, declared, given)
        .into_iter()
        .map(|marks| (score(sample, last, marks), marks))
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    let fixed = given.delimiter.or(declared);
    let marks = match marks {
        Some((score, marks)) if fixed.is_some() || score > 0.0 && !is_one_column(sample, last, marks) => marks,
        found => Marks {
            quote: found.map_or(Some(b'"'), |(_, marks)| marks.quote),
            ..Marks::plain(fixed.and_then(Delimiter::single).unwrap_or(b','))
        },
    };
    frame(sample, last, marks, given.skip_rows, declared.is_some())
}

/// Excel's first line `sep=;`.
fn declaration(sample: &[u8]) -> Option<Delimiter> {
    match sample {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, b'\r' | b'\n', ..] => Some(Delimiter::byte(*delimiter)),
        _ => None,
    }
}

/// Whether the lines are values as they stand, so that an unusual delimiter would only cut dates, times or names apart.
fn is_one_column(sample: &[u8], last: bool, marks: Marks) -> bool {
    if matches!(marks.delimiter.single(), Some(b',' | b';' | b'\t' | b'|')) || marks.delimiter.len() > 1 {
        return false;
    }
    let lines = sample_records(sample, last, Marks { delimiter: Delimiter::byte(b'\n'), ..marks }, None);
    let filled = lines.iter().filter(|(line, _)| line.end > line.start);
    let (all, literal) =
        filled.fold((0, 0), |(all, literal), (line, _)| (all + 1, literal + usize::from(sort(&sample[line.start..line.end]).is_literal())));
    literal * 5 >= all * 4
}

fn sample_records(sample: &[u8], last: bool, marks: Marks, width: Option<usize>) -> Vec<(Record, usize)> {
    let mut scanner = Scanner::new(marks, width);
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
    let records = sample_records(sample, last, marks, None);
    let (fields, share) = mode(&records);
    if fields < 2 {
        return 0.0;
    }
    let faults = records.iter().filter(|(record, _)| record.fault != Fault::None).count() as f64 / records.len().max(1) as f64;
    let usual = match marks.delimiter.single() {
        Some(b',' | b';' | b'\t' | b'|') => 1.0,
        None => 0.9,
        Some(_) => 0.5,
    };
    let decimal = if marks.delimiter == Delimiter::COMMA && is_decimal_comma(sample) { 0.5 } else { 1.0 };
    share * share * (1.0 - 1.0 / fields as f64) * (1.0 - 0.5 * faults) * usual * decimal * sense(sample, &records, marks)
}

/// How sensible the fields are, from 0.5 to 1: values more than words, words more than what may hold further fields.
fn sense(sample: &[u8], records: &[(Record, usize)], marks: Marks) -> f64 {
    let (mut fields, mut points, mut bytes) = (0_u32, 0.0, 0);
    for (record, _) in records.iter().take(LOOKED_AT.0) {
        each_field(sample, record, marks, |field| {
            fields += 1;
            points += match sort(field.text) {
                Sort::Text if !field.quoted && field.text.iter().any(|byte| matches!(byte, b';' | b'\t' | b'|' | b'"')) => 0.0,
                Sort::Text => 0.6,
                Sort::Empty => 0.7,
                _ => 1.0,
            };
        });
        bytes += record.end - record.start;
        if bytes > LOOKED_AT.1 {
            break;
        }
    }
    0.5 + 0.5 * points / f64::from(fields.max(1))
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
    let width = mode(&sample_records(sample, last, marks, None)).0;
    let records = sample_records(sample, last, marks, Some(width));
    let start = skip.unwrap_or(0) + usize::from(declared && skip.is_none());
    let (width, _) = mode(records.get(start..).unwrap_or_default());
    let first = match skip {
        Some(_) => start.min(records.len()),
        None => table_start(sample, &records, marks, start, width),
    };
    let preamble_bytes = first.checked_sub(1).and_then(|index| records.get(index)).map_or(0, |(_, behind)| *behind);
    let preamble_lines = count(&sample[..preamble_bytes], b'\n');
    Dialect { marks, preamble_lines, preamble_bytes, width }
}

/// The first record that belongs to the table: behind titles, comments and blank lines. Where that would be all of the sample,
/// none is passed over. A record is compared with the fields that are usually filled, since titles and the lines around them
/// often have as many delimiters as the table.
fn table_start(sample: &[u8], records: &[(Record, usize)], marks: Marks, start: usize, width: usize) -> usize {
    let mut first = start.min(records.len());
    let filled: Vec<usize> = records.iter().take(2 * PREAMBLE).map(|(record, _)| filled(sample, record, marks)).collect();
    let usual = usually_filled(filled.get(start..).unwrap_or_default());
    for (index, (record, _)) in records.iter().enumerate().take(PREAMBLE).skip(start) {
        let before_blank = filled.get(index + 1) == Some(&0);
        if filled[index] == 0 && width > 1 || filled[index] * 2 <= usual && usual > 1 && before_blank {
            first = index + 1;
        } else if index == first && is_preamble(record, sample, width, filled[index].min(usual)) {
            first += 1;
        } else if filled[index] * 2 >= usual {
            break;
        }
    }
    if records.get(first..).is_none_or(<[_]>::is_empty) { start.min(records.len()) } else { first }
}

/// The number of fields that most records with more than one have filled, leaving out the fuller quarter.
fn usually_filled(filled: &[usize]) -> usize {
    let mut counts: Vec<usize> = filled.iter().copied().filter(|count| *count > 1).collect();
    counts.sort_unstable();
    counts.get(counts.len() * 3 / 4).copied().unwrap_or(1)
}

/// The number of fields that are not blank.
fn filled(sample: &[u8], record: &Record, marks: Marks) -> usize {
    let mut filled = 0;
    each_field(sample, record, marks, |field| filled += usize::from(!field.text.trim_ascii().is_empty()));
    filled
}

fn is_preamble(record: &Record, sample: &[u8], width: usize, filled: usize) -> bool {
    let comment = sample.get(record.start) == Some(&b'#') && record.fields != width;
    let blank = record.end == record.start && width > 1;
    let title = filled <= 1 && width >= 3;
    blank || comment || title || width > 1 && record.fields == 1 || record.fields * 2 < width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (String, Option<char>, usize, usize) {
        let dialect = sniff(text.as_bytes(), true, &Given::default());
        let delimiter = String::from_utf8(dialect.marks.delimiter.as_bytes().to_vec()).unwrap();
        (delimiter, dialect.marks.quote.map(char::from), dialect.preamble_lines, dialect.width)
    }

    fn expect(delimiter: &str, quote: char, preamble: usize, width: usize) -> (String, Option<char>, usize, usize) {
        (delimiter.to_owned(), Some(quote), preamble, width)
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_rows_alike() {
        assert_eq!(found("a,b,c\n1,2,3\n4,5,6\n"), expect(",", '"', 0, 3));
        assert_eq!(found("a;b\n1,5;2,5\n3,25;4,75\n"), expect(";", '"', 0, 2));
        assert_eq!(found("a\tb\n1\thello, world\n2\tx\n"), expect("\t", '"', 0, 2));
        assert_eq!(found("a|b\n2020-01-01 10:00|x\n2020-01-02 11:00|y\n"), expect("|", '"', 0, 2));
        assert_eq!(found("t,name\n2020-01-01 10:00:00,ab cd\n2020-01-02 11:00:00,ef gh\n"), expect(",", '"', 0, 2));
        assert_eq!(found("only\none\ncolumn\n"), expect(",", '"', 0, 1));
        assert_eq!(found("a,b\n'x, y','z'\n'u','v'\n"), expect(",", '\'', 0, 2));
        assert_eq!(found("a||b||c\n1||2||3\n4||||6\n"), expect("||", '"', 0, 3));
        assert_eq!(found("a § b\n1 § 2\n3 § 4\n").0, "§");
    }

    #[test]
    fn values_that_hold_a_delimiter_are_not_cut_apart() {
        assert_eq!(found("10:00\n11:30\n12:45\n"), expect(",", '"', 0, 1));
        assert_eq!(found("2020-01-01 10:00\n2020-01-02 11:30\n"), expect(",", '"', 0, 1));
    }

    #[test]
    fn padding_and_escapes_are_noticed() {
        let marks = |text: &str| sniff(text.as_bytes(), true, &Given::default()).marks;
        let padded = marks("a, b, c\n1, \"x, y\", 3\n4, \"z\", 6\n");
        assert_eq!((padded.delimiter, padded.padded), (Delimiter::COMMA, true));
        let escaped = marks("a,b\n1,\"5\\\", 6\\\"\"\n2,\"x\"\n3,\"y\"\n");
        assert_eq!((escaped.delimiter, escaped.escape), (Delimiter::COMMA, Some(b'\\')));
        assert_eq!(marks("a,b\n1,\"C:\\\"\n2,\"D:\\\"\n").escape, None);
    }

    #[test]
    fn lines_before_the_table_are_passed_over() {
        assert_eq!(found("Report of May\n\na,b,c\n1,2,3\n4,5,6\n"), expect(",", '"', 2, 3));
        assert_eq!(found("Report,,\n,,\na,b,c\n1,2,3\n4,5,6\n"), expect(",", '"', 2, 3));
        assert_eq!(found("sep=;\na;b\n1;2\n"), expect(";", '"', 1, 2));
        assert_eq!(found("# made by x, y\na,b,c\n1,2,3\n"), expect(",", '"', 1, 3));
    }

    #[test]
    fn line_ends_are_told_apart() {
        let names = ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\r\nb\n", "a"].map(|text| LineEnds::of(text.as_bytes()).as_str());
        assert_eq!(names, ["lf", "crlf", "cr", "mixed", "lf"]);
    }
}
