//! Checkpoints in a directory or another store: they survive the death of the process.

use super::{NotPublished, checkpoint_folder};
use crate::executor::entropy::random_bytes;
use crate::executor::job::{JobSettings, unrecoverable};
use alluvium::checkpoint::{
    CheckpointMetadata, CheckpointStore, GivenIds, JobId, LocalCopies, LocalStorage, OpenMode,
    OwnerId, SnapshotFiles, SnapshotFolder, Storage, StoreOptions, StoredSnapshot,
};
use alluvium::{ErrorKind, Result, SnapshotLimits, StateBackend, StateError};
use std::sync::Arc;

/// The published checkpoints of a job.
pub(super) struct Directory {
    storage: Arc<dyn Storage>,
    job: JobId,
    owner: OwnerId,
    store: CheckpointStore,
    /// How it is opened again.
    options: StoreOptions,
    limits: SnapshotLimits,
    copies: Option<LocalCopies>,
    /// The damaged checkpoints that are newer than the one last recovered from.
    passed_over: Vec<(u64, String)>,
}

impl Directory {
    pub(super) fn open(settings: &JobSettings, storage: Arc<dyn Storage>) -> Result<Self> {
        let job = JobId::new(settings.job_id())?;
        // What is recovered is read by `latest`, as it is after a failure.
        let store_options = settings.store.clone().with_recover(false);
        let mut options = store_options.clone();
        if settings.fresh && settings.restore_from.is_none() {
            options.mode = OpenMode::StartOver;
        }
        let copies = copies(settings);
        let (owner, store) = open(&storage, &job, options, copies.as_ref())?;
        let mut directory = Self {
            storage,
            job,
            owner,
            store,
            options: store_options,
            limits: settings.backend.snapshot_limits(),
            copies,
            passed_over: Vec::new(),
        };
        directory.sweep();
        Ok(directory)
    }

    pub(super) fn latest(&mut self) -> Result<Option<StoredSnapshot>> {
        let Some(recovered) = self.store.recover()? else {
            return Ok(None);
        };
        self.passed_over.clone_from(&recovered.skipped);
        let id = recovered.checkpoint;
        let named = |error: StateError| error.context(format!("'{}'", recovered.location));
        let metadata = CheckpointMetadata::from_bytes(&recovered.metadata).map_err(named)?;
        if metadata.checkpoint.0 != id || metadata.job_id != self.job.as_str() {
            return Err(named(StateError::incompatible(format!(
                "expected checkpoint {id} of job '{}', found checkpoint {} of job '{}'",
                self.job, metadata.checkpoint, metadata.job_id
            ))));
        }
        let storage = Arc::clone(&self.storage);
        let mut files = SnapshotFiles::new(storage, checkpoint_folder(self.job.as_str(), id))?;
        if let Some(copies) = &self.copies {
            files = files.with_copies(copies.clone());
        }
        let stored = StoredSnapshot::new(metadata, files);
        stored
            .with_options(self.options.snapshot_options())
            .map(Some)
    }

    /// The metadata of the newest that can be read; what cannot is for whoever needs it to tell.
    pub(super) fn newest_readable(&self) -> Option<CheckpointMetadata> {
        let recovered = self.store.recover().ok()??;
        CheckpointMetadata::from_bytes(&recovered.metadata).ok()
    }

    /// Passes over a checkpoint from now on, if there is an older one and that is allowed.
    pub(super) fn distrust(&mut self, checkpoint: u64, error: &StateError) -> bool {
        self.store.distrust(checkpoint, error)
    }

    /// Notes that a checkpoint has begun; where its files go.
    pub(super) fn begin(&mut self, checkpoint: u64) -> Result<Arc<SnapshotFolder>> {
        self.store.begin(checkpoint)
    }

    /// Notes that a checkpoint will not be complete.
    pub(super) fn discard(&mut self, checkpoint: u64) {
        self.store.abandon(checkpoint);
    }

    /// That no other process has taken the job over. Reads the log again after an append of which
    /// nobody knows what became.
    pub(super) fn check_owner(&mut self) -> Result<()> {
        let checked = if self.store.must_reopen() && !self.store.is_superseded() {
            self.open_again(self.options.clone())
        } else {
            self.store.check_owner()
        };
        checked.map_err(for_good)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.store.is_finished()
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.store.origin()
    }

    /// Claims the log once more, for a job that starts from `origin` and takes over what `mode` says.
    pub(super) fn start_from(
        &mut self,
        origin: Option<&str>,
        mode: OpenMode,
        next: u64,
    ) -> Result<()> {
        let options = self.options.clone().with_mode(mode);
        let options = options.with_first_checkpoint(next);
        self.open_again(options.with_origin(origin.map(str::to_owned)))
            .map_err(for_good)?;
        if mode != OpenMode::Resume {
            self.sweep();
        }
        Ok(())
    }

    /// Removes what earlier runs have left behind.
    fn sweep(&mut self) {
        if let Err(error) = self.store.sweep() {
            tracing::warn!(%error, "what earlier runs left behind could not be removed");
        }
    }

    fn open_again(&mut self, options: StoreOptions) -> Result<()> {
        let options = options.with_after(self.owner);
        let (owner, store) = open(&self.storage, &self.job, options, self.copies.as_ref())?;
        (self.owner, self.store) = (owner, store);
        Ok(())
    }

    pub(super) fn passed_over(&self) -> &[(u64, String)] {
        &self.passed_over
    }

    pub(super) fn ids(&self) -> Vec<u64> {
        self.store.retained()
    }

    pub(super) fn given_ids(&self) -> GivenIds {
        self.store.given_ids()
    }

    pub(super) fn next(&self) -> u64 {
        self.store.next_checkpoint()
    }

    pub(super) fn publish(&mut self, metadata: &CheckpointMetadata) -> Result<u64, NotPublished> {
        let bytes = encode(metadata, &self.limits).map_err(NotPublished::surely)?;
        match self.store.publish(metadata.checkpoint.0, &bytes) {
            Ok(()) => Ok(bytes.len() as u64),
            Err(error) => Err(NotPublished {
                error,
                outcome: self.store.failure_outcome(),
            }),
        }
    }

    pub(super) fn retire(&mut self, checkpoints: &[u64]) {
        if let Err(error) = self.store.retire(checkpoints) {
            tracing::warn!(%error, ?checkpoints, "old checkpoints could not be retired");
        }
    }

    /// Whether no other owner can have taken over, as far as is known.
    pub(super) fn is_ours(&self) -> bool {
        !self.store.must_reopen()
    }

    pub(super) fn discard_all(&mut self) {
        if !self.is_ours() {
            return;
        }
        if let Err(error) = self.begin_anew() {
            tracing::warn!(%error, "the checkpoints of the job could not be discarded");
        }
    }

    /// Claims the log once more, leaving everything behind, and deletes it.
    fn begin_anew(&mut self) -> Result<()> {
        self.open_again(StoreOptions::fresh())?;
        self.store.sweep().map(drop)
    }

    pub(super) fn finish(&mut self) {
        // The last checkpoint says of itself that it is the last, so nothing is lost.
        if let Err(error) = self.store.mark_finished() {
            tracing::warn!(%error, "the end of the job could not be recorded");
        }
    }
}

/// Has the job end for good if another process has taken it over: to go on would be to take it back.
fn for_good(error: StateError) -> StateError {
    match error.kind() {
        ErrorKind::Misuse => unrecoverable(error),
        _ => error,
    }
}

/// Takes over the checkpoints of `job`.
fn open(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    options: StoreOptions,
    copies: Option<&LocalCopies>,
) -> Result<(OwnerId, CheckpointStore)> {
    let owner = OwnerId(random_bytes()?);
    let (store, _) = CheckpointStore::open(Arc::clone(storage), job.clone(), owner, options)?;
    let store = match copies {
        Some(copies) => store.with_copies(copies.clone()),
        None => store,
    };
    Ok((owner, store))
}

/// The local copies that the settings ask for. A job can do without.
fn copies(settings: &JobSettings) -> Option<LocalCopies> {
    let directory = settings.local_backup_dir.as_ref()?;
    match LocalStorage::open(directory) {
        Ok(storage) => Some(LocalCopies::new(Arc::new(storage))),
        Err(error) => {
            tracing::warn!(%error, "no local copies of checkpoints are kept");
            None
        }
    }
}

/// The bytes of `_metadata`, checked against what the backend allows.
fn encode(metadata: &CheckpointMetadata, limits: &SnapshotLimits) -> Result<Vec<u8>> {
    let bytes = metadata.to_bytes()?;
    metadata.check_limit(bytes.len() as u64, limits)?;
    Ok(bytes)
}
