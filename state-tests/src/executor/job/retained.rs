//! The completed checkpoints of a job.

use super::JobSettings;
use alluvium::checkpoint::{CheckpointMetadata, StoreOutcome};
use alluvium::{Result, SnapshotLimits, StateBackend, StateError};
use std::collections::VecDeque;
use std::sync::Arc;

/// A checkpoint that could not be published.
pub(super) struct NotPublished {
    pub(super) error: StateError,
    /// Whether it may be published all the same.
    pub(super) outcome: StoreOutcome,
}

/// Completed checkpoints, kept in memory: they survive restarts of tasks, not of the process.
pub(super) struct Retained {
    checkpoints: VecDeque<Arc<CheckpointMetadata>>,
    limits: SnapshotLimits,
    next: u64,
}

impl Retained {
    pub(super) fn open(settings: &JobSettings) -> Self {
        Self {
            checkpoints: VecDeque::new(),
            limits: settings.backend.snapshot_limits(),
            next: 1,
        }
    }

    /// The newest.
    pub(super) fn latest(&self) -> Option<Arc<CheckpointMetadata>> {
        self.checkpoints.back().map(Arc::clone)
    }

    /// The ids of all, ascending.
    pub(super) fn ids(&self) -> Vec<u64> {
        let checkpoints = self.checkpoints.iter();
        checkpoints.map(|kept| kept.checkpoint.0).collect()
    }

    /// The id that the next checkpoint may have.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// Notes that ids below `next` have been used.
    pub(super) fn used(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// Keeps `metadata`; its size in bytes.
    pub(super) fn publish(&mut self, metadata: CheckpointMetadata) -> Result<u64, NotPublished> {
        let size = size(&metadata, &self.limits).map_err(|error| NotPublished {
            error,
            outcome: StoreOutcome::NotPublished,
        })?;
        self.checkpoints.push_back(Arc::new(metadata));
        Ok(size)
    }

    /// Lets go of these.
    pub(super) fn retire(&mut self, checkpoints: &[u64]) {
        self.checkpoints
            .retain(|kept| !checkpoints.contains(&kept.checkpoint.0));
    }
}

/// The size of all snapshots, checked.
fn size(metadata: &CheckpointMetadata, limits: &SnapshotLimits) -> Result<u64> {
    let mut size = 0;
    for subtask in metadata.operators.iter().flat_map(|op| &op.subtasks) {
        size += subtask.size()?;
    }
    metadata.check_limit(size, limits)?;
    Ok(size)
}
