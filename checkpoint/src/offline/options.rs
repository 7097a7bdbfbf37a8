//! Bounds of working offline.

use crate::files::StoredSnapshotOptions;
use alluvium_state_api::{Result, StateError};

/// What reading and writing offline may take.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfflineOptions {
    /// Most bytes of entries (keys, namespaces, user keys and values) that are held in memory: by a
    /// reader those of the key groups that it is at, by a writer all that were put into an operator:
    /// `offline.max-held-size`. Default 1 GiB.
    pub max_held: u64,
    /// How stored snapshots are read; their metadata is written within the same bound.
    pub stored: StoredSnapshotOptions,
}

impl OfflineOptions {
    /// The option that [`max_held`](Self::max_held) is set by.
    pub const MAX_HELD: &str = "offline.max-held-size";

    /// The same, with [`max_held`](Self::max_held) set.
    pub const fn with_max_held(mut self, bytes: u64) -> Self {
        self.max_held = bytes;
        self
    }

    /// The same, with [`stored`](Self::stored) set.
    pub const fn with_stored(mut self, options: StoredSnapshotOptions) -> Self {
        self.stored = options;
        self
    }

    /// The same, with [`max_metadata`](StoredSnapshotOptions::max_metadata) set.
    pub const fn with_max_metadata(mut self, bytes: u64) -> Self {
        self.stored.max_metadata = bytes;
        self
    }

    /// Checks what is held.
    ///
    /// # Errors
    /// `LimitExceeded` naming `what`, size, limit and option, if it is more than
    /// [`max_held`](Self::max_held).
    pub fn check(self, held: u64, what: impl std::fmt::Display) -> Result<()> {
        if held <= self.max_held {
            return Ok(());
        }
        Err(StateError::limit(what, held, self.max_held, Self::MAX_HELD))
    }
}

impl Default for OfflineOptions {
    fn default() -> Self {
        Self {
            max_held: 1 << 30,
            stored: StoredSnapshotOptions::default(),
        }
    }
}
