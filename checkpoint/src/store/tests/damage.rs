//! Files that are not as they were written.

use alluvium_state_api::ErrorKind;

use super::*;

/// A store of two runs in which everything has happened.
fn used() -> Arc<MemoryStorage> {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish_next(&mut store).unwrap();
    let (mut store, _) = open(&storage, 2).unwrap();
    publish_next(&mut store).unwrap();
    store.retire(&[1]).unwrap();
    publish_next(&mut store).unwrap();
    storage
}

/// Opens a store in which `path` has other bytes: the error names the path, and nothing that was
/// there is changed.
fn refused(path: &str, bytes: Option<&[u8]>) -> alluvium_state_api::StateError {
    let storage = used();
    match bytes {
        Some(bytes) => storage.replace(path, bytes).unwrap(),
        None => storage.delete(path).unwrap(),
    }
    let before = contents(&storage);
    let strict = StoreOptions::default().with_fall_back(false);
    let Err(error) = open_with(&storage, 9, strict) else {
        panic!("{path} {bytes:?} is accepted");
    };
    assert!(error.to_string().contains(path), "{path}: {error}");
    let after = contents(&storage);
    for (path, bytes) in before {
        assert_eq!(after.get(&path), Some(&bytes), "{path}");
    }
    error
}

#[test]
fn every_flipped_byte_and_every_cut_is_found() {
    let storage = used();
    let paths: Vec<String> = storage.paths();
    let checked = paths.iter().filter(|path| *path != "job/chk-2/_metadata");
    assert_eq!(paths.len(), 6 + 2);
    for path in checked {
        let whole = storage.read(path, u64::MAX).unwrap().unwrap();
        for place in 0..whole.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[place] ^= change;
                let error = refused(path, Some(&damaged));
                assert_eq!(
                    error.kind(),
                    ErrorKind::Corrupt,
                    "{path} byte {place}: {error}"
                );
            }
            let error = refused(path, Some(&whole[..place]));
            assert_eq!(
                error.kind(),
                ErrorKind::Corrupt,
                "{path} cut at {place}: {error}"
            );
        }
        let longer = [&whole[..], b"x"].concat();
        assert_eq!(refused(path, Some(&longer)).kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn metadata_of_another_length_is_told_with_both() {
    let path = "job/chk-3/_metadata";
    let length = metadata(3).len();
    let cut = refused(path, Some(&metadata(3)[..7])).to_string();
    assert!(
        cut.contains(&format!("expected {length} bytes as published, found 7")),
        "{cut}"
    );
    let longer = refused(path, Some(&[0; 200])).to_string();
    assert!(longer.contains("found more"), "{longer}");
}

#[test]
fn missing_files_are_named() {
    let error = refused("job/chk-3/_metadata", None);
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("checkpoint 3"), "{error}");
    for seq in 1..=5 {
        let error = refused(&format!("job/log/{seq}"), None);
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}

#[test]
fn checkpoints_without_a_log_are_no_new_job() {
    let storage = used();
    for seq in 1..=6 {
        storage.delete(&format!("job/log/{seq}")).unwrap();
    }
    let error = open(&storage, 9).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error.to_string().contains("'memory:job/log/1' is missing"),
        "{error}"
    );
    assert!(error.to_string().contains("checkpoint 3"), "{error}");
}

#[test]
fn a_log_of_another_job_is_named() {
    let storage = used();
    let other = Arc::new(MemoryStorage::new());
    for (path, bytes) in contents(&storage) {
        let moved = path.replacen("job/", "moved/", 1);
        other.create(&moved, &bytes).unwrap();
    }
    let before = contents(&other);
    let job = JobId::new("moved").unwrap();
    let owner = OwnerId([9; 16]);
    let error = CheckpointStore::open(other.clone(), job, owner, StoreOptions::default())
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error.to_string().contains("job 'job', not to job 'moved'"),
        "{error}"
    );
    assert_eq!(contents(&other), before);
}

#[test]
fn metadata_over_the_limit_is_not_read() {
    let storage = used();
    let options = StoreOptions::default().with_max_metadata(10);
    let error = open_with(&storage, 9, options).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("max-metadata-size"), "{error}");
    let error = open(&storage, 10).unwrap();
    assert_eq!(error.1.unwrap().checkpoint, 3, "with a higher limit it is");
}
