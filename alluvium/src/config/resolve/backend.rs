//! Which backend it is.

use super::Resolved;
use crate::AnyStateBackend;
#[cfg(feature = "memory")]
use crate::config::value::ByteSize;
#[cfg(feature = "fs")]
use crate::config::value::CompressionType;
use crate::config::value::{BackendType, CheckpointStorageType};
use crate::config::{Configuration, options};
use alluvium_state_api::Result;
#[cfg(not(all(feature = "memory", feature = "fs")))]
use alluvium_state_api::StateError;

#[cfg(feature = "fs")]
use crate::{FsBackend, FsSettings};
#[cfg(feature = "fs")]
use alluvium_checkpoint::{Compression, SegmentOptions, SnapshotFileOptions};

#[cfg(feature = "memory")]
use crate::{MemoryBackend, MemorySettings};

/// Where keyed state is kept.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackendKind {
    /// On the heap, snapshots inside the metadata of a checkpoint.
    Memory,
    /// On the heap, snapshots in files.
    Filesystem,
}

/// # Errors
/// If backend, storage and directory do not go together.
pub(super) fn kind(configuration: &Configuration) -> Result<BackendKind, String> {
    use BackendType as Backend;
    use CheckpointStorageType as Storage;
    let backend = configuration.get(&options::STATE_BACKEND);
    let storage = configuration.get(&options::CHECKPOINT_STORAGE);
    let directory = configuration.is_set(&options::CHECKPOINT_DIR);
    let told = configuration.told(&options::STATE_BACKEND);
    let storage_told = configuration.told(&options::CHECKPOINT_STORAGE);
    match (backend, storage) {
        (Some(Backend::RocksDb), _) => Err(format!(
            "{told}: this build has no RocksDB backend; what there is: 'hashmap', 'memory', \
             'filesystem'"
        )),
        (Some(Backend::Memory), Some(Storage::Filesystem)) => Err(format!(
            "{told} keeps snapshots inside the metadata of checkpoints, and {storage_told} in \
             files: set the one to 'hashmap' or the other to 'jobmanager'"
        )),
        (Some(Backend::Filesystem), Some(Storage::JobManager)) => Err(format!(
            "{told} keeps snapshots in files, and {storage_told} inside the metadata of \
             checkpoints: set the one to 'hashmap' or the other to 'filesystem'"
        )),
        _ => Ok(()),
    }?;
    let files = match backend {
        Some(Backend::Filesystem) => true,
        Some(Backend::Memory) => false,
        _ => storage.map_or(directory, |storage| storage == Storage::Filesystem),
    };
    if !files {
        return Ok(BackendKind::Memory);
    }
    if !directory {
        let told = match backend {
            Some(Backend::Filesystem) => told,
            _ => storage_told,
        };
        let directory = options::CHECKPOINT_DIR.key();
        return Err(format!("{told} needs '{directory}', which is not set"));
    }
    Ok(BackendKind::Filesystem)
}

#[cfg(feature = "memory")]
pub(super) fn memory(configuration: &Configuration) -> MemorySettings {
    let live = configuration.get(&options::MAX_LIVE_SIZE);
    MemorySettings {
        asynchronous_snapshots: configuration.get(&options::ASYNCHRONOUS_SNAPSHOTS),
        max_snapshot_bytes: configuration.get(&options::MAX_SNAPSHOT_SIZE).as_bytes(),
        max_checkpoint_bytes: configuration.get(&options::MAX_CHECKPOINT_SIZE).as_bytes(),
        max_live_bytes: live.map(ByteSize::as_bytes),
        max_unfinished_snapshots: configuration.get(&options::MAX_UNFINISHED_SNAPSHOTS) as usize,
        ..MemorySettings::default()
    }
}

/// # Errors
/// If values do not fit that single options let pass.
#[cfg(feature = "fs")]
pub(super) fn filesystem(configuration: &Configuration) -> Result<FsSettings, String> {
    let compression = match configuration.get(&options::SNAPSHOT_COMPRESSION) {
        CompressionType::None => Compression::None,
        CompressionType::Zstd => {
            Compression::Zstd(configuration.get(&options::SNAPSHOT_COMPRESSION_LEVEL))
        }
    };
    let block = configuration.get(&options::SNAPSHOT_BLOCK_SIZE).as_bytes();
    let segment = SegmentOptions::default()
        .with_compression(compression)
        .and_then(|options| options.with_block_size(block as usize))
        .map_err(|error| error.to_string())?;
    let mut files = SnapshotFileOptions::default();
    files.incremental = configuration.get(&options::INCREMENTAL);
    files.inline_threshold = configuration
        .get(&options::DATA_INLINE_THRESHOLD)
        .as_bytes();
    files.segment = segment;
    files.parts = configuration.get(&options::SNAPSHOT_PARTS) as usize;
    files.max_delta_ratio = configuration.get(&options::MAX_DELTA_RATIO);
    files.max_deltas = configuration.get(&options::MAX_DELTAS) as usize;
    Ok(FsSettings {
        asynchronous_snapshots: configuration.get(&options::ASYNCHRONOUS_SNAPSHOTS),
        max_unfinished_snapshots: configuration.get(&options::MAX_UNFINISHED_SNAPSHOTS) as usize,
        full_rewrite_share: configuration.get(&options::FULL_REWRITE_SHARE),
        files,
    })
}

/// # Errors
/// `Misuse` if this build lacks the backend.
pub(super) fn open(resolved: &Resolved) -> Result<AnyStateBackend> {
    match resolved.backend {
        #[cfg(feature = "memory")]
        BackendKind::Memory => MemoryBackend::new(resolved.memory).map(Into::into),
        #[cfg(not(feature = "memory"))]
        BackendKind::Memory => Err(missing("memory", "memory")),
        #[cfg(feature = "fs")]
        BackendKind::Filesystem => FsBackend::new(resolved.fs).map(Into::into),
        #[cfg(not(feature = "fs"))]
        BackendKind::Filesystem => Err(missing("filesystem", "fs")),
    }
}

#[cfg(not(all(feature = "memory", feature = "fs")))]
fn missing(backend: &str, feature: &str) -> StateError {
    StateError::misuse(format!(
        "the {backend} backend is not in this build: it comes with the feature '{feature}' of the \
         crate 'alluvium'"
    ))
}
