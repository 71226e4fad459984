//! After the rows are in and before the transaction ends: what the source held against what the table gained.

use data_stack_core::ToolError;
use data_stack_core::ports::ingest::LoadCheck;

use super::Database;
use super::schema::Target;
use crate::ingest::csv::infer::FoundColumn;
use crate::ingest::names::{TableName, identifier, same};

/// What a table's column holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Measure {
    values: i128,
    weight: i128,
}

/// How a column is weighed: integers by their sum, text by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Sum,
    Bytes,
    None,
}

/// What the sources say that a column gains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expectation {
    column: String,
    weight: Weight,
    gains: Measure,
}

/// What the columns of `target` should gain from the sources.
pub(super) fn expect(target: &Target, sources: &[&[FoundColumn]]) -> Vec<Expectation> {
    let expectation = |column: &data_stack_core::ports::warehouse::Column| {
        let found: Vec<&FoundColumn> = sources.iter().copied().flatten().filter(|found| same(&found.name, &column.name)).collect();
        let values = found.iter().map(|found| i128::from(found.values)).sum();
        let all = |known: fn(&FoundColumn) -> Option<i128>| -> Option<i128> {
            found.iter().map(|found| if found.is_empty() { Some(0) } else { known(found).filter(|_| found.kind == column.kind) }).sum()
        };
        let (weight, sum) = match column.kind.as_str() {
            "BIGINT" => (Weight::Sum, all(|found| found.sum)),
            "VARCHAR" => (Weight::Bytes, all(|found| found.bytes.map(i128::from))),
            _ => (Weight::None, None),
        };
        let weight = if sum.is_some() { weight } else { Weight::None };
        Expectation { column: column.name.clone(), weight, gains: Measure { values, weight: sum.unwrap_or(0) } }
    };
    target.columns.iter().map(expectation).collect()
}

impl Database<'_> {
    /// What the columns hold now, in the order of the expectations.
    pub(super) fn measure(&self, table: &TableName, expectations: &[Expectation]) -> Result<Vec<Measure>, ToolError> {
        let measure = |expectation: &Expectation| {
            let column = identifier(&expectation.column);
            let weight = match expectation.weight {
                Weight::Sum => format!("coalesce(sum({column}), 0)"),
                Weight::Bytes => format!("coalesce(sum(strlen({column})), 0)"),
                Weight::None => "0".to_owned(),
            };
            format!("CAST(count({column}) AS HUGEINT), CAST({weight} AS HUGEINT)")
        };
        let measures: Vec<String> = expectations.iter().map(measure).collect();
        let query = format!("SELECT {} FROM {}", measures.join(", "), self.sql(table));
        let rows = self.rows(&query, |row| {
            (0..expectations.len())
                .map(|at| Ok(Measure { values: row.get(at * 2)?, weight: row.get(at * 2 + 1)? }))
                .collect::<duckdb::Result<Vec<_>>>()
        })?;
        Ok(rows.into_iter().flatten().collect())
    }
}

/// Holds what was gained against what was expected.
pub(super) fn compare(expectations: &[Expectation], before: &[Measure], after: &[Measure]) -> Vec<LoadCheck> {
    let gained = before
        .iter()
        .zip(after)
        .map(|(before, after)| Measure { values: after.values - before.values, weight: after.weight - before.weight });
    let pairs: Vec<(&Expectation, Measure)> = expectations.iter().zip(gained).collect();
    let values = check("values per column", &pairs, |expected, gained| (expected.gains.values, gained.values, true));
    let weights = check("sums of integers and bytes of text per column", &pairs, |expected, gained| {
        (expected.gains.weight, gained.weight, expected.weight != Weight::None)
    });
    [values, weights].into_iter().flatten().collect()
}

fn check(name: &str, pairs: &[(&Expectation, Measure)], sides: fn(&Expectation, Measure) -> (i128, i128, bool)) -> Option<LoadCheck> {
    let compared: Vec<(&str, i128, i128)> = pairs
        .iter()
        .filter_map(|(expected, gained)| {
            let (source, table, counts) = sides(expected, *gained);
            counts.then_some((expected.column.as_str(), source, table))
        })
        .collect();
    let differing: Vec<String> = compared
        .iter()
        .filter(|(_, source, table)| source != table)
        .map(|(column, source, table)| format!("`{column}`: {source} in the source, {table} in the table"))
        .collect();
    let found =
        if differing.is_empty() { format!("the same in source and table for {} columns", compared.len()) } else { differing.join("; ") };
    (!compared.is_empty()).then(|| LoadCheck { check: name.to_owned(), passed: differing.is_empty(), found })
}

#[cfg(test)]
mod tests {
    use super::{Expectation, Measure, Weight, compare};

    #[test]
    fn a_column_that_gained_something_else_fails_the_check() {
        let expectation = Expectation { column: "a".into(), weight: Weight::Sum, gains: Measure { values: 2, weight: 10 } };
        let before = [Measure { values: 1, weight: 5 }];
        let good = compare(std::slice::from_ref(&expectation), &before, &[Measure { values: 3, weight: 15 }]);
        assert!(good.iter().all(|check| check.passed) && good.len() == 2);
        let bad = compare(&[expectation], &before, &[Measure { values: 3, weight: 14 }]);
        assert_eq!(bad.iter().map(|check| check.passed).collect::<Vec<_>>(), [true, false]);
        assert_eq!(bad[1].found, "`a`: 10 in the source, 9 in the table");
    }
}
