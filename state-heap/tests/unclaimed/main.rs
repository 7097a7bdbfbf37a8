//! Restored state that nobody has registered: freezing leaves it where it is, the snapshot's job
//! reads it, and it is read once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limit;
mod store;

use alluvium_state_api::{
    CheckpointId, ErrorKind, FreezeRequest, KeyedBackend, KeyedBackendExt, MapDescriptor,
    MaxParallelism, OpenRequest, Result, SnapshotJob, SnapshotMode, ValueDescriptor,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};
use store::{Entries, Snapshot, Watched};

const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
const VISITS: MapDescriptor<u32, String> = MapDescriptor::new("visits");
const KEYS: u64 = 200;

const OPTIONS: HeapOptions = HeapOptions {
    track_changes: true,
    max_unfinished_snapshots: 8,
    full_rewrite_share: 0.5,
    synchronous_snapshots: false,
    live_limit: None,
};

type Backend = HeapKeyedBackend<u64>;

fn freeze(state: &mut Backend, checkpoint: u64, mode: SnapshotMode) -> Box<dyn SnapshotJob> {
    let checkpoint = CheckpointId(checkpoint);
    state.freeze(FreezeRequest { checkpoint, mode }).unwrap()
}

fn open(watched: &Watched, options: HeapOptions) -> Backend {
    let request = OpenRequest::fresh(0, 1).with_restore(vec![vec![Box::new(watched.clone())]]);
    HeapKeyedBackend::open(request, options).unwrap()
}

/// A stored snapshot of two states, and what is in it.
fn stored() -> (Watched, Entries) {
    let max = MaxParallelism::new(16).unwrap();
    let request = OpenRequest::fresh(0, 1).with_max_parallelism(max);
    let mut state = Backend::open(request, OPTIONS).unwrap();
    let (count, visits) = (
        state.register(&COUNT).unwrap(),
        state.register(&VISITS).unwrap(),
    );
    for key in 0..KEYS {
        let mut scope = state.key(&key).unwrap();
        scope.value(count).set(key).unwrap();
        for page in 0..3 {
            let visit = format!("{key} on {page}");
            scope.map(visits).put(page, visit).unwrap();
        }
    }
    let snapshot = Snapshot::of(freeze(&mut state, 1, SnapshotMode::Full)).unwrap();
    let entries = snapshot.entries();
    assert_eq!(entries.len() as u64, 4 * KEYS);
    (Watched::new(snapshot), entries)
}

#[test]
fn a_freeze_reads_nothing_and_the_snapshot_is_whole() {
    let (watched, entries) = stored();
    let mut state = open(&watched, OPTIONS);
    let first = freeze(&mut state, 2, SnapshotMode::Full);
    let second = freeze(&mut state, 3, SnapshotMode::Full);
    assert_eq!(watched.reads(), 0, "frozen twice");

    assert_eq!(Snapshot::of(second).unwrap().entries(), entries);
    assert_eq!(watched.reads(), 2, "two states");
    watched.set_gone(true);
    assert_eq!(Snapshot::of(first).unwrap().entries(), entries);
    let third = freeze(&mut state, 4, SnapshotMode::Full);
    assert_eq!(Snapshot::of(third).unwrap().entries(), entries);
    assert_eq!(watched.reads(), 2, "what was read is kept");
}

#[test]
fn parts_read_once_between_them() {
    let (watched, entries) = stored();
    let mut state = open(&watched, OPTIONS);
    let job = freeze(&mut state, 2, SnapshotMode::Full);
    let of_state = job.estimate().unwrap().state;
    let bytes: usize = entries
        .iter()
        .map(|((_, _, key, user_key), value)| key.len() + user_key.len() + value.len())
        .sum();
    assert_eq!(of_state, bytes as u64);
    let parts = job.split(4);
    assert_eq!(parts.len(), 4);
    let written: Vec<Snapshot> = std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(|| Snapshot::of(part).unwrap()))
            .collect();
        running
            .into_iter()
            .map(|part| part.join().unwrap())
            .collect()
    });
    assert_eq!(watched.reads(), 2);
    let mut together = Entries::new();
    for part in &written {
        part.apply(&mut together);
    }
    assert_eq!(together, entries);
}

#[test]
fn a_state_registered_after_the_freeze_is_in_the_snapshot_as_it_was() {
    let (watched, entries) = stored();
    let mut state = open(&watched, OPTIONS);
    let job = freeze(&mut state, 2, SnapshotMode::Full);
    let count = state.register(&COUNT).unwrap();
    assert_eq!(watched.reads(), 1);
    for key in 0..KEYS {
        let mut scope = state.key(&key).unwrap();
        assert_eq!(scope.get(count).unwrap().as_deref(), Some(&key));
        scope.value(count).set(0).unwrap();
    }
    // The restored snapshot goes away once a later checkpoint is complete.
    let later = Snapshot::of(freeze(&mut state, 3, SnapshotMode::Full)).unwrap();
    assert_eq!(later.len_of("count") as u64, KEYS);
    assert_eq!(later.len_of("visits") as u64, 3 * KEYS);
    watched.set_gone(true);
    assert_eq!(Snapshot::of(job).unwrap().entries(), entries);
    assert_eq!(watched.reads(), 2);
}

#[test]
fn what_cannot_be_read_fails_the_snapshot_and_names_the_state() {
    let (watched, entries) = stored();
    let mut state = open(&watched, OPTIONS);
    watched.set_gone(true);
    let job = freeze(&mut state, 2, SnapshotMode::Full);
    let error = Snapshot::of(job).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let message = error.to_string();
    for word in ["'count'", "registered", "'chk-1/segment'"] {
        assert!(message.contains(word), "{message}");
    }
    let job = freeze(&mut state, 3, SnapshotMode::Full);
    assert_eq!(job.estimate(), None, "it cannot tell");

    watched.set_gone(false);
    assert_eq!(Snapshot::of(job).unwrap().entries(), entries);
    let count = state.register(&COUNT).unwrap();
    let read = state.key(&7).unwrap().get(count).unwrap().map(|n| *n);
    assert_eq!(read, Some(7));
}

#[test]
fn an_increment_does_not_repeat_it() {
    let (watched, mut entries) = stored();
    let mut state = open(&watched, OPTIONS);
    let count = state.register(&COUNT).unwrap();
    let base = Snapshot::of(freeze(&mut state, 2, SnapshotMode::Incremental)).unwrap();
    assert_eq!(base.header().base, None);
    let mut folded = base.entries();
    assert_eq!(folded, entries);
    state.confirm(CheckpointId(2));

    state.key(&7).unwrap().value(count).set(700).unwrap();
    let job = freeze(&mut state, 3, SnapshotMode::Incremental);
    let estimate = job.estimate().unwrap();
    assert!(
        estimate.snapshot < 100 && estimate.state > 1_000,
        "{estimate:?}"
    );
    let delta = Snapshot::of(job).unwrap();
    assert_eq!(delta.header().base, Some(CheckpointId(2)));
    assert_eq!(delta.header().states.len(), 2);
    assert_eq!((delta.len_of("count"), delta.len_of("visits")), (1, 0));
    delta.apply(&mut folded);
    let whole = freeze(&mut state, 4, SnapshotMode::Incremental).into_whole();
    entries.retain(|path, _| folded.contains_key(path));
    assert_eq!(entries.len() as u64, 4 * KEYS);
    assert_eq!(Snapshot::of(whole).unwrap().entries(), folded);

    let visits = state.register(&VISITS).unwrap();
    state.key(&7).unwrap().map(visits).remove(&1).unwrap();
    let delta = Snapshot::of(freeze(&mut state, 5, SnapshotMode::Incremental)).unwrap();
    assert_eq!(delta.len_of("visits"), 1);
    delta.apply(&mut folded);
    assert_eq!(folded.len() as u64, 4 * KEYS - 1);
}

#[test]
fn a_synchronous_snapshot_reads_it_when_it_is_frozen() {
    let (watched, entries) = stored();
    let options = HeapOptions {
        synchronous_snapshots: true,
        ..OPTIONS
    };
    let mut state = open(&watched, options);
    watched.set_gone(true);
    let frozen: Result<_> = state.freeze(FreezeRequest {
        checkpoint: CheckpointId(2),
        mode: SnapshotMode::Full,
    });
    let error = frozen.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("'count'"), "{error}");
    state.abort(CheckpointId(2));

    watched.set_gone(false);
    let job = freeze(&mut state, 3, SnapshotMode::Full);
    watched.set_gone(true);
    assert_eq!(Snapshot::of(job).unwrap().entries(), entries);
}
