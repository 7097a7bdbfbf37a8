//! Settings of the filesystem backend.

use alluvium_checkpoint::SnapshotFileOptions;
use alluvium_state_api::Result;
use alluvium_state_heap::HeapOptions;

/// How the filesystem backend behaves. Plain data: comparable, printable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FsSettings {
    /// Whether snapshots are encoded off the task's thread. On by default.
    pub asynchronous_snapshots: bool,
    /// The greatest number of snapshots of one subtask that are neither written nor dropped.
    /// Default 2, at least 1.
    pub max_unfinished_snapshots: usize,
    /// A key group whose changes and removals since the last confirmed checkpoint make up more than
    /// this share of its entries is written whole into the next increment. Default 0.5, within 0
    /// and 1.
    pub full_rewrite_share: f64,
    /// How snapshots are laid into files, incrementally or not.
    pub files: SnapshotFileOptions,
}

impl Default for FsSettings {
    fn default() -> Self {
        let heap = HeapOptions::default();
        Self {
            asynchronous_snapshots: true,
            max_unfinished_snapshots: heap.max_unfinished_snapshots,
            full_rewrite_share: heap.full_rewrite_share,
            files: SnapshotFileOptions::default(),
        }
    }
}

impl FsSettings {
    /// Checks that every setting lies within its range.
    ///
    /// # Errors
    /// `Misuse` naming the setting, its range and what was found.
    pub fn validate(&self) -> Result<()> {
        self.heap_options().validate()?;
        self.files.validate()
    }

    /// What the heap is told.
    pub(crate) fn heap_options(&self) -> HeapOptions {
        HeapOptions {
            track_changes: self.files.incremental,
            max_unfinished_snapshots: self.max_unfinished_snapshots,
            full_rewrite_share: self.full_rewrite_share,
            synchronous_snapshots: !self.asynchronous_snapshots,
            live_limit: None,
        }
    }
}
