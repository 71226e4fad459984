//! The host: one server, one CLI, one road to every tool.
//!
//! [`catalog`] says which tools there are. [`pipeline`] is the only place that calls one, in eight steps. [`mcp`] and [`cli`] are
//! the two faces over it: only the first knows the protocol, only the second knows the terminal. [`config`] decides with what
//! limits, [`prompts`] for whom.

pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod host;
pub mod jobs;
pub mod mcp;
pub mod pipeline;
pub mod prompts;
pub mod session;
