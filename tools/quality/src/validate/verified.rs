//! Verified queries: SQL with the answer that it must give, in the Markdown files of the team's knowledge.
//!
//! A query is a code block ```` ```sql verified ````, named by the heading above it. The block ```` ```yaml expect ```` behind it says
//! what its answer must be; without one the query must only run and find something.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde::Deserialize;
use serde_json::Value;

use super::types::Severity;

/// A query with its expected answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VerifiedQuery {
    /// The heading above it.
    pub(super) name: String,
    /// The line of its block, from 1.
    pub(super) line: u64,
    pub(super) sql: String,
    pub(super) expect: Expected,
}

/// What an answer must be; everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Expected {
    /// The names of the columns, in order.
    pub(super) columns: Option<Vec<String>>,
    /// How many rows.
    pub(super) rows: Option<Rows>,
    /// The first rows, or all of them where `rows` says that there are no more.
    pub(super) result: Vec<Vec<Value>>,
    /// Conditions in SQL that hold for every row.
    pub(super) holds: Vec<String>,
    /// How far numbers may be off.
    pub(super) tolerance: f64,
    pub(super) severity: Severity,
}

/// A number of rows, or its bounds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Rows {
    Exactly(u64),
    Within {
        #[serde(default)]
        min: u64,
        #[serde(default = "no_bound")]
        max: u64,
    },
}

const fn no_bound() -> u64 {
    u64::MAX
}

/// Something in a file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) line: u64,
    pub(super) message: String,
}

/// The verified queries of a file, and what in it cannot be used.
pub(super) fn read(text: &str) -> (Vec<VerifiedQuery>, Vec<Unusable>) {
    let mut reader = Reader { text, ..Reader::default() };
    for (event, range) in Parser::new(text).into_offset_iter() {
        reader.take(event, range);
    }
    (reader.queries, reader.unusable)
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    heading: String,
    in_heading: bool,
    block: Option<Block>,
    queries: Vec<VerifiedQuery>,
    unusable: Vec<Unusable>,
    /// Whether the last query has no expectation yet.
    open: bool,
}

/// A code block that is being read.
struct Block {
    is_query: bool,
    line: u64,
    content: String,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => (self.in_heading, self.heading) = (true, String::new()),
            Event::End(TagEnd::Heading(_)) => self.in_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => self.block = self.begin(&info, range.start),
            Event::End(TagEnd::CodeBlock) => self.end(),
            Event::Text(text) | Event::Code(text) if self.in_heading => self.heading.push_str(&text),
            Event::Text(text) => {
                if let Some(block) = &mut self.block {
                    block.content.push_str(&text);
                }
            }
            _ => {}
        }
    }

    fn begin(&self, info: &str, at: usize) -> Option<Block> {
        let words: Vec<&str> = info.split_whitespace().collect();
        let is_query = words.first() == Some(&"sql") && words.contains(&"verified");
        let is_expected = matches!(words.first(), Some(&("yaml" | "yml"))) && words.contains(&"expect");
        let line = self.text[..at].matches('\n').count() as u64 + 1;
        (is_query || is_expected).then_some(Block { is_query, line, content: String::new() })
    }

    fn end(&mut self) {
        let Some(Block { is_query, line, content }) = self.block.take() else { return };
        if is_query {
            let name = if self.heading.is_empty() { format!("line {line}") } else { self.heading.trim().to_owned() };
            self.queries.push(VerifiedQuery { name, line, sql: content.trim().to_owned(), expect: Expected::default() });
            self.open = true;
            return;
        }
        let unusable = match (self.queries.last_mut().filter(|_| self.open), serde_saphyr::from_str(&content)) {
            (Some(query), Ok(expect)) => {
                query.expect = expect;
                None
            }
            (None, _) => Some("an expectation stands behind no verified query".to_owned()),
            (Some(_), Err(error)) => Some(format!("the expectation cannot be read: {error}")),
        };
        self.open = false;
        self.unusable.extend(unusable.map(|message| Unusable { line, message }));
    }
}

impl Expected {
    /// What of an answer is not as it must be.
    pub(super) fn misses(&self, columns: &[String], rows: &[Vec<Value>], total: u64) -> Vec<String> {
        let mut misses = Vec::new();
        if let Some(expected) = self.columns.as_ref().filter(|expected| expected.as_slice() != columns) {
            misses.push(format!("the columns are {}, expected {}", columns.join(", "), expected.join(", ")));
        }
        match self.rows {
            Some(Rows::Exactly(expected)) if expected != total => misses.push(format!("{total} rows, expected {expected}")),
            Some(Rows::Within { min, max }) if !(min..=max).contains(&total) => {
                misses.push(format!(
                    "{total} rows, expected {min} to {}",
                    if max == u64::MAX { "any number".to_owned() } else { max.to_string() }
                ));
            }
            None if total == 0 => misses.push("the answer is empty".to_owned()),
            _ => {}
        }
        let wrong = self.result.iter().enumerate().find(|(at, row)| rows.get(*at).is_none_or(|found| !self.same(found, row)));
        if let Some((at, row)) = wrong {
            let found = rows.get(at).map_or_else(|| "missing".to_owned(), |row| Value::from(row.clone()).to_string());
            misses.push(format!("row {} is {found}, expected {}", at + 1, Value::from(row.clone())));
        }
        misses
    }

    fn same(&self, found: &[Value], expected: &[Value]) -> bool {
        found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| self.equal(found, expected))
    }

    fn equal(&self, found: &Value, expected: &Value) -> bool {
        match (number(found), number(expected)) {
            (Some(found), Some(expected)) => (found - expected).abs() <= self.tolerance.max(expected.abs() * 1e-12),
            _ => found == expected || said(found) == said(expected),
        }
    }
}

/// A number, also one that is written as text since JSON would not keep it whole.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FILE: &str = "# Revenue\n\nWhat customers `paid`.\n\n```sql\nselect 0\n```\n\n## Revenue by `country`\n\n```sql verified\nselect 1 as a\n```\n\n```yaml expect\ncolumns: [a]\nrows: {min: 1, max: 2}\nresult: [[1]]\nseverity: warn\n```\n\n```yaml expect\nrows: 1\n```\n\n## All\n```sql verified\nselect 2\n```\n```yaml expect\nrow: 1\n```\n";

    #[test]
    fn queries_are_named_by_their_heading_and_have_their_expectation() {
        let (queries, unusable) = read(FILE);
        let expect = Expected {
            columns: Some(vec!["a".into()]),
            rows: Some(Rows::Within { min: 1, max: 2 }),
            result: vec![vec![json!(1)]],
            severity: Severity::Warn,
            ..Expected::default()
        };
        let first = VerifiedQuery { name: "Revenue by country".into(), line: 11, sql: "select 1 as a".into(), expect };
        let second = VerifiedQuery { name: "All".into(), line: 27, sql: "select 2".into(), expect: Expected::default() };
        assert_eq!(queries, [first, second]);
        let lines: Vec<u64> = unusable.iter().map(|unusable| unusable.line).collect();
        assert_eq!(lines, [22, 30], "{unusable:?}");
        assert!(unusable[1].message.contains("row"), "{unusable:?}");
    }

    #[test]
    fn an_answer_is_held_against_everything_that_is_expected() {
        let expected =
            Expected { result: vec![vec![json!("uk"), json!(10.0)]], tolerance: 0.01, rows: Some(Rows::Exactly(2)), ..Expected::default() };
        let columns = ["country".to_owned(), "revenue".to_owned()];
        let rows = [vec![json!("uk"), json!("10.005")], vec![json!("de"), json!(1)]];
        assert_eq!(expected.misses(&columns, &rows, 2), Vec::<String>::new());
        let strict = Expected { tolerance: 0.0, columns: Some(vec!["x".into()]), rows: Some(Rows::Exactly(1)), ..expected };
        let misses =
            ["the columns are country, revenue, expected x", "2 rows, expected 1", r#"row 1 is ["uk","10.005"], expected ["uk",10.0]"#];
        assert_eq!(strict.misses(&columns, &rows, 2), misses);
        assert_eq!(Expected::default().misses(&columns, &[], 0), ["the answer is empty"]);
    }
}
