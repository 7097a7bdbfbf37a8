//! Readers of a job that goes on meanwhile.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use alluvium_state_api::{ErrorKind, StateError};

use super::collection::publish;
use super::*;
use crate::files::StoredSnapshotOptions;
use crate::offline::copy_job;
use crate::storage::{Fault, FaultStorage};

/// What readers see of a job that publishes a checkpoint and retires the one before whenever one of
/// its first `retirements` attempts to read metadata begins. Also how many have begun.
fn running(retirements: usize) -> (Arc<dyn Storage>, Arc<AtomicUsize>) {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    let store = Mutex::new(store);
    let begun = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&begun);
    let seen = FaultStorage::new(storage, move |operation| {
        let metadata = operation.path.ends_with("_metadata");
        if operation.name == "read"
            && metadata
            && count.fetch_add(1, Ordering::SeqCst) < retirements
        {
            let mut store = store.lock().unwrap();
            let before = store.retained();
            publish(&mut store, &[]);
            store.retire(&before).unwrap();
        }
        Fault::None
    });
    (Arc::new(seen), begun)
}

/// The number of the only checkpoint there is, all of whose files were opened.
fn only(storage: &Arc<dyn Storage>) -> Result<u64> {
    read_published(storage, &job(), |found| {
        let [published] = found.checkpoints.as_slice() else {
            panic!("{found:?}");
        };
        let options = StoredSnapshotOptions::default();
        open_published(Arc::clone(storage), &job(), published, options)?;
        Ok(published.checkpoint)
    })
}

#[test]
fn a_reader_begins_anew_with_what_is_published_then() {
    let (storage, begun) = running(3);
    assert_eq!(only(&storage).unwrap(), 4);
    assert_eq!(begun.load(Ordering::SeqCst), 4);
}

#[test]
fn a_copy_begins_anew_and_leaves_nothing_of_the_attempts_before() {
    let (storage, _) = running(2);
    let copy = Arc::new(MemoryStorage::new());
    let target: Arc<dyn Storage> = copy.clone();
    let options = StoredSnapshotOptions::default();
    let copied = copy_job(&storage, &job(), &target, options, |_| ()).unwrap();
    assert_eq!((copied.snapshots, copied.files), (1, 1));
    assert_eq!(only(&target).unwrap(), 3);
    let files = |path: &String| !path.contains("/log/");
    let paths: Vec<_> = copy.paths().into_iter().filter(files).collect();
    assert_eq!(paths, ["job/chk-3/_metadata", "job/shared/g1-c3-0"]);
}

#[test]
fn garbage_is_looked_for_anew() {
    let (storage, _) = running(2);
    let garbage = Garbage::find(&storage, &job(), StoredSnapshotOptions::default()).unwrap();
    assert_eq!(garbage, Garbage::default());
}

#[test]
fn a_job_that_is_faster_than_its_reader_is_told_what_to_do() {
    let (storage, begun) = running(usize::MAX);
    let error = only(&storage).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let error = error.to_string();
    for part in [
        "checkpoint 5 of job 'job'",
        "execution.checkpointing.num-retained",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(begun.load(Ordering::SeqCst), 5);
}

#[test]
fn what_is_damaged_is_not_read_again() {
    let (storage, begun) = running(0);
    storage.delete("job/chk-1/_metadata").unwrap();
    let error = only(&storage).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    let nothing = erased(&Arc::new(MemoryStorage::new()));
    let error = only(&nothing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
}

/// What is asked for and is not there will not be in the next checkpoint.
#[test]
fn what_is_no_loss_is_told_at_once() {
    let (storage, begun) = running(usize::MAX);
    let error = read_published(&storage, &job(), |found| {
        let options = StoredSnapshotOptions::default();
        // Retires what it looks for.
        drop(open_published(
            storage.clone(),
            &job(),
            &found.checkpoints[0],
            options,
        ));
        Err::<(), _>(StateError::misuse("no such state"))
    });
    assert_eq!(error.unwrap_err().to_string(), "no such state");
    assert_eq!(begun.load(Ordering::SeqCst), 1);
}

/// Such as a place that a copy is to go to.
#[test]
fn what_a_store_refuses_is_told_as_it_is() {
    let (storage, begun) = running(usize::MAX);
    let error = read_published(&storage, &job(), |found| {
        let options = StoredSnapshotOptions::default();
        drop(open_published(
            storage.clone(),
            &job(),
            &found.checkpoints[0],
            options,
        ));
        Err::<(), _>(StateError::storage("no space is left"))
    });
    assert_eq!(error.unwrap_err().to_string(), "no space is left");
    assert_eq!(begun.load(Ordering::SeqCst), 5);
}

#[test]
fn what_was_retired_is_published_no_more() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    publish(&mut store, &[]);
    let published = store.published().to_vec();
    store.retire(&[1]).unwrap();
    let still = |one| is_published(&erased(&storage), &job(), one).unwrap();
    assert_eq!((still(&published[0]), still(&published[1])), (false, true));
}
