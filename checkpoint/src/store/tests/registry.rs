//! K24: a checkpoint names only files that are there, and as they are.

use std::collections::BTreeSet;

use alluvium_state_api::ErrorKind;

use super::collection::{of_files, publish, shared, write};
use super::*;
use crate::files::{FilePlace, FileRef};

/// Has checkpoint 2 name `file` and one of its own; what it is refused with. Nothing is changed by
/// that, and the job goes on.
fn refused(storage: &Arc<MemoryStorage>, store: &mut CheckpointStore, file: FileRef) -> String {
    let folder = store.begin(2).unwrap();
    let files = BTreeSet::from([file, write(&folder).unwrap()]);
    let before = contents(storage);
    let error = store.publish(2, &of_files(2, &files)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(contents(storage), before, "nothing is published");
    store.abandon(2);
    drop(folder);
    assert_eq!(store.retained(), [1]);
    error.to_string()
}

/// Checkpoint 1 is published, and all that it names can be named again.
fn first(storage: &Arc<MemoryStorage>) -> (CheckpointStore, FileRef) {
    let (mut store, _) = open(storage, 1).unwrap();
    let file = publish(&mut store, &[]);
    (store, file)
}

fn goes_on(storage: &MemoryStorage, store: &mut CheckpointStore, first: &FileRef) {
    let checkpoint = store.next_checkpoint();
    publish(store, &[first]);
    assert_eq!(store.retained(), [1, checkpoint]);
    let names = [
        first.name.clone(),
        format!("g{}-c{checkpoint}-0", store.generation()),
    ];
    assert_eq!(shared(storage), names);
}

#[test]
fn k24_a_known_file_is_named_as_it_was_published() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, file) = first(&storage);
    let (length, crc) = (file.length, file.crc);
    let of = |length, crc| FileRef {
        length,
        crc,
        ..file.clone()
    };
    for (length, crc, found) in [
        (
            length + 1,
            crc,
            format!("found 6 bytes with the checksum {crc:#010x}"),
        ),
        (
            length,
            !crc,
            format!("found 5 bytes with the checksum {:#010x}", !crc),
        ),
    ] {
        let error = refused(&storage, &mut store, of(length, crc));
        assert!(
            error.contains("checkpoint 2 names shared file 'g1-c1-0'"),
            "{error}"
        );
        let expected = format!(
            "expected 5 bytes with the checksum {crc:#010x}",
            crc = file.crc
        );
        assert!(
            error.contains(&expected) && error.contains(&found),
            "{error}"
        );
    }
    // Twice, once as it is.
    let folder = store.begin(2).unwrap();
    let files = BTreeSet::from([file.clone(), of(length, !crc), write(&folder).unwrap()]);
    store.publish(2, &of_files(2, &files)).unwrap_err();
    store.abandon(2);
    drop(folder);
    goes_on(&storage, &mut store, &file);
}

#[test]
fn k24_what_an_owner_before_has_published_is_known() {
    let storage = Arc::new(MemoryStorage::new());
    let (_, file) = first(&storage);
    let (mut store, _) = open(&storage, 2).unwrap();
    let longer = FileRef {
        length: file.length + 1,
        ..file.clone()
    };
    let error = refused(&storage, &mut store, longer);
    assert!(error.contains("as it was published"), "{error}");
    goes_on(&storage, &mut store, &file);
}

#[test]
fn k24_what_no_checkpoint_names_any_more_is_known_while_one_may() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, file) = first(&storage);
    let folder = store.begin(3).unwrap();
    publish(&mut store, &[]);
    store.retire(&[1]).unwrap();
    let mut files = BTreeSet::from([write(&folder).unwrap()]);
    files.insert(FileRef {
        crc: !file.crc,
        ..file.clone()
    });
    let error = store.publish(3, &of_files(3, &files)).unwrap_err();
    assert!(error.to_string().contains("as it was published"), "{error}");
    files.retain(|named| named.name != file.name);
    files.insert(file);
    store.publish(3, &of_files(3, &files)).unwrap();
}

#[test]
fn k24_a_new_file_is_one_that_was_written() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, file) = first(&storage);
    // The one that `refused` writes has number 0.
    let unwritten = FileRef {
        name: "g1-c2-1".to_owned(),
        ..file.clone()
    };
    let error = refused(&storage, &mut store, unwritten);
    assert!(
        error.contains("names shared file 'g1-c2-1', which was not written for it"),
        "{error}"
    );
    let other = FileRef {
        name: "g1-c2-0".to_owned(),
        length: 4,
        ..file.clone()
    };
    let error = refused(&storage, &mut store, other);
    assert!(error.contains("expected 5 bytes"), "{error}");
    assert!(
        error.contains("as it was written, found 4 bytes"),
        "{error}"
    );
    goes_on(&storage, &mut store, &file);
}

#[test]
fn k24_what_is_not_durable_was_not_written() {
    use crate::segment::SegmentOutput;
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    let folder = store.begin(1).unwrap();
    let mut unfinished = folder.create(FilePlace::Shared).unwrap();
    unfinished.append(b"state").unwrap();
    let mut file = write(&folder).unwrap();
    file.name = "g1-c1-0".to_owned();
    let files = BTreeSet::from([file]);
    store.publish(1, &of_files(1, &files)).unwrap_err();
    unfinished.finish().unwrap();
    store.publish(1, &of_files(1, &files)).unwrap();
}
