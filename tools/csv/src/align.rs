//! A record with too few or too many fields, fitted to the columns: each field goes where its sort of text belongs.

use crate::literal::{Sort, sort};

/// What most values of each column are, where they are all alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sorts(Vec<Option<Sort>>);

/// Where a field of a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into the next column.
    Column,
    /// It is left out: it is empty and no column is left for it.
    Nowhere,
    /// To the end of the field before it, with the delimiter: it was cut off there.
    Onto,
}

/// How a record's fields go into the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alignment {
    /// The place of each field.
    pub(crate) places: Vec<Place>,
    /// Columns that get no field.
    pub(crate) gaps: Vec<usize>,
    /// Fields in a column of another sort.
    pub(crate) mismatches: usize,
    /// Fields that fit their column and would not fit the one that their position gives.
    pub(crate) moved: usize,
}

/// The costs of departures, in one number: mismatches first, then joined fields, then gaps that are not at the end.
const MISMATCH: u64 = 1 << 40;
const JOIN: u64 = 1 << 30;
/// Records that need more steps are not aligned.
const LARGEST: usize = 1 << 17;

impl Sorts {
    /// Learns from rows with one field for each of `width` columns. A column has a sort if so large a share of its values has it.
    pub(crate) fn learn<'a>(rows: impl Iterator<Item = &'a [String]>, width: usize, share: f64) -> Self {
        let mut counts = vec![[0_usize; 7]; width];
        for row in rows {
            for (count, field) in counts.iter_mut().zip(row) {
                count[sort(field.as_bytes()) as usize] += 1;
            }
        }
        Self(counts.iter().map(|count| Self::main(count, share)).collect())
    }

    fn main(counts: &[usize; 7], share: f64) -> Option<Sort> {
        let values: usize = counts[1..].iter().sum();
        if values == 0 {
            return (counts[0] > 0).then_some(Sort::Empty);
        }
        Sort::ALL[1..].iter().copied().find(|sort| counts[*sort as usize] as f64 >= values as f64 * share)
    }

    /// The sort of a column.
    pub(crate) fn get(&self, column: usize) -> Option<Sort> {
        self.0.get(column).copied().flatten()
    }

    /// The number of columns whose values are told from words.
    pub(crate) fn literal(&self) -> usize {
        self.0.iter().flatten().filter(|sort| sort.is_literal()).count()
    }

    fn misfits(&self, column: usize, field: Sort) -> bool {
        field != Sort::Empty && self.get(column).is_some_and(|sort| sort != field)
    }

    /// The number of fields that are of another sort than their column.
    pub(crate) fn mismatches(&self, fields: &[Sort]) -> usize {
        fields.iter().enumerate().filter(|(column, field)| self.misfits(*column, **field)).count()
    }

    /// The best way to put fields into the columns, in order. `join` allows to put a field onto the one before it.
    ///
    /// A record with too few fields leaves columns out, one with too many leaves fields out, each as often as the numbers
    /// differ: so a way is known by how many fields it has placed and how often it has left one out.
    pub(crate) fn align(&self, fields: &[Sort], join: bool) -> Option<Alignment> {
        let (count, width) = (fields.len(), self.0.len());
        let left_out = count.abs_diff(width);
        let row = left_out + 1;
        if (count + 1).saturating_mul(row) > LARGEST {
            return None;
        }
        let ways = Ways { sorts: self, fields, join };
        // The cost from (field, left out) to the end, and the step that leads there.
        let mut best = vec![(u64::MAX, Step::End); (count + 1) * row];
        for field in (0..=count).rev() {
            for out in (0..=left_out).rev() {
                best[field * row + out] = ways.best(field, out, |field, out| best[field * row + out].0);
            }
        }
        (best[0].0 != u64::MAX).then(|| ways.trace(|field, out| best[field * row + out].1))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    End,
    Take,
    Gap,
    Drop,
    Join,
}

/// The steps of an alignment.
struct Ways<'a> {
    sorts: &'a Sorts,
    fields: &'a [Sort],
    join: bool,
}

impl Ways<'_> {
    /// The column that comes next after so many fields, so many columns or fields left out.
    fn column(&self, field: usize, out: usize) -> Option<usize> {
        if self.fields.len() < self.sorts.0.len() { Some(field + out) } else { field.checked_sub(out) }
    }

    fn best(&self, field: usize, out: usize, cost: impl Fn(usize, usize) -> u64) -> (u64, Step) {
        let (count, width) = (self.fields.len(), self.sorts.0.len());
        let more = out < count.abs_diff(width);
        if field == count && !more {
            return (0, Step::End);
        }
        let mut best = (u64::MAX, Step::End);
        let mut consider = |step, price: u64, rest: u64| {
            let total = price.saturating_add(rest);
            if total < best.0 {
                best = (total, step);
            }
        };
        let Some(column) = self.column(field, out) else { return best };
        if field < count && column < width {
            let price = u64::from(self.sorts.misfits(column, self.fields[field])) * MISMATCH;
            consider(Step::Take, price, cost(field + 1, out));
        }
        if count < width && more {
            consider(Step::Gap, (width - column) as u64, cost(field, out + 1));
        }
        if count > width && field < count && more {
            if self.fields[field] == Sort::Empty {
                consider(Step::Drop, (count - field) as u64, cost(field + 1, out + 1));
            }
            let text = column > 0 && matches!(self.sorts.get(column - 1), None | Some(Sort::Text));
            if self.join && text && field > 0 {
                consider(Step::Join, JOIN, cost(field + 1, out + 1));
            }
        }
        best
    }

    fn trace(&self, step: impl Fn(usize, usize) -> Step) -> Alignment {
        let (mut field, mut out) = (0, 0);
        let mut found = Alignment { places: Vec::new(), gaps: Vec::new(), mismatches: 0, moved: 0 };
        loop {
            let column = self.column(field, out).unwrap_or(0);
            match step(field, out) {
                Step::End => return found,
                Step::Gap => {
                    found.gaps.push(column);
                    out += 1;
                    continue;
                }
                Step::Take => {
                    let sort = self.fields[field];
                    found.mismatches += usize::from(self.sorts.misfits(column, sort));
                    let told = sort != Sort::Empty && self.sorts.get(column) == Some(sort);
                    found.moved += usize::from(field != column && told && self.sorts.misfits(field, sort));
                    found.places.push(Place::Column);
                }
                Step::Drop => {
                    found.places.push(Place::Nowhere);
                    out += 1;
                }
                Step::Join => {
                    found.places.push(Place::Onto);
                    out += 1;
                }
            }
            field += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(columns: &[&str], fields: &[&str], join: bool) -> Option<Alignment> {
        let rows = [columns.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()];
        let sorts = Sorts::learn(rows.iter().map(Vec::as_slice), columns.len(), 0.95);
        sorts.align(&fields.iter().map(|field| sort(field.as_bytes())).collect::<Vec<_>>(), join)
    }

    #[test]
    fn a_short_row_is_filled_where_a_field_is_missing() {
        let found = aligned(&["1", "x", "2020-01-01", "y"], &["7", "2021-02-03", "z"], false).unwrap();
        assert_eq!((found.gaps, found.mismatches), (vec![1], 0));
        let found = aligned(&["x", "y", "z"], &["a", "b"], false).unwrap();
        assert_eq!((found.gaps, found.mismatches), (vec![2], 0));
    }

    #[test]
    fn an_empty_field_too_many_is_left_out_where_the_others_then_fit() {
        let found = aligned(&["1", "x", "5", "y"], &["1", "", "x", "5", "y"], false).unwrap();
        assert_eq!((found.places[1], found.mismatches, found.moved), (Place::Nowhere, 0, 2));
        assert_eq!(aligned(&["1", "x"], &["1", "x", "y"], false), None);
    }

    #[test]
    fn a_field_cut_in_two_is_joined_where_that_is_allowed() {
        let found = aligned(&["1", "x", "5"], &["1", "Smith", "John", "5"], true).unwrap();
        assert_eq!((found.places, found.mismatches), (vec![Place::Column, Place::Column, Place::Onto, Place::Column], 0));
    }
}
