//! A freezable hash table for the entries of one key group of one state.
//!
//! Small hash tables of at most [`MAX_ENTRIES`] entries hang under an extendible directory (Fagin,
//! Nievergelt, Pippenger, Strong: "Extendible hashing", 1979). It grows by splitting one of them
//! at a time, and it is frozen by moving each behind an `Arc`; the first write to a frozen one
//! takes it back, if the snapshot is gone, or copies it, which clones no value that owns memory.

mod cell;
mod directory;
mod frozen;
mod hold;
mod live;
#[cfg(test)]
mod tests;

pub use cell::MAX_ENTRIES;
pub use frozen::FrozenTable;
pub use hold::{Hold, Inline, KeyHold, Shared};
pub use live::Table;
