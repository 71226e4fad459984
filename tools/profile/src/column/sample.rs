//! The rows by which columns are compared: every n-th row, the same rows in every column.

/// The code of a missing value.
pub(crate) const MISSING: u64 = 0x7ff8_0000_0000_0000;
/// The code of a value that does not fit its column.
pub(crate) const STRAY: u64 = 0x7ff8_0000_0000_0001;

/// The code of a text by its hash; never that of a missing or stray value.
#[inline]
pub(crate) const fn text_code(hash: u64) -> u64 {
    hash | 1 << 63
}

/// The values of every n-th row as 64-bit codes: a number's bits, a text's hash, [`MISSING`] or [`STRAY`]. As numbers the latter two
/// are `NaN`.
#[derive(Debug, Clone)]
pub(crate) struct RowSample {
    pub(crate) codes: Vec<u64>,
    pub(crate) stride: u64,
    row: u64,
    next: u64,
    limit: usize,
}

impl RowSample {
    /// Keeps at most `limit` rows.
    pub(crate) fn new(limit: usize) -> Self {
        Self { codes: Vec::new(), stride: 1, row: 0, next: if limit == 0 { u64::MAX } else { 0 }, limit }
    }

    /// Takes the next row's code.
    #[inline]
    pub(crate) fn push(&mut self, code: u64) {
        if self.row == self.next {
            self.keep(code);
        }
        self.row += 1;
    }

    fn keep(&mut self, code: u64) {
        if self.codes.len() == self.limit {
            self.thin();
        }
        if self.row.is_multiple_of(self.stride) {
            self.codes.push(code);
        }
        self.next = (self.row / self.stride + 1) * self.stride;
    }

    /// Keeps every second row; all columns do so at the same row.
    #[cold]
    fn thin(&mut self) {
        let mut keep = false;
        self.codes.retain(|_| {
            keep = !keep;
            keep
        });
        self.stride *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::RowSample;

    #[test]
    fn every_nth_row_is_kept_from_the_first_on() {
        let mut sample = RowSample::new(4);
        (0..19).for_each(|row| sample.push(row));
        assert_eq!((sample.stride, sample.codes), (8, vec![0, 8, 16]));
        let mut none = RowSample::new(0);
        none.push(1);
        assert!(none.codes.is_empty());
    }
}
