//! How snapshots are laid into files.

use crate::segment::SegmentOptions;
use alluvium_state_api::{Result, StateError};

/// The greatest [`inline_threshold`](SnapshotFileOptions::inline_threshold): 1 MiB.
pub(super) const MAX_INLINE_THRESHOLD: u64 = 1 << 20;

/// How the snapshots of a subtask are laid into files.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SnapshotFileOptions {
    /// Whether a snapshot may build on those before. Default: yes.
    pub incremental: bool,
    /// State of up to so many bytes stays inside the metadata. Default 20 KiB, at most 1 MiB.
    pub inline_threshold: u64,
    /// How segments are written.
    pub segment: SegmentOptions,
    /// Parts of a whole snapshot that are written at the same time, each into a file of its own.
    /// Default 2, from 1 to 64.
    pub parts: usize,
    /// When the deltas of a chain come to this part of what they build on, in bytes, the next
    /// snapshot is whole. Default 0.5, which bounds what is read at a restore to half as much again
    /// as the snapshot that the chain begins with; 0 to 8.
    pub max_delta_ratio: f64,
    /// The greatest number of deltas in a chain. Default 64, at least 1.
    pub max_deltas: usize,
}

impl Default for SnapshotFileOptions {
    fn default() -> Self {
        Self {
            incremental: true,
            inline_threshold: 20 << 10,
            segment: SegmentOptions::default(),
            parts: 2,
            max_delta_ratio: 0.5,
            max_deltas: 64,
        }
    }
}

impl SnapshotFileOptions {
    /// Checks that everything lies in its range.
    ///
    /// # Errors
    /// `Misuse` naming option, range and what was found.
    pub fn validate(&self) -> Result<()> {
        let wrong = |option: &str, expected: &str, found: &dyn std::fmt::Display| {
            Err(StateError::misuse(format!(
                "{option}: expected {expected}, found {found}"
            )))
        };
        if self.inline_threshold > MAX_INLINE_THRESHOLD {
            let option = "execution.checkpointing.data-inline-threshold";
            return wrong(option, "at most 1 mb", &self.inline_threshold);
        }
        if !(1..=64).contains(&self.parts) {
            let option = "state.backend.filesystem.snapshot-parts";
            return wrong(option, "1 to 64", &self.parts);
        }
        if !(0.0..=8.0).contains(&self.max_delta_ratio) {
            let option = "state.backend.filesystem.max-delta-ratio";
            return wrong(option, "0 to 8", &self.max_delta_ratio);
        }
        if self.max_deltas == 0 {
            let option = "state.backend.filesystem.max-deltas";
            return wrong(option, "at least 1", &self.max_deltas);
        }
        Ok(())
    }
}
