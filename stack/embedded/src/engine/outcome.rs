//! A statement's result: columns, counts, and rows in chunks.

use std::ptr;

use duckdb::ffi;

use super::handle::{EngineError, text};
use super::types::Type;
use super::vector::Vector;

/// What a statement gave back.
pub(crate) struct Outcome(pub(super) ffi::duckdb_result);

impl Outcome {
    /// The result that `fill` fills in, or the error that it reports.
    pub(super) fn of(fill: impl FnOnce(*mut ffi::duckdb_result) -> ffi::duckdb_state) -> Result<Self, EngineError> {
        let mut outcome = Self(ffi::duckdb_result {
            deprecated_column_count: 0,
            deprecated_row_count: 0,
            deprecated_rows_changed: 0,
            deprecated_columns: ptr::null_mut(),
            deprecated_error_message: ptr::null_mut(),
            internal_data: ptr::null_mut(),
        });
        if fill(&raw mut outcome.0) == ffi::DuckDBSuccess { Ok(outcome) } else { Err(outcome.error()) }
    }

    /// The columns' names and types.
    pub(crate) fn columns(&mut self) -> Vec<(String, Type)> {
        // SAFETY: the result is live.
        let count = unsafe { ffi::duckdb_column_count(&raw mut self.0) };
        (0..count).map(|index| (self.column_name(index), self.column_type(index))).collect()
    }

    /// Whether the statement gives rows, and not a count of changed rows or nothing.
    pub(crate) fn has_rows(&self) -> bool {
        // SAFETY: the result is live.
        let kind = unsafe { ffi::duckdb_result_return_type(self.0) };
        kind == ffi::duckdb_result_type_DUCKDB_RESULT_TYPE_QUERY_RESULT
    }

    /// How many rows the statement changed, for one that changes rows.
    pub(crate) fn rows_changed(&mut self) -> Option<u64> {
        // SAFETY: the result is live.
        let kind = unsafe { ffi::duckdb_result_return_type(self.0) };
        let counts = kind == ffi::duckdb_result_type_DUCKDB_RESULT_TYPE_CHANGED_ROWS;
        // SAFETY: as above.
        counts.then(|| unsafe { ffi::duckdb_rows_changed(&raw mut self.0) })
    }

    /// The next rows; `None` after the last.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Chunk>, EngineError> {
        // SAFETY: the result is live; the chunk belongs to us.
        let chunk = unsafe { ffi::duckdb_fetch_chunk(self.0) };
        if !chunk.is_null() {
            return Ok(Some(Chunk(chunk)));
        }
        let error = self.error();
        if error.message.is_empty() { Ok(None) } else { Err(error) }
    }

    fn column_name(&mut self, index: u64) -> String {
        // SAFETY: the index is in range; the name lives as long as the result and is copied.
        text(unsafe { ffi::duckdb_column_name(&raw mut self.0, index) })
    }

    fn column_type(&mut self, index: u64) -> Type {
        // SAFETY: the index is in range; the type belongs to us and `Type::take` destroys it.
        Type::take(unsafe { ffi::duckdb_column_logical_type(&raw mut self.0, index) })
    }

    fn error(&mut self) -> EngineError {
        // SAFETY: the result is live, its text is copied.
        EngineError::new(text(unsafe { ffi::duckdb_result_error(&raw mut self.0) }))
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // SAFETY: DuckDB filled it, or it is empty, which is allowed.
        unsafe { ffi::duckdb_destroy_result(&raw mut self.0) };
    }
}

/// Some rows of a result, column by column.
pub(crate) struct Chunk(pub(super) ffi::duckdb_data_chunk);

impl Chunk {
    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the chunk is live.
        unsafe { ffi::duckdb_data_chunk_get_size(self.0) as usize }
    }

    /// A column.
    pub(crate) fn column(&self, index: usize) -> Vector<'_> {
        // SAFETY: the chunk is live and outlives the vector.
        Vector::new(unsafe { ffi::duckdb_data_chunk_get_vector(self.0, index as u64) }, self)
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: fetched by `Outcome::next_chunk`, destroyed once.
        unsafe { ffi::duckdb_destroy_data_chunk(&raw mut self.0) };
    }
}
