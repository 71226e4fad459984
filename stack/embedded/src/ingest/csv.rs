//! Separated text: read leniently where the meaning is plain, line by line accounted for where it is not.
//!
//! The text is read once by [`records`], which never lets a stray quote swallow the lines after it. What it reads well is
//! written anew in one strict dialect with each row's line and offset in front, and that is all that DuckDB ever parses;
//! what it cannot read is rejected with its place and reason. [`count`] counts the same bytes by an independent rule, so that
//! no line can be lost unseen.

pub(crate) mod clean;
pub(super) mod count;
pub(super) mod dialect;
pub(super) mod infer;
pub(crate) mod records;
mod scan;
pub(super) mod value;
