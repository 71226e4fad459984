//! Rows of the same place become one.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Data;

/// How the numbers of several rows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl Aggregate {
    /// The numbers as one; null where there are none. The page does the same in the same order.
    pub fn of(self, numbers: impl Iterator<Item = f64>) -> Value {
        let (mut count, mut sum, mut least, mut most) = (0_u64, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for number in numbers {
            (count, sum, least, most) = (count + 1, sum + number, f64::min(least, number), f64::max(most, number));
        }
        match self {
            _ if count == 0 => Value::Null,
            Self::Sum => whole(sum),
            Self::Average => json!(sum / count as f64),
            Self::Min => whole(least),
            Self::Max => whole(most),
        }
    }
}

/// A number without a fraction as an integer, as JSON in a page would write it.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { json!(number as i64) } else { json!(number) }
}

impl Data {
    /// One row for each value of `keys`, in the order of their first appearance, with `values` of its rows put together.
    #[must_use]
    pub fn grouped(&self, keys: &[usize], values: &[usize], how: Aggregate) -> Self {
        let mut places = HashMap::<String, usize>::new();
        let mut groups: Vec<Vec<&Vec<Value>>> = Vec::new();
        for row in &self.rows {
            let key: String = keys.iter().map(|at| row[*at].to_string() + "\u{1f}").collect();
            let place = *places.entry(key).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[place].push(row);
        }
        let one = |rows: &Vec<&Vec<Value>>| {
            let names = keys.iter().map(|at| rows[0][*at].clone());
            names.chain(values.iter().map(|at| how.of(rows.iter().filter_map(|row| row[*at].as_f64())))).collect()
        };
        let columns = keys.iter().chain(values).map(|at| self.columns[*at].clone()).collect();
        Self { columns, rows: groups.iter().map(one).collect(), undrawable: self.undrawable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_place_become_one_and_places_without_numbers_stay_empty() {
        let rows = vec![
            vec![json!("UK"), json!("a"), json!(1)],
            vec![json!("NO"), json!("a"), Value::Null],
            vec![json!("UK"), json!("b"), json!(2.5)],
        ];
        let data = Data::of_values(&["country", "kind", "n"], rows);
        let grouped = |how| json!(data.grouped(&[0], &[2], how).rows);
        assert_eq!(grouped(Aggregate::Sum), json!([["UK", 3.5], ["NO", null]]));
        assert_eq!(grouped(Aggregate::Average), json!([["UK", 1.75], ["NO", null]]));
        assert_eq!(grouped(Aggregate::Min), json!([["UK", 1], ["NO", null]]));
        assert_eq!(grouped(Aggregate::Max), json!([["UK", 2.5], ["NO", null]]));
    }
}
