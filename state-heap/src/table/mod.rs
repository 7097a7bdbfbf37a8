//! A freezable hash table for the entries of one key group of one state.
//!
//! It is made of small hash tables of a few hundred entries. Linear hashing says which of them
//! holds a key; with every so many insertions one of them is divided, so that no insertion moves
//! more than a few hundred entries, and there is no directory to read, copy or freeze. Small tables
//! lie where they can be shared from the start; a table is frozen by sharing them a thousand at a
//! time, without an allocation for each. The first write to a shared one takes it back, if the
//! snapshot is gone, or copies it, which clones no value that owns memory.

mod address;
mod cell;
mod chunked;
mod frozen;
mod hold;
mod live;
mod slots;
#[cfg(test)]
mod tests;

pub use frozen::FrozenTable;
pub use hold::{Hold, Inline, KeyHold, MAX_INLINE, Shared, is_shared};
pub use live::Table;
