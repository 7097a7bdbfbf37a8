//! What cases are written with.

mod access;
mod fold;
mod history;
mod rng;
mod sinks;
mod timeline;
mod types;
mod workload;

pub(crate) use access::{
    aggregated_in, clear, list, list_in, map, map_in, reduced_in, set, set_in, value, value_in,
};
pub(crate) use fold::{Folded, fold, fold_all, same};
pub(crate) use history::History;
pub(crate) use rng::Rng;
pub(crate) use sinks::{CountingSink, FailingSink, Gate, GatedSink, gate};
pub(crate) use timeline::Timeline;
pub(crate) use types::{Census, Concat, FailingCodec, Mean, Sum, Tracked, Words, census_codec};
pub(crate) use workload::Workload;

use super::harness::{Harness, Keyed, Recording, open};
use super::logical::Parts;
use alluvium_state_api::{
    CheckpointId, ErrorKind, FreezeRequest, KeyGroup, KeyGroupRange, KeyedBackend, MaxParallelism,
    OpenRequest, OrderedKey, Result, SnapshotChain, SnapshotHeader, SnapshotJob, SnapshotMode,
};
use std::sync::Arc;

/// The max parallelism of most cases.
pub(crate) fn ten() -> MaxParallelism {
    MaxParallelism::new(10).unwrap()
}

/// Layers of one snapshot of one subtask, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Layers(pub(crate) Vec<Arc<dyn Recording>>);

impl Layers {
    pub(crate) fn chain(&self) -> SnapshotChain {
        self.0.iter().map(|layer| layer.source()).collect()
    }

    /// The header of the newest layer.
    pub(crate) fn header(&self) -> SnapshotHeader {
        self.0.last().unwrap().source().header().clone()
    }
}

/// A fresh backend that holds all of ten key groups.
pub(crate) fn fresh<H: Harness, K: OrderedKey>(h: &H) -> Keyed<H, K> {
    fresh_subtask(h, 0, 1, ten())
}

/// A fresh backend of one of several subtasks.
pub(crate) fn fresh_subtask<H: Harness, K: OrderedKey>(
    h: &H,
    subtask: u32,
    parallelism: u32,
    max: MaxParallelism,
) -> Keyed<H, K> {
    let request = OpenRequest::fresh(subtask, parallelism).with_max_parallelism(max);
    open(h, request).unwrap()
}

/// What a restore from `snapshots` to one of several subtasks asks for.
pub(crate) fn restore_request(snapshots: &[Layers], subtask: u32, parallelism: u32) -> OpenRequest {
    OpenRequest::fresh(subtask, parallelism)
        .with_restore(snapshots.iter().map(Layers::chain).collect())
}

/// One of several subtasks, restored.
pub(crate) fn restored_subtask<H: Harness, K: OrderedKey>(
    h: &H,
    snapshots: &[Layers],
    subtask: u32,
    parallelism: u32,
) -> Keyed<H, K> {
    open(h, restore_request(snapshots, subtask, parallelism)).unwrap()
}

/// A backend that holds all groups, restored from one snapshot.
pub(crate) fn restored<H: Harness, K: OrderedKey>(h: &H, snapshot: &Layers) -> Keyed<H, K> {
    restored_subtask(h, std::slice::from_ref(snapshot), 0, 1)
}

/// A full freeze.
pub(crate) fn freeze<B: KeyedBackend>(backend: &mut B, checkpoint: u64) -> Box<dyn SnapshotJob> {
    try_freeze(backend, checkpoint, SnapshotMode::Full).unwrap()
}

pub(crate) fn try_freeze<B: KeyedBackend>(
    backend: &mut B,
    checkpoint: u64,
    mode: SnapshotMode,
) -> Result<Box<dyn SnapshotJob>> {
    backend.freeze(FreezeRequest {
        checkpoint: CheckpointId(checkpoint),
        mode,
    })
}

/// Runs a job into a recorder of the harness.
pub(crate) fn record<H: Harness>(h: &H, job: Box<dyn SnapshotJob>) -> Arc<dyn Recording> {
    let mut recorder = h.recorder();
    job.run(&mut *recorder).unwrap();
    recorder.finish().unwrap()
}

/// Runs a job in parts, each into a recorder of its own.
pub(crate) fn record_parts<H: Harness>(
    h: &H,
    job: Box<dyn SnapshotJob>,
    parts: usize,
) -> Arc<dyn Recording> {
    let parts = job.split(parts);
    Arc::new(Parts(
        parts.into_iter().map(|part| record(h, part)).collect(),
    ))
}

/// Freezes, writes and confirms a full snapshot.
pub(crate) fn snapshot<H: Harness, B: KeyedBackend>(
    h: &H,
    backend: &mut B,
    checkpoint: u64,
) -> Layers {
    let job = freeze(backend, checkpoint);
    let layers = Layers(vec![record(h, job)]);
    backend.confirm(CheckpointId(checkpoint));
    layers
}

/// The group that `key` belongs to.
pub(crate) fn group_of<K: OrderedKey>(max: MaxParallelism, key: &K) -> KeyGroup {
    max.group_of(key.key_hash())
}

/// The first `count` keys from 0 on whose group lies in `range`.
pub(crate) fn keys_in(max: MaxParallelism, range: KeyGroupRange, count: usize) -> Vec<i32> {
    (0..)
        .filter(|key| range.contains(group_of(max, key)))
        .take(count)
        .collect()
}

/// Checks that `result` is an error of `kind` whose message contains all of `words`.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, kind: ErrorKind, words: &[&str]) {
    let Err(error) = result else {
        panic!("expected an error of kind {kind}, got none");
    };
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "'{text}' does not mention '{word}'");
    }
}

/// The sorted copy of a listing.
pub(crate) fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}
