//! How much of a snapshot is read and written.

use crate::program::max;
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{
    LocalStorage, OfflineOptions, OfflineSnapshot, OperatorWriter, SavepointWriter,
};
use alluvium::{ErrorKind, OperatorListDescriptor, Result, ValueDescriptor};
use std::path::Path;
use std::sync::Arc;

const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
const NOTES: OperatorListDescriptor<String> = OperatorListDescriptor::split("notes");
const OPTION: &str = "execution.checkpointing.max-metadata-size";

fn storage(directory: &Path) -> Arc<LocalStorage> {
    Arc::new(LocalStorage::open(directory).unwrap())
}

/// A savepoint whose operator state has so many bytes, which go into a file of their own if they are
/// many.
fn savepoint(notes: usize) -> SavepointWriter<'static> {
    let mut operator = OperatorWriter::new("op", max(16), 1).unwrap();
    operator.put(&COUNT, &1u64, &(), &1).unwrap();
    operator.list(&NOTES, &["a".repeat(notes)]).unwrap();
    let mut savepoint = SavepointWriter::new("test");
    savepoint.add(operator).unwrap();
    savepoint
}

fn refused<T>(result: Result<T>, limit: u64, size: u64) {
    let error = result.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let told = format!("is {size}, over the limit of {limit} set by '{OPTION}'");
    assert!(error.to_string().contains(&told), "{error}");
}

#[test]
fn metadata_over_the_limit_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let storage = storage(directory.path());
    savepoint(1).write(storage.clone(), "sp").unwrap();
    let path = directory.path().join("sp");
    let size = std::fs::metadata(path.join("_metadata")).unwrap().len();
    let most = |bytes| OfflineOptions::default().with_max_metadata(bytes);
    let open = |bytes| OfflineSnapshot::open_with(&path, &StorageOptions::default(), most(bytes));
    let load = |bytes| OfflineSnapshot::load_with(storage.clone(), "sp", most(bytes));
    for little in [1, size - 1] {
        refused(open(little), little, size);
        refused(load(little), little, size);
    }
    open(size).unwrap();
    load(size).unwrap();
}

#[test]
fn operator_state_over_the_limit_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let storage = storage(directory.path());
    savepoint(100_000).write(storage.clone(), "sp").unwrap();
    let most = |bytes| OfflineOptions::default().with_max_metadata(bytes);
    let little = OfflineSnapshot::load_with(storage.clone(), "sp", most(50_000)).unwrap();
    let error = little.operator("op").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.to_string().contains(OPTION), "{error}");
    little.with_options(most(200_000)).operator("op").unwrap();
}

#[test]
fn metadata_over_the_limit_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let storage = storage(directory.path());
    let size = savepoint(1).into_metadata().unwrap().to_bytes().unwrap();
    let size = size.len() as u64;
    let little = savepoint(1).with_max_metadata(size - 1);
    refused(little.write(storage.clone(), "sp"), size - 1, size);
    assert!(!directory.path().join("sp").exists());
    let enough = savepoint(1).with_max_metadata(size);
    enough.write(storage.clone(), "sp").unwrap();

    // What was read within a bound is written within it.
    let most = OfflineOptions::default().with_max_metadata(size);
    let snapshot = OfflineSnapshot::load_with(storage.clone(), "sp", most).unwrap();
    let mut copy = SavepointWriter::from_snapshot(&snapshot).unwrap();
    copy.rename_operator("op", &"longer".repeat(10)).unwrap();
    let error = copy.write(storage, "copy").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
}

#[test]
fn a_snapshot_is_opened_by_whatever_names_its_place() {
    let directory = tempfile::tempdir().unwrap();
    savepoint(1).write(storage(directory.path()), "sp").unwrap();
    let path = directory.path().join("sp");
    let name = |opened: Result<OfflineSnapshot>| opened.unwrap().metadata().job_name.clone();
    assert_eq!(name(OfflineSnapshot::open(&path)), "test");
    assert_eq!(name(OfflineSnapshot::open(path.join("_metadata"))), "test");
    let text = path.display().to_string();
    assert_eq!(name(OfflineSnapshot::open(&*text)), "test");
    assert_eq!(
        name(OfflineSnapshot::open(format!("file://{text}"))),
        "test"
    );
    for (place, told) in [
        ("gopher://host/sp", "gopher"),
        ("/no/such/savepoint", "no such file"),
    ] {
        let error = OfflineSnapshot::open(place).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}
