//! The stored snapshots of one backend, by checkpoint.

use super::{Harness, Layers, Recording, record, try_freeze};
use alluvium_state_api::{CheckpointId, KeyedBackend, SnapshotJob, SnapshotMode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Remembers every layer that was stored and what was confirmed, and so can tell the chain of any
/// checkpoint, and whether a delta builds on something that it may build on.
#[derive(Default)]
pub(crate) struct Timeline {
    layers: BTreeMap<u64, Arc<dyn Recording>>,
    confirmed: BTreeSet<u64>,
}

impl Timeline {
    /// Freezes an increment and stores it.
    pub(crate) fn increment<H: Harness, B: KeyedBackend>(
        &mut self,
        h: &H,
        backend: &mut B,
        checkpoint: u64,
    ) -> Layers {
        let job = try_freeze(backend, checkpoint, SnapshotMode::Incremental).unwrap();
        self.check_base(&*job);
        self.store(checkpoint, record(h, job))
    }

    /// Checks that a job that was frozen just now builds on a confirmed checkpoint, if on any.
    pub(crate) fn check_base(&self, job: &dyn SnapshotJob) {
        if let Some(base) = job.header().base {
            assert!(
                self.confirmed.contains(&base.0),
                "checkpoint {} builds on {base}, which was never confirmed",
                job.header().checkpoint
            );
        }
    }

    /// Keeps what a job has written.
    pub(crate) fn store(&mut self, checkpoint: u64, layer: Arc<dyn Recording>) -> Layers {
        self.layers.insert(checkpoint, layer);
        self.chain(checkpoint)
    }

    /// Confirms, to the backend and here.
    pub(crate) fn confirm<B: KeyedBackend>(&mut self, backend: &mut B, checkpoint: u64) {
        self.confirmed.insert(checkpoint);
        backend.confirm(CheckpointId(checkpoint));
    }

    /// The whole snapshot and the deltas upon it that make up `checkpoint`.
    pub(crate) fn chain(&self, checkpoint: u64) -> Layers {
        let mut layers = Vec::new();
        let mut next = Some(CheckpointId(checkpoint));
        while let Some(id) = next {
            let layer = self.layers.get(&id.0).unwrap();
            next = layer.source().header().base;
            assert!(next.is_none_or(|base| base < id), "{id} builds on {next:?}");
            layers.push(Arc::clone(layer));
        }
        layers.reverse();
        Layers(layers)
    }
}
