use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use alluvium_state_api::{CheckpointId, ErrorKind, Result, SnapshotLimits, StateError};

use super::*;
use crate::files::{FilePlace, StoredSnapshotOptions};
use crate::segment::SegmentOutput;
use crate::storage::{Location, StorageOptions};
use crate::subtask::CheckpointMetadata;

fn metadata() -> CheckpointMetadata {
    let mut metadata = CheckpointMetadata::new(CheckpointId(7), 12, "flights", "Flights");
    mark_savepoint(&mut metadata);
    metadata
}

fn at(path: impl Into<PathBuf>) -> Location {
    path.into().into()
}

fn prepare(target: impl Into<PathBuf>, job: &str, random: u64) -> Result<SavepointFolder> {
    SavepointFolder::prepare(&at(target), &StorageOptions::default(), job, random)
}

fn open(path: impl Into<PathBuf>) -> Result<OpenedSnapshot> {
    open_snapshot(
        &at(path),
        &StorageOptions::default(),
        StoredSnapshotOptions::default(),
    )
}

fn dispose_of(path: impl Into<PathBuf>) -> Result<Location> {
    dispose(
        &at(path),
        &StorageOptions::default(),
        StoredSnapshotOptions::default(),
    )
}

fn path(folder: &SavepointFolder) -> PathBuf {
    folder.location().local_path().unwrap().to_owned()
}

fn entries(folder: &std::path::Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn j13_a_savepoint_stands_in_a_folder_of_its_own_and_opens_from_anywhere() {
    let target = tempfile::tempdir().unwrap();
    let folder = prepare(target.path(), "flights", 0xabcd_0102_0304_05ff).unwrap();
    assert_eq!(entries(target.path()), 0, "the attempt leaves nothing");
    folder
        .write(&metadata(), &SnapshotLimits::default())
        .unwrap();
    let path = path(&folder);
    assert_eq!(path, target.path().join("savepoint-flight-0102030405ff"));

    let copy = target.path().join("copy");
    fs::rename(&path, &copy).unwrap();
    for path in [copy.clone(), copy.join("_metadata")] {
        let opened = open(&path).unwrap();
        assert_eq!(**opened.stored.metadata(), metadata());
        assert_eq!(opened.folder, at(&copy));
    }
}

#[test]
fn a_savepoint_that_failed_leaves_nothing_behind() {
    let above = tempfile::tempdir().unwrap();
    let target = above.path().join("new");
    let folder = prepare(&target, "flights", 0).unwrap();
    let mut bad = metadata();
    let twice = || crate::OperatorSnapshot {
        uid: "a".to_owned(),
        max_parallelism: alluvium_state_api::MaxParallelism::new(8).unwrap(),
        parallelism: 2,
        subtasks: Vec::new(),
    };
    bad.operators = vec![twice(), twice()];
    let mut file = folder.files().create(FilePlace::Own).unwrap();
    file.append(b"state").unwrap();
    file.finish().unwrap();
    folder.write(&bad, &SnapshotLimits::default()).unwrap_err();
    drop(folder);
    assert_eq!(entries(above.path()), 0);
    let folder = prepare(&target, "flights", 0).unwrap();
    folder
        .write(&metadata(), &SnapshotLimits::default())
        .unwrap();
    folder.discard();
    drop(folder);
    assert_eq!(entries(above.path()), 0);
}

#[test]
fn metadata_over_the_limit_is_neither_written_nor_opened_nor_deleted() {
    let target = tempfile::tempdir().unwrap();
    let told = |error: StateError, limit: u64, size: u64| {
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
        let told = format!(
            "_metadata' is {size}, over the limit of {limit} set by \
             'execution.checkpointing.max-metadata-size'"
        );
        assert!(error.to_string().contains(&told), "{error}");
    };
    let size = metadata().to_bytes().unwrap().len() as u64;
    let folder = prepare(target.path(), "a", 0).unwrap();
    let folder = folder.with_max_metadata(size - 1);
    let limits = SnapshotLimits::default();
    told(
        folder.write(&metadata(), &limits).unwrap_err(),
        size - 1,
        size,
    );
    drop(folder);
    assert_eq!(entries(target.path()), 0);

    let folder = prepare(target.path(), "a", 0).unwrap();
    let folder = folder.with_max_metadata(size);
    folder.write(&metadata(), &limits).unwrap();
    let (place, store) = (at(path(&folder)), StorageOptions::default());
    let most = |bytes| StoredSnapshotOptions::default().with_max_metadata(bytes);
    told(
        open_snapshot(&place, &store, most(10)).unwrap_err(),
        10,
        size,
    );
    told(
        dispose(&place, &store, most(size - 1)).unwrap_err(),
        size - 1,
        size,
    );
    open_snapshot(&place, &store, most(size)).unwrap();
    dispose(&place, &store, most(size)).unwrap();
    assert_eq!(entries(target.path()), 0);
}

#[test]
fn a_copy_names_files_of_its_own_and_damage_is_not_copied() {
    let directory = tempfile::tempdir().unwrap();
    let from = prepare(directory.path(), "a", 0).unwrap();
    let mut metadata = metadata();
    let file = from.files().store(FilePlace::Own, b"some state").unwrap();
    let mut subtask = crate::SubtaskSnapshot::new("op", 0, 1);
    subtask.rest = Some(file.clone());
    metadata.operators = vec![crate::OperatorSnapshot {
        uid: "op".to_owned(),
        max_parallelism: alluvium_state_api::MaxParallelism::new(8).unwrap(),
        parallelism: 1,
        subtasks: vec![subtask],
    }];
    let to = prepare(directory.path(), "b", 1).unwrap();
    let files = from.files().files();
    let copied = copy_into(&metadata, &files, to.files()).unwrap();
    let named: Vec<_> = copied.files().cloned().collect();
    assert_eq!((named[0].length, named[0].crc), (file.length, file.crc));
    let copy = fs::read(path(&to).join(&named[0].name)).unwrap();
    assert_eq!(copy, b"some state");

    fs::write(path(&from).join(&file.name), b"some State").unwrap();
    let error = copy_into(&metadata, &files, to.files()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_target_that_cannot_be_written_to_is_named() {
    let above = tempfile::tempdir().unwrap();
    let file = above.path().join("file");
    fs::write(&file, "mine").unwrap();
    let error = prepare(&file, "flights", 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn n03_what_is_no_savepoint_is_refused_by_name() {
    let target = tempfile::tempdir().unwrap();
    let missing = target.path().join("missing");
    let error = open(&missing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("no such file"), "{error}");

    let error = open(target.path()).unwrap_err();
    assert!(
        error.to_string().contains("there is no '_metadata' in it"),
        "{error}"
    );
    let other = target.path().join("other");
    fs::write(&other, "x").unwrap();
    let error = open(&other).unwrap_err();
    assert!(error.to_string().contains("it is a file"), "{error}");

    let damaged = target.path().join("_metadata");
    let mut bytes = metadata().to_bytes().unwrap();
    bytes[20] ^= 1;
    fs::write(&damaged, &bytes).unwrap();
    let error = open(&damaged).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    bytes[20] ^= 1;
    // The version, with the checksum over it.
    bytes[4] = 99;
    let end = bytes.len() - 16;
    let crc = crc32fast::hash(&bytes[..end]);
    bytes[end + 4..end + 8].copy_from_slice(&crc.to_le_bytes());
    fs::write(&damaged, &bytes).unwrap();
    let error = open(&damaged).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error.to_string().contains(damaged.to_str().unwrap()),
        "{error}"
    );
    dispose_of(&damaged).unwrap_err();
    assert!(damaged.exists(), "what cannot be read is not deleted");
}

#[test]
fn n07_disposing_deletes_the_files_of_a_savepoint_and_no_others() {
    let target = tempfile::tempdir().unwrap();
    let folder = prepare(target.path(), "flights", 0).unwrap();
    folder
        .write(&metadata(), &SnapshotLimits::default())
        .unwrap();
    fs::write(path(&folder).join("notes.txt"), "mine").unwrap();
    dispose_of(path(&folder)).unwrap();
    assert_eq!(entries(&path(&folder)), 1);
    assert_eq!(open(path(&folder)).unwrap_err().kind(), ErrorKind::Misuse);

    let folder = prepare(target.path(), "flights", 1).unwrap();
    folder
        .write(&metadata(), &SnapshotLimits::default())
        .unwrap();
    dispose_of(path(&folder).join("_metadata")).unwrap();
    assert!(!path(&folder).exists());
}

#[test]
fn a_checkpoint_of_a_job_is_not_disposed_of() {
    let root = tempfile::tempdir().unwrap();
    let checkpoint = root.path().join("flights/chk-7");
    fs::create_dir_all(&checkpoint).unwrap();
    let metadata = CheckpointMetadata::new(CheckpointId(7), 12, "flights", "Flights");
    fs::write(checkpoint.join("_metadata"), metadata.to_bytes().unwrap()).unwrap();
    let error = dispose_of(&checkpoint).unwrap_err();
    assert!(
        error.to_string().contains("checkpoint 7 of job 'flights'"),
        "{error}"
    );
    assert!(checkpoint.join("_metadata").exists());
    open(&checkpoint).unwrap();
}

#[test]
fn a_directory_without_rights_fails_before_anything_is_written() {
    let above = tempfile::tempdir().unwrap();
    fs::set_permissions(above.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let prepared = prepare(above.path(), "flights", 0);
    // Root may write everywhere.
    if let Err(error) = prepared {
        assert_eq!(error.kind(), ErrorKind::Storage);
    }
    fs::set_permissions(above.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(entries(above.path()), 0);
}

#[test]
fn savepoints_stand_in_any_store() {
    let options = StorageOptions::default();
    let target = Location::new("memory://savepoint-test/some/where").unwrap();
    let storage = target.open(&options).unwrap();
    let folder = SavepointFolder::prepare(&target, &options, "flights", 5).unwrap();
    let expected = "memory://savepoint-test/some/where/savepoint-flight-000000000005";
    assert_eq!(folder.location().as_str(), expected);
    assert!(
        storage.list("").unwrap().is_empty(),
        "the attempt leaves nothing"
    );
    folder
        .files()
        .store(FilePlace::Own, b"goes with it")
        .unwrap();
    folder
        .write(&metadata(), &SnapshotLimits::default())
        .unwrap();
    let location = folder.location().clone();
    drop(folder);
    for location in [location.clone(), location.join("_metadata")] {
        let opened = open_snapshot(&location, &options, StoredSnapshotOptions::default()).unwrap();
        assert_eq!(**opened.stored.metadata(), metadata());
        assert_eq!(opened.folder.as_str(), expected);
    }
    let error = open_snapshot(&target, &options, StoredSnapshotOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("there is no '_metadata' in it"),
        "{error}"
    );
    let name = location.split().unwrap().1;
    assert_eq!(storage.list(&name).unwrap().len(), 2);
    dispose(&location, &options, StoredSnapshotOptions::default()).unwrap();
    // A file that no metadata names is somebody else's.
    assert_eq!(storage.list(&name).unwrap().len(), 1);
    assert_eq!(
        dispose(&location, &options, StoredSnapshotOptions::default())
            .unwrap_err()
            .kind(),
        ErrorKind::Misuse
    );
}
