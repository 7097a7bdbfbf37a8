//! Keyed state on its way into files.

use crate::fake::{FakeJob, Row, header, options, read_all, section};
use alluvium_checkpoint::storage::{Fault, FaultStorage, Operation, Storage};
use alluvium_checkpoint::{
    ChainHistory, Compression, KeyedChain, KeyedSegment, MemoryStorage, SnapshotFileOptions,
    SnapshotFolder, write_keyed,
};
use alluvium_state_api::{Content, ErrorKind, MaxParallelism, Result};
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
