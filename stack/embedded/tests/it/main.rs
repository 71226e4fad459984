//! The embedded stack against real DuckDB, in worker processes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod catalog;
mod failures;
mod gate;
mod ingest;
mod paging;
mod processes;
mod sources;
mod support;
mod values;
