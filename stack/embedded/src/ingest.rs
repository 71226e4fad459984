//! Getting files into tables.
//!
//! The server's side opens, copies, hashes, unpacks, decodes and reads the sources ([`source`], [`csv`]) without the warehouse's
//! lock. The worker's side ([`load`]) takes the prepared copies into the table in one transaction. Between them crosses a
//! [`LoadPlan`]: names, paths and counts.

mod csv;
mod engine;
mod load;
mod names;
mod plan;
mod rejects;
mod report;
mod service;
mod source;
mod steps;

pub(crate) use engine::run;
pub use engine::{IngestWork, WorkerEngine};
pub use plan::{IngestRequest, LoadPlan};
pub use service::{EmbeddedIngest, LoadEngine};
pub use source::copy::SizeLimits;

#[cfg(test)]
mod tests;
