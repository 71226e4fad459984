//! What the server prepares and the worker carries out: names, paths of private copies, and facts; never data.

use std::path::PathBuf;

use data_stack_core::Warning;
use data_stack_core::ports::ingest::{LoadCheck, LoadMode, OnError, Reject, SchemaChange, SchemaPolicy};
use data_stack_core::ports::warehouse::Column;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::csv::infer::FoundColumn;
use super::names::TableName;

/// Work for the worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IngestRequest {
    /// Which contents were loaded into a table before; answers [`Loaded`].
    Ledger {
        /// `schema.table`.
        table: String,
    },
    /// What a load would do; answers [`Outlook`].
    Preview(Box<LoadPlan>),
    /// Loads; answers [`Outcome`].
    Load(Box<LoadPlan>),
}

/// What to load into which table, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoadPlan {
    pub(crate) table: TableName,
    pub(crate) mode: LoadMode,
    pub(crate) schema_policy: SchemaPolicy,
    pub(crate) on_error: OnError,
    pub(crate) force: bool,
    /// Types given by the caller, as column and type.
    pub(crate) types: Vec<(String, String)>,
    pub(crate) parts: Vec<Part>,
    pub(crate) request_id: String,
}

/// A file, prepared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Path or address for people.
    pub(crate) source: String,
    /// BLAKE3 of the file as stored, hex.
    pub(crate) blake3: String,
    /// Bytes of the file as stored.
    pub(crate) bytes: u64,
    /// Rows that can be read; absent where only the engine can tell.
    pub(crate) rows: Option<u64>,
    /// Lines rejected so far.
    pub(crate) rejected: u64,
    /// The private copy.
    pub(crate) content: Content,
}

/// A private copy in a form that the engine reads without guessing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// Strict CSV with the line and the offset in front.
    Rows { path: PathBuf, columns: Vec<FoundColumn>, longest: usize },
    /// One JSON object a line, with the line and the offset as members.
    Json { path: PathBuf, longest: usize },
    /// Parquet.
    Parquet { path: PathBuf },
}

/// A content that a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LedgerEntry {
    pub(crate) blake3: String,
    pub(crate) loaded_at: String,
    pub(crate) rows: u64,
}

/// What is known of a table before a load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// Whether the table exists.
    pub(crate) exists: bool,
    /// Its rows.
    pub(crate) rows: u64,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// The contents loaded into it.
    pub(crate) entries: Vec<LedgerEntry>,
}

/// A value that the table's type does not hold, found by the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Misfit {
    /// Which part.
    pub(crate) part: usize,
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) column: String,
    pub(crate) reason: String,
}

/// What a load would do.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outlook {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) rows_read: u64,
    pub(crate) changes: Vec<SchemaChange>,
    /// Why a load would be refused, if it would be.
    pub(crate) refusal: Option<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// What a load did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) rows_read: u64,
    pub(crate) rows_loaded: u64,
    pub(crate) rows_total: u64,
    pub(crate) columns: Vec<Column>,
    pub(crate) changes: Vec<SchemaChange>,
    pub(crate) misfits: Vec<Misfit>,
    /// The parts that were loaded, by number; others were loaded before.
    pub(crate) loaded: Vec<usize>,
    pub(crate) checks: Vec<LoadCheck>,
    pub(crate) previous: Option<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// A file with all that was found out about it.
pub(crate) struct Prepared {
    pub(crate) part: Part,
    pub(crate) file: data_stack_core::ports::ingest::SourceFile,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) checks: Vec<LoadCheck>,
    pub(crate) warnings: Vec<Warning>,
    /// Where the text lies from which offsets count, if it is text.
    pub(crate) text: Option<TextPlace>,
}

/// The text of a file, to show lines from.
pub(crate) struct TextPlace {
    pub(crate) path: PathBuf,
    /// Bytes before offset 0: a byte order mark.
    pub(crate) skip: u64,
    /// Whether offsets mean the file itself.
    pub(crate) as_stored: bool,
}
