//! From a source to a private copy of its bytes: opened, hashed, unpacked, decoded.
//!
//! What is hashed is what is loaded: the bytes are read once, from the handle that was checked, and everything after works on
//! the private copy.

pub(crate) mod archive;
pub(crate) mod copy;
pub(crate) mod encoding;
pub(crate) mod excel;
pub(crate) mod format;
pub(crate) mod json;
pub(crate) mod locate;
pub(super) mod prepare;
pub(crate) mod spool;
