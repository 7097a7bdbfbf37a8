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
/// [`file_options`](Self::file_options) of the backend:
///
/// ```
/// use alluvium_backend_fs::FsBackend;
/// use alluvium_checkpoint::{ChainHistory, MemoryStorage, SnapshotFolder, write_keyed};
/// use alluvium_state_api::{
///     CheckpointId, FreezeRequest, KeyedBackend, KeyedBackendExt, OpenRequest, SnapshotMode,
///     StateBackend, ValueDescriptor,
/// };
/// use std::sync::Arc;
///
/// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
/// let backend = FsBackend::default();
/// let mut state = backend.open::<String>(OpenRequest::fresh(0, 1))?;
/// let count = state.register(&COUNT)?;
/// let history = ChainHistory::new(*backend.file_options());
/// let storage = Arc::new(MemoryStorage::new());
///
/// for checkpoint in 1..=2 {
///     state.key(&format!("key {checkpoint}"))?.value(count).set(checkpoint)?;
///     let checkpoint = CheckpointId(checkpoint);
///     let mode = history.mode(SnapshotMode::Incremental);
///     let job = state.freeze(FreezeRequest { checkpoint, mode })?;
///     let base = history.begin(job.header())?;
///     // From here on, on any thread:
///     let folder = SnapshotFolder::savepoint(storage.clone(), format!("chk-{checkpoint}"))?;
///     let chain = write_keyed(job, base, &folder)?;
///     folder.keep();
///     // A whole snapshot, then a delta upon it.
///     assert_eq!(chain.layers.len() as u64, checkpoint.0);
///     // And when all subtasks have acknowledged:
///     state.confirm(checkpoint);
///     history.confirm(checkpoint);
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
