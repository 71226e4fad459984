//! From bytes to columns of text: encoding, dialect, records, fields.
//!
//! The file is read once, in chunks of whole records. Every chunk is examined record by record (see [`records`]); a chunk
//! that is clean is split by polars, which is fastest, and any other by a splitter of ours, which repairs or rejects what
//! polars would fail on or misread. So rows read and rows rejected always add up to the records of the file.

pub(crate) mod batch;
pub(crate) mod chunks;
pub(crate) mod dialect;
pub(crate) mod encoding;
pub(crate) mod header;
pub(crate) mod layout;
pub(crate) mod records;
pub(crate) mod split;
