//! Summaries of a stream in bounded memory: exact while that is cheap, with a stated error from then on.

pub(crate) mod counts;
pub(crate) mod distinct;
pub(crate) mod duplicates;
pub(crate) mod moments;
pub(crate) mod quantiles;

/// Spreads a 64-bit value over all bits.
#[inline]
pub(crate) fn mix(mut value: u64) -> u64 {
    value ^= value >> 32;
    value = value.wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^= value >> 32;
    value = value.wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^ (value >> 32)
}

/// The hash of a text, the same in every run.
#[inline]
pub(crate) fn hash(text: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::with_seed(0x5bd1_e995).build_hasher();
    hasher.write(text);
    mix(hasher.finish())
}
