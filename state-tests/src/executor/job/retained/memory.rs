//! Checkpoints in memory: they survive the failure of tasks, not of the process.

use crate::executor::job::JobSettings;
use alluvium::checkpoint::StoredSnapshot;
use alluvium::{Result, SnapshotLimits, StateBackend};
use std::collections::VecDeque;

/// The completed checkpoints of a job, oldest first.
pub(super) struct Memory {
    checkpoints: VecDeque<StoredSnapshot>,
    limits: SnapshotLimits,
}

impl Memory {
    pub(super) fn new(settings: &JobSettings) -> Self {
        Self {
            checkpoints: VecDeque::new(),
            limits: settings.backend.snapshot_limits(),
        }
    }

    pub(super) fn latest(&self) -> Option<StoredSnapshot> {
        self.checkpoints.back().cloned()
    }

    pub(super) fn ids(&self) -> Vec<u64> {
        let checkpoints = self.checkpoints.iter();
        checkpoints
            .map(|kept| kept.metadata().checkpoint.0)
            .collect()
    }

    pub(super) fn publish(&mut self, snapshot: StoredSnapshot) -> Result<u64> {
        let metadata = snapshot.metadata();
        let mut size = 0;
        for subtask in metadata.operators.iter().flat_map(|op| &op.subtasks) {
            size += subtask.size()?;
        }
        metadata.check_limit(size, &self.limits)?;
        self.checkpoints.push_back(snapshot);
        Ok(size)
    }

    pub(super) fn discard_all(&mut self) {
        self.checkpoints.clear();
    }

    pub(super) fn retire(&mut self, checkpoints: &[u64]) {
        self.checkpoints
            .retain(|kept| !checkpoints.contains(&kept.metadata().checkpoint.0));
    }
}
