//! The face for engines with a runtime, and the blocking one inside a runtime.

use std::sync::Arc;

use alluvium_checkpoint::storage::{
    AsyncAdapter, AsyncStorage, Created, MemoryStorage, ObjectStorage, Storage, StorageOptions,
    open_async_storage,
};
use alluvium_checkpoint::{ErrorKind, Result};
use futures_util::FutureExt;
use object_store::memory::InMemory;
use tokio::runtime::Builder;

use crate::each::tiny_parts;

fn with_each_async(test: impl AsyncFn(&dyn AsyncStorage)) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let options = StorageOptions::new();
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("a").display().to_string();
    let objects = || Arc::new(InMemory::new());
    let (url, tiny) = ("test://bucket/p", tiny_parts());
    let stores: Vec<Arc<dyn AsyncStorage>> = vec![
        open_async_storage(&local, &options).unwrap(),
        open_async_storage("memory://nonblocking", &options).unwrap(),
        Arc::new(AsyncAdapter::new(Arc::new(MemoryStorage::new()), &options).unwrap()),
        Arc::new(ObjectStorage::new(objects(), url, "p", &tiny).unwrap()),
        Arc::new(ObjectStorage::with_parts(objects(), url, "p", &tiny).unwrap()),
    ];
    for store in stores {
        runtime.block_on(test(&*store));
    }
}

async fn put(store: &dyn AsyncStorage, path: &str, parts: &[&'static [u8]]) -> Result<()> {
    let mut writer = store.write(path).await?;
    for part in parts {
        writer.append((*part).into()).await?;
    }
    writer.finish().await
}

#[test]
fn it_does_what_the_blocking_one_does() {
    with_each_async(async |store| {
        assert_eq!(
            store.create("j/a", "one".into()).await.unwrap(),
            Created::New
        );
        assert_eq!(
            store.create("j/a", "two".into()).await.unwrap(),
            Created::Exists
        );
        assert_eq!(store.read("j/a", 9).await.unwrap().unwrap(), b"one");
        store.replace("j/a", "three".into()).await.unwrap();
        assert_eq!(store.read("j/a", 2).await.unwrap().unwrap(), b"th");
        put(store, "j/b", &[b"0123456789", b"", b"abcdefghij"])
            .await
            .unwrap();
        let reader = store.open("j/b").await.unwrap().unwrap();
        assert_eq!(reader.length(), 20);
        assert_eq!(reader.read_at(8, 4).await.unwrap(), b"89ab");
        assert_eq!(
            reader.read_at(0, 20).await.unwrap(),
            b"0123456789abcdefghij"
        );
        let error = reader.read_at(19, 2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(&store.locate("j/b")), "{error}");
        let error = put(store, "j/b", &[b"again, and again"]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert_eq!(store.list("j").await.unwrap(), ["a", "b"]);
        store.delete("j/a").await.unwrap();
        assert!(!store.exists("j/a").await.unwrap());
        assert!(store.open("j/a").await.unwrap().is_none());
        for path in ["", "../a"] {
            let error = store.write(path).await.err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Misuse);
            let error = store.create(path, "".into()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misuse);
        }
    });
}

#[test]
fn an_append_that_is_given_up_ends_the_object() {
    with_each_async(async |store| {
        let mut writer = store.write("j/c").await.unwrap();
        writer.append("some bytes".into()).await.unwrap();
        // Polled once, then dropped.
        if writer
            .append(vec![1; 1 << 20].into())
            .now_or_never()
            .is_none()
        {
            let error = writer.finish().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Storage);
        }
        assert!(!store.exists("j/c").await.unwrap());
    });
}

fn use_blocking(store: &dyn Storage) {
    store.create("a", b"bytes").unwrap();
    let mut writer = store.write("b").unwrap();
    writer.append(&[1; 100]).unwrap();
    writer.finish().unwrap();
    let mut writer = store.write("c").unwrap();
    writer.append(&[1; 100]).unwrap();
    drop(writer);
    let mut found = [0; 100];
    let reader = store.open("b").unwrap().unwrap();
    reader.read_at(0, &mut found).unwrap();
    assert_eq!(found, [1; 100]);
}

#[test]
fn the_blocking_face_works_inside_any_runtime() {
    let open = || {
        let objects = Arc::new(InMemory::new());
        ObjectStorage::with_parts(objects, "test://b", "", &tiny_parts()).unwrap()
    };
    let one = Builder::new_current_thread().build().unwrap();
    one.block_on(async { use_blocking(&open()) });
    let many = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let task = many.spawn(async move { use_blocking(&open()) });
    many.block_on(task).unwrap();
    let task = many.spawn_blocking(move || use_blocking(&open()));
    many.block_on(task).unwrap();
}
