//! The integration tests: the spawned program on standard streams and over HTTP, the contract of its tools, the examples in their
//! declarations, what the README promises, and the rules of the architecture. One binary, so that linking happens once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "tests are named by what they show")]

mod architecture;
mod cli;
mod contract;
mod dbt;
mod ending;
mod examples;
mod http;
mod program;
mod promises;
mod sources;
mod stdio;
