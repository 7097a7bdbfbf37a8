//! The face for engines with a runtime of their own.

use std::path::PathBuf;
use std::sync::Arc;

use alluvium_state_api::Result;
use bytes::Bytes;

use super::file::File;
use super::store::Store;
use super::upload::Upload;
use super::{ObjectStorage, Workers};
use crate::storage::Created;
use crate::storage::asynchronous::{
    AsyncObjectReader, AsyncObjectWriter, AsyncStorage, StorageFuture,
};
use crate::storage::stream::{failed_before, room_for};

impl ObjectStorage {
    fn start<T: Send + 'static, W>(
        &self,
        path: &str,
        work: impl FnOnce(Arc<Store>, String) -> W,
    ) -> StorageFuture<'static, T>
    where
        W: Future<Output = Result<T>> + Send + 'static,
    {
        let work = work(Arc::clone(&self.store), path.to_owned());
        self.workers.join(work)
    }
}

impl AsyncStorage for ObjectStorage {
    fn create(&self, path: &str, bytes: Bytes) -> StorageFuture<'static, Created> {
        self.start(path, |store, path| async move {
            store.create(&path, bytes).await
        })
    }

    fn replace(&self, path: &str, bytes: Bytes) -> StorageFuture<'static, ()> {
        self.start(path, |store, path| async move {
            store.replace(&path, bytes).await
        })
    }

    fn read(&self, path: &str, limit: u64) -> StorageFuture<'static, Option<Vec<u8>>> {
        self.start(path, move |store, path| async move {
            store.read(&path, limit).await
        })
    }

    fn exists(&self, path: &str) -> StorageFuture<'static, bool> {
        self.start(path, |store, path| async move { store.exists(&path).await })
    }

    fn delete(&self, path: &str) -> StorageFuture<'static, ()> {
        self.start(path, |store, path| async move { store.delete(&path).await })
    }

    fn write(&self, path: &str) -> StorageFuture<'static, Box<dyn AsyncObjectWriter>> {
        let upload = Upload::new(Arc::clone(&self.store), self.workers.clone(), path);
        let (workers, place) = (self.workers.clone(), self.store.locate(path));
        Box::pin(std::future::ready(upload.map(|upload| {
            let upload = Some(upload);
            Box::new(AsyncWriter {
                upload,
                workers,
                place,
            }) as Box<dyn AsyncObjectWriter>
        })))
    }

    fn open(&self, path: &str) -> StorageFuture<'static, Option<Box<dyn AsyncObjectReader>>> {
        let workers = self.workers.clone();
        self.start(path, |store, path| async move {
            let file = File::open(store, path).await?;
            Ok(file
                .map(|file| Box::new(AsyncReader { file, workers }) as Box<dyn AsyncObjectReader>))
        })
    }

    fn list(&self, folder: &str) -> StorageFuture<'static, Vec<String>> {
        self.start(
            folder,
            |store, folder| async move { store.list(&folder).await },
        )
    }

    fn locate(&self, path: &str) -> String {
        self.store.locate(path)
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

struct AsyncWriter {
    /// Gone while a part is sent, and for good if that is given up.
    upload: Option<Upload>,
    workers: Workers,
    place: String,
}

impl AsyncObjectWriter for AsyncWriter {
    fn append(&mut self, bytes: Bytes) -> StorageFuture<'_, ()> {
        Box::pin(async move {
            let mut rest: &[u8] = &bytes;
            loop {
                let Some(mut upload) = self.upload.take() else {
                    return Err(failed_before(&self.place));
                };
                let taken = upload.take(rest);
                if !matches!(taken, Ok(rest) if !rest.is_empty()) {
                    self.upload = Some(upload);
                    return taken.map(drop);
                }
                rest = taken?;
                let send = self.workers.join(async move {
                    let sent = upload.send().await;
                    Ok((upload, sent))
                });
                let (upload, sent) = send.await?;
                self.upload = Some(upload);
                sent?;
            }
        })
    }

    fn finish(mut self: Box<Self>) -> StorageFuture<'static, ()> {
        match self.upload.take() {
            Some(upload) => self.workers.join(upload.finish()),
            None => Box::pin(std::future::ready(Err(failed_before(&self.place)))),
        }
    }
}

struct AsyncReader {
    file: File,
    workers: Workers,
}

impl AsyncObjectReader for AsyncReader {
    fn length(&self) -> u64 {
        self.file.length()
    }

    fn read_at(&self, offset: u64, length: usize) -> StorageFuture<'static, Vec<u8>> {
        let (file, workers) = (self.file.clone(), self.workers.clone());
        Box::pin(async move {
            let plan = file.plan(offset, length)?;
            let mut bytes = room_for(length, &file.locate())?;
            for ranges in plan {
                for part in workers.join(file.clone().fetch(ranges)).await? {
                    bytes.extend_from_slice(&part);
                }
            }
            Ok(bytes)
        })
    }
}
