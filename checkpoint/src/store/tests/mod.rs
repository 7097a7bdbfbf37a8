mod beside;
mod collection;
mod copies;
mod crash;
mod damage;
mod garbage;
mod given;
mod life;
mod registry;
mod takeover;
#[cfg(target_os = "linux")]
mod two_processes;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use alluvium_state_api::Result;

use super::*;
use crate::log::{JobId, OwnerId};
use crate::metadata::{MetadataWriter, SectionKind};
use crate::storage::{MemoryStorage, Storage};

fn job() -> JobId {
    JobId::new("job").unwrap()
}

/// Metadata that can be told apart by checkpoint.
fn metadata(checkpoint: u64) -> Vec<u8> {
    let mut writer = MetadataWriter::new();
    let text = format!("state of checkpoint {checkpoint}");
    writer.section(SectionKind::SUMMARY, text.as_bytes());
    writer.finish()
}

fn open_with(
    storage: &Arc<impl Storage + 'static>,
    owner: u8,
    options: StoreOptions,
) -> Result<(CheckpointStore, Option<Recovered>)> {
    CheckpointStore::open(storage.clone(), job(), OwnerId([owner; 16]), options)
}

fn open(
    storage: &Arc<impl Storage + 'static>,
    owner: u8,
) -> Result<(CheckpointStore, Option<Recovered>)> {
    open_with(storage, owner, StoreOptions::default())
}

fn erased(storage: &Arc<MemoryStorage>) -> Arc<dyn Storage> {
    storage.clone()
}

/// Publishes the next checkpoint; its id.
fn publish_next(store: &mut CheckpointStore) -> Result<u64> {
    let checkpoint = store.next_checkpoint();
    store.publish(checkpoint, &metadata(checkpoint))?;
    Ok(checkpoint)
}

/// All objects.
fn contents(storage: &MemoryStorage) -> BTreeMap<String, Vec<u8>> {
    let paths = storage.paths().into_iter();
    paths
        .map(|path| {
            let bytes = storage.read(&path, u64::MAX).unwrap().unwrap();
            (path, bytes)
        })
        .collect()
}
