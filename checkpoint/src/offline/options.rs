//! Bounds of working offline.

use alluvium_state_api::{Result, StateError};

/// What reading and writing offline may take.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfflineOptions {
    /// Most bytes of entries (keys, namespaces, user keys and values) that are held in memory: by a
    /// reader those of the key groups that it is at, by a writer all that were put into an operator.
    /// Default 1 GiB.
    pub max_held: u64,
}

impl OfflineOptions {
    /// The name of [`max_held`](Self::max_held) in messages.
    pub const MAX_HELD: &str = "offline.max-held-size";

    /// The same, with [`max_held`](Self::max_held) set.
    pub const fn with_max_held(mut self, bytes: u64) -> Self {
        self.max_held = bytes;
        self
    }

    /// Checks what is held.
    pub(super) fn check(self, held: u64, what: impl std::fmt::Display) -> Result<()> {
        if held <= self.max_held {
            return Ok(());
        }
        Err(StateError::limit(what, held, self.max_held, Self::MAX_HELD))
    }
}

impl Default for OfflineOptions {
    fn default() -> Self {
        Self { max_held: 1 << 30 }
    }
}
