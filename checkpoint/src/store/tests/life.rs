//! What an undisturbed owner does.

use alluvium_state_api::{CheckpointId, ErrorKind};

use super::*;
use crate::coordinator::StoreOutcome;
use crate::storage::{Fault, FaultStorage};

#[test]
fn a_life_in_three_runs() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, recovered) = open(&storage, 1).unwrap();
    assert_eq!(recovered, None);
    assert_eq!((store.generation(), store.next_checkpoint()), (1, 1));
    for checkpoint in 1..=3 {
        assert_eq!(publish_next(&mut store).unwrap(), checkpoint);
    }
    store.retire(&[1]).unwrap();
    assert_eq!(store.retained(), [2, 3]);
    assert_eq!(storage.list("job").unwrap(), ["chk-2", "chk-3", "log"]);

    let (mut store, recovered) = open(&storage, 2).unwrap();
    let recovered = recovered.unwrap();
    assert_eq!(recovered.checkpoint, 3);
    assert_eq!(recovered.metadata, metadata(3));
    assert_eq!(recovered.location, "memory:job/chk-3/_metadata");
    assert!(!recovered.finished);
    assert_eq!((store.generation(), store.next_checkpoint()), (2, 4));
    assert_eq!(store.retained(), [2, 3]);
    assert_eq!(store.read(2).unwrap(), metadata(2));
    store.publish(9, &metadata(9)).unwrap();
    store.mark_finished().unwrap();
    store.mark_finished().unwrap();

    let (store, recovered) = open(&storage, 3).unwrap();
    let recovered = recovered.unwrap();
    assert_eq!((recovered.checkpoint, recovered.finished), (9, true));
    assert!(store.is_finished());
    assert_eq!(store.next_checkpoint(), 10);

    let found = inspect(storage, &job()).unwrap().unwrap();
    assert_eq!((found.generation, found.finished), (3, true));
    assert_eq!(found.owner, OwnerId([3; 16]));
    let ids: Vec<u64> = found.checkpoints.iter().map(|c| c.checkpoint).collect();
    assert_eq!(ids, [2, 3, 9]);
}

#[test]
fn looking_claims_nothing() {
    let storage = Arc::new(MemoryStorage::new());
    assert_eq!(inspect(storage.clone(), &job()).unwrap(), None);
    assert_eq!(storage.paths(), [""; 0]);
    let (mut store, _) = open(&storage, 1).unwrap();
    inspect(storage, &job()).unwrap();
    publish_next(&mut store).unwrap();
}

#[test]
fn a_fresh_start_takes_nothing_over_but_the_numbering() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    publish_next(&mut store).unwrap();
    store.mark_finished().unwrap();

    let (mut store, recovered) = open_with(&storage, 2, StoreOptions::fresh()).unwrap();
    assert_eq!(recovered, None);
    assert!(!store.is_finished());
    assert_eq!(store.latest(), None);
    assert_eq!(store.sweep().unwrap().checkpoints, [1, 2]);
    assert_eq!(storage.list("job").unwrap(), ["log"]);
    assert_eq!(publish_next(&mut store).unwrap(), 3);
    assert_eq!(open(&storage, 3).unwrap().1.unwrap().checkpoint, 3);
}

/// Whoever starts a job next must know what has become of the output of before.
#[test]
fn that_a_job_was_started_over_is_told_until_it_has_published_something() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    publish_next(&mut store).unwrap();
    let told = || {
        let found = inspect(storage.clone(), &job()).unwrap().unwrap();
        found.started_over.then_some(found.next_checkpoint)
    };
    assert_eq!(told(), None);
    let over = StoreOptions::default().with_mode(OpenMode::StartOver);
    let (store, recovered) = open_with(&storage, 2, over).unwrap();
    assert_eq!((recovered, store.latest()), (None, None));
    assert_eq!(told(), Some(CheckpointId(3)));
    let (mut store, _) = open(&storage, 3).unwrap();
    assert_eq!(told(), Some(CheckpointId(3)), "the process died");
    assert_eq!(publish_next(&mut store).unwrap(), 3);
    assert_eq!(told(), None);
    open_with(&storage, 4, StoreOptions::fresh()).unwrap();
    assert_eq!(told(), None, "the checkpoints were given up, and no more");
}

/// What is published is of before then, and no longer what the job goes on from.
#[test]
fn the_snapshot_that_a_job_was_told_to_start_from_stands_until_it_has_published_something() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    assert_eq!(store.origin(), None);
    let told = StoreOptions::default().with_origin(Some("/there".to_owned()));
    let (mut store, recovered) = open_with(&storage, 2, told).unwrap();
    assert_eq!((recovered, store.origin()), (None, Some("/there")));
    assert_eq!(store.retained(), [1]);
    assert_eq!(store.recover().unwrap().unwrap().checkpoint, 1);
    let error = store.mark_finished().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    let (mut store, recovered) = open(&storage, 3).unwrap();
    assert_eq!((recovered, store.origin()), (None, Some("/there")));
    let told = || inspect(storage.clone(), &job()).unwrap().unwrap().origin;
    assert_eq!(told().as_deref(), Some("/there"));
    assert_eq!(publish_next(&mut store).unwrap(), 2);
    assert_eq!((store.origin(), told()), (None, None));
    assert_eq!(store.retained(), [2], "what is of before is no more");
    assert_eq!(storage.list("job").unwrap(), ["chk-2", "log"]);
    assert_eq!(open(&storage, 4).unwrap().1.unwrap().checkpoint, 2);
}

#[test]
fn an_origin_that_cannot_be_noted_is_refused_before_anything_is_claimed() {
    let storage = Arc::new(MemoryStorage::new());
    for wrong in [String::new(), "o".repeat(4097)] {
        let told = StoreOptions::default().with_origin(Some(wrong));
        let error = open_with(&storage, 1, told).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        assert!(contents(&storage).is_empty());
    }
}

#[test]
fn jobs_do_not_meet() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    let other = JobId::new("other").unwrap();
    let owner = OwnerId([1; 16]);
    let (_, recovered) =
        CheckpointStore::open(storage, other, owner, StoreOptions::default()).unwrap();
    assert_eq!(recovered, None);
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let storage = Arc::new(MemoryStorage::new());
    let options = StoreOptions::default().with_max_metadata(200);
    let (mut store, _) = open_with(&storage, 1, options).unwrap();
    let misuse = |error: alluvium_state_api::StateError| {
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    };
    misuse(store.mark_finished().unwrap_err());
    store.publish(2, &metadata(2)).unwrap();
    let before = contents(&storage);

    misuse(store.publish(2, &metadata(2)).unwrap_err());
    misuse(store.publish(1, &metadata(1)).unwrap_err());
    misuse(store.publish(u64::MAX, &metadata(3)).unwrap_err());
    misuse(store.publish(3, b"no metadata").unwrap_err());
    misuse(store.retire(&[1]).unwrap_err());
    misuse(store.retire(&[2]).unwrap_err());
    misuse(store.read(1).unwrap_err());
    store.retire(&[]).unwrap();

    let mut long = MetadataWriter::new();
    long.section(SectionKind::SUMMARY, &[0; 200]);
    let error = store.publish(3, &long.finish()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("max-metadata-size"), "{error}");

    assert_eq!(contents(&storage), before);
    assert_eq!(store.failure_outcome(), StoreOutcome::NotPublished);
    store.publish(3, &metadata(3)).unwrap();
    store.mark_finished().unwrap();
    misuse(store.publish(4, &metadata(4)).unwrap_err());
}

#[test]
fn retained_checkpoints_are_bounded() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    for _ in 0..1024 {
        publish_next(&mut store).unwrap();
    }
    let error = publish_next(&mut store).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("fixed limit of 1024"), "{error}");
    assert_eq!(open(&storage, 2).unwrap().0.retained().len(), 1024);
    // The first owner has been replaced; the second goes on.
    let (mut store, _) = open(&storage, 3).unwrap();
    store.retire(&(1..=1000).collect::<Vec<_>>()).unwrap();
    publish_next(&mut store).unwrap();
}

#[test]
fn what_could_not_be_deleted_is_deleted_later() {
    let faulty = |operation: crate::storage::Operation<'_>| {
        let first_delete = operation.name == "delete" && operation.path.contains("chk-1");
        if first_delete && operation.index < 40 {
            Fault::Before
        } else {
            Fault::None
        }
    };
    let storage = Arc::new(FaultStorage::new(MemoryStorage::new(), faulty));
    let (mut store, _) = open(&storage, 1).unwrap();
    for _ in 0..3 {
        publish_next(&mut store).unwrap();
    }
    store.retire(&[1]).unwrap();
    assert_eq!(store.retained(), [2, 3]);
    assert!(storage.exists("job/chk-1/_metadata").unwrap());
    while storage.calls() < 40 {
        storage.exists("job").unwrap();
    }
    store.retire(&[2]).unwrap();
    assert_eq!(storage.list("job").unwrap(), ["chk-3", "log"]);
}

#[test]
fn failed_attempts_are_swept_by_the_next_owner_and_their_ids_are_gone() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    storage.create("job/chk-7/some-state", b"orphan").unwrap();
    storage.create("job/notes/mine", b"keep").unwrap();
    assert_eq!(
        store.sweep().unwrap().checkpoints,
        [0; 0],
        "perhaps an attempt of this owner"
    );

    let (mut store, _) = open(&storage, 2).unwrap();
    assert_eq!(store.next_checkpoint(), 8);
    storage.create("job/chk-8/some-state", b"ours").unwrap();
    assert_eq!(store.sweep().unwrap().checkpoints, [7]);
    assert_eq!(
        storage.list("job").unwrap(),
        ["chk-1", "chk-8", "log", "notes"]
    );
    assert_eq!(publish_next(&mut store).unwrap(), 8);
}

#[test]
fn metadata_that_exists_is_left_as_it_is() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    storage
        .create("job/chk-1/_metadata", b"of somebody else")
        .unwrap();
    let error = publish_next(&mut store).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("job/chk-1/_metadata"), "{error}");
    assert_eq!(store.failure_outcome(), StoreOutcome::NotPublished);
    assert_eq!(
        storage.read("job/chk-1/_metadata", 99).unwrap().unwrap(),
        b"of somebody else"
    );
    assert_eq!(publish_next(&mut store).unwrap(), 2);
}

#[test]
fn metadata_whose_answer_was_lost_is_found_again() {
    let first = std::sync::Once::new();
    let storage = Arc::new(FaultStorage::new(MemoryStorage::new(), move |operation| {
        let mut fault = Fault::None;
        if operation.name == "create" && operation.path.contains("chk-1") {
            first.call_once(|| fault = Fault::After);
        }
        fault
    }));
    let (mut store, _) = open(&storage, 1).unwrap();
    assert_eq!(publish_next(&mut store).unwrap(), 1);
    assert_eq!(open(&storage, 2).unwrap().1.unwrap().metadata, metadata(1));
}
