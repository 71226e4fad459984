//! Rows of the file as columns of text.
//!
//! `data-stack-csv` reads the file once, in chunks of whole records, and examines every record. A chunk that is clean is split
//! by polars, which is fastest, and any other by the splitter of that crate, which repairs or rejects what polars would fail on
//! or misread. So rows read and rows rejected always add up to the records of the file.

pub(crate) mod batch;
