//! A column's type, found from every value and not from a sample.

use serde::{Deserialize, Serialize};

use super::value::{Readings, integer, readings};

/// A column of a source and what is known of its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundColumn {
    /// Its name, unique in its file.
    pub(crate) name: String,
    /// The DuckDB type that holds every value.
    pub(crate) kind: String,
    /// How dates are written, for `strptime`, where they are not written as ISO 8601.
    pub(crate) format: Option<String>,
    /// Values that are not null.
    pub(crate) values: u64,
    /// The sum of the values of an integer column.
    pub(crate) sum: Option<i128>,
    /// The bytes of the values of a text column.
    pub(crate) bytes: Option<u64>,
    /// What is surprising about the type, in a sentence.
    pub(crate) surprise: Option<String>,
}

impl FoundColumn {
    /// Whether no value says what its type is.
    pub(crate) fn is_empty(&self) -> bool {
        self.values == 0
    }
}

/// How the values of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    /// As whatever the text allows.
    Written,
    /// As text, whatever it looks like.
    Text,
}

/// Collects what a column's values can be read as.
#[derive(Debug, Clone)]
pub(crate) struct Inference {
    readings: Readings,
    values: u64,
    numbers: u64,
    dates: u64,
    padded: u64,
    odd: Odd,
    sum: Option<i128>,
    bytes: u64,
}

/// The first values that are no number and no date.
#[derive(Debug, Clone, Default)]
struct Odd {
    number: Option<(u64, String)>,
    date: Option<(u64, String)>,
}

impl Default for Inference {
    fn default() -> Self {
        Self { readings: Readings::ANY, values: 0, numbers: 0, dates: 0, padded: 0, odd: Odd::default(), sum: Some(0), bytes: 0 }
    }
}

impl Inference {
    /// Takes a value that is not null.
    pub(crate) fn take(&mut self, text: &[u8], line: u64, how: As) {
        let found = if how == As::Text { Readings::TEXT } else { readings(text) };
        self.values += 1;
        self.bytes += text.len() as u64;
        self.sum = self.sum.and_then(|sum| sum.checked_add(integer(text)?));
        self.readings = self.readings.and(found);
        if found.meets(Readings::NUMBER) {
            self.numbers += 1;
        } else if self.odd.number.is_none() {
            self.odd.number = Some((line, shown(text)));
        }
        if found.meets(Readings::TEMPORAL) {
            self.dates += 1;
        } else if self.odd.date.is_none() {
            self.odd.date = Some((line, shown(text)));
        }
        self.padded += u64::from(text.len() > 1 && text[0] == b'0' && text.iter().all(u8::is_ascii_digit));
    }

    /// The column, named.
    pub(crate) fn finish(self, name: String) -> FoundColumn {
        let (kind, format) = self.kind();
        let sum = self.sum.filter(|_| matches!(kind, "BIGINT" | "HUGEINT"));
        let bytes = (kind == "VARCHAR").then_some(self.bytes);
        let surprise = if kind == "VARCHAR" && self.values > 0 { self.surprise(&name) } else { None };
        FoundColumn { name, kind: kind.to_owned(), format, values: self.values, sum, bytes, surprise }
    }

    fn kind(&self) -> (&'static str, Option<String>) {
        const ORDER: [(Readings, &str); 8] = [
            (Readings::BOOLEAN, "BOOLEAN"),
            (Readings::BIGINT, "BIGINT"),
            (Readings::HUGEINT, "HUGEINT"),
            (Readings::DOUBLE, "DOUBLE"),
            (Readings::DATE, "DATE"),
            (Readings::TIMESTAMP, "TIMESTAMP"),
            (Readings::ZONED, "TIMESTAMPTZ"),
            (Readings::TIME, "TIME"),
        ];
        if self.values == 0 {
            return ("VARCHAR", None);
        }
        if let Some((_, kind)) = ORDER.iter().find(|(reading, _)| self.readings.meets(*reading)) {
            return (kind, None);
        }
        match self.date_format() {
            Some((kind, format)) => (kind, Some(format)),
            None => ("VARCHAR", None),
        }
    }

    /// How the column's numeric dates are written, if all are written alike and only one order of day and month fits.
    fn date_format(&self) -> Option<(&'static str, String)> {
        let has = |reading| self.readings.meets(reading);
        if !has(Readings::NUMERIC_DATE) || has(Readings::DAY_FIRST) == has(Readings::MONTH_FIRST) {
            return None;
        }
        let separator =
            [(Readings::SLASH, '/'), (Readings::DASH, '-'), (Readings::DOT, '.')].into_iter().find(|(reading, _)| has(*reading))?.1;
        let (kind, clock) = if has(Readings::NO_TIME) {
            ("DATE", "")
        } else if has(Readings::MINUTES) {
            ("TIMESTAMP", " %H:%M")
        } else if has(Readings::SECONDS) {
            ("TIMESTAMP", " %H:%M:%S")
        } else {
            return None;
        };
        let (first, second) = if has(Readings::DAY_FIRST) { ('d', 'm') } else { ('m', 'd') };
        Some((kind, format!("%{first}{separator}%{second}{separator}%Y{clock}")))
    }

    fn surprise(&self, name: &str) -> Option<String> {
        let Self { values, numbers, dates, padded, .. } = self;
        if *padded > 0 && numbers + padded == *values {
            return Some(format!("`{name}` is kept as text because {padded} of its {values} values have leading zeros"));
        }
        if self.readings.meets(Readings::NUMERIC_DATE) {
            let why = match (self.readings.meets(Readings::DAY_FIRST), self.readings.meets(Readings::MONTH_FIRST)) {
                (true, true) => "may be day first or month first",
                (false, false) => "are some day first and some month first",
                _ => "are written in more than one way",
            };
            return Some(format!("`{name}` is kept as text because its dates {why}; cast it with `strptime`"));
        }
        let nearly = |count: u64| count * 10 >= values * 9 && count < *values;
        let (count, what, odd) = if nearly(*numbers) {
            (numbers, "numbers", self.odd.number.as_ref()?)
        } else if nearly(*dates) {
            (dates, "dates or times", self.odd.date.as_ref()?)
        } else {
            return None;
        };
        let (line, text) = odd;
        Some(format!("`{name}` is text: {count} of its {values} values are {what}, the first that is none is `{text}` in line {line}"))
    }
}

fn shown(text: &[u8]) -> String {
    data_stack_core::text::clean(&String::from_utf8_lossy(text), 40)
}

/// The type that holds the values of both types; text where nothing else does.
pub(crate) fn widen(first: &str, second: &str) -> String {
    const NUMBERS: [&str; 8] = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", ""];
    let rank = |kind: &str| NUMBERS.iter().position(|number| *number == kind);
    let dates = |kind: &str| matches!(kind, "DATE" | "TIMESTAMP");
    match (rank(first), rank(second)) {
        _ if first == second => first.to_owned(),
        // A double does not hold every huge integer, but no other number holds both.
        (Some(a), Some(b)) => NUMBERS[a.max(b)].to_owned(),
        _ if dates(first) && dates(second) => "TIMESTAMP".to_owned(),
        _ => "VARCHAR".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{As, Inference, widen};

    fn kind(values: &[&str]) -> (String, Option<String>) {
        let mut inference = Inference::default();
        for (line, value) in values.iter().enumerate() {
            inference.take(value.as_bytes(), line as u64 + 2, As::Written);
        }
        let column = inference.finish("c".into());
        (column.kind, column.format.or(column.surprise))
    }

    #[test]
    fn a_type_holds_every_value_or_the_column_is_text() {
        let cases: [(&[&str], &str, Option<&str>); 12] = [
            (&[], "VARCHAR", None),
            (&["1", "-2"], "BIGINT", None),
            (&["1", "2.5"], "DOUBLE", None),
            (&["9007199254740993"], "BIGINT", None),
            (&["1", "12345678901234567890"], "HUGEINT", None),
            (&["1", "0042"], "VARCHAR", Some("`c` is kept as text because 1 of its 2 values have leading zeros")),
            (&["true", "FALSE"], "BOOLEAN", None),
            (&["2010-12-01", "2010-12-01 08:26"], "TIMESTAMP", None),
            (&["13/01/2010", "01/02/2010"], "DATE", Some("%d/%m/%Y")),
            (&["1/13/2010 8:26", "01/02/2010 10:00"], "TIMESTAMP", Some("%m/%d/%Y %H:%M")),
            (
                &["01/02/2010"],
                "VARCHAR",
                Some("`c` is kept as text because its dates may be day first or month first; cast it with `strptime`"),
            ),
            (
                &["13/01/2010", "01/13/2010"],
                "VARCHAR",
                Some("`c` is kept as text because its dates are some day first and some month first; cast it with `strptime`"),
            ),
        ];
        for (values, expected, note) in cases {
            assert_eq!(kind(values), (expected.to_owned(), note.map(str::to_owned)), "{values:?}");
        }
    }

    #[test]
    fn a_column_that_is_nearly_numeric_says_where_it_is_not() {
        let mut values = vec!["7"; 19];
        values.push("C536379");
        let expected = "`c` is text: 19 of its 20 values are numbers, the first that is none is `C536379` in line 21";
        assert_eq!(kind(&values), ("VARCHAR".to_owned(), Some(expected.to_owned())));
    }

    #[test]
    fn sums_are_exact() {
        let mut inference = Inference::default();
        for value in ["9223372036854775807", "1"] {
            inference.take(value.as_bytes(), 1, As::Written);
        }
        assert_eq!(inference.finish("c".into()).sum, Some(9_223_372_036_854_775_808));
    }

    #[test]
    fn types_widen_to_one_that_holds_both() {
        let cases =
            [("BIGINT", "DOUBLE", "DOUBLE"), ("DATE", "TIMESTAMP", "TIMESTAMP"), ("BIGINT", "DATE", "VARCHAR"), ("DATE", "DATE", "DATE")];
        for (first, second, expected) in cases {
            assert_eq!(widen(first, second), expected);
        }
    }
}
