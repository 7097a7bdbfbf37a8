//! Increments whose base is gone: the next checkpoint is whole, and the job goes on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alluvium_backend_fs::{FsBackend, FsSettings};
use alluvium_checkpoint::{
    ChainHistory, CheckpointMetadata, CheckpointStore, JobId, LocalStorage, OperatorSnapshot,
    OwnerId, ProgramOperator, SnapshotFiles, Storage, StoreOptions, StoredSnapshot,
    SubtaskSnapshot, Unclaimed, plan_restore, write_keyed,
};
use alluvium_state_api::{
    CheckpointId, FreezeRequest, KeyedBackend, KeyedBackendExt, MaxParallelism, OpenRequest,
    SnapshotMode, StateBackend, ValueDescriptor, ValueHandle,
};
use alluvium_state_heap::HeapKeyedBackend;
use std::sync::Arc;

const NUMBERS: ValueDescriptor<u64> = ValueDescriptor::new("numbers");
const KEYS: u64 = 1_000;

/// A job of one subtask, whose state all goes into files, and of which one checkpoint is retained.
struct Job {
    root: tempfile::TempDir,
    backend: FsBackend,
    live: HeapKeyedBackend<u64>,
    numbers: ValueHandle<u64>,
    history: ChainHistory,
    store: CheckpointStore,
    written: u64,
}

fn groups() -> MaxParallelism {
    MaxParallelism::new(8).unwrap()
}

fn open(root: &tempfile::TempDir, owner: u8) -> (Arc<dyn Storage>, CheckpointStore) {
    let storage: Arc<dyn Storage> = Arc::new(LocalStorage::open(root.path()).unwrap());
    let (job, owner) = (JobId::new("job").unwrap(), OwnerId([owner; 16]));
    let store = CheckpointStore::open(storage.clone(), job, owner, StoreOptions::default());
    (storage, store.unwrap().0)
}

impl Job {
    fn new(asynchronous: bool) -> Self {
        let mut settings = FsSettings::default();
        settings.files.inline_threshold = 0;
        settings.asynchronous_snapshots = asynchronous;
        let backend = FsBackend::new(settings).unwrap();
        let request = OpenRequest::fresh(0, 1).with_max_parallelism(groups());
        let mut live = backend.open::<u64>(request).unwrap();
        let numbers = live.register(&NUMBERS).unwrap();
        let root = tempfile::tempdir().unwrap();
        let store = open(&root, 1).1;
        let mut job = Self {
            root,
            history: ChainHistory::new(*backend.file_options()),
            backend,
            live,
            numbers,
            store,
            written: 0,
        };
        job.write(KEYS);
        job
    }

    /// Gives the next `count` keys the number of values written so far.
    fn write(&mut self, count: u64) {
        for number in self.written..self.written + count {
            let key = number % KEYS;
            let mut scope = self.live.key(&key).unwrap();
            scope.value(self.numbers).set(number).unwrap();
        }
        self.written += count;
    }

    /// Takes and publishes the next checkpoint, and retires the one before; how many layers it has.
    fn checkpoint(&mut self, wanted: SnapshotMode, told: bool) -> usize {
        self.write(10);
        let id = self.store.next_checkpoint();
        let checkpoint = CheckpointId(id);
        let folder = self.store.begin(id).unwrap();
        let mode = self.history.mode(wanted, folder.bases());
        let request = FreezeRequest { checkpoint, mode };
        let job = self.live.freeze(request).unwrap();
        let base = self.history.begin(job.header()).unwrap();
        let mut subtask = SubtaskSnapshot::new("count", 0, 1);
        subtask.keyed.push(write_keyed(job, base, &folder).unwrap());
        let layers = subtask.keyed.iter().map(|chain| chain.layers.len()).sum();
        let mut metadata = CheckpointMetadata::new(checkpoint, 0, "job", "job");
        metadata.operators.push(OperatorSnapshot {
            uid: "count".to_owned(),
            max_parallelism: groups(),
            parallelism: 1,
            subtasks: vec![subtask],
        });
        self.store
            .publish(id, &metadata.to_bytes().unwrap())
            .unwrap();
        if told {
            self.live.confirm(checkpoint);
            self.history.confirm(checkpoint);
        }
        let retained = self.store.retained();
        self.store.retire(retained.split_last().unwrap().1).unwrap();
        layers
    }

    fn increment(&mut self) -> usize {
        self.checkpoint(SnapshotMode::Incremental, true)
    }

    /// The shared files, oldest first.
    fn shared(&self) -> Vec<std::path::PathBuf> {
        let files = std::fs::read_dir(self.root.path().join("job/shared")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Another process restores the newest checkpoint: it is the state.
    fn check(mut self) {
        let (storage, store) = open(&self.root, 2);
        let found = store.recover().unwrap().unwrap();
        assert_eq!(found.skipped, []);
        let metadata = CheckpointMetadata::from_bytes(&found.metadata).unwrap();
        let files = SnapshotFiles::new(storage, format!("job/chk-{}", found.checkpoint)).unwrap();
        let stored = StoredSnapshot::new(metadata, files);
        stored.verify().unwrap();
        let operator = ProgramOperator {
            uid: "count".to_owned(),
            parallelism: 1,
            max_parallelism: None,
        };
        let plan = plan_restore(&stored, &[operator], Unclaimed::Refuse).unwrap();
        let restored = plan.first().unwrap().subtask(0).unwrap();
        let mut restored = self.backend.open::<u64>(restored.keyed).unwrap();
        let numbers = restored.register(&NUMBERS).unwrap();
        for key in 0..KEYS {
            let found = *restored.key(&key).unwrap().get(numbers).unwrap().unwrap();
            let scope = self.live.key(&key).unwrap();
            assert_eq!(found, *scope.get(self.numbers).unwrap().unwrap(), "{key}");
        }
    }
}

#[test]
fn where_the_notice_of_a_whole_checkpoint_is_lost_the_next_is_whole() {
    for asynchronous in [true, false] {
        let mut job = Job::new(asynchronous);
        assert_eq!(job.increment(), 1);
        assert_eq!(job.increment(), 2);
        assert_eq!(job.checkpoint(SnapshotMode::Full, false), 1);
        // What the task knows of is retired.
        assert_eq!(job.increment(), 1);
        assert_eq!(job.increment(), 2);
        job.check();
    }
}

#[test]
fn where_the_notice_of_an_increment_is_lost_the_next_holds_more() {
    let mut job = Job::new(true);
    assert_eq!(job.increment(), 1);
    assert_eq!(job.checkpoint(SnapshotMode::Incremental, false), 2);
    // What the task knows of is retired, but its files are named still.
    assert_eq!(job.increment(), 2);
    job.check();
}

fn heals(damage: impl Fn(&std::path::Path)) {
    for asynchronous in [true, false] {
        for newest in [false, true] {
            let mut job = Job::new(asynchronous);
            assert_eq!(job.increment(), 1);
            assert_eq!(job.increment(), 2);
            let files = job.shared();
            let victim = if newest { files.last() } else { files.first() };
            damage(victim.unwrap());
            assert_eq!(job.increment(), 1);
            assert_eq!(job.increment(), 2);
            job.check();
        }
    }
}

#[test]
fn where_a_file_is_deleted_the_next_checkpoint_is_whole() {
    heals(|file| std::fs::remove_file(file).unwrap());
}

#[test]
fn where_a_file_is_cut_the_next_checkpoint_is_whole() {
    heals(|file| std::fs::write(file, b"").unwrap());
}
