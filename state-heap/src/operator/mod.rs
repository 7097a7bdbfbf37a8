//! Operator state on the heap: lists and broadcast maps, shared with a snapshot until written.
//!
//! Elements sit behind an `Arc` each, and so does the whole list or map: freezing bumps one count
//! per state, and the first write after it copies pointers, never an element.

mod broadcast;
mod list;
mod slot;
mod store;

pub use store::HeapOperatorState;
