//! A store that lives as long as the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use alluvium_state_api::Result;

use super::path::check_path;
use super::{Created, Storage};

/// A [`Storage`] in memory. Nothing survives the process; good for tests.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl MemoryStorage {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The paths of all objects, sorted.
    pub fn paths(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        // Each change is one call on the map: a panic elsewhere cannot leave it half-done.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStorage {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        check_path(path)?;
        let mut objects = self.lock();
        if objects.contains_key(path) {
            return Ok(Created::Exists);
        }
        objects.insert(path.to_owned(), bytes.to_vec());
        Ok(Created::New)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_path(path)?;
        self.lock().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        check_path(path)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let objects = self.lock();
        let object = objects.get(path);
        Ok(object.map(|bytes| bytes.iter().take(limit).copied().collect()))
    }

    fn exists(&self, path: &str) -> Result<bool> {
        check_path(path)?;
        Ok(self.lock().contains_key(path))
    }

    fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        self.lock().remove(path);
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        check_path(folder)?;
        let inside = format!("{folder}/");
        let objects = self.lock();
        let names: BTreeSet<&str> = objects
            .keys()
            .filter_map(|path| path.strip_prefix(&inside))
            .map(|rest| rest.split_once('/').map_or(rest, |(name, _)| name))
            .collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn locate(&self, path: &str) -> String {
        format!("memory:{path}")
    }
}
