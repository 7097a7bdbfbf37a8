//! How snapshots are laid into files.

use crate::segment::SegmentOptions;
use alluvium_state_api::{Result, StateError};

/// The greatest [`inline_threshold`](SnapshotFileOptions::inline_threshold): 1 MiB.
pub(super) const MAX_INLINE_THRESHOLD: u64 = 1 << 20;

/// The greatest number of [`threads`](SnapshotFileOptions::threads): what a segment takes.
const MAX_THREADS: usize = 16;

/// The most threads unless told otherwise.
const USUAL_THREADS: usize = 4;

/// How many bytes keep a thread busy for longer than it takes to start: some 5 ms.
const WORTH_A_THREAD: u64 = 2 << 20;

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
    /// How many threads write a snapshot, each some of its key groups. Default 0: as many as the
    /// machine has cores, but at most 4; up to 16. A small snapshot is written by fewer, one for
    /// every 2 MiB. With up to 8, and the default options of stores and segments, writing takes at
    /// most 64 MiB of memory.
    pub threads: usize,
    /// When the deltas of a chain come to this part of what they build on, in bytes, the next
    /// snapshot is whole. Default 0.5; 0 to 8.
    pub max_delta_ratio: f64,
    /// The most that a chain may come to, in parts of what a whole snapshot would be: a snapshot
    /// that would make it longer is whole instead. Default 1.75, 1 to 16; chains of less than 64 KiB
    /// may always grow.
    ///
    /// It bounds what a restore reads and what files take, also when most of what the chain begins
    /// with is gone. What a whole snapshot would be is known from a sample, hence the distance to
    /// the 2 that a restore may read.
    pub max_chain_ratio: f64,
    /// The greatest number of deltas in a chain. Default 64, at least 1.
    pub max_deltas: usize,
}

impl Default for SnapshotFileOptions {
    fn default() -> Self {
        Self {
            incremental: true,
            inline_threshold: 20 << 10,
            segment: SegmentOptions::default(),
            threads: 0,
            max_delta_ratio: 0.5,
            max_chain_ratio: 1.75,
            max_deltas: 64,
        }
    }
}

impl SnapshotFileOptions {
    /// How many threads write a snapshot of about so many bytes on this machine.
    pub(super) fn threads_for(&self, bytes: Option<u64>) -> usize {
        let most = match self.threads {
            0 => std::thread::available_parallelism()
                .map_or(1, |cores| cores.get().min(USUAL_THREADS)),
            threads => threads,
        };
        let busy = bytes.map(|bytes| bytes / WORTH_A_THREAD + 1);
        busy.and_then(|busy| usize::try_from(busy).ok())
            .map_or(most, |busy| busy.min(most))
    }

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
        if self.threads > MAX_THREADS {
            let option = "state.backend.filesystem.snapshot-threads";
            return wrong(option, "at most 16", &self.threads);
        }
        if !(0.0..=8.0).contains(&self.max_delta_ratio) {
            let option = "state.backend.filesystem.max-delta-ratio";
            return wrong(option, "0 to 8", &self.max_delta_ratio);
        }
        if !(1.0..=16.0).contains(&self.max_chain_ratio) {
            let option = "state.backend.filesystem.max-chain-ratio";
            return wrong(option, "1 to 16", &self.max_chain_ratio);
        }
        if self.max_deltas == 0 {
            let option = "state.backend.filesystem.max-deltas";
            return wrong(option, "at least 1", &self.max_deltas);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::SnapshotFileOptions;

    #[test]
    fn small_snapshots_are_written_by_few_threads() {
        let options = SnapshotFileOptions {
            threads: 3,
            ..SnapshotFileOptions::default()
        };
        let megabytes = |megabytes: u64| options.threads_for(Some(megabytes << 20));
        assert_eq!([0, 1, 3, 5, 100].map(megabytes), [1, 1, 2, 3, 3]);
        assert_eq!(options.threads_for(Some(u64::MAX)), 3);
        assert_eq!(options.threads_for(None), 3);
    }
}
