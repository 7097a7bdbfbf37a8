//! A shared store is a store.

use std::path::PathBuf;
use std::sync::Arc;

use alluvium_state_api::Result;

use super::{Created, ObjectReader, ObjectWriter, Storage};

#[deny(clippy::missing_trait_methods)]
impl<S: Storage + ?Sized> Storage for Arc<S> {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        (**self).create(path, bytes)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        (**self).replace(path, bytes)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        (**self).read(path, limit)
    }

    fn exists(&self, path: &str) -> Result<bool> {
        (**self).exists(path)
    }

    fn delete(&self, path: &str) -> Result<()> {
        (**self).delete(path)
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        (**self).write(path)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        (**self).open(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        (**self).list(folder)
    }

    fn locate(&self, path: &str) -> String {
        (**self).locate(path)
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        (**self).local_path(path)
    }
}
