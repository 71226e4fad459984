//! A line whose quotes are out of place, read as the number of fields that it should have.
//!
//! Every quote at the beginning of a field may open it or be an ordinary character, and a quoted field may end at any quote that
//! a delimiter follows. Of all ways through the line that give the right number of fields, the cheapest is taken: reading by the
//! rule costs nothing, and every departure costs something.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use crate::marks::{Marks, field_end};

/// The text of a field in a line, without quotes around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) quoted: bool,
}

/// A quote at the beginning of a field taken as an ordinary character.
const ORDINARY_OPENING: u32 = 3;
/// A quote within a field without quotes around it.
const QUOTE_INSIDE: u32 = 1;
/// A quote within a quoted field that is not doubled.
const LONE: u32 = 2;
/// Ends of a quoted field that are tried, and quotes among which they are looked for.
const CLOSES: usize = 8;
const QUOTES: usize = 128;
/// Longer lines are not tried, nor wider tables.
const LONGEST: usize = 1 << 20;
const WIDEST: usize = 2048;
/// Steps tried beyond one for each field.
const STEPS: usize = 4096;

/// A way from the beginning of the line to `at`.
struct Step {
    parent: usize,
    at: usize,
    fields: usize,
    span: Span,
}

/// Reads a line as `width` fields with the fewest departures from RFC 4180; `None` if there is no way or it is too far to seek.
pub(crate) fn fit(line: &[u8], marks: Marks, width: usize) -> Option<Vec<Span>> {
    if line.len() > LONGEST || width > WIDEST || marks.delimiter.count(line) + 1 < width {
        return None;
    }
    let beyond = line.len() + 1;
    let mut steps = vec![Step { parent: 0, at: 0, fields: 0, span: Span { start: 0, end: 0, quoted: false } }];
    let mut open = BinaryHeap::from([Reverse((0_u32, Reverse(0_usize), 0_usize))]);
    let mut seen = HashSet::new();
    while let Some(Reverse((cost, _, index))) = open.pop() {
        let Step { at, fields, .. } = steps[index];
        if at == beyond && fields == width {
            return Some(trace(&steps, index));
        }
        if at == beyond || fields == width || !seen.insert((at, fields)) {
            continue;
        }
        if seen.len() > STEPS + width {
            return None;
        }
        ways(line, at, marks, |span, end, extra| {
            let next = if end == line.len() { beyond } else { end + marks.delimiter.len() };
            open.push(Reverse((cost + extra, Reverse(next), steps.len())));
            steps.push(Step { parent: index, at: next, fields: fields + 1, span });
        });
    }
    None
}

fn trace(steps: &[Step], mut index: usize) -> Vec<Span> {
    let mut spans = Vec::with_capacity(steps[index].fields);
    while index != 0 {
        spans.push(steps[index].span);
        index = steps[index].parent;
    }
    spans.reverse();
    spans
}

/// Calls `way` for every way to read the field at `at`: its text, where it ends, what it costs.
fn ways(line: &[u8], at: usize, marks: Marks, mut way: impl FnMut(Span, usize, u32)) {
    let start = marks.skip_padding(line, at);
    let end = marks.delimiter.find(&line[start..]).map_or(line.len(), |length| start + length);
    let quote = marks.quote.filter(|quote| line[start..end].contains(quote));
    let Some(quote) = quote else { return way(Span { start, end, quoted: false }, end, 0) };
    if line[start] != quote {
        return way(Span { start, end, quoted: false }, end, QUOTE_INSIDE);
    }
    way(Span { start, end, quoted: false }, end, ORDINARY_OPENING);
    let quotes = memchr::memchr_iter(quote, &line[start + 1..]).map(|at| start + 1 + at).take(QUOTES);
    for (at, end) in quotes.filter_map(|at| field_end(line, at + 1, marks).map(|end| (at, end))).take(CLOSES) {
        let inside = &line[start + 1..at];
        let faults = lone(inside, quote, marks) + openings(inside, quote, marks);
        way(Span { start: start + 1, end: at, quoted: true }, end, faults * LONE);
    }
}

/// Quotes within a quoted field that are neither doubled nor escaped, and an escape at its end.
fn lone(inside: &[u8], quote: u8, marks: Marks) -> u32 {
    let mut lone = 0;
    let mut rest = inside;
    while let Some(at) = memchr::memchr2(quote, marks.escape.unwrap_or(quote), rest) {
        let pair = rest.get(at + 1) == Some(&quote) || rest[at] != quote && rest.get(at + 1) == Some(&rest[at]);
        lone += u32::from(!pair && (rest[at] == quote || at + 1 == rest.len()));
        rest = &rest[at + 1 + usize::from(pair)..];
    }
    lone
}

/// Quotes within a quoted field that seem to open another one: right behind a delimiter, before text.
fn openings(inside: &[u8], quote: u8, marks: Marks) -> u32 {
    let mut found = 0;
    for at in memchr::memchr_iter(quote, inside) {
        let behind = inside.get(at + 1).is_some_and(|byte| *byte != quote && !marks.delimiter.begins(&inside[at + 1..]));
        found += u32::from(behind && inside[..at].ends_with(marks.delimiter.as_bytes()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(line: &str, width: usize) -> Option<Vec<&str>> {
        let spans = fit(line.as_bytes(), Marks::plain(b','), width)?;
        Some(spans.iter().map(|span| &line[span.start..span.end]).collect())
    }

    #[test]
    fn a_quote_that_opens_nothing_is_an_ordinary_character() {
        assert_eq!(fitted(r#"1,"two,"three, 3",4"#, 4), Some(vec!["1", "\"two", "three, 3", "4"]));
        assert_eq!(fitted(r#"1,"a, b","#, 3), Some(vec!["1", "a, b", ""]));
        assert_eq!(fitted(r#"1,"a, b",""#, 3), Some(vec!["1", "a, b", "\""]));
        assert_eq!(fitted(r#"""a, b",2"#, 2), Some(vec!["\"a, b", "2"]));
        assert_eq!(fitted(r#"1,"10"","x, y",2"#, 4), Some(vec!["1", "10\"", "x, y", "2"]));
    }

    #[test]
    fn what_cannot_have_so_many_fields_is_not_fitted() {
        assert_eq!(fitted("a,b", 3), None);
        assert_eq!(fitted("a,b,c", 2), None);
    }

    #[test]
    fn a_long_line_of_quotes_ends_soon() {
        assert_eq!(fitted(&"\"a,".repeat(100_000), 7), None);
    }
}
