//! Heap state of Alluvium: tables that freeze in an instant, and the keyed backend and operator
//! state made of them. Every backend that keeps its working state on the heap takes it from here.
//!
//! | module | what it holds |
//! |---|---|
//! | [`table`] | the freezable hash table of one key group |
//! | [`list`] | chunked lists |
//! | [`map`] | keys of map entries, user keys in order |
//! | `backend` | the keyed backend: registration, access, freezing, increments, restore |
//! | `operator` | operator state |
//! | `label` | whose state it is, for messages |
//! | `misplaced` | the error of a handle that names nothing where it is shown |

#![forbid(unsafe_code)]

mod backend;
mod label;
pub mod list;
pub mod map;
mod misplaced;
mod operator;
pub mod table;

pub use backend::{HeapKeyedBackend, HeapOptions, ListView, MapView, ValueView};
pub use operator::HeapOperatorState;
