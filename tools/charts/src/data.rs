//! What is drawn: rows of typed columns.

use data_stack_core::{Code, ToolError, nearest::nearest};
use serde_json::{Value, json};

/// Rows of typed columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    /// The columns.
    pub columns: Vec<Field>,
    /// Values in the order of the columns: numbers are finite or null, times are ISO 8601 in UTC.
    pub rows: Vec<Vec<Value>>,
    /// Values that cannot be drawn, such as infinities, and became null.
    pub undrawable: u64,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Dates and times.
    Time,
    /// Lists of numbers, which tables draw as spark lines.
    Numbers,
    /// Anything else, as text.
    Text,
}

impl Kind {
    /// What a DuckDB type becomes.
    pub fn of(duckdb: &str) -> Self {
        if let Some(inner) = duckdb.strip_suffix("[]") {
            return if Self::of(inner) == Self::Number { Self::Numbers } else { Self::Text };
        }
        let name = duckdb.split('(').next().unwrap_or_default();
        match name {
            _ if duckdb.ends_with(']') => Self::Text,
            "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "HUGEINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" | "UBIGINT" | "UHUGEINT"
            | "FLOAT" | "DOUBLE" | "DECIMAL" => Self::Number,
            "DATE" => Self::Time,
            _ if name.starts_with("TIMESTAMP") => Self::Time,
            _ => Self::Text,
        }
    }
}

impl Data {
    /// The rows of a query: names with their DuckDB types, and values in the lossless form of the warehouse.
    pub fn of_query<'a>(columns: impl Iterator<Item = (&'a str, &'a str)>, rows: Vec<Vec<Value>>) -> Self {
        let columns: Vec<Field> = columns.map(|(name, kind)| Field { name: name.to_owned(), kind: Kind::of(kind) }).collect();
        let mut undrawable = 0;
        let mut convert = |(at, value): (usize, Value)| match columns.get(at).map(|column| column.kind) {
            Some(Kind::Number) => number(&value, &mut undrawable),
            Some(Kind::Time) => moment(value, &mut undrawable),
            Some(Kind::Numbers) => numbers(value, &mut undrawable),
            _ => text(value),
        };
        let rows = rows.into_iter().map(|row| row.into_iter().enumerate().map(&mut convert).collect()).collect();
        Self { columns, rows, undrawable }
    }

    /// Rows whose kinds are seen from the values: a column of numbers and nulls is numeric.
    pub fn of_values(names: &[&str], rows: Vec<Vec<Value>>) -> Self {
        let numeric =
            |at: usize| rows.iter().any(|row| row[at].is_number()) && rows.iter().all(|row| row[at].is_number() || row[at].is_null());
        let kind = |at: usize| if numeric(at) { Kind::Number } else { Kind::Text };
        let columns = names.iter().enumerate().map(|(at, name)| Field { name: (*name).to_owned(), kind: kind(at) }).collect();
        Self { columns, rows, undrawable: 0 }
    }

    /// Where a column stands. `field` names the argument that asked for it.
    pub fn find(&self, name: &str, field: &str) -> Result<usize, ToolError> {
        let exact = self.columns.iter().position(|column| column.name == name);
        let found = exact.or_else(|| self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)));
        found.ok_or_else(|| {
            let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
            let near = nearest(name, names.iter().copied(), 1);
            let hint = near.first().map_or_else(|| "Name a column of the data.".to_owned(), |near| format!("Did you mean `{near}`?"));
            ToolError::invalid(field, format!("`{field}` names `{name}`, which is no column of the data"), hint).valid(names)
        })
    }

    /// Where a column of numbers stands.
    pub fn find_number(&self, name: &str, field: &str) -> Result<usize, ToolError> {
        let at = self.find(name, field)?;
        if self.columns[at].kind == Kind::Number {
            return Ok(at);
        }
        let numbers = self.columns.iter().filter(|column| column.kind == Kind::Number).map(|column| column.name.clone());
        let message = format!("`{field}` needs numbers, and `{name}` holds none");
        Err(ToolError::new(Code::InvalidInput, message, "Name a column of numbers, or count rows in SQL.").at(field).valid(numbers))
    }

    /// A column's name.
    pub fn name(&self, at: usize) -> &str {
        self.columns.get(at).map_or("", |column| column.name.as_str())
    }

    /// The numbers of a column.
    pub fn numbers(&self, at: usize) -> impl Iterator<Item = f64> + '_ {
        self.rows.iter().filter_map(move |row| row.get(at).and_then(Value::as_f64))
    }

    /// A header and the rows, as an ECharts data set.
    pub(crate) fn dataset(&self) -> Value {
        let header: Value = self.columns.iter().map(|column| column.name.as_str()).collect();
        let source: Vec<Value> = std::iter::once(header).chain(self.rows.iter().map(|row| json!(row))).collect();
        json!({ "source": source, "sourceHeader": true })
    }
}

fn number(value: &Value, undrawable: &mut u64) -> Value {
    let found = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match found {
        Some(found) if found.is_finite() => value.as_i64().map_or_else(|| json!(found), |whole| json!(whole)),
        _ => {
            *undrawable += u64::from(!value.is_null());
            Value::Null
        }
    }
}

/// A list of numbers; what is none of them is null.
fn numbers(value: Value, undrawable: &mut u64) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| number(item, undrawable)).collect(),
        other => text(other),
    }
}

/// A time as ISO 8601 in UTC, which every browser reads alike; null before the year 0 and after 9999, and for infinity.
fn moment(value: Value, undrawable: &mut u64) -> Value {
    let Value::String(text) = value else { return text(value) };
    let common = text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    if !common || text.ends_with("(BC)") {
        *undrawable += 1;
        return Value::Null;
    }
    match text.len() {
        10 => json!(format!("{text}T00:00:00Z")),
        _ if text.contains('T') && !text.ends_with('Z') => json!(format!("{text}Z")),
        _ => json!(text),
    }
}

fn text(value: Value) -> Value {
    match value {
        Value::Null | Value::String(_) => value,
        Value::Bool(flag) => json!(if flag { "true" } else { "false" }),
        other => json!(other.to_string()),
    }
}
