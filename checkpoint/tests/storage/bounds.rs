//! Bounds, filled.

use std::sync::Arc;

use alluvium_checkpoint::ErrorKind;
use alluvium_checkpoint::storage::{ObjectStorage, Storage, StorageOptions};
use object_store::memory::InMemory;

#[test]
fn an_object_has_ten_thousand_parts_and_no_more() {
    let options = StorageOptions::new().with_part_size(1);
    let objects = Arc::new(InMemory::new());
    let store = ObjectStorage::with_parts(objects, "test://b", "", &options).unwrap();
    let mut writer = store.write("full").unwrap();
    writer.append(&[7; 10_000]).unwrap();
    writer.finish().unwrap();
    assert_eq!(store.open("full").unwrap().unwrap().length(), 10_000);

    let mut writer = store.write("over").unwrap();
    writer.append(&[7; 10_000]).unwrap();
    let error = writer
        .append(&[7])
        .and_then(|()| writer.finish())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("storage.part-size"), "{error}");
    assert!(!store.exists("over").unwrap());
}

#[test]
fn options_out_of_range_are_named() {
    use std::time::Duration;
    let bad = [
        (StorageOptions::new().with_part_size(0), "storage.part-size"),
        (
            StorageOptions::new().with_part_size(usize::MAX),
            "storage.part-size",
        ),
        (
            StorageOptions::new().with_parallelism(0),
            "storage.parallelism",
        ),
        (
            StorageOptions::new().with_parallelism(1025),
            "storage.parallelism",
        ),
        (StorageOptions::new().with_threads(0), "storage.threads"),
        (
            StorageOptions::new().with_deadline(Duration::ZERO),
            "storage.deadline",
        ),
    ];
    for (options, name) in bad {
        let objects = Arc::new(InMemory::new());
        let errors = [
            ObjectStorage::new(objects, "test://b", "", &options).unwrap_err(),
            alluvium_checkpoint::storage::open_storage("memory://b", &options)
                .err()
                .unwrap(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Misuse);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

#[test]
fn an_object_replaced_while_it_is_read_is_told() {
    let options = StorageOptions::new();
    let objects = Arc::new(InMemory::new());
    let store = ObjectStorage::with_parts(objects, "test://b", "", &options).unwrap();
    store.create("a", b"first").unwrap();
    let reader = store.open("a").unwrap().unwrap();
    store.replace("a", b"other").unwrap();
    let error = reader.read_at(0, &mut [0; 5]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("replaced"), "{error}");
}
