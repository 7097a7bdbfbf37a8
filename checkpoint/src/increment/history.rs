//! What a subtask has written so far.

use super::SnapshotFileOptions;
use crate::files::{FilePlace, SnapshotBases, SnapshotFolder};
use crate::subtask::{KeyedChain, KeyedSegment};
use alluvium_state_api::{
    CheckpointId, Result, SnapshotEstimate, SnapshotHeader, SnapshotJob, SnapshotMode, StateError,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The greatest number of snapshots that are remembered: those that nobody confirms or aborts are
/// forgotten, oldest first, and nothing can build on them.
const MAX_REMEMBERED: usize = 64;

/// Chains of fewer bytes may grow, whatever the state has become: reading them costs little, and
/// what headers and heads of sections take would count.
const SHORT_CHAIN: u64 = 64 << 10;

/// The chains of keyed state that one subtask has written, so that deltas find what they build on.
/// Those in folders that share nothing, as savepoints do, are not among them. Clones share what they
/// know.
#[derive(Clone, Debug)]
pub struct ChainHistory {
    options: SnapshotFileOptions,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    written: BTreeMap<CheckpointId, Written>,
    /// The newest confirmed one, which the next delta builds on.
    confirmed: Option<CheckpointId>,
}

#[derive(Clone, Debug)]
struct Written {
    chain: KeyedChain,
    /// The bytes of the whole snapshot that the chain begins with.
    base_bytes: u64,
    delta_bytes: u64,
    deltas: usize,
    /// What the state was estimated at when the chain began, and when it was last written to.
    base_estimate: Option<u64>,
    last_estimate: Option<u64>,
}

impl Written {
    /// How many times the state the chain would be, with so many bytes more, if the state had
    /// `now` by the measure by which it had [`base_estimate`](Self::base_estimate) when it was
    /// written whole. The one is known by both measures, and what a sample misses it misses in
    /// both. `None` if nothing is known.
    fn ratio(&self, now: Option<SnapshotEstimate>) -> Option<f64> {
        let (now, base) = (now?, self.base_estimate?);
        let bytes_each = if base == 0 {
            1.0
        } else {
            self.base_bytes as f64 / base as f64
        };
        let chain = (self.base_bytes + self.delta_bytes) as f64 + now.snapshot as f64 * bytes_each;
        if chain <= SHORT_CHAIN as f64 {
            return None;
        }
        Some(chain / (now.state as f64 * bytes_each))
    }
}

/// What a snapshot that was frozen builds on.
#[derive(Debug)]
pub struct ChainBase {
    history: ChainHistory,
    checkpoint: CheckpointId,
    /// `None` if the snapshot is whole.
    base: Option<Written>,
}

impl ChainHistory {
    /// The history of a subtask that has written nothing yet.
    pub fn new(options: SnapshotFileOptions) -> Self {
        Self {
            options,
            known: Arc::default(),
        }
    }

    /// How snapshots are laid into files.
    pub const fn options(&self) -> &SnapshotFileOptions {
        &self.options
    }

    /// How much the next snapshot should hold: a delta if `wanted`, worth it, and possible.
    ///
    /// `bases` are those of the [folder](SnapshotFolder::bases) that it goes into. A delta is not
    /// possible if the folder shares nothing, or if the files below it are gone, or soon will be:
    /// because this subtask was never told of a complete checkpoint, and the one before is retired,
    /// or because somebody has deleted them.
    pub fn mode(&self, wanted: SnapshotMode, bases: &SnapshotBases) -> SnapshotMode {
        let known = self.known();
        let base = known
            .confirmed
            .and_then(|base| Some((base, known.written.get(&base)?)));
        match base {
            Some((base, written))
                if self.options.incremental
                    && bases.allow(base, &written.chain)
                    && !self.is_long(written) =>
            {
                wanted
            }
            _ => SnapshotMode::Full,
        }
    }

    fn is_long(&self, written: &Written) -> bool {
        let most = self.options.max_delta_ratio * written.base_bytes as f64;
        let last = written
            .last_estimate
            .map(|state| SnapshotEstimate { state, snapshot: 0 });
        written.deltas >= self.options.max_deltas
            || (written.deltas > 0 && written.delta_bytes as f64 > most)
            || self.is_out_of_proportion(written, last)
    }

    /// Whether the chain would be too long for what the state has become.
    fn is_out_of_proportion(&self, written: &Written, now: Option<SnapshotEstimate>) -> bool {
        let ratio = written.ratio(now);
        ratio.is_some_and(|ratio| ratio > self.options.max_chain_ratio)
    }

    /// What the frozen snapshot with this header builds on; to be called before anything is
    /// confirmed that was frozen later.
    ///
    /// # Errors
    /// `Misuse` if it builds on a checkpoint that this subtask has not written, that is forgotten, or
    /// that is a savepoint: a backend is told to
    /// [abort](alluvium_state_api::KeyedBackend::abort) one, also if it is complete.
    pub fn begin(&self, header: &SnapshotHeader) -> Result<ChainBase> {
        let base = match header.base {
            None => None,
            Some(base) => {
                let written = self.known().written.get(&base).cloned();
                Some(written.ok_or_else(|| {
                    StateError::misuse(format!(
                        "the snapshot for checkpoint {} builds on checkpoint {base}, of which \
                         nothing is known here: it was not written, is forgotten, or is a \
                         savepoint, on which nothing can build",
                        header.checkpoint
                    ))
                })?)
            }
        };
        Ok(ChainBase {
            history: self.clone(),
            checkpoint: header.checkpoint,
            base,
        })
    }

    /// Notes that a checkpoint is complete: later snapshots may build on it. Late, repeated and out
    /// of order is fine.
    pub fn confirm(&self, checkpoint: CheckpointId) {
        let mut known = self.known();
        if !known.written.contains_key(&checkpoint) || known.confirmed > Some(checkpoint) {
            return;
        }
        known.confirmed = Some(checkpoint);
        known.written = known.written.split_off(&checkpoint);
    }

    /// Notes that a checkpoint will never be complete.
    pub fn abort(&self, checkpoint: CheckpointId) {
        let mut known = self.known();
        if known.confirmed != Some(checkpoint) {
            known.written.remove(&checkpoint);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is one call on a map: a panic elsewhere leaves nothing half-done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, checkpoint: CheckpointId, written: Written) {
        let mut known = self.known();
        if known.confirmed >= Some(checkpoint) {
            return;
        }
        known.written.insert(checkpoint, written);
        let confirmed = known.confirmed;
        while known.written.len() > MAX_REMEMBERED {
            let oldest = known.written.keys().find(|id| Some(**id) != confirmed);
            let Some(oldest) = oldest.copied() else {
                return;
            };
            known.written.remove(&oldest);
        }
    }
}

impl ChainBase {
    /// How the snapshot is laid into files.
    pub const fn options(&self) -> &SnapshotFileOptions {
        self.history.options()
    }

    /// Whether the snapshot is whole.
    pub const fn is_whole(&self) -> bool {
        self.base.is_none()
    }

    /// Makes the snapshot whole if the chain would become too long with it.
    pub(super) fn fold(
        &mut self,
        job: Box<dyn SnapshotJob>,
        estimate: Option<SnapshotEstimate>,
    ) -> Box<dyn SnapshotJob> {
        let Some(base) = &self.base else {
            return job;
        };
        if !self.history.is_out_of_proportion(base, estimate) {
            return job;
        }
        let job = job.into_whole();
        if job.header().base.is_none() {
            self.base = None;
        }
        job
    }

    /// That the snapshot, a delta, cannot go into `folder`, which holds all its files itself.
    pub(super) fn not_shared(&self, folder: &SnapshotFolder) -> StateError {
        StateError::misuse(format!(
            "the snapshot for checkpoint {} builds on one before: it cannot be written into '{}', \
             which must hold all its files itself",
            self.checkpoint,
            folder.locate()
        ))
    }

    /// Puts what was written into `place` upon what it builds on, and remembers it, if later
    /// snapshots can name its files. `estimate` is that of the state.
    pub(super) fn complete(
        self,
        segment: KeyedSegment,
        estimate: Option<u64>,
        place: FilePlace,
    ) -> KeyedChain {
        let bytes = segment.length();
        let written = match self.base {
            None => Written {
                chain: KeyedChain {
                    layers: vec![segment],
                },
                base_bytes: bytes,
                delta_bytes: 0,
                deltas: 0,
                base_estimate: estimate,
                last_estimate: estimate,
            },
            Some(mut base) => {
                base.chain.layers.push(segment);
                base.delta_bytes += bytes;
                base.deltas += 1;
                base.last_estimate = estimate;
                base
            }
        };
        let chain = written.chain.clone();
        if place == FilePlace::Shared {
            self.history.remember(self.checkpoint, written);
        }
        chain
    }
}
