//! Savepoints: snapshots that belong to whoever asked for them.
//!
//! A savepoint stands in a folder of its own, `<target>/savepoint-<job>-<random>`, and needs
//! nothing outside it: it can be copied or moved, and a job restored from wherever it is. No job
//! removes it unless it was told to claim it; [`dispose`] does.

mod copy;
mod dispose;
mod folder;
mod open;

pub use copy::copy_into;
pub use dispose::dispose;
pub use folder::{SavepointFolder, is_savepoint, mark_savepoint};
pub use open::{OpenedSnapshot, open_snapshot};

/// The file that makes a folder a snapshot.
const METADATA: &str = "_metadata";

#[cfg(test)]
mod tests;
