//! Keys: their order-preserving encoding and their hash that is fixed forever.

mod murmur;

pub use murmur::{murmur_int, murmur3_32};
