//! A store that lives as long as the process.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alluvium_state_api::Result;

use super::path::{check_folder, check_path};
use super::stream::{check_within, exists_already};
use super::{Created, ObjectReader, ObjectWriter, Storage};

/// A [`Storage`] in memory. Nothing survives the process; good for tests.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    objects: Arc<Objects>,
}

#[derive(Default)]
struct Objects(Mutex<BTreeMap<String, Arc<Vec<u8>>>>);

// Not derived: that would print all that is stored.
impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = self.lock();
        let lengths = objects.iter().map(|(path, bytes)| (path, bytes.len()));
        f.debug_map().entries(lengths).finish()
    }
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Vec<u8>>>> {
        // Each change is one call on the map: a panic elsewhere cannot leave it half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn create(&self, path: &str, bytes: impl FnOnce() -> Vec<u8>) -> Created {
        match self.lock().entry(path.to_owned()) {
            Entry::Occupied(_) => Created::Exists,
            Entry::Vacant(vacant) => {
                vacant.insert(Arc::new(bytes()));
                Created::New
            }
        }
    }
}

impl MemoryStorage {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The paths of all objects, sorted.
    pub fn paths(&self) -> Vec<String> {
        self.objects.lock().keys().cloned().collect()
    }
}

impl Storage for MemoryStorage {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        check_path(path)?;
        Ok(self.objects.create(path, || bytes.to_vec()))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        check_path(path)?;
        let bytes = Arc::new(bytes.to_vec());
        self.objects.lock().insert(path.to_owned(), bytes);
        Ok(())
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        check_path(path)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let object = self.objects.lock().get(path).cloned();
        Ok(object.map(|bytes| bytes.iter().take(limit).copied().collect()))
    }

    fn exists(&self, path: &str) -> Result<bool> {
        check_path(path)?;
        Ok(self.objects.lock().contains_key(path))
    }

    fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        self.objects.lock().remove(path);
        Ok(())
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        check_path(path)?;
        Ok(Box::new(MemoryWriter {
            objects: Arc::clone(&self.objects),
            path: path.to_owned(),
            bytes: Vec::new(),
        }))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        check_path(path)?;
        let bytes = self.objects.lock().get(path).cloned();
        Ok(bytes.map(|bytes| {
            let place = self.locate(path);
            Box::new(MemoryReader { place, bytes }) as Box<dyn ObjectReader>
        }))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        check_folder(folder)?;
        let inside = match folder {
            "" => String::new(),
            _ => format!("{folder}/"),
        };
        let objects = self.objects.lock();
        let names: BTreeSet<&str> = objects
            .keys()
            .filter_map(|path| path.strip_prefix(&inside))
            .map(|rest| rest.split_once('/').map_or(rest, |(name, _)| name))
            .collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn locate(&self, path: &str) -> String {
        locate(path)
    }

    fn local_path(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

fn locate(path: &str) -> String {
    format!("memory:{path}")
}

struct MemoryWriter {
    objects: Arc<Objects>,
    path: String,
    bytes: Vec<u8>,
}

impl ObjectWriter for MemoryWriter {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Self {
            objects,
            path,
            bytes,
        } = *self;
        match objects.create(&path, || bytes) {
            Created::New => Ok(()),
            Created::Exists => Err(exists_already(&locate(&path))),
        }
    }
}

struct MemoryReader {
    place: String,
    bytes: Arc<Vec<u8>>,
}

impl ObjectReader for MemoryReader {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        check_within(self.length(), offset, into.len(), &self.place)?;
        let found = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.bytes.get(offset..offset + into.len()));
        if let Some(found) = found {
            into.copy_from_slice(found);
        }
        Ok(())
    }
}
