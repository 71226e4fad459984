//! Parsed and prepared statements.

use std::ptr;

use duckdb::ffi;

use super::handle::{Connection, EngineError, text};
use super::outcome::Outcome;
use super::types::{Type, owned};

/// The statements found in a text.
pub(crate) struct Extracted<'connection> {
    pub(super) connection: &'connection Connection,
    pub(super) raw: ffi::duckdb_extracted_statements,
    pub(super) count: u64,
}

impl<'connection> Extracted<'connection> {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Binds the first statement to the catalogue; nothing runs.
    pub(crate) fn prepare(&self) -> Result<Prepared<'connection>, EngineError> {
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open and the statements are live.
        let state = unsafe { ffi::duckdb_prepare_extracted_statement(self.connection.raw, self.raw, 0, &raw mut raw) };
        let prepared = Prepared { raw, _connection: self.connection };
        if state == ffi::DuckDBSuccess {
            return Ok(prepared);
        }
        // SAFETY: DuckDB fills the statement with its error, or leaves it null, which gives no text.
        Err(EngineError::new(text(unsafe { ffi::duckdb_prepare_error(prepared.raw) })))
    }
}

impl Drop for Extracted<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `Connection::extract`, destroyed once.
        unsafe { ffi::duckdb_destroy_extracted(&raw mut self.raw) };
    }
}

/// A statement that is ready to run.
pub(crate) struct Prepared<'connection> {
    pub(super) raw: ffi::duckdb_prepared_statement,
    _connection: &'connection Connection,
}

impl Prepared<'_> {
    /// The statement's type, as DuckDB's parser sees it.
    pub(crate) fn kind(&self) -> ffi::duckdb_statement_type {
        // SAFETY: the statement is live.
        unsafe { ffi::duckdb_prepared_statement_type(self.raw) }
    }

    /// The names and types of the columns that it will give.
    pub(crate) fn columns(&self) -> Vec<(String, Type)> {
        // SAFETY: the statement is live.
        let count = unsafe { ffi::duckdb_prepared_statement_column_count(self.raw) };
        (0..count).map(|index| (self.column_name(index), self.column_type(index))).collect()
    }

    fn column_name(&self, index: u64) -> String {
        // SAFETY: the statement is live and the index in range.
        owned(unsafe { ffi::duckdb_prepared_statement_column_name(self.raw, index) }.cast_mut())
    }

    fn column_type(&self, index: u64) -> Type {
        // SAFETY: the statement is live and the index in range; the type belongs to us.
        Type::take(unsafe { ffi::duckdb_prepared_statement_column_logical_type(self.raw, index) })
    }

    /// The names of its placeholders, in order; those of positional ones are their numbers.
    pub(crate) fn placeholders(&self) -> Vec<String> {
        // SAFETY: the statement is live; each name is copied and freed.
        let count = unsafe { ffi::duckdb_nparams(self.raw) };
        (1..=count)
            // SAFETY: as above, and the index is in range.
            .map(|index| owned(unsafe { ffi::duckdb_parameter_name(self.raw, index) }.cast_mut()))
            .collect()
    }

    /// Runs it; rows are made as they are fetched.
    pub(crate) fn stream(&mut self) -> Result<Outcome, EngineError> {
        // SAFETY: the statement is live.
        Outcome::of(|result| unsafe { ffi::duckdb_execute_prepared_streaming(self.raw, result) })
    }

    /// Runs it to its end.
    pub(crate) fn execute(&mut self) -> Result<Outcome, EngineError> {
        // SAFETY: the statement is live.
        Outcome::of(|result| unsafe { ffi::duckdb_execute_prepared(self.raw, result) })
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `Extracted::prepare`, destroyed once.
        unsafe { ffi::duckdb_destroy_prepare(&raw mut self.raw) };
    }
}
