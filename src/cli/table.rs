//! Rows and columns as text.

use data_stack_core::text::clean;
use serde_json::Value;

use super::screen::{Screen, Tone};

/// Longest cell, in characters.
const MAX_CELL: usize = 200;
/// Narrowest column that is still worth showing, in characters.
const MIN_CELL: usize = 6;
/// Between columns.
const GAP: &str = "  ";

/// A table to be shown.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Table {
    headings: Vec<String>,
    /// Whether the column holds numbers, which are aligned at their ends.
    numeric: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|text| cell(text)).collect(), numeric: vec![false; headings.len()], rows: Vec::new() }
    }

    /// Aligns a column at its end.
    #[must_use]
    pub(super) fn align_end(mut self, column: usize) -> Self {
        if let Some(numeric) = self.numeric.get_mut(column) {
            *numeric = true;
        }
        self
    }

    /// Adds a row of texts.
    pub(super) fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|text| cell(text)).collect());
    }

    /// A query's result: columns with `name` and `type`, rows of values.
    pub(super) fn of_result(columns: &[Value], rows: &[Value]) -> Self {
        let name = |column: &Value| column["name"].as_str().or(column.as_str()).unwrap_or_default().to_owned();
        let headings: Vec<String> = columns.iter().map(|column| cell(&name(column))).collect();
        let numeric = columns.iter().map(|column| column["type"].as_str().is_some_and(is_number)).collect();
        let rows = rows.iter().map(|row| row.as_array().into_iter().flatten().map(shown).collect()).collect();
        Self { headings, numeric, rows }
    }

    /// Whether it has no rows.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the table to standard output, narrowed to the terminal.
    pub(super) fn show(&self, screen: &mut Screen) -> std::io::Result<()> {
        let widths = self.widths(screen.width);
        let headings = self.line(&self.headings, &widths);
        screen.line(&screen.paint(Tone::Strong, &headings))?;
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        screen.line(&screen.paint(Tone::Faint, &rule.join(GAP)))?;
        self.rows.iter().try_for_each(|row| screen.line(&self.line(row, &widths)))
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let parts: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(index, width)| {
                let text = clean(cells.get(index).map_or("", String::as_str), width.saturating_sub(1).max(1));
                let whole = cells.get(index).filter(|whole| whole.chars().count() <= *width).cloned();
                let text = whole.unwrap_or(text);
                let space = " ".repeat(width.saturating_sub(text.chars().count()));
                if self.numeric.get(index) == Some(&true) { format!("{space}{text}") } else { format!("{text}{space}") }
            })
            .collect();
        parts.join(GAP).trim_end().to_owned()
    }

    /// Each column's width: what its cells need, the widest ones narrowed until the line fits.
    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let length = |text: &String| text.chars().count();
        let mut widths: Vec<usize> = self
            .headings
            .iter()
            .enumerate()
            .map(|(index, heading)| self.rows.iter().filter_map(|row| row.get(index)).map(length).max().unwrap_or(0).max(length(heading)))
            .collect();
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        let Some(room) = limit.map(|limit| limit.saturating_sub(gaps)) else { return widths };
        while widths.iter().sum::<usize>() > room {
            match widths.iter_mut().max() {
                Some(widest) if *widest > MIN_CELL => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

/// A value as a cell: text without quotes, null as a dash, the rest as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => cell(text),
        other => cell(&other.to_string()),
    }
}

fn cell(text: &str) -> String {
    clean(text, MAX_CELL).replace(['\n', '\t'], " ")
}

fn is_number(kind: &str) -> bool {
    let kind = kind.to_ascii_uppercase();
    ["INT", "DECIMAL", "DOUBLE", "FLOAT", "REAL"].iter().any(|name| kind.contains(name))
        && !kind.contains('[')
        && !kind.starts_with("INTERVAL")
}

/// A number with thousands separated.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Table, count};
    use serde_json::json;

    fn drawn(table: &Table, width: Option<usize>) -> Vec<String> {
        let widths = table.widths(width);
        std::iter::once(table.line(&table.headings, &widths)).chain(table.rows.iter().map(|row| table.line(row, &widths))).collect()
    }

    fn sample() -> Table {
        let columns = [json!({"name": "country", "type": "VARCHAR"}), json!({"name": "revenue", "type": "DECIMAL(18,2)"})];
        let rows = [json!(["United Kingdom", "1234.50"]), json!([null, 7]), json!(["a\u{1b}[31mb\nc", {"k": 1}])];
        Table::of_result(&columns, &rows)
    }

    #[test]
    fn numbers_end_where_they_should_and_data_cannot_steer_the_terminal() {
        assert_eq!(
            drawn(&sample(), None),
            ["country         revenue", "United Kingdom  1234.50", "–                     7", "ab c            {\"k\":1}",]
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        assert_eq!(drawn(&sample(), Some(17)), ["country   revenue", "United …  1234.50", "–               7", "ab c      {\"k\":1}"]);
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([count(0), count(999), count(42_481), count(1_000_000)], ["0", "999", "42,481", "1,000,000"]);
    }
}
