//! Getting files into tables.
//!
//! The server's side opens, copies, hashes, unpacks, decodes and reads the sources ([`source`], [`csv`]) without the warehouse's
//! lock. The worker's side ([`load`]) takes the prepared copies into the table in one transaction. Between them crosses a
//! [`LoadPlan`]: names, paths and counts.

pub(crate) mod csv;
mod engine;
mod load;
pub(crate) mod names;
mod plan;
pub(crate) mod rejects;
mod report;
mod service;
pub(crate) mod source;
pub(crate) mod steps;

pub(crate) use engine::run;
pub use engine::{IngestWork, WorkerEngine};
pub use plan::{IngestRequest, LoadPlan};
pub use service::{EmbeddedIngest, LoadEngine};
pub use source::copy::SizeLimits;

#[cfg(test)]
mod tests;
