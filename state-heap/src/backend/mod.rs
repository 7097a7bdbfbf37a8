//! The keyed backend on the heap.
//!
//! | module | what it holds |
//! |---|---|
//! | `options` | settings |
//! | `keyed` | the backend and its accesses |
//! | `open` | opening, registration, restore |
//! | `registry`, `pick` | typed tables behind handles |
//! | `values`, `lists`, `maps` | the tables of each kind of state |
//! | `groups`, `owner`, `hashing`, `shape` | what those tables are made of |
//! | `epochs` | what increments build on |
//! | `job`, `frozen`, `buffered`, `list_wire` | frozen state on its way to storage |
//! | `restore`, `unclaimed`, `gathered` | restored state that nobody has registered |
//! | `whole` | changes of several entries that are made as one |
//! | `live`, `limited` | the limit on live state |
//! | `view` | frozen views for other threads |

mod buffered;
mod epochs;
mod estimate;
mod frozen;
mod gathered;
mod groups;
mod hashing;
mod job;
mod keyed;
mod limited;
mod list_wire;
mod lists;
mod live;
mod maps;
mod open;
mod options;
mod owner;
mod pick;
mod registry;
mod restore;
mod shape;
mod unclaimed;
mod values;
mod view;
mod whole;

pub use keyed::HeapKeyedBackend;
pub use options::HeapOptions;
pub use view::{ListView, MapView, ValueView};
