//! Stores in memory, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alluvium_state_api::Result;
use object_store::memory::InMemory;

use super::location::Remote;
use crate::storage::{ObjectStorage, StorageOptions};

/// They outlive whoever opens them, as those on a disk do.
static STORES: Mutex<BTreeMap<String, Arc<InMemory>>> = Mutex::new(BTreeMap::new());

pub(super) fn open(remote: &Remote, options: &StorageOptions) -> Result<ObjectStorage> {
    let Remote {
        authority, path, ..
    } = remote;
    let store = {
        let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(stores.entry(authority.clone()).or_default())
    };
    ObjectStorage::with_parts(store, &remote.url(), path, options)
}
