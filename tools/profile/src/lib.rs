//! Profiling files: the tool `profile_csv`.
//!
//! One pass over the file, in this order:
//!
//! 1. `read` finds encoding, dialect and header, cuts the file into chunks of whole records, and splits them into columns of
//!    text: polars where the text is clean, a splitter of ours where it must be repaired.
//! 2. `column` gathers every column's statistics in bounded memory, with the summaries of `sketch`.
//! 3. `finish` turns them into the [`result`]; `semantics`, `personal`, `pairs`, `issues` and `quality` judge it, `privacy`
//!    masks it, `drift` compares it with an earlier one, `suggest` hands it to other tools, `budget` makes it fit, `summary` and
//!    `report` put it into words and pictures.
//!
//! [`profile_reader`] is the engine without a tool around it.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

/// Appends formatted text to a `String`, which cannot fail.
macro_rules! append {
    ($out:expr, $($text:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($text)*);
    }};
}

mod answer;
mod baseline;
mod budget;
mod column;
mod drift;
mod engine;
mod finish;
mod issues;
mod options;
mod pairs;
mod personal;
mod privacy;
mod profile_csv;
mod quality;
mod read;
mod report;
pub mod result;
mod semantics;
mod sketch;
mod sources;
mod suggest;
mod summary;
mod value;

use data_stack_core::AnyTool;

pub use budget::Detail;
pub use engine::profile_reader;
pub use options::{Mode, OnError, Options, Source};
pub use profile_csv::{Input, ProfileCsv};
pub use suggest::Kind as SuggestionKind;

/// The tools of this family.
pub const TOOLS: &[&dyn AnyTool] = &[&ProfileCsv];
