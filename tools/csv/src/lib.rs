//! Separated text: how a file is written, and its records one after another.
//!
//! A library of the tools and backends, not a family of tools: `profile_csv` and `ingest` read separated text through it, so
//! that they agree on what a file holds.
//!
//! 1. [`examine`] reads the [`Layout`] off the beginning of a file: encoding, line ends, dialect, lines before the table, header.
//! 2. [`Chunks`] cuts the whole file into [`Chunk`]s of whole [`Record`]s and keeps account of every one in a [`Tally`]: rows
//!    and rejected records always add up to the records of the file.
//! 3. [`each_field`] cuts a record into fields, whatever its faults; [`Table`] does so for many.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod align;
mod candidates;
mod chunks;
mod dialect;
mod encoding;
mod fit;
mod header;
mod judge;
mod layout;
mod literal;
mod marks;
mod records;
mod split;
mod tally;

pub use chunks::{Chunk, Chunks, Step};
pub use dialect::{Dialect, Given, Known, LineEnds, Quoting};
pub use encoding::{Found, Utf8Reader};
pub use header::Header;
pub use layout::{Layout, examine};
pub use marks::{Delimiter, Marks};
pub use records::{Fault, Next, Record, Scanner};
pub use split::{Field, Table, each_field};
pub use tally::{Rejected, Tally};
