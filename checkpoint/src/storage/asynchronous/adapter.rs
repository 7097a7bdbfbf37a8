//! A store whose calls block, as one that does not.

use std::path::PathBuf;
use std::sync::Arc;

use alluvium_state_api::Result;
use bytes::Bytes;

use super::{AsyncObjectReader, AsyncObjectWriter, AsyncStorage, StorageFuture};
use crate::storage::object::Workers;
use crate::storage::stream::{check_within, failed_before, room_for};
use crate::storage::{Created, ObjectReader, ObjectWriter, Storage, StorageOptions};

/// An [`AsyncStorage`] over any [`Storage`]: its calls are made on a few threads of their own, of
/// which [`StorageOptions::with_threads`] gives the number.
pub struct AsyncAdapter {
    storage: Arc<dyn Storage>,
    workers: Workers,
}

impl AsyncAdapter {
    /// `storage`, with threads as `options` say.
    ///
    /// # Errors
    /// `Misuse` for options out of range; `Storage` if the threads cannot be started.
    pub fn new(storage: Arc<dyn Storage>, options: &StorageOptions) -> Result<Self> {
        options.check()?;
        Ok(Self {
            storage,
            workers: Workers::start(options)?,
        })
    }

    fn call<T: Send + 'static>(
        &self,
        path: &str,
        call: impl FnOnce(&dyn Storage, &str) -> Result<T> + Send + 'static,
    ) -> StorageFuture<'static, T> {
        let (storage, path) = (Arc::clone(&self.storage), path.to_owned());
        self.workers.block(move || call(&*storage, &path))
    }
}

impl AsyncStorage for AsyncAdapter {
    fn create(&self, path: &str, bytes: Bytes) -> StorageFuture<'static, Created> {
        self.call(path, move |storage, path| storage.create(path, &bytes))
    }

    fn replace(&self, path: &str, bytes: Bytes) -> StorageFuture<'static, ()> {
        self.call(path, move |storage, path| storage.replace(path, &bytes))
    }

    fn read(&self, path: &str, limit: u64) -> StorageFuture<'static, Option<Vec<u8>>> {
        self.call(path, move |storage, path| storage.read(path, limit))
    }

    fn exists(&self, path: &str) -> StorageFuture<'static, bool> {
        self.call(path, |storage, path| storage.exists(path))
    }

    fn delete(&self, path: &str) -> StorageFuture<'static, ()> {
        self.call(path, |storage, path| storage.delete(path))
    }

    fn write(&self, path: &str) -> StorageFuture<'static, Box<dyn AsyncObjectWriter>> {
        let workers = self.workers.clone();
        self.call(path, move |storage, path| {
            let writer = AdaptedWriter {
                place: storage.locate(path),
                writer: Some(storage.write(path)?),
                workers,
            };
            Ok(Box::new(writer) as Box<dyn AsyncObjectWriter>)
        })
    }

    fn open(&self, path: &str) -> StorageFuture<'static, Option<Box<dyn AsyncObjectReader>>> {
        let workers = self.workers.clone();
        self.call(path, move |storage, path| {
            let (opened, place) = (storage.open(path)?, storage.locate(path));
            Ok(opened.map(|reader| {
                let reader = reader.into();
                Box::new(AdaptedReader {
                    reader,
                    workers,
                    place,
                }) as Box<dyn AsyncObjectReader>
            }))
        })
    }

    fn list(&self, folder: &str) -> StorageFuture<'static, Vec<String>> {
        self.call(folder, |storage, folder| storage.list(folder))
    }

    fn locate(&self, path: &str) -> String {
        self.storage.locate(path)
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.storage.local_path(path)
    }
}

struct AdaptedWriter {
    /// Gone while a call is under way, and for good if that is given up.
    writer: Option<Box<dyn ObjectWriter>>,
    workers: Workers,
    place: String,
}

impl AsyncObjectWriter for AdaptedWriter {
    fn append(&mut self, bytes: Bytes) -> StorageFuture<'_, ()> {
        let Some(mut writer) = self.writer.take() else {
            return Box::pin(std::future::ready(Err(failed_before(&self.place))));
        };
        let append = self.workers.block(move || {
            let appended = writer.append(&bytes);
            Ok((writer, appended))
        });
        Box::pin(async move {
            let (writer, appended) = append.await?;
            self.writer = Some(writer);
            appended
        })
    }

    fn finish(mut self: Box<Self>) -> StorageFuture<'static, ()> {
        match self.writer.take() {
            Some(writer) => self.workers.block(move || writer.finish()),
            None => Box::pin(std::future::ready(Err(failed_before(&self.place)))),
        }
    }
}

impl Drop for AdaptedWriter {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // Its cleaning up blocks.
            drop(self.workers.block(move || {
                drop(writer);
                Ok(())
            }));
        }
    }
}

struct AdaptedReader {
    reader: Arc<dyn ObjectReader>,
    workers: Workers,
    place: String,
}

impl AsyncObjectReader for AdaptedReader {
    fn length(&self) -> u64 {
        self.reader.length()
    }

    fn read_at(&self, offset: u64, length: usize) -> StorageFuture<'static, Vec<u8>> {
        if let Err(error) = check_within(self.length(), offset, length, &self.place) {
            return Box::pin(std::future::ready(Err(error)));
        }
        let (reader, place) = (Arc::clone(&self.reader), self.place.clone());
        self.workers.block(move || {
            let mut bytes = room_for(length, &place)?;
            bytes.resize(length, 0);
            reader.read_at(offset, &mut bytes)?;
            Ok(bytes)
        })
    }
}
