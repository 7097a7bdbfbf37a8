//! Two owners at a time.

use alluvium_state_api::ErrorKind;

use super::*;
use crate::coordinator::StoreOutcome;
use crate::storage::LocalStorage;

#[test]
fn a_replaced_owner_can_record_and_delete_nothing() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut old, _) = open(&storage, 1).unwrap();
    for _ in 0..3 {
        publish_next(&mut old).unwrap();
    }
    let (mut new, _) = open(&storage, 2).unwrap();
    let before = contents(&storage);
    let error = old.retire(&[1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("taken over"), "{error}");
    assert!(old.must_reopen());
    for error in [
        old.publish(4, &metadata(4)).unwrap_err(),
        old.mark_finished().unwrap_err(),
        old.retire(&[1]).unwrap_err(),
        old.sweep().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }
    assert_eq!(contents(&storage), before);
    assert_eq!(new.read(1).unwrap(), metadata(1));
    publish_next(&mut new).unwrap();
}

#[test]
fn a_publication_that_comes_too_late_leaves_the_new_owner_alone() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut old, _) = open(&storage, 1).unwrap();
    publish_next(&mut old).unwrap();
    let (mut new, _) = open(&storage, 2).unwrap();
    let error = publish_next(&mut old).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(old.failure_outcome(), StoreOutcome::Superseded);

    // Its metadata is in the way of the new owner's, who goes on with the next id.
    let error = publish_next(&mut new).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(publish_next(&mut new).unwrap(), 3);
    let (mut third, recovered) = open(&storage, 3).unwrap();
    assert_eq!(recovered.unwrap().checkpoint, 3);
    assert_eq!(third.sweep().unwrap().checkpoints, [2]);
}

#[test]
fn whoever_asks_hears_that_another_has_taken_over() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut old, _) = open(&storage, 1).unwrap();
    publish_next(&mut old).unwrap();
    old.check_owner().unwrap();
    assert!(!old.is_superseded());
    let (_new, _) = open(&storage, 2).unwrap();
    let before = contents(&storage);
    let error = old.check_owner().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("taken over"), "{error}");
    assert!(old.is_superseded());
    assert_eq!(
        old.publish(2, &metadata(2)).unwrap_err().kind(),
        ErrorKind::Misuse
    );
    assert_eq!(contents(&storage), before);
}

#[test]
fn who_opens_again_does_not_take_the_job_back() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut old, _) = open(&storage, 1).unwrap();
    publish_next(&mut old).unwrap();
    let again = |owner, after| {
        let options = StoreOptions::default().with_after(OwnerId([after; 16]));
        CheckpointStore::open(storage.clone(), job(), OwnerId([owner; 16]), options)
    };
    let (mut old, _) = again(3, 1).unwrap();
    publish_next(&mut old).unwrap();
    let (mut new, _) = open(&storage, 2).unwrap();
    let before = contents(&storage);
    let error = again(4, 3).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("taken over"), "{error}");
    assert_eq!(contents(&storage), before);
    publish_next(&mut new).unwrap();
}

#[test]
fn of_many_that_open_at_once_one_can_publish() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(LocalStorage::open(folder.path()).unwrap());
    let mut stores: Vec<CheckpointStore> = std::thread::scope(|scope| {
        let opening: Vec<_> = (1..=4)
            .map(|owner| {
                scope.spawn({
                    let storage = &storage;
                    move || open(storage, owner).unwrap().0
                })
            })
            .collect();
        opening
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    stores.sort_by_key(CheckpointStore::generation);
    let generations: Vec<u64> = stores.iter().map(CheckpointStore::generation).collect();
    assert_eq!(generations, [1, 2, 3, 4]);
    let mut newest = stores.pop().unwrap();
    for store in &mut stores {
        let checkpoint = store.next_checkpoint() + store.generation();
        let error = store
            .publish(checkpoint, &metadata(checkpoint))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }
    newest.publish(9, &metadata(9)).unwrap();
    assert_eq!(open(&storage, 5).unwrap().1.unwrap().checkpoint, 9);
}
