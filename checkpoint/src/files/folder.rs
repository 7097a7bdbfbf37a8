//! The files of one snapshot while it is written.

use super::locate::SHARED;
use super::name::FileName;
use super::reference::Contents;
use super::written::Written;
use super::{FileOutput, FilePlace, FileRef, LocalCopies, SnapshotBases, SnapshotFiles};
use crate::log::JobId;
use crate::segment::{CancelFlag, SegmentOutput};
use crate::storage::{Storage, check_path};
use alluvium_state_api::{CheckpointId, Result, StateError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Takes the files of one checkpoint or savepoint, from any number of threads.
///
/// The files belong to the folder until [`keep`](Self::keep) is called: dropped before that, it
/// deletes what was written through it, so that a snapshot that fails leaves nothing behind. Whoever
/// writes holds it through an `Arc`, so that this happens only once all have stopped;
/// [`cancel`](Self::cancel) makes that soon.
///
/// ```
/// use alluvium_checkpoint::{FilePlace, MemoryStorage, SegmentOutput, SnapshotFolder};
/// use std::sync::Arc;
///
/// let storage = Arc::new(MemoryStorage::new());
/// let folder = SnapshotFolder::savepoint(storage.clone(), "savepoint-1")?;
/// let mut file = folder.create(FilePlace::Own)?;
/// file.append(b"state")?;
/// assert_eq!(file.finish()?.length, 5);
/// assert_eq!(storage.paths().len(), 1);
///
/// drop(folder);
/// assert!(storage.paths().is_empty());
/// # Ok::<(), alluvium_checkpoint::StateError>(())
/// ```
pub struct SnapshotFolder {
    storage: Arc<dyn Storage>,
    own: String,
    /// `None` if the snapshot has to hold all its files itself.
    shared: Option<String>,
    generation: u64,
    checkpoint: u64,
    next: AtomicU64,
    written: Written,
    kept: AtomicBool,
    cancel: CancelFlag,
    copies: Option<LocalCopies>,
    bases: SnapshotBases,
}

impl SnapshotFolder {
    /// The files of a checkpoint of `job`, written by its owner number `generation`.
    pub(crate) fn checkpoint(
        storage: Arc<dyn Storage>,
        job: &JobId,
        generation: u64,
        checkpoint: CheckpointId,
    ) -> Self {
        Self {
            storage,
            own: format!("{job}/chk-{checkpoint}"),
            shared: Some(format!("{job}/{SHARED}")),
            generation,
            checkpoint: checkpoint.0,
            next: AtomicU64::new(0),
            written: Written::default(),
            kept: AtomicBool::new(false),
            cancel: CancelFlag::new(),
            copies: None,
            bases: SnapshotBases::default(),
        }
    }

    /// The same, copied to `copies` as well.
    pub(crate) fn with_copies(mut self, copies: Option<LocalCopies>) -> Self {
        self.copies = copies;
        self
    }

    /// The same, in which snapshots build on `bases` alone.
    pub(crate) fn with_bases(mut self, bases: SnapshotBases) -> Self {
        self.bases = bases;
        self
    }

    /// The files of a savepoint in `folder` of `storage`, or of any snapshot that holds all its
    /// files itself. The folder must be new, as file names are not unique beyond it.
    ///
    /// # Errors
    /// `Misuse` if `folder` is not a relative path of plain names.
    pub fn savepoint(storage: Arc<dyn Storage>, folder: impl Into<String>) -> Result<Self> {
        let own = folder.into();
        check_path(&own)?;
        Ok(Self {
            storage,
            own,
            shared: None,
            generation: 0,
            checkpoint: 0,
            next: AtomicU64::new(0),
            written: Written::default(),
            kept: AtomicBool::new(false),
            cancel: CancelFlag::new(),
            copies: None,
            bases: SnapshotBases::default(),
        })
    }

    /// Where files go that other checkpoints may name later: into the shared folder, if there is
    /// one.
    pub const fn shareable(&self) -> FilePlace {
        if self.shared.is_some() {
            FilePlace::Shared
        } else {
            FilePlace::Own
        }
    }

    /// What snapshots in it may build on.
    pub const fn bases(&self) -> &SnapshotBases {
        &self.bases
    }

    /// Begins a file.
    ///
    /// # Errors
    /// `Misuse` for a shared file of a savepoint; `Cancelled` if the folder is; `Storage`.
    pub fn create(&self, place: FilePlace) -> Result<FileOutput> {
        self.cancel.check()?;
        let folder = match (place, &self.shared) {
            (FilePlace::Own, _) => &self.own,
            (FilePlace::Shared, Some(shared)) => shared,
            (FilePlace::Shared, None) => {
                return Err(StateError::misuse(format!(
                    "'{}' must hold all its files itself",
                    self.locate()
                )));
            }
        };
        let name = FileName {
            generation: self.generation,
            checkpoint: self.checkpoint,
            number: self.next.fetch_add(1, Ordering::Relaxed),
        };
        let name = name.to_string();
        let path = format!("{folder}/{name}");
        let writer = self.storage.write(&path)?;
        let copy = self.copies.as_ref().and_then(|copies| copies.create(&path));
        self.written.begun(path);
        Ok(FileOutput::new(
            writer,
            place,
            name,
            self.cancel.clone(),
            copy,
            self.written.clone(),
        ))
    }

    /// Stores `bytes` as a file.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn store(&self, place: FilePlace, bytes: &[u8]) -> Result<FileRef> {
        let mut file = self.create(place)?;
        file.append(bytes)?;
        file.finish()
    }

    /// Leaves the files where they are: the snapshot is, or may be, complete.
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// Stops whoever writes into the folder: the snapshot will not be complete.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Raised when the folder is [cancelled](Self::cancel).
    pub const fn cancel_flag(&self) -> &CancelFlag {
        &self.cancel
    }

    /// The files as a reader of the snapshot finds them.
    pub fn files(&self) -> SnapshotFiles {
        // The path was checked, or consists of parts that were.
        let files = SnapshotFiles::new(Arc::clone(&self.storage), self.own.clone());
        files.unwrap_or_default()
    }

    /// The folder that metadata and own files go to, from the root of the storage.
    pub fn path(&self) -> &str {
        &self.own
    }

    /// The same for messages.
    pub fn locate(&self) -> String {
        self.storage.locate(&self.own)
    }

    /// The storage.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// What is in the shared file of this name that was written here, if it is durable.
    pub(crate) fn shared_contents(&self, name: &str) -> Option<Contents> {
        self.written.shared(name)
    }
}

impl Drop for SnapshotFolder {
    fn drop(&mut self) {
        if self.kept.load(Ordering::Acquire) {
            return;
        }
        for path in self.written.take_paths() {
            if let Err(error) = self.storage.delete(&path) {
                tracing::warn!(%error, "a file of a failed snapshot could not be deleted");
            }
            if let Some(copies) = &self.copies {
                copies.delete(&path);
            }
        }
    }
}
