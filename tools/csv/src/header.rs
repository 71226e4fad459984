//! Whether the first row names the columns, and the names.

use std::collections::HashSet;

use crate::dialect::Dialect;
use crate::literal::sort;
use crate::records::{Next, Scanner};
use crate::split::each_field;

/// The columns' names and where the data begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whether the first row holds the names.
    pub present: bool,
    /// One name a column, all different.
    pub names: Vec<String>,
    /// Names that were blank or taken and were made up, as position from 0 and the text found.
    pub renamed: Vec<(usize, String)>,
    /// Bytes of the sample before the first row of data.
    pub data_start: usize,
    /// Lines of the file before the first row of data.
    pub lines_before: usize,
}

const COMPARED: usize = 200;

/// Reads the header off a sample of the file.
pub(crate) fn read(sample: &[u8], last: bool, dialect: &Dialect, given: Option<bool>) -> Header {
    let (rows, behind, lines) = first_rows(sample, dialect, last);
    let first = rows.first().map_or(&[][..], Vec::as_slice);
    let present = given.unwrap_or_else(|| is_header(first, rows.get(1..).unwrap_or_default()));
    let (names, renamed) = names(if present { first } else { &[] }, dialect.width.max(first.len()).max(1), present);
    Header {
        present,
        names,
        renamed,
        data_start: if present { behind } else { dialect.preamble_bytes },
        lines_before: dialect.preamble_lines + if present { lines } else { 0 },
    }
}

fn first_rows(sample: &[u8], dialect: &Dialect, last: bool) -> (Vec<Vec<String>>, usize, usize) {
    let mut rows = Vec::new();
    let mut scanner = Scanner::new(dialect.marks);
    let (mut at, mut behind_first, mut lines) = (dialect.preamble_bytes, sample.len(), 1);
    while at < sample.len() && rows.len() <= COMPARED {
        let Next::Record(record, behind) = scanner.next(sample, at, last) else { break };
        let mut fields = Vec::new();
        each_field(&sample[record.start..record.end], record.fault, dialect.marks, |field| fields.push(field.value()));
        if rows.is_empty() {
            behind_first = behind;
            lines = record.inner_lines as usize + 1;
        }
        rows.push(fields);
        at = behind;
    }
    (rows, behind_first, lines)
}

/// A row names the columns when none of its fields is a value and its fields differ from the rows below: in type, or by
/// not occurring there.
fn is_header(first: &[String], below: &[Vec<String>]) -> bool {
    if first.iter().any(|field| is_typed(field)) || first.iter().all(|field| field.trim().is_empty()) {
        return false;
    }
    if below.is_empty() {
        return true;
    }
    let typed_below = |column: usize| below.iter().filter_map(|row| row.get(column)).any(|field| is_typed(field));
    if (0..first.len()).any(typed_below) {
        return true;
    }
    let named: HashSet<&str> = first.iter().map(String::as_str).filter(|name| !name.trim().is_empty()).collect();
    let recurs = |column: usize| below.iter().filter_map(|row| row.get(column)).any(|field| *field == first[column] && !field.is_empty());
    named.len() == first.len() && !(0..first.len()).any(recurs) && first.iter().all(|name| name.chars().count() <= 64)
}

fn is_typed(field: &str) -> bool {
    sort(field.as_bytes()).is_literal()
}

fn names(found: &[String], width: usize, present: bool) -> (Vec<String>, Vec<(usize, String)>) {
    let mut taken = HashSet::new();
    let mut renamed = Vec::new();
    let mut names = Vec::with_capacity(width);
    for position in 0..width {
        let text = found.get(position).map_or("", |name| name.trim());
        let wanted = if text.is_empty() { format!("column_{}", position + 1) } else { data_stack_core::text::clean(text, 256) };
        let mut name = wanted.clone();
        let mut suffix = 2;
        while !taken.insert(name.clone()) {
            name = format!("{wanted}_{suffix}");
            suffix += 1;
        }
        if present && name != text {
            renamed.push((position, text.to_owned()));
        }
        names.push(name);
    }
    (names, renamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Given, sniff};

    fn header(text: &str) -> Header {
        let dialect = sniff(text.as_bytes(), true, &Given::default());
        read(text.as_bytes(), true, &dialect, None)
    }

    #[test]
    fn a_row_of_names_above_values_is_a_header() {
        let found = header("id,name\n1,x\n2,y\n");
        assert_eq!((found.present, found.names, found.data_start, found.lines_before), (true, vec!["id".into(), "name".into()], 8, 1));
        assert!(header("city,country\nBonn,Germany\nLyon,France\n").present);
        assert!(header("name,note\n").present);
    }

    #[test]
    fn a_row_of_values_is_none() {
        let found = header("1,x\n2,y\n");
        assert_eq!((found.present, found.names, found.data_start), (false, vec!["column_1".into(), "column_2".into()], 0));
        assert!(!header("red,green\nblue,green\nred,red\n").present);
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
    }
}
