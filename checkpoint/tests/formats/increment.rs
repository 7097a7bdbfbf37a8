//! Keyed state on its way into files.

use crate::fake::{FakeJob, Row, header, options, read_all, section};
use alluvium_checkpoint::storage::{Fault, FaultStorage, Operation, Storage};
use alluvium_checkpoint::{
    ChainHistory, CheckpointStore, Compression, JobId, KeyedChain, KeyedSegment, MemoryStorage,
    OwnerId, SegmentOptions, SnapshotFileOptions, SnapshotFolder, StoreOptions, SubtaskSnapshot,
    write_keyed, write_rest,
};
use alluvium_state_api::{CheckpointId, Content, ErrorKind, MaxParallelism, Result, SnapshotMode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A state of so many groups with an entry of so many bytes each.
fn job(groups: u16, value: usize) -> FakeJob {
    let mut header = header(None);
    header.max_parallelism = MaxParallelism::new(u32::from(groups)).unwrap();
    header.groups = header.max_parallelism.all_groups();
    let sections = (0..groups).map(|group| {
        let rows = vec![Row::put(&group.to_le_bytes(), &vec![group as u8; value])];
        (section(0, group, Content::Full), rows)
    });
    FakeJob {
        sections: sections.collect(),
        header,
    }
}

fn write(job: &FakeJob, threads: usize, folder: &SnapshotFolder) -> Result<KeyedChain> {
    let mut files = SnapshotFileOptions::default();
    files.threads = threads;
    files.segment = options(4_096, Compression::None);
    let base = ChainHistory::new(files).begin(&job.header)?;
    write_keyed(Box::new(job.clone()), base, folder)
}

#[test]
fn a_layer_is_one_segment_however_many_threads_write_it() {
    for threads in [0, 1, 2, 7, 16] {
        let storage = Arc::new(MemoryStorage::new());
        let folder = SnapshotFolder::savepoint(storage.clone(), "s").unwrap();

        let small = write(&job(64, 10), threads, &folder).unwrap();
        assert!(
            matches!(&*small.layers, [KeyedSegment::Inline(_)]),
            "{small:?}"
        );
        assert!(storage.paths().is_empty());

        let large = job(64, 5_000);
        let chain = write(&large, threads, &folder).unwrap();
        assert_eq!(storage.paths(), ["s/g0-c0-0"]);
        let [KeyedSegment::File(file)] = &*chain.layers else {
            panic!("{chain:?}");
        };
        let mut bytes = Vec::new();
        let read = folder.files().scan(file, |part| {
            bytes.extend_from_slice(part);
            Ok(())
        });
        read.unwrap();
        assert!(read_all(&bytes.into()).unwrap() == large);
    }
}

#[test]
fn whatever_call_fails_the_snapshot_fails_and_leaves_nothing_behind() {
    let job = job(16, 100_000);
    let mut failed = 0;
    for index in 0.. {
        for fault in [Fault::Before, Fault::After] {
            let inner = Arc::new(MemoryStorage::new());
            let plan = move |operation: Operation<'_>| {
                if operation.index == index {
                    fault
                } else {
                    Fault::None
                }
            };
            let storage = Arc::new(FaultStorage::new(Arc::clone(&inner), plan));
            let folder = SnapshotFolder::savepoint(storage, "s").unwrap();
            let Err(error) = write(&job, 4, &folder) else {
                assert!(failed > 10, "{failed}");
                return;
            };
            assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
            failed += 1;
            drop(folder);
            assert_eq!(inner.paths(), [""; 0], "{index}");
        }
    }
}

#[test]
fn a_snapshot_that_is_given_up_ends_at_once_and_leaves_nothing_behind() {
    let inner = Arc::new(MemoryStorage::new());
    let folder = Arc::new(OnceLock::<Arc<SnapshotFolder>>::new());
    let after = Arc::new(AtomicU64::new(0));
    let (given_up, counted) = (Arc::clone(&folder), Arc::clone(&after));
    let plan = move |operation: Operation<'_>| {
        if operation.name == "append" {
            counted.fetch_add(1, Ordering::SeqCst);
            given_up.get().unwrap().cancel();
        }
        Fault::None
    };
    let storage: Arc<dyn Storage> = Arc::new(FaultStorage::new(Arc::clone(&inner), plan));
    let files = Arc::new(SnapshotFolder::savepoint(storage, "s").unwrap());
    assert!(folder.set(Arc::clone(&files)).is_ok());

    let error = write(&job(64, 1_000_000), 4, &files).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert_eq!(
        after.load(Ordering::SeqCst),
        1,
        "nothing is appended after that"
    );
    let error = files
        .create(alluvium_checkpoint::FilePlace::Own)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(inner.paths().is_empty());
}

/// The same as a snapshot for `checkpoint`, upon `base` if there is one.
fn numbered(mut job: FakeJob, checkpoint: u64, base: Option<u64>) -> FakeJob {
    job.header.checkpoint = CheckpointId(checkpoint);
    job.header.base = base.map(CheckpointId);
    job
}

fn store(storage: &Arc<MemoryStorage>) -> CheckpointStore {
    let (job, owner) = (JobId::new("job").unwrap(), OwnerId([1; 16]));
    let storage: Arc<dyn Storage> = Arc::clone(storage) as _;
    let store = CheckpointStore::open(storage, job, owner, StoreOptions::default());
    store.unwrap().0
}

#[test]
fn no_increment_goes_into_a_folder_that_shares_nothing() {
    // In files, and inside the metadata: what is allowed does not depend on the size.
    for value in [10, 5_000] {
        let storage = Arc::new(MemoryStorage::new());
        let history = ChainHistory::new(SnapshotFileOptions::default());
        let first = numbered(job(16, value), 1, None);
        let folder = store(&storage).begin(1).unwrap();
        let base = history.begin(&first.header).unwrap();
        write_keyed(Box::new(first), base, &folder).unwrap();
        folder.keep();
        history.confirm(CheckpointId(1));
        let before = storage.paths();

        let delta = numbered(job(16, value), 2, Some(1));
        let base = history.begin(&delta.header).unwrap();
        let savepoint = SnapshotFolder::savepoint(storage.clone(), "s").unwrap();
        let error = write_keyed(Box::new(delta), base, &savepoint).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        assert!(error.to_string().contains(&savepoint.locate()), "{error}");
        assert_eq!(storage.paths(), before);
    }
}

#[test]
fn nothing_builds_on_what_a_savepoint_holds() {
    for value in [10, 5_000] {
        let storage = Arc::new(MemoryStorage::new());
        let history = ChainHistory::new(SnapshotFileOptions::default());
        let savepoint = SnapshotFolder::savepoint(storage.clone(), "s").unwrap();
        let whole = numbered(job(16, value), 1, None);
        let base = history.begin(&whole.header).unwrap();
        write_keyed(Box::new(whole), base, &savepoint).unwrap();
        history.confirm(CheckpointId(1));
        let next = store(&storage).begin(2).unwrap();
        let mode = history.mode(SnapshotMode::Incremental, next.bases());
        assert_eq!(mode, SnapshotMode::Full);

        let delta = numbered(job(16, value), 2, Some(1));
        let error = history.begin(&delta.header).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    }
}

#[test]
fn a_savepoint_leaves_what_increments_build_on() {
    let storage = Arc::new(MemoryStorage::new());
    let history = ChainHistory::new(SnapshotFileOptions::default());
    let mut store = store(&storage);
    let first = numbered(job(16, 5_000), 1, None);
    let folder = store.begin(1).unwrap();
    let base = history.begin(&first.header).unwrap();
    write_keyed(Box::new(first), base, &folder).unwrap();
    history.confirm(CheckpointId(1));

    let wanted = SnapshotMode::Incremental;
    let savepoint = SnapshotFolder::savepoint(storage, "s").unwrap();
    assert_eq!(history.mode(wanted, savepoint.bases()), SnapshotMode::Full);
    let whole = numbered(job(16, 5_000), 2, None);
    let base = history.begin(&whole.header).unwrap();
    write_keyed(Box::new(whole), base, &savepoint).unwrap();
    history.confirm(CheckpointId(2));

    let folder = store.begin(3).unwrap();
    assert_eq!(history.mode(wanted, folder.bases()), wanted);
    let delta = numbered(job(16, 10), 3, Some(1));
    let base = history.begin(&delta.header).unwrap();
    let chain = write_keyed(Box::new(delta), base, &folder).unwrap();
    assert_eq!(chain.layers.len(), 2);
}

/// The default of `execution.checkpointing.data-inline-threshold`.
const THRESHOLD: usize = 20_480;

/// A whole snapshot that comes to so many bytes.
fn sized(bytes: usize) -> FakeJob {
    let options = SegmentOptions::default().with_compression(Compression::None);
    let options = options.unwrap();
    let of = |value| numbered(job(1, value), 1, None);
    let found = (bytes - 512..bytes).find(|value| of(*value).bytes_with(options).len() == bytes);
    of(found.unwrap())
}

#[test]
fn n06_what_is_over_the_default_threshold_goes_into_a_file() {
    for (bytes, is_file) in [(THRESHOLD, false), (THRESHOLD + 1, true)] {
        let storage = Arc::new(MemoryStorage::new());
        let folder = store(&storage).begin(1).unwrap();
        let mut files = SnapshotFileOptions::default();
        files.segment = files.segment.with_compression(Compression::None).unwrap();
        let whole = sized(bytes);
        let base = ChainHistory::new(files).begin(&whole.header).unwrap();
        let chain = write_keyed(Box::new(whole), base, &folder).unwrap();
        let [segment] = &*chain.layers else {
            panic!("{chain:?}");
        };
        assert_eq!(segment.length(), bytes as u64);
        assert_eq!(segment.file().is_some(), is_file, "{bytes}");
        assert_eq!(
            storage.list("job/shared").unwrap().len(),
            usize::from(is_file)
        );
    }
}

/// What beside keyed state comes to so many bytes.
fn sized_rest(bytes: usize) -> SubtaskSnapshot {
    let mut snapshot = SubtaskSnapshot::new("count", 0, 1);
    let mut of = |length| {
        snapshot.raw_operator.partitions = vec![vec![7; length]];
        (snapshot.size().unwrap() == bytes as u64).then(|| snapshot.clone())
    };
    (bytes - 512..bytes).find_map(&mut of).unwrap()
}

#[test]
fn n06_operator_state_over_the_default_threshold_goes_into_a_file() {
    let threshold = SnapshotFileOptions::default().inline_threshold;
    for (bytes, is_file) in [(THRESHOLD, false), (THRESHOLD + 1, true)] {
        let folder = store(&Arc::new(MemoryStorage::new())).begin(1).unwrap();
        let mut snapshot = sized_rest(bytes);
        write_rest(&mut snapshot, &folder, threshold).unwrap();
        assert_eq!(snapshot.rest.is_some(), is_file, "{bytes}");
        assert_eq!(snapshot.raw_operator.partitions.is_empty(), is_file);
    }
}
