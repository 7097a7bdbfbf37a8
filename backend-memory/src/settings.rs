//! Settings of the memory backend.

use alluvium_state_api::{Limit, SnapshotLimits};
use alluvium_state_heap::HeapOptions;

/// The option that caps the snapshot of one subtask.
pub const MAX_SNAPSHOT_SIZE: &str = "state.backend.memory.max-snapshot-size";
/// The option that caps a whole checkpoint.
pub const MAX_CHECKPOINT_SIZE: &str = "state.backend.memory.max-checkpoint-size";
/// The option that caps the live state of one subtask.
pub const MAX_LIVE_SIZE: &str = "state.backend.memory.max-live-size";

/// How the memory backend behaves. Plain data: comparable, printable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySettings {
    /// Whether snapshots are encoded off the task's thread. On by default.
    pub asynchronous_snapshots: bool,
    /// The greatest size in bytes of what one subtask contributes to a checkpoint. Default 5 MiB.
    pub max_snapshot_bytes: u64,
    /// The greatest size in bytes of a whole checkpoint. Default 64 MiB.
    pub max_checkpoint_bytes: u64,
    /// The greatest size in bytes of the live state of one subtask, measured in encoded keys and
    /// values. None by default; when set, every write encodes what it writes, to measure it.
    pub max_live_bytes: Option<u64>,
    /// Whether changes are tracked, so that a snapshot can hold only what changed. Off by default:
    /// snapshots in memory are whole.
    pub track_changes: bool,
    /// The greatest number of snapshots of one subtask that are neither written nor dropped.
    /// Default 2, at least 1.
    pub max_unfinished_snapshots: usize,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            asynchronous_snapshots: true,
            max_snapshot_bytes: 5 << 20,
            max_checkpoint_bytes: 64 << 20,
            max_live_bytes: None,
            track_changes: false,
            max_unfinished_snapshots: 2,
        }
    }
}

impl MemorySettings {
    /// What the heap is told.
    pub(crate) fn heap_options(&self) -> HeapOptions {
        HeapOptions {
            track_changes: self.track_changes,
            max_unfinished_snapshots: self.max_unfinished_snapshots,
            synchronous_snapshots: !self.asynchronous_snapshots,
            live_limit: self.max_live_bytes.map(|bytes| Limit {
                bytes,
                option: MAX_LIVE_SIZE,
            }),
            ..HeapOptions::default()
        }
    }

    pub(crate) const fn snapshot_limits(&self) -> SnapshotLimits {
        SnapshotLimits {
            subtask: Some(Limit {
                bytes: self.max_snapshot_bytes,
                option: MAX_SNAPSHOT_SIZE,
            }),
            checkpoint: Some(Limit {
                bytes: self.max_checkpoint_bytes,
                option: MAX_CHECKPOINT_SIZE,
            }),
        }
    }
}
