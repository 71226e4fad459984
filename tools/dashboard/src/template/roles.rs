//! What the columns of a table are good for, from one pass over it.

use data_stack_charts::Kind;
use data_stack_core::ToolError;
use data_stack_core::ports::warehouse::Table;
use serde_json::Value;

use crate::query::{Runner, quoted, relation};

/// Distinct values beyond which a text is no category.
const MANY: u64 = 60;

/// A table, and what its columns are.
pub(super) struct Roles {
    /// Its name for people.
    pub(super) name: String,
    /// Its name as SQL.
    pub(super) from: String,
    pub(super) rows: u64,
    pub(super) columns: Vec<Column>,
    /// The column of time, and the unit that divides it well.
    pub(super) time: Option<Time>,
    /// Numbers that are summed up; the one that says most comes first.
    pub(super) measures: Vec<Measure>,
    /// Texts of few values, fewest first.
    pub(super) categories: Vec<Column>,
    /// Texts of many values that recur.
    pub(super) entities: Vec<Column>,
    /// What identifies something.
    pub(super) identifiers: Vec<Column>,
    /// Longitude and latitude.
    pub(super) places: Option<(String, String)>,
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) distinct: u64,
    /// Share of rows without a value.
    pub(super) missing: f64,
}

/// A column of time.
pub(super) struct Time {
    pub(super) name: String,
    pub(super) unit: &'static str,
    /// Buckets of that unit.
    pub(super) buckets: u64,
    /// Whether it holds hours of the day.
    pub(super) hours: bool,
}

/// Something that is summed up, or averaged where sums say nothing.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    pub(super) name: String,
    /// As SQL, for one row.
    pub(super) expression: String,
    /// Whether its mean says more than its sum, as of a price.
    pub(super) average: bool,
    /// Whether its name says that it is money.
    pub(super) money: bool,
}

impl Measure {
    /// The rows themselves, where there is nothing else to count.
    pub(super) fn rows() -> Self {
        Self { name: "rows".into(), expression: "1".into(), average: false, money: false }
    }

    /// As SQL, for a group of rows.
    pub(super) fn sum(&self) -> String {
        let how = if self.average { "avg" } else { "sum" };
        format!("{how}({})", self.expression)
    }
}

impl Roles {
    /// What is summed up in the first place.
    pub(super) fn main(&self) -> Measure {
        self.measures.iter().find(|measure| !measure.average).cloned().unwrap_or_else(Measure::rows)
    }

    /// In a sentence, for whoever asks why.
    pub(super) fn describe(&self) -> String {
        let named = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let measures = named(self.measures.iter().map(|measure| measure.name.as_str()).collect());
        let categories = named(self.categories.iter().map(|column| column.name.as_str()).collect());
        let identifiers = named(self.identifiers.iter().map(|column| column.name.as_str()).collect());
        format!(
            "Measures: {measures}. Categories of 2 to {MANY} values: {categories}. Identifiers, which are counted and not summed: {identifiers}."
        )
    }
}

/// The roles of a table's columns.
pub(super) async fn of(table: &str, runner: &mut Runner<'_>) -> Result<Roles, ToolError> {
    let found = runner.table(table)?.clone();
    let from = relation(&found);
    let (rows, columns) = columns(&found, &from, runner).await?;
    let is = |column: &Column, kind: Kind| column.kind == kind && column.distinct > 0;
    let time = match columns.iter().find(|column| is(column, Kind::Time) && column.distinct > 1) {
        Some(column) => Some(time(&column.name, &from, runner).await?),
        None => None,
    };
    let identifies = |column: &&Column| is_identifier(&column.name);
    let texts = || columns.iter().filter(|column| is(column, Kind::Text) && !identifies(column));
    let category = |column: &&Column| (2..=MANY).contains(&column.distinct) && column.distinct * 2 <= rows.max(4);
    let mut categories: Vec<Column> = texts().filter(category).cloned().collect();
    categories.sort_by_key(|column| column.distinct);
    let entity = |column: &&Column| column.distinct > MANY && column.distinct * 2 < rows;
    Ok(Roles {
        name: found.name.clone(),
        measures: measures(&columns),
        entities: texts().filter(entity).cloned().collect(),
        identifiers: columns.iter().filter(identifies).filter(|column| column.distinct > 1).cloned().collect(),
        places: places(&columns),
        from,
        rows,
        categories,
        time,
        columns,
    })
}

/// The table's columns with their counts, from DuckDB's own summary.
async fn columns(table: &Table, from: &str, runner: &mut Runner<'_>) -> Result<(u64, Vec<Column>), ToolError> {
    let sql = format!("SELECT column_name, approx_unique, null_percentage, \"count\" FROM (SUMMARIZE {from})");
    let answer = runner.rows(&sql).await?;
    let rows = answer.data.rows.first().and_then(|row| row[3].as_u64()).unwrap_or(0);
    let one = |row: &Vec<Value>| {
        let known = table.columns.iter().find(|column| row[0] == column.name.as_str())?;
        let missing = row[2].as_f64().unwrap_or(0.0) / 100.0;
        Some(Column { name: known.name.clone(), kind: Kind::of(&known.kind), distinct: row[1].as_u64().unwrap_or(0), missing })
    };
    Ok((rows, answer.data.rows.iter().filter_map(one).collect()))
}

async fn time(name: &str, from: &str, runner: &mut Runner<'_>) -> Result<Time, ToolError> {
    let column = quoted(name);
    let sql = format!(
        "SELECT date_diff('day', min({column}), max({column})) AS days, count(*) FILTER (extract(hour FROM CAST({column} AS TIMESTAMP)) <> 0) AS timed FROM {from} WHERE isfinite({column})"
    );
    let answer = runner.rows(&sql).await?;
    let first = |at: usize| answer.data.rows.first().and_then(|row| row[at].as_f64()).unwrap_or(0.0);
    let days = first(0);
    let (unit, length) = match days {
        days if days <= 3.0 => ("hour", 1.0 / 24.0),
        days if days <= 120.0 => ("day", 1.0),
        days if days <= 730.0 => ("week", 7.0),
        days if days <= 7_300.0 => ("month", 30.4),
        _ => ("year", 365.25),
    };
    Ok(Time { name: name.to_owned(), unit, buckets: (days / length) as u64 + 1, hours: first(1) > 0.0 })
}

/// The numbers of a table that measure something, those that say most first.
fn measures(columns: &[Column]) -> Vec<Measure> {
    let numbers = columns
        .iter()
        .filter(|column| column.kind == Kind::Number && column.distinct > 1 && !is_identifier(&column.name) && !is_place(&column.name));
    let mut found: Vec<Measure> = numbers
        .map(|column| Measure {
            name: column.name.clone(),
            expression: quoted(&column.name),
            average: has(&column.name, &RATIOS),
            money: has(&column.name, &MONEY),
        })
        .collect();
    let amount = found.iter().any(|measure| measure.money && !measure.average);
    let quantity = found.iter().find(|measure| has(&measure.name, &["quantity", "qty", "units"]));
    let price = found.iter().find(|measure| has(&measure.name, &["price"]));
    // Pieces times their price is what such a table is about.
    if let (false, Some(quantity), Some(price)) = (amount, quantity, price) {
        let expression = format!("{} * {}", quantity.expression, price.expression);
        found.insert(0, Measure { name: "revenue".into(), expression, average: false, money: true });
    }
    found.sort_by_key(|measure| (measure.average, !measure.money));
    found
}

/// Words of numbers whose mean says more than their sum.
const RATIOS: [&str; 14] =
    ["price", "rate", "ratio", "percent", "pct", "average", "avg", "mean", "score", "age", "temperature", "share", "rating", "discount"];
/// Words of sums of money.
const MONEY: [&str; 12] =
    ["revenue", "amount", "sales", "turnover", "total", "cost", "profit", "value", "spend", "fare", "income", "payment"];

/// Whether a name has one of these words, whether they stand apart by `_` or by capital letters.
fn has(name: &str, words: &[&str]) -> bool {
    split(name).iter().any(|word| words.contains(&word.as_str()))
}

/// The words of a name, such as `unit` and `price` of `UnitPrice`.
fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || letter.is_uppercase() && before.is_lowercase();
        if begins {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            last.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a name says that its values identify rather than measure.
fn is_identifier(name: &str) -> bool {
    let words = split(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    ["id", "key", "code", "no", "number", "nr", "zip", "postcode", "year", "month", "index", "uuid", "sku", "phone"].contains(&last)
        || last.len() > 2 && last.ends_with("id")
}

fn is_place(name: &str) -> bool {
    has(name, &["lat", "latitude", "lon", "lng", "longitude"])
}

fn places(columns: &[Column]) -> Option<(String, String)> {
    let find = |words: &[&str]| {
        columns.iter().find(|column| column.kind == Kind::Number && has(&column.name, words)).map(|column| column.name.clone())
    };
    Some((find(&["lon", "lng", "longitude"])?, find(&["lat", "latitude"])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_numbers_are() {
        let column = |name: &str| Column { name: name.into(), kind: Kind::Number, distinct: 10, missing: 0.0 };
        let found = measures(&["Quantity", "UnitPrice", "CustomerID", "zip", "Latitude"].map(column));
        let told: Vec<(&str, &str, bool)> = found.iter().map(|one| (one.name.as_str(), one.expression.as_str(), one.average)).collect();
        let expected =
            [("revenue", "\"Quantity\" * \"UnitPrice\"", false), ("Quantity", "\"Quantity\"", false), ("UnitPrice", "\"UnitPrice\"", true)];
        assert_eq!(told, expected);
        assert_eq!(measures(&["net_amount", "quantity", "price"].map(column))[0].name, "net_amount");
    }
}
