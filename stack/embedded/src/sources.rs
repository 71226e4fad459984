//! Tables wherever they lie, opened as separated text.
//!
//! Text that lies here is opened as it is, and packed text is unpacked into a private copy. Everything else is written as text
//! once, without loss: JSON and workbooks by this process, Parquet, Arrow, tables and queries by a worker. Sources are found,
//! fetched, bounded and unpacked by the same parts as those of a load ([`crate::ingest`]).

mod convert;
mod format;
mod json;
mod relation;
mod service;
mod text;

pub use service::EmbeddedSources;
