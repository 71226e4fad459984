//! What a tool is, what it may reach, and how it answers.
//!
//! Everything that a tool family needs is here and nothing else: the [`Tool`] trait, the [`ports`] through which a tool
//! reaches the world, the [`Reply`] it gives and the [`ToolError`] it fails with. Tool families and backends both depend
//! on this crate and never on one another.

pub mod context;
pub mod error;
pub mod nearest;
pub mod pace;
pub mod ports;
pub mod reply;
pub mod schema;
pub mod text;
pub mod tool;

pub use context::{Control, Ctx, Progress, ProgressSink};
pub use error::{Code, ToolError};
pub use pace::Pace;
pub use ports::{Port, Ports};
pub use reply::{Image, NextAction, Reply, ResourceLink, Truncated, Warning};
pub use tool::{AnyTool, Call, Effect, Example, Limits, Schemas, Spec, Tool};

/// A boxed future that may cross threads; what object-safe async traits return.
pub type BoxFuture<'a, T> = futures::future::BoxFuture<'a, T>;
