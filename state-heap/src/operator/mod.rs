//! Operator state on the heap: lists and broadcast maps, shared with a snapshot until written.
//!
//! Freezing bumps one count per state. A list is made of chunks: a write after it begins a new one.
//! The entries of a map sit behind an `Arc` each, and so does the whole map: the first write copies
//! pointers, never an entry.

mod broadcast;
mod list;
mod slot;
mod store;

pub use store::HeapOperatorState;
