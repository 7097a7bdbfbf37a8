//! Settings of a heap backend.

use alluvium_state_api::{Limit, Result, StateError};

/// How a heap backend behaves. Plain data: comparable, printable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeapOptions {
    /// Whether changes are tracked, so that increments can be taken: removed entries leave
    /// tombstones until a snapshot without them is confirmed. Off by default.
    pub track_changes: bool,
    /// The greatest number of frozen snapshots that are neither written nor dropped: each may hold
    /// a copy of everything that changes meanwhile. Default 2, at least 1.
    pub max_unfinished_snapshots: usize,
    /// A group whose changes and tombstones make up more than this share of its entries is written
    /// whole. Default 0.5, within 0 and 1.
    pub full_rewrite_share: f64,
    /// Whether a snapshot is encoded before [`freeze`] returns, on the task's thread. Off by
    /// default.
    ///
    /// [`freeze`]: alluvium_state_api::KeyedBackend::freeze
    pub synchronous_snapshots: bool,
    /// The greatest size of the live state, measured in encoded keys and values; none by default.
    /// When set, each write encodes what it writes once more, to measure it.
    pub live_limit: Option<Limit>,
}

impl Default for HeapOptions {
    fn default() -> Self {
        Self {
            track_changes: false,
            max_unfinished_snapshots: 2,
            full_rewrite_share: 0.5,
            synchronous_snapshots: false,
            live_limit: None,
        }
    }
}

impl HeapOptions {
    /// Checks that every setting lies within its range.
    ///
    /// # Errors
    /// `Misuse` naming the setting, its range and what was found.
    pub fn validate(&self) -> Result<()> {
        if self.max_unfinished_snapshots == 0 {
            return Err(StateError::misuse(
                "max_unfinished_snapshots must be at least 1, found 0",
            ));
        }
        if !(0.0..=1.0).contains(&self.full_rewrite_share) {
            return Err(StateError::misuse(format!(
                "full_rewrite_share must lie within 0 and 1, found {}",
                self.full_rewrite_share
            )));
        }
        Ok(())
    }
}
