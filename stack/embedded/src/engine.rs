//! DuckDB, held by the worker: a sandboxed engine that stays warm while database files come and go.
//!
//! A [`Session`] is one in-memory DuckDB instance whose sandbox is set once and then locked. A call attaches the database
//! file it works on, runs, and detaches it, so that the file's lock is free between calls.

mod arrow_stream;
mod bind;
pub mod catalog;
mod encode;
mod export;
mod failure;
pub mod flatten;
mod gate;
mod handle;
mod hints;
mod interrupt;
mod lexer;
mod lock;
mod outcome;
pub mod query;
mod session;
mod snapshot;
mod spill;
mod statement;
mod temporal;
mod types;
mod vector;

pub use interrupt::Interrupter;
pub use session::{Access, Attached, CrateConnection, Sandbox, Session, Target};
