//! From a source to a private copy of its bytes: opened, hashed, unpacked, decoded.
//!
//! What is hashed is what is loaded: the bytes are read once, from the handle that was checked, and everything after works on
//! the private copy.

pub(super) mod copy;
pub(super) mod encoding;
pub(super) mod excel;
pub(super) mod format;
pub(super) mod json;
pub(super) mod prepare;
