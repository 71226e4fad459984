//! Owners of DuckDB's C handles: what is opened here is closed here, in the right order.
//!
//! The C interface is used instead of the `duckdb` crate where the crate hides what the sandbox needs: the statement's
//! type before it runs, a result that streams without panicking on an error, and exact values of every type.

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::Arc;

use duckdb::ffi;

use super::interrupt::{Interrupter, RawConnection, Registration, Running};
use super::outcome::Outcome;
use super::statement::Extracted;

/// What DuckDB said when something failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct EngineError {
    /// DuckDB's own words: the kind, the reason and the position.
    pub(crate) message: String,
}

impl EngineError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The kind that DuckDB begins its message with, such as `Catalog`; empty when there is none.
    pub(crate) fn kind(&self) -> &str {
        self.message.split_once(" Error: ").map_or("", |(kind, _)| kind).trim()
    }
}

/// A DuckDB instance.
pub(crate) struct Database(ffi::duckdb_database);

// SAFETY: a DuckDB instance may be used from any thread.
unsafe impl Send for Database {}
// SAFETY: as above; connecting is synchronised inside DuckDB.
unsafe impl Sync for Database {}

impl Database {
    /// Opens an instance in memory with these options.
    pub(crate) fn open(options: &[(&str, &str)]) -> Result<Self, EngineError> {
        let config = Config::new(options)?;
        let mut database = ptr::null_mut();
        let mut message = ptr::null_mut();
        // SAFETY: all pointers are valid for the call; DuckDB allocates `message` only on failure.
        let state = unsafe { ffi::duckdb_open_ext(c":memory:".as_ptr(), &raw mut database, config.0, &raw mut message) };
        if state == ffi::DuckDBSuccess {
            return Ok(Self(database));
        }
        let error = EngineError::new(text(message));
        // SAFETY: `message` was allocated by DuckDB or is null, which `duckdb_free` allows.
        unsafe { ffi::duckdb_free(message.cast()) };
        Err(error)
    }

    /// A connection of the `duckdb` crate to this instance.
    pub(crate) fn crate_connection(&self) -> Result<duckdb::Connection, duckdb::Error> {
        // SAFETY: the handle is open, and `open_from_raw` does not take it over.
        unsafe { duckdb::Connection::open_from_raw(self.0) }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: opened in `open`, closed once.
        unsafe { ffi::duckdb_close(&raw mut self.0) };
    }
}

struct Config(ffi::duckdb_config);

impl Config {
    fn new(options: &[(&str, &str)]) -> Result<Self, EngineError> {
        let mut config = Self(ptr::null_mut());
        // SAFETY: the pointer is valid.
        if unsafe { ffi::duckdb_create_config(&raw mut config.0) } != ffi::DuckDBSuccess {
            return Err(EngineError::new("DuckDB cannot make a configuration"));
        }
        for (name, value) in options {
            let (c_name, c_value) = (c_text(name)?, c_text(value)?);
            // SAFETY: the configuration is live, both texts end with NUL.
            if unsafe { ffi::duckdb_set_config(config.0, c_name.as_ptr(), c_value.as_ptr()) } != ffi::DuckDBSuccess {
                return Err(EngineError::new(format!("DuckDB knows no option `{name}`")));
            }
        }
        Ok(config)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: made in `new`, destroyed once.
        unsafe { ffi::duckdb_destroy_config(&raw mut self.0) };
    }
}

/// A connection to an instance. Used by one thread at a time.
pub(crate) struct Connection {
    registration: Option<Registration>,
    pub(super) raw: ffi::duckdb_connection,
    _database: Arc<Database>,
}

impl Connection {
    /// Connects; statements on the connection stop when `interrupter` fires.
    pub(crate) fn open(database: &Arc<Database>, interrupter: &Interrupter) -> Result<Self, EngineError> {
        let mut raw = ptr::null_mut();
        // SAFETY: the instance is open, the pointer valid.
        if unsafe { ffi::duckdb_connect(database.0, &raw mut raw) } != ffi::DuckDBSuccess {
            return Err(EngineError::new("DuckDB refuses a connection"));
        }
        let registration = Some(interrupter.register(Running::Raw(RawConnection(raw))));
        Ok(Self { registration, raw, _database: Arc::clone(database) })
    }

    /// Runs trusted statements whose results do not matter.
    pub(crate) fn run(&self, sql: &str) -> Result<(), EngineError> {
        let sql = c_text(sql)?;
        // SAFETY: the connection is open and the text ends with NUL.
        Outcome::of(|result| unsafe { ffi::duckdb_query(self.raw, sql.as_ptr(), result) }).map(drop)
    }

    /// Runs one trusted statement and returns its result.
    pub(crate) fn query(&self, sql: &str) -> Result<Outcome, EngineError> {
        let sql = c_text(sql)?;
        // SAFETY: as above.
        Outcome::of(|result| unsafe { ffi::duckdb_query(self.raw, sql.as_ptr(), result) })
    }

    /// Parses text into its statements; nothing is bound or run.
    pub(crate) fn extract(&self, sql: &str) -> Result<Extracted<'_>, EngineError> {
        let sql = c_text(sql)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the connection is open and the text ends with NUL.
        let count = unsafe { ffi::duckdb_extract_statements(self.raw, sql.as_ptr(), &raw mut raw) };
        let extracted = Extracted { connection: self, raw, count };
        // SAFETY: `raw` was filled by the call above; its text lives as long as it.
        let message = text(unsafe { ffi::duckdb_extract_statements_error(extracted.raw) });
        if count == 0 && !message.is_empty() { Err(EngineError::new(message)) } else { Ok(extracted) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.registration = None;
        // SAFETY: opened in `open`, closed once, and no longer registered.
        unsafe { ffi::duckdb_disconnect(&raw mut self.raw) };
    }
}

/// DuckDB's text, copied; empty when there is none.
pub(crate) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: DuckDB's texts end with NUL and live at least until the next call on their owner.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Text for DuckDB; fails on NUL, which C cannot carry.
pub(crate) fn c_text(text: &str) -> Result<CString, EngineError> {
    CString::new(text).map_err(|_| EngineError::new("the text holds a NUL character"))
}
