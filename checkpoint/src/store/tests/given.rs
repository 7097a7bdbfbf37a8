//! Ids that are given to savepoints.

use super::*;
use crate::{StoredSnapshotOptions, copy_job};

#[test]
fn an_owner_gives_no_id_that_was_noted() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    let ids = store.given_ids();
    ids.note(5).unwrap();
    // One that was held up.
    ids.note(4).unwrap();
    assert_eq!(storage.list("job/chk-5").unwrap(), ["given"]);
    assert_eq!(storage.list("job/chk-4").unwrap(), [""; 0]);
    ids.note(6).unwrap();
    assert_eq!(storage.list("job/chk-5").unwrap(), [""; 0]);

    let (mut store, _) = open(&storage, 2).unwrap();
    assert_eq!(store.next_checkpoint(), 7);
    store.sweep().unwrap();
    assert_eq!(storage.list("job").unwrap(), ["chk-1", "log"]);
    let (store, _) = open(&storage, 3).unwrap();
    assert_eq!(store.next_checkpoint(), 7, "the log tells");
}

#[test]
fn a_note_goes_once_the_log_tells_as_much() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    store.given_ids().note(3).unwrap();
    store.publish(2, &metadata(2)).unwrap();
    assert_eq!(storage.list("job/chk-3").unwrap(), ["given"]);
    // The job has stopped with it.
    store.publish(3, &metadata(3)).unwrap();
    assert_eq!(storage.list("job/chk-3").unwrap(), ["_metadata"]);
}

#[test]
fn an_id_that_somebody_else_has_published_is_not_given() {
    let storage = Arc::new(MemoryStorage::new());
    let (old, _) = open(&storage, 1).unwrap();
    let (mut new, _) = open(&storage, 2).unwrap();
    publish_next(&mut new).unwrap();
    let error = old.given_ids().note(1).unwrap_err();
    assert!(error.to_string().contains("taken over"), "{error}");
    assert_eq!(storage.list("job/chk-1").unwrap(), ["_metadata"]);
}

#[test]
fn no_owner_begins_below_what_it_is_told() {
    let storage = Arc::new(MemoryStorage::new());
    let told = |first| StoreOptions::default().with_first_checkpoint(first);
    let claim = |owner: u8, options| {
        let owner = OwnerId([owner; 16]);
        CheckpointStore::open(storage.clone(), job(), owner, options)
    };
    assert_eq!(claim(1, told(8)).unwrap().0.next_checkpoint(), 8);
    assert_eq!(claim(2, told(3)).unwrap().0.next_checkpoint(), 8);
    let error = claim(3, told(u64::MAX)).err().unwrap();
    assert!(error.to_string().contains("at most"), "{error}");
    assert_eq!(
        open(&storage, 4).unwrap().0.generation(),
        3,
        "nothing was claimed"
    );
}

#[test]
fn ids_stay_given_in_a_copy() {
    let (from, to) = (
        Arc::new(MemoryStorage::new()),
        Arc::new(MemoryStorage::new()),
    );
    let (store, _) = open(&from, 1).unwrap();
    store.given_ids().note(2).unwrap();
    let (source, target): (Arc<dyn Storage>, Arc<dyn Storage>) = (from, to.clone());
    copy_job(
        &source,
        &job(),
        &target,
        StoredSnapshotOptions::default(),
        |_| (),
    )
    .unwrap();
    assert_eq!(open(&to, 2).unwrap().0.next_checkpoint(), 3);
}
