//! What has been written through a folder.

use super::reference::Contents;
use super::{FilePlace, FileRef};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files that a folder has taken. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<Mutex<Files>>);

#[derive(Default)]
struct Files {
    /// Where something may stand, from the root of the storage.
    paths: Vec<String>,
    /// The shared files that are durable.
    shared: BTreeMap<String, Contents>,
}

impl Written {
    /// Notes that a file has been begun: what a failed `finish` leaves is unknown.
    pub(super) fn begun(&self, path: String) {
        self.files().paths.push(path);
    }

    /// Notes that a file is durable.
    pub(super) fn finished(&self, file: &FileRef) {
        if file.place == FilePlace::Shared {
            let contents = file.contents();
            self.files().shared.insert(file.name.clone(), contents);
        }
    }

    /// What is in the shared file of this name, if it is durable.
    pub(super) fn shared(&self, name: &str) -> Option<Contents> {
        self.files().shared.get(name).copied()
    }

    /// Takes out where something may stand.
    pub(super) fn take_paths(&self) -> Vec<String> {
        std::mem::take(&mut self.files().paths)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        // Every change is one call on a collection: a panic elsewhere leaves nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
