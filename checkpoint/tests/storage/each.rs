//! One of each kind of store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use alluvium_checkpoint::storage::{
    Fault, FaultStorage, LocalStorage, MemoryStorage, ObjectStorage, SimFs, Storage,
    StorageOptions, open_storage,
};
use object_store::memory::InMemory;

/// Options under which every object of some size is streamed in several parts.
pub(crate) fn tiny_parts() -> StorageOptions {
    StorageOptions::new().with_part_size(7).with_parallelism(3)
}

static OPENED: AtomicU32 = AtomicU32::new(0);

pub(crate) fn with_each(test: impl Fn(&dyn Storage)) {
    let folder = tempfile::tempdir().unwrap();
    test(&LocalStorage::open(folder.path().join("a/b")).unwrap());
    test(&LocalStorage::open_on(SimFs::new(), "/a/b").unwrap());
    test(&MemoryStorage::new());
    test(&FaultStorage::new(MemoryStorage::new(), |_| Fault::None));
    test(&Arc::new(MemoryStorage::new()));

    let objects = || Arc::new(InMemory::new());
    let (url, options) = ("test://bucket/some/prefix", tiny_parts());
    test(&ObjectStorage::new(objects(), url, "some/prefix", &options).unwrap());
    test(&ObjectStorage::with_parts(objects(), url, "", &options).unwrap());

    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    let options = StorageOptions::new();
    test(&open_storage(&format!("memory://each-{number}"), &options).unwrap());
    let local = format!("file://{}/c%20d", folder.path().display());
    test(&open_storage(&local, &options).unwrap());
    assert!(folder.path().join("c d").exists());
    #[cfg(feature = "s3")]
    {
        let server = crate::s3::Server::start();
        test(&server.open());
    }
}
