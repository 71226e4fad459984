//! Whether the first rows name the columns, and the names.

use std::collections::{HashMap, HashSet};

use crate::align::Sorts;
use crate::dialect::{Dialect, Given};
use crate::literal::{Sort, is_missing, sort};
use crate::records::{Next, Scanner};
use crate::split::each_field;

/// The columns' names and where the data begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whether the first row holds the names.
    pub present: bool,
    /// Rows that hold the names: more than one where groups, units or repetitions stand above or below them.
    pub rows: usize,
    /// One name a column, all different.
    pub names: Vec<String>,
    /// The names as they stand in the file, those of several rows joined by a blank; empty without a header.
    pub found: Vec<String>,
    /// Names that were blank or taken and were made up, as position from 0 and the text found.
    pub renamed: Vec<(usize, String)>,
    /// Bytes of the sample before the first row of data.
    pub data_start: usize,
    /// Lines of the file before the first row of data.
    pub lines_before: usize,
}

const COMPARED: usize = 200;
/// The share of a column's values that must be of one sort for a header to be told from them, and for rows to be aligned by it.
const SHARES: (f64, f64) = (0.6, 0.95);
/// Most rows that a header has.
const DEEPEST: usize = 4;

/// The first rows of a table.
struct Rows {
    fields: Vec<Vec<String>>,
    /// Where each ends in the sample, and the lines of the file up to there.
    ends: Vec<(usize, usize)>,
}

/// Reads the header off a sample of the file, and the sorts of the columns.
pub(crate) fn read(sample: &[u8], last: bool, dialect: &Dialect, given: &Given) -> (Header, Sorts) {
    let rows = first_rows(sample, dialect, last);
    let height = match given.known {
        Some(known) => known.header_rows.min(rows.fields.len()),
        None => height(&rows.fields, dialect.width, given.header),
    };
    let below = rows.fields.get(height..).unwrap_or_default();
    let found = joined(&rows.fields[..height], below, dialect.width);
    let width = dialect.width.max(found.len()).max(if height == 0 { rows.fields.first().map_or(1, Vec::len) } else { 1 });
    let (names, renamed) = names(&found, width);
    let (data_start, lines_before) = height.checked_sub(1).map_or((dialect.preamble_bytes, dialect.preamble_lines), |last| rows.ends[last]);
    let sorts = Sorts::learn(below.iter().filter(|row| row.len() == width).map(Vec::as_slice), width, SHARES.1);
    (Header { present: height > 0, rows: height, names, found, renamed, data_start, lines_before }, sorts)
}

fn first_rows(sample: &[u8], dialect: &Dialect, last: bool) -> Rows {
    let mut rows = Rows { fields: Vec::new(), ends: Vec::new() };
    let mut scanner = Scanner::new(dialect.marks, Some(dialect.width));
    let (mut at, mut lines) = (dialect.preamble_bytes, dialect.preamble_lines);
    while at < sample.len() && rows.fields.len() <= COMPARED {
        let Next::Record(record, behind) = scanner.next(sample, at, last) else { break };
        let mut fields = Vec::new();
        each_field(sample, &record, dialect.marks, |field| fields.push(field.value()));
        lines += record.inner_lines as usize + 1;
        at = behind;
        rows.fields.push(fields);
        rows.ends.push((behind, lines));
    }
    rows
}

/// The number of rows that name the columns. Rows that repeat the first one tell nothing of the others.
fn height(rows: &[Vec<String>], width: usize, given: Option<bool>) -> usize {
    let Some(first) = rows.first() else { return 0 };
    let sorts = |below: usize| {
        let below = rows.get(below..).unwrap_or_default();
        Sorts::learn(below.iter().filter(|row| row.len() == width && *row != first).map(Vec::as_slice), width, SHARES.0)
    };
    if !given.unwrap_or_else(|| is_header(first, &rows[1..], &sorts(1))) {
        return 0;
    }
    let mut height = 1;
    while height < DEEPEST.min(rows.len().saturating_sub(1)) && goes_on(&rows[height], &rows[0], &sorts(height + 1)) {
        height += 1;
    }
    height
}

/// A row names the columns when its fields are words where values stand below; where only words stand below, when they are all
/// different, brief and do not occur again.
fn is_header(first: &[String], below: &[Vec<String>], sorts: &Sorts) -> bool {
    let filled = first.iter().filter(|field| !field.trim().is_empty()).count();
    if filled == 0 {
        return false;
    }
    let years = counts_years(first);
    let (mut names, mut values) = (0, 0);
    for (column, field) in first.iter().enumerate() {
        let own = sort(field.as_bytes());
        let literal = sorts.get(column).is_some_and(Sort::is_literal);
        names += usize::from(literal && own == Sort::Text && !is_missing(field) || years && own == Sort::Number);
        values += usize::from(own.is_literal() && !(years && own == Sort::Number));
    }
    if names > 0 || values > 0 {
        return names > 2 * values;
    }
    let different: HashSet<&str> = first.iter().map(String::as_str).filter(|name| !name.trim().is_empty()).collect();
    let recurs = |column: usize| below.iter().filter_map(|row| row.get(column)).any(|field| *field == first[column] && !field.is_empty());
    let brief = first.iter().all(|name| name.chars().count() <= 64);
    below.is_empty() || brief && different.len() == filled && !(0..first.len()).any(recurs)
}

/// Whether the numbers of a row are years that count up, as columns of a table by year are named.
fn counts_years(row: &[String]) -> bool {
    let numbers = row.iter().filter(|field| sort(field.as_bytes()) == Sort::Number);
    let years: Vec<u16> = numbers.map(|field| field.trim().parse().unwrap_or(0)).collect();
    years.len() >= 2 && years.iter().all(|year| (1800..=2200).contains(year)) && years.windows(2).all(|pair| pair[0].abs_diff(pair[1]) == 1)
}

/// Whether a row below the header belongs to it: words in all columns whose values are none.
fn goes_on(row: &[String], first: &[String], below: &Sorts) -> bool {
    let (mut words, mut same) = (0, 0);
    for (column, field) in row.iter().enumerate() {
        let own = sort(field.as_bytes());
        if own.is_literal() || is_missing(field) {
            return false;
        }
        let literal = below.get(column).is_some_and(Sort::is_literal);
        words += usize::from(literal && own == Sort::Text);
        same += usize::from(own == Sort::Text && first.get(column) == Some(field));
    }
    words >= 2 && words * 2 >= below.literal() || words == 1 && same == row.len()
}

/// The names of a header: those of several rows joined, empty ones that no column is left for left out, and one put before them
/// where the first column, which counts the rows, has none.
fn joined(rows: &[Vec<String>], below: &[Vec<String>], width: usize) -> Vec<String> {
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let rows = with_groups(rows, longest);
    let name = |column: usize| {
        let parts = rows.iter().map(|row| row[column].as_str()).filter(|name| !name.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    };
    let mut names: Vec<String> = (0..longest).map(name).collect();
    let mut surplus = names.len().saturating_sub(width);
    if surplus > 0 && names.iter().filter(|name| name.is_empty()).count() == surplus {
        names.retain(|name| !name.is_empty());
        surplus = 0;
    }
    if surplus == 0 && !names.is_empty() && names.len() + 1 == width && counts_rows(below) {
        names.insert(0, String::new());
    }
    names
}

/// The rows of a header, all of one length, with the name of a group above each of its columns and not only the first: an empty
/// field belongs to the group to its left while the groups above go on and a name stands below.
fn with_groups(rows: &[Vec<String>], width: usize) -> Vec<Vec<String>> {
    let text = |row: &Vec<String>, column: usize| row.get(column).map_or("", |name| name.trim()).to_owned();
    let mut filled: Vec<Vec<String>> = rows.iter().map(|row| (0..width).map(|column| text(row, column)).collect()).collect();
    for level in 0..rows.len().saturating_sub(1) {
        for column in 1..width {
            let goes_on = level == 0 || filled[level - 1][column] == filled[level - 1][column - 1];
            let named_below = rows[level + 1..].iter().any(|row| !text(row, column).is_empty());
            if filled[level][column].is_empty() && goes_on && named_below {
                let group = filled[level][column - 1].clone();
                filled[level][column] = group;
            }
        }
    }
    filled
}

/// Whether the first column holds the rows' numbers.
fn counts_rows(rows: &[Vec<String>]) -> bool {
    let mut numbers = rows.iter().filter(|row| row.len() > 1).map(|row| row[0].trim().parse::<u64>().ok());
    let Some(first @ Some(0 | 1)) = numbers.next() else { return false };
    let first = first.unwrap_or(0);
    rows.len() > 2 && numbers.zip(first + 1..).all(|(number, expected)| number == Some(expected))
}

fn names(found: &[String], width: usize) -> (Vec<String>, Vec<(usize, String)>) {
    let mut taken = HashSet::new();
    let mut suffixes: HashMap<String, usize> = HashMap::new();
    let mut renamed = Vec::new();
    let mut names = Vec::with_capacity(width);
    for position in 0..width {
        let text = found.get(position).map_or("", |name| name.trim());
        let wanted = if text.is_empty() { format!("column_{}", position + 1) } else { data_stack_core::text::clean(text, 256) };
        let mut name = wanted.clone();
        while !taken.insert(name.clone()) {
            let suffix = suffixes.entry(wanted.clone()).or_insert(1);
            *suffix += 1;
            name = format!("{wanted}_{suffix}");
        }
        if !found.is_empty() && name != text {
            renamed.push((position, text.to_owned()));
        }
        names.push(name);
    }
    (names, renamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::sniff;

    fn header(text: &str) -> Header {
        let dialect = sniff(text.as_bytes(), true, &Given::default());
        read(text.as_bytes(), true, &dialect, &Given::default()).0
    }

    #[test]
    fn a_row_of_names_above_values_is_a_header() {
        let found = header("id,name\n1,x\n2,y\n");
        assert_eq!((found.present, found.names, found.data_start, found.lines_before), (true, vec!["id".into(), "name".into()], 8, 1));
        assert!(header("city,country\nBonn,Germany\nLyon,France\n").present);
        assert!(header("name,note\n").present);
        assert!(header("id,n\n1,5\n2,6\nid,n\n3,7\n").present);
        assert!(header("country,2019,2020\nBonn,5,6\nLyon,7,8\n").present);
    }

    #[test]
    fn a_row_of_values_is_none() {
        let found = header("1,x\n2,y\n");
        assert_eq!((found.present, found.names, found.data_start), (false, vec!["column_1".into(), "column_2".into()], 0));
        assert!(!header("red,green\nblue,green\nred,red\n").present);
        assert!(!header("1,x,N/A\n2,y,5\n3,z,6\n").present);
    }

    #[test]
    fn blank_and_repeated_names_are_made_different_and_reported() {
        let found = header("a,,a\n1,2,3\n");
        assert_eq!(found.names, ["a", "column_2", "a_2"]);
        assert_eq!(found.renamed, [(1, String::new()), (2, "a".into())]);
    }

    #[test]
    fn columns_without_a_name_are_numbered() {
        assert_eq!(header("a,b\n1,2,3\n1,2,3\n1,2,3\n").names, ["a", "b", "column_3"]);
        assert_eq!(header("a,b\n1,x,3\n2,y,3\n3,z,3\n").names, ["column_1", "a", "b"]);
    }

    #[test]
    fn an_empty_name_too_many_is_left_out() {
        assert_eq!(header(",a,b,c\n1,2,3\n4,5,6\n").names, ["a", "b", "c"]);
    }

    #[test]
    fn several_rows_of_names_are_joined() {
        let found = header("speed,time,note\nm/s,h,\n1,2,x\n3,4,y\n");
        assert_eq!((found.rows, found.lines_before), (2, 2));
        assert_eq!(found.names, ["speed m/s", "time h", "note"]);
        let grouped = header("name,men,,women,\n,count,share,count,share\nx,1,2,3,4\ny,5,6,7,8\n");
        assert_eq!(grouped.names, ["name", "men count", "men share", "women count", "women share"]);
        assert_eq!(header("id,name\nunknown,Bob\n1,Ann\n2,Eve\n").rows, 1);
    }
}
