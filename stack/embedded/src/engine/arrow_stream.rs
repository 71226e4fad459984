//! A result as Arrow record batches.

use std::ptr;
use std::sync::Arc;

use arrow::array::{RecordBatch, StructArray};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use duckdb::ffi;

use super::handle::{EngineError, c_text, text};
use super::outcome::Outcome;

/// Converts a result's chunks as they are fetched.
pub(crate) struct ArrowStream<'outcome> {
    outcome: &'outcome mut Outcome,
    options: Options,
    ffi_schema: FFI_ArrowSchema,
    schema: SchemaRef,
}

impl<'outcome> ArrowStream<'outcome> {
    /// Begins with the schema.
    pub(crate) fn new(outcome: &'outcome mut Outcome) -> Result<Self, EngineError> {
        // SAFETY: the result is live; the options belong to us.
        let options = Options(unsafe { ffi::duckdb_result_get_arrow_options(&raw mut outcome.0) });
        let ffi_schema = export_schema(outcome, &options)?;
        let schema = Schema::try_from(&ffi_schema).map_err(|error| EngineError::new(error.to_string()))?;
        Ok(Self { outcome, options, ffi_schema, schema: Arc::new(schema) })
    }

    /// The columns.
    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The next rows; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        let Some(chunk) = self.outcome.next_chunk()? else { return Ok(None) };
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: options and chunk are live; DuckDB fills the array, whose layout is that of the Arrow C interface.
        checked(unsafe { ffi::duckdb_data_chunk_to_arrow(self.options.0, chunk.0, (&raw mut array).cast()) })?;
        // SAFETY: array and schema come from the same result.
        let data = unsafe { from_ffi(array, &self.ffi_schema) }.map_err(|error| EngineError::new(error.to_string()))?;
        let batch = RecordBatch::from(StructArray::from(data));
        let batch = batch.with_schema(Arc::clone(&self.schema)).map_err(|error| EngineError::new(error.to_string()))?;
        Ok(Some(batch))
    }
}

struct Options(ffi::duckdb_arrow_options);

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: made by `duckdb_result_get_arrow_options`, destroyed once.
        unsafe { ffi::duckdb_destroy_arrow_options(&raw mut self.0) };
    }
}

/// Logical types that are destroyed with it.
struct LogicalTypes(Vec<ffi::duckdb_logical_type>);

impl Drop for LogicalTypes {
    fn drop(&mut self) {
        for kind in &mut self.0 {
            // SAFETY: made by `duckdb_column_logical_type`, destroyed once.
            unsafe { ffi::duckdb_destroy_logical_type(ptr::from_mut(kind)) };
        }
    }
}

fn export_schema(outcome: &mut Outcome, options: &Options) -> Result<FFI_ArrowSchema, EngineError> {
    let columns = outcome.columns();
    let names: Vec<_> = columns.iter().map(|(name, _)| c_text(name)).collect::<Result<_, _>>()?;
    let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    let count = columns.len() as u64;
    // SAFETY: the result is live and the indexes are in range.
    let mut types = LogicalTypes((0..count).map(|index| unsafe { ffi::duckdb_column_logical_type(&raw mut outcome.0, index) }).collect());
    let mut schema = FFI_ArrowSchema::empty();
    // SAFETY: all arrays have `count` entries and outlive the call.
    let error =
        unsafe { ffi::duckdb_to_arrow_schema(options.0, types.0.as_mut_ptr(), pointers.as_mut_ptr(), count, (&raw mut schema).cast()) };
    checked(error).map(|()| schema)
}

fn checked(mut error: ffi::duckdb_error_data) -> Result<(), EngineError> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is live until it is destroyed below; its text is copied.
    let (failed, message) = unsafe { (ffi::duckdb_error_data_has_error(error), text(ffi::duckdb_error_data_message(error))) };
    // SAFETY: made by DuckDB for us, destroyed once.
    unsafe { ffi::duckdb_destroy_error_data(&raw mut error) };
    if failed { Err(EngineError::new(message)) } else { Ok(()) }
}
