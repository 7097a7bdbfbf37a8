//! Chains of snapshots over random histories: what a restore reads and what files take stays in
//! proportion to the state, and the state comes back as it was.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use alluvium_backend_fs::{FsBackend, FsSettings};
use alluvium_checkpoint::{
    ChainHistory, CheckpointStore, Compression, JobId, KeyedChain, KeyedSegment, MemoryStorage,
    OwnerId, SegmentOptions, SegmentSource, SnapshotFiles, SnapshotFolder, StoreOptions,
    StoredSegment, hide_voided, write_keyed,
};
use alluvium_state_api::{
    CheckpointId, FreezeRequest, KeyGroupRange, KeyedBackend, KeyedBackendExt, ListDescriptor,
    ListHandle, MaxParallelism, OpenRequest, SnapshotMode, SnapshotSource, StateBackend,
    ValueDescriptor, ValueHandle,
};
use alluvium_state_heap::HeapKeyedBackend;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const VALUES: ValueDescriptor<Vec<u8>> = ValueDescriptor::new("values");
const LISTS: ListDescriptor<u64> = ListDescriptor::new("lists");

/// What chains of any state may have, whatever the state has become: 64 KiB, and one delta's heads.
const CONSTANT: u64 = 80 << 10;

/// What becomes of a checkpoint.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Confirmed,
    /// It is complete, and nobody is told.
    Lost,
    /// It is told after the next one.
    Late,
    Repeated,
    Aborted,
}

#[derive(Clone, Debug)]
enum Step {
    /// So many new keys.
    Fill(u64),
    /// A part of the keys, in percent, gets new values of so many bytes.
    Update(u64, usize),
    /// A part of the keys, in percent, goes.
    Delete(u64),
    /// A part of the keys, in percent, gets list elements.
    Append(u64),
    Checkpoint(Fate),
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        6 => Just(Fate::Confirmed),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Late),
        1 => Just(Fate::Repeated),
        1 => Just(Fate::Aborted),
    ];
    prop_oneof![
        2 => (100..1_500_u64).prop_map(Step::Fill),
        2 => (1..60_u64, 20..400_usize).prop_map(|(part, length)| Step::Update(part, length)),
        4 => (5..45_u64).prop_map(Step::Delete),
        1 => (80..100_u64).prop_map(Step::Delete),
        1 => (1..30_u64).prop_map(Step::Append),
        9 => fate.prop_map(Step::Checkpoint),
    ]
}

type State = BTreeMap<u64, (Vec<u8>, Vec<u64>)>;

struct World {
    backend: FsBackend,
    live: HeapKeyedBackend<u64>,
    values: ValueHandle<Vec<u8>>,
    lists: ListHandle<u64>,
    model: State,
    history: ChainHistory,
    store: CheckpointStore,
    next_key: u64,
    late: Vec<CheckpointId>,
    noise: u64,
    deltas: usize,
    folded: usize,
}

fn request() -> OpenRequest {
    OpenRequest::fresh(0, 1).with_max_parallelism(MaxParallelism::new(8).unwrap())
}

impl World {
    fn new(settings: FsSettings) -> Self {
        let backend = FsBackend::new(settings).unwrap();
        let mut live = backend.open::<u64>(request()).unwrap();
        let (values, lists) = (
            live.register(&VALUES).unwrap(),
            live.register(&LISTS).unwrap(),
        );
        let (job, owner) = (JobId::new("job").unwrap(), OwnerId([1; 16]));
        let storage = Arc::new(MemoryStorage::new());
        let store = CheckpointStore::open(storage, job, owner, StoreOptions::default());
        Self {
            history: ChainHistory::new(*backend.file_options()),
            backend,
            live,
            values,
            lists,
            model: BTreeMap::new(),
            store: store.unwrap().0,
            next_key: 0,
            late: Vec::new(),
            noise: 1,
            deltas: 0,
            folded: 0,
        }
    }

    fn random(&mut self) -> u64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        self.noise
    }

    fn value(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.random() as u8).collect()
    }

    fn some_keys(&mut self, percent: u64) -> Vec<u64> {
        let keys: Vec<u64> = self.model.keys().copied().collect();
        keys.into_iter()
            .filter(|_| self.random() % 100 < percent)
            .collect()
    }

    fn set(&mut self, key: u64, value: Vec<u8>) {
        self.live
            .key(&key)
            .unwrap()
            .value(self.values)
            .set(value.clone())
            .unwrap();
        self.model.entry(key).or_default().0 = value;
    }

    fn take(&mut self, step: &Step, checkpoint: u64) {
        match *step {
            Step::Fill(count) => {
                for key in self.next_key..self.next_key + count {
                    let value = self.value(200);
                    self.set(key, value);
                }
                self.next_key += count;
            }
            Step::Update(percent, length) => {
                for key in self.some_keys(percent) {
                    let value = self.value(length);
                    self.set(key, value);
                }
            }
            Step::Delete(percent) => {
                for key in self.some_keys(percent) {
                    let mut scope = self.live.key(&key).unwrap();
                    scope.value(self.values).clear().unwrap();
                    scope.list(self.lists).clear().unwrap();
                    self.model.remove(&key);
                }
            }
            Step::Append(percent) => {
                for key in self.some_keys(percent) {
                    let items: Vec<u64> = (0..20).map(|_| self.random()).collect();
                    let mut scope = self.live.key(&key).unwrap();
                    scope.list(self.lists).add_all(items.clone()).unwrap();
                    self.model.entry(key).or_default().1.extend(items);
                }
            }
            Step::Checkpoint(fate) => self.checkpoint(CheckpointId(checkpoint), fate),
        }
    }

    fn checkpoint(&mut self, checkpoint: CheckpointId, fate: Fate) {
        let folder = self.store.begin(checkpoint.0).unwrap();
        let mode = self.history.mode(SnapshotMode::Incremental, folder.bases());
        let job = self
            .live
            .freeze(FreezeRequest { checkpoint, mode })
            .unwrap();
        let (wanted, base) = (job.header().base, self.history.begin(job.header()).unwrap());
        let chain = write_keyed(job, base, &folder).unwrap();
        let delta = chain.layers.len() > 1;
        self.deltas += usize::from(delta);
        self.folded += usize::from(wanted.is_some() && !delta);
        self.check(&chain, &folder.files());
        if !matches!(fate, Fate::Aborted) {
            folder.keep();
        }
        let late = std::mem::take(&mut self.late);
        match fate {
            Fate::Confirmed => self.confirm(checkpoint),
            Fate::Lost => {}
            Fate::Late => self.late.push(checkpoint),
            Fate::Repeated => {
                self.confirm(checkpoint);
                self.confirm(checkpoint);
            }
            Fate::Aborted => {
                self.live.abort(checkpoint);
                self.history.abort(checkpoint);
                self.store.abandon(checkpoint.0);
            }
        }
        for before in late {
            self.confirm(before);
        }
    }

    fn confirm(&mut self, checkpoint: CheckpointId) {
        self.live.confirm(checkpoint);
        self.history.confirm(checkpoint);
    }

    /// Restores the chain elsewhere, compares, and looks at its proportions.
    fn check(&self, chain: &KeyedChain, files: &SnapshotFiles) {
        let mut layers = open(chain, files);
        hide_voided(&mut layers);
        let all = layers[0].header().groups;
        let read: u64 = layers.iter().map(|layer| layer.stored_length(all)).sum();
        let boxed = layers
            .into_iter()
            .map(|layer| Box::new(layer) as Box<dyn SnapshotSource>);
        let restore = request().with_restore(vec![boxed.collect()]);
        let mut restored = self.backend.open::<u64>(restore).unwrap();
        assert!(Self::contents(&mut restored) == self.model);

        let state = self.whole(&mut restored, all);
        assert!(read <= 2 * state + CONSTANT, "reads {read} of {state}");
        assert!(
            chain.length() <= 3 * state + CONSTANT,
            "keeps {} of {state}",
            chain.length()
        );
    }

    fn contents(restored: &mut HeapKeyedBackend<u64>) -> State {
        let (values, lists) = (
            restored.register(&VALUES).unwrap(),
            restored.register(&LISTS).unwrap(),
        );
        let mut contents = State::new();
        for key in restored.keys(values, &()).unwrap() {
            let value = restored
                .key(&key)
                .unwrap()
                .into_ref(values)
                .unwrap()
                .unwrap()
                .to_vec();
            contents.entry(key).or_default().0 = value;
        }
        for key in restored.keys(lists, &()).unwrap() {
            let list = restored.key(&key).unwrap().list(lists).get().unwrap();
            contents.entry(key).or_default().1 = list;
        }
        contents
    }

    /// The bytes of a whole snapshot.
    fn whole(&self, restored: &mut HeapKeyedBackend<u64>, groups: KeyGroupRange) -> u64 {
        let (checkpoint, mode) = (CheckpointId(1), SnapshotMode::Full);
        let job = restored.freeze(FreezeRequest { checkpoint, mode }).unwrap();
        let base = ChainHistory::new(*self.backend.file_options())
            .begin(job.header())
            .unwrap();
        let storage = Arc::new(MemoryStorage::new());
        let folder = SnapshotFolder::savepoint(storage, "whole").unwrap();
        let chain = write_keyed(job, base, &folder).unwrap();
        let layers = open(&chain, &folder.files());
        layers.iter().map(|layer| layer.stored_length(groups)).sum()
    }
}

fn open(chain: &KeyedChain, files: &SnapshotFiles) -> Vec<SegmentSource<StoredSegment>> {
    let input = |segment: &KeyedSegment| match segment {
        KeyedSegment::Inline(bytes) => StoredSegment::Inline(Arc::clone(bytes)),
        KeyedSegment::File(file) => StoredSegment::File(files.open(file).unwrap()),
        other => panic!("{other:?}"),
    };
    let layers = chain.layers.iter();
    layers
        .map(|layer| SegmentSource::open(input(layer), "layer").unwrap())
        .collect()
}

fn settings(compression: Compression, max_delta_ratio: f64) -> FsSettings {
    let mut settings = FsSettings::default();
    settings.files.segment = SegmentOptions::default()
        .with_compression(compression)
        .unwrap();
    settings.files.max_delta_ratio = max_delta_ratio;
    settings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn chains_stay_in_proportion(
        steps in prop::collection::vec(step(), 1..60),
        zstd: bool,
        // With 8, only what the state has become folds a chain.
        ratio in prop_oneof![Just(0.5), Just(8.0)],
    ) {
        let compression = if zstd { Compression::Zstd(1) } else { Compression::None };
        let mut world = World::new(settings(compression, ratio));
        world.take(&Step::Fill(2_000), 1);
        for (number, step) in steps.iter().enumerate() {
            world.take(step, number as u64 + 1);
        }
    }
}

#[test]
fn a_state_that_melts_away_slowly_is_written_anew_now_and_then() {
    let mut world = World::new(settings(Compression::Zstd(1), 0.5));
    world.take(&Step::Fill(6_000), 1);
    for checkpoint in 0..60 {
        world.take(&Step::Checkpoint(Fate::Confirmed), 1 + checkpoint);
        world.take(&Step::Delete(5), 0);
    }
    assert!((2..=8).contains(&world.folded), "{}", world.folded);
    assert!(world.deltas > 45, "{}", world.deltas);
}

#[test]
fn lists_that_grow_are_not_written_anew() {
    let mut world = World::new(settings(Compression::Zstd(1), 0.5));
    world.take(&Step::Fill(100), 1);
    for _ in 0..30 {
        world.take(&Step::Append(100), 0);
    }
    for checkpoint in 0..10 {
        world.take(&Step::Checkpoint(Fate::Confirmed), 1 + checkpoint);
        // Of more than half of a group, all lists would be written whole.
        world.take(&Step::Append(25), 0);
    }
    assert_eq!((world.folded, world.deltas), (0, 9));
}
