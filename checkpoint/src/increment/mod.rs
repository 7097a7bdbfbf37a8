//! Snapshots that build on each other: what a subtask has written, what the next snapshot may build
//! on, and when it is better to begin anew.
//!
//! ```text
//! mode() ─► freeze ─► begin(header) ─► write_keyed ─► acknowledged ─► confirm(n) or abort(n)
//! └──────── on the task's thread ────┘└ elsewhere ┘                  └ on the task's thread
//! ```

mod history;
mod options;
mod write;

pub use history::{ChainBase, ChainHistory};
pub use options::SnapshotFileOptions;
pub use write::{write_keyed, write_rest};
