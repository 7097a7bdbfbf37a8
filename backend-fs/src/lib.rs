//! The filesystem backend of Alluvium: heap state whose snapshots go into files, asynchronously and
//! incrementally.
//!
//! The state itself is that of [`alluvium_state_heap`], the files are those of
//! [`alluvium_checkpoint`]; what this crate adds are the settings that make the two fit each other.

#![forbid(unsafe_code)]

mod settings;

pub use settings::FsSettings;

use alluvium_checkpoint::SnapshotFileOptions;
use alluvium_state_api::{OpenRequest, OrderedKey, Result, SnapshotLimits, StateBackend};
use alluvium_state_heap::HeapKeyedBackend;

/// Keeps state on the heap and snapshots in files.
///
/// A frozen snapshot is written by [`write_keyed`](alluvium_checkpoint::write_keyed), with the
/// [`file_options`](Self::file_options) of the backend, into the folder that the store of
/// checkpoints gives out:
///
/// ```
/// use alluvium_backend_fs::FsBackend;
/// use alluvium_checkpoint::{
///     ChainHistory, CheckpointMetadata, CheckpointStore, JobId, MemoryStorage, OperatorSnapshot,
///     OwnerId, StoreOptions, StoredSnapshot, SubtaskSnapshot, write_keyed,
/// };
/// use alluvium_state_api::{
///     CheckpointId, FreezeRequest, KeyedBackend, KeyedBackendExt, OpenRequest, SnapshotMode,
///     StateBackend, ValueDescriptor,
/// };
/// use std::sync::Arc;
///
/// const NOISE: ValueDescriptor<u64> = ValueDescriptor::new("noise");
/// let backend = FsBackend::default();
/// let mut state = backend.open::<u64>(OpenRequest::fresh(0, 1))?;
/// let noise = state.register(&NOISE)?;
/// let history = ChainHistory::new(*backend.file_options());
/// let storage = Arc::new(MemoryStorage::new());
/// let (job_id, owner) = (JobId::new("job")?, OwnerId([1; 16]));
/// let (mut store, _) =
///     CheckpointStore::open(storage.clone(), job_id, owner, StoreOptions::default())?;
///
/// // More than the 20 KiB that stay inside the metadata, and then a part of it anew.
/// for (checkpoint, keys) in [(1, 0..20_000_u64), (2, 0..6_000)] {
///     for key in keys {
///         let value = (key + checkpoint).wrapping_mul(0x9e37_79b9_7f4a_7c15);
///         state.key(&key)?.value(noise).set(value)?;
///     }
///     let folder = store.begin(checkpoint)?;
///     let id = CheckpointId(checkpoint);
///     let mode = history.mode(SnapshotMode::Incremental, folder.bases());
///     let job = state.freeze(FreezeRequest { checkpoint: id, mode })?;
///     let base = history.begin(job.header())?;
///     // From here on, on any thread:
///     let chain = write_keyed(job, base, &folder)?;
///     // A whole snapshot, then a delta upon it.
///     assert_eq!(chain.layers.len() as u64, checkpoint);
///     assert!(chain.layers.iter().all(|layer| layer.file().is_some()));
///     // And when all subtasks have acknowledged:
///     let mut subtask = SubtaskSnapshot::new("noise", 0, 1);
///     subtask.keyed.push(chain);
///     let mut metadata = CheckpointMetadata::new(id, 0, "job", "job");
///     metadata.operators.push(OperatorSnapshot {
///         uid: "noise".to_owned(),
///         max_parallelism: state.max_parallelism(),
///         parallelism: 1,
///         subtasks: vec![subtask],
///     });
///     store.publish(checkpoint, &metadata.to_bytes()?)?;
///     state.confirm(id);
///     history.confirm(id);
/// }
/// // Both can be read back, the files that they share included.
/// for folder in ["job/chk-1", "job/chk-2"] {
///     StoredSnapshot::load(storage.clone(), folder, Default::default())?.verify()?;
/// }
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FsBackend {
    settings: FsSettings,
}

impl FsBackend {
    /// A backend with these settings.
    ///
    /// # Errors
    /// `Misuse` naming a setting outside its range.
    pub fn new(settings: FsSettings) -> Result<Self> {
        settings.validate()?;
        Ok(Self { settings })
    }

    /// The settings.
    pub const fn settings(&self) -> &FsSettings {
        &self.settings
    }

    /// How its snapshots are laid into files.
    pub const fn file_options(&self) -> &SnapshotFileOptions {
        &self.settings.files
    }
}

impl StateBackend for FsBackend {
    type Keyed<K: OrderedKey> = HeapKeyedBackend<K>;

    fn open<K: OrderedKey>(&self, request: OpenRequest) -> Result<HeapKeyedBackend<K>> {
        HeapKeyedBackend::open(request, self.settings.heap_options())
    }

    fn snapshot_limits(&self) -> SnapshotLimits {
        SnapshotLimits::default()
    }
}
