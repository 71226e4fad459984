//! Tables wherever they lie, opened as separated text: files of any format, addresses, tables of the warehouse, queries.

use std::fs::File;
use std::time::SystemTime;

use super::ingest::Reject;
use crate::{BoxFuture, Control, ToolError, Warning};

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Files.
    Place {
        /// A path, a glob, or an `http(s)://` or `s3://` address that the operator allows.
        path: String,
        /// The sheet of a workbook; the first when absent.
        sheet: Option<String>,
        /// The file in a zip archive; the only one when absent.
        entry: Option<String>,
    },
    /// A table or view of the warehouse, as `table` or `schema.table`.
    Table(String),
    /// The rows of one `SELECT` on the warehouse.
    Query(String),
}

/// What a source was before it was text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Separated text.
    Csv,
    /// Tab-separated text.
    Tsv,
    /// A JSON array of objects, or objects one after the other.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow, an IPC file or stream.
    Arrow,
    /// A sheet of a workbook.
    Excel,
    /// A table or view.
    Table,
    /// A query's rows.
    Query,
}

impl Format {
    /// The name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Excel => "excel",
            Self::Table => "table",
            Self::Query => "query",
        }
    }
}

/// A column of a source that is not text by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// The type that the source declares, such as `DECIMAL(18,3)`, or for JSON `number`; absent where it declares none.
    pub kind: Option<String>,
}

/// What a backend found while it wrote a source as text.
///
/// The text is UTF-8 with a header, commas, LF, and double quotes that are doubled inside. A missing value is an empty field,
/// an empty text is a pair of quotes, and nested values are JSON: nothing is lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The columns in order.
    pub columns: Vec<DeclaredColumn>,
    /// Records of the source that could not be read and are not in the text.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<Reject>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
}

/// A source as a seekable file of separated text. A file made for the call is already unlinked: it ends with its handle.
#[derive(Debug)]
pub struct OpenedSource {
    /// Path, address or table, without credentials.
    pub name: String,
    /// The text.
    pub file: File,
    /// Bytes of the text.
    pub bytes: u64,
    /// Bytes of the source as stored; absent for tables and queries.
    pub stored_bytes: Option<u64>,
    /// When the source was last changed, where that is known.
    pub modified: Option<SystemTime>,
    /// What it was.
    pub format: Format,
    /// `gzip`, `zstd` or `zip`, where it was packed.
    pub compression: Option<&'static str>,
    /// The file in the archive.
    pub entry: Option<String>,
    /// The sheet of the workbook.
    pub sheet: Option<String>,
    /// Present where the text was written for the call, absent where it is the source's own.
    pub written: Option<Written>,
}

/// Opens tables wherever they lie.
pub trait Sources: Send + Sync {
    /// Opens what is wanted: one source, or for a pattern all that match, in order of name; an error when none does.
    /// Refuses what the operator has not granted.
    fn open<'a>(&'a self, wanted: Wanted, control: &'a Control) -> BoxFuture<'a, Result<Vec<OpenedSource>, ToolError>>;
}
