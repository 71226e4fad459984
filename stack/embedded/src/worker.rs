//! The worker process: DuckDB runs here and never in the server.
//!
//! The server's memory and start stay small, a crash of the engine is an error result, the file locks belong to a process
//! that can be ended, and nothing that a library prints reaches the server's streams. Parent and worker speak
//! [`protocol`] over the worker's standard input and output.

mod dispatch;
pub mod protocol;
mod serve;

pub use dispatch::Work;
pub use serve::main;
