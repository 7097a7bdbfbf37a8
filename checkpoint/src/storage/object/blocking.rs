//! The blocking face.

use std::path::PathBuf;
use std::sync::Arc;

use alluvium_state_api::Result;
use bytes::Bytes;

use super::file::File;
use super::upload::Upload;
use super::{ObjectStorage, Workers};
use crate::storage::stream::failed_before;
use crate::storage::{Created, ObjectReader, ObjectWriter, Storage};

impl Storage for ObjectStorage {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        let (store, path) = (Arc::clone(&self.store), path.to_owned());
        let bytes = Bytes::copy_from_slice(bytes);
        self.workers
            .run(async move { store.create(&path, bytes).await })?
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let (store, path) = (Arc::clone(&self.store), path.to_owned());
        let bytes = Bytes::copy_from_slice(bytes);
        self.workers
            .run(async move { store.replace(&path, bytes).await })?
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let (store, path) = (Arc::clone(&self.store), path.to_owned());
        self.workers
            .run(async move { store.read(&path, limit).await })?
    }

    fn exists(&self, path: &str) -> Result<bool> {
        let (store, path) = (Arc::clone(&self.store), path.to_owned());
        self.workers.run(async move { store.exists(&path).await })?
    }

    fn delete(&self, path: &str) -> Result<()> {
        let (store, path) = (Arc::clone(&self.store), path.to_owned());
        self.workers.run(async move { store.delete(&path).await })?
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        let upload = Upload::new(Arc::clone(&self.store), self.workers.clone(), path)?;
        Ok(Box::new(BlockingWriter {
            upload: Some(upload),
            workers: self.workers.clone(),
            place: self.locate(path),
        }))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        let open = File::open(Arc::clone(&self.store), path.to_owned());
        let file = self.workers.run(open)??;
        Ok(file.map(|file| {
            let workers = self.workers.clone();
            Box::new(BlockingReader { file, workers }) as Box<dyn ObjectReader>
        }))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let (store, folder) = (Arc::clone(&self.store), folder.to_owned());
        self.workers.run(async move { store.list(&folder).await })?
    }

    fn locate(&self, path: &str) -> String {
        self.store.locate(path)
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

struct BlockingWriter {
    /// Gone after a panic.
    upload: Option<Upload>,
    workers: Workers,
    place: String,
}

impl BlockingWriter {
    fn send(&mut self) -> Result<()> {
        let Some(mut upload) = self.upload.take() else {
            return Err(failed_before(&self.place));
        };
        let (upload, sent) = self.workers.run(async move {
            let sent = upload.send().await;
            (upload, sent)
        })?;
        self.upload = Some(upload);
        sent
    }
}

impl ObjectWriter for BlockingWriter {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        loop {
            let Some(upload) = self.upload.as_mut() else {
                return Err(failed_before(&self.place));
            };
            rest = upload.take(rest)?;
            if rest.is_empty() {
                return Ok(());
            }
            self.send()?;
        }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        match self.upload.take() {
            Some(upload) => self.workers.run(upload.finish())?,
            None => Err(failed_before(&self.place)),
        }
    }
}

impl Drop for BlockingWriter {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            // Waits, so that nothing is left when this returns; where it must not wait, the upload
            // aborts itself in the background.
            drop(self.workers.run(async move { upload.abort().await }));
        }
    }
}

struct BlockingReader {
    file: File,
    workers: Workers,
}

impl ObjectReader for BlockingReader {
    fn length(&self) -> u64 {
        self.file.length()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let mut into = into;
        for ranges in self.file.plan(offset, into.len())? {
            for part in self.workers.run(self.file.clone().fetch(ranges))?? {
                let length = part.len().min(into.len());
                let (filled, rest) = into.split_at_mut(length);
                filled.copy_from_slice(part.get(..length).unwrap_or_default());
                into = rest;
            }
        }
        Ok(())
    }
}
