//! Which backend it is.

use super::Resolved;
use crate::AnyStateBackend;
use crate::config::value::{BackendType, CheckpointStorageType};
use crate::config::{Configuration, options};
use alluvium_state_api::Result;

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
    let directory = configuration.get(&options::CHECKPOINT_DIR).is_some();
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

/// # Errors
/// `Misuse` if this build lacks the backend.
pub(super) fn open(resolved: &Resolved) -> Result<AnyStateBackend> {
    match resolved.backend {
        #[cfg(feature = "memory")]
        BackendKind::Memory => crate::MemoryBackend::new(resolved.memory).map(Into::into),
        #[cfg(not(feature = "memory"))]
        BackendKind::Memory => Err(missing("memory", "memory")),
        #[cfg(feature = "fs")]
        BackendKind::Filesystem => crate::FsBackend::new(resolved.fs).map(Into::into),
        #[cfg(not(feature = "fs"))]
        BackendKind::Filesystem => Err(missing("filesystem", "fs")),
    }
}

#[cfg(not(all(feature = "memory", feature = "fs")))]
fn missing(backend: &str, feature: &str) -> alluvium_state_api::StateError {
    alluvium_state_api::StateError::misuse(format!(
        "the {backend} backend is not in this build: it comes with the feature '{feature}' of the \
         crate 'alluvium'"
    ))
}
