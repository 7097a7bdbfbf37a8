//! Ids that are given to what the log knows nothing of.

use super::checkpoints::checkpoint_folders;
use super::layout;
use crate::log::JobId;
use crate::storage::Storage;
use alluvium_state_api::{Result, StateError};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a note holds, for whoever comes across it.
const NOTE: &[u8] = b"the id of a savepoint\n";

/// Keeps the ids of savepoints, which no log entry tells of, from being given again after the death of
/// the process. What a sink commits with a checkpoint is called after its id: of two that had the same,
/// a job that goes back to the savepoint could not tell which of them is its own. Clones share what they
/// know; any thread may use one.
///
/// ```
/// # use std::sync::Arc;
/// # use alluvium_checkpoint::{CheckpointStore, JobId, MemoryStorage, OwnerId, StoreOptions};
/// # let (storage, job) = (Arc::new(MemoryStorage::new()), JobId::new("count-flights")?);
/// # let open = |owner| {
/// #     let options = StoreOptions::default();
/// #     CheckpointStore::open(storage.clone(), job.clone(), OwnerId([owner; 16]), options)
/// # };
/// let (store, _) = open(1)?;
/// // Before the savepoint is written:
/// store.given_ids().note(store.next_checkpoint())?;
/// // The process dies; another one takes over.
/// let (store, _) = open(2)?;
/// assert_eq!(store.next_checkpoint(), 2);
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
#[derive(Clone)]
pub struct GivenIds {
    storage: Arc<dyn Storage>,
    job: JobId,
    /// The one of which there is a note: those below need none.
    newest: Arc<Mutex<Option<u64>>>,
}

impl fmt::Debug for GivenIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenIds")
            .field("job", &self.job)
            .field("newest", &self.newest)
            .finish_non_exhaustive()
    }
}

impl GivenIds {
    pub(super) fn new(storage: Arc<dyn Storage>, job: JobId) -> Self {
        Self {
            storage,
            job,
            newest: Arc::default(),
        }
    }

    /// Notes durably that this id has been given: whoever takes over from now on gives none up to it.
    /// The note is a small object in the folder of that checkpoint, and goes once there is one of a
    /// later id, or the log tells of this one or a later one.
    ///
    /// # Errors
    /// `Misuse` if another owner has taken over and published a checkpoint of this id; `Storage`.
    pub fn note(&self, checkpoint: u64) -> Result<()> {
        if self.newest().is_some_and(|newest| newest >= checkpoint) {
            return Ok(());
        }
        let metadata = layout::in_job(&self.job, &layout::metadata(checkpoint));
        if self.storage.exists(&metadata)? {
            return Err(StateError::misuse(format!(
                "job '{}' has been taken over: there is a checkpoint {checkpoint} already",
                self.job
            )));
        }
        self.storage
            .create(&layout::given(&self.job, checkpoint), NOTE)?;
        if let Some(needless) = self.noted(checkpoint) {
            self.delete(needless);
        }
        Ok(())
    }

    /// Deletes the note if the log tells by now that its id was given.
    pub(super) fn forget(&self, published: u64) {
        let told = self.newest().take_if(|noted| *noted <= published);
        if let Some(told) = told {
            self.delete(told);
        }
    }

    /// Takes in that there is a note of this id; the other of the two that there may be now is needless.
    fn noted(&self, checkpoint: u64) -> Option<u64> {
        let mut newest = self.newest();
        match *newest {
            Some(noted) if noted > checkpoint => Some(checkpoint),
            Some(noted) if noted == checkpoint => None,
            _ => newest.replace(checkpoint),
        }
    }

    /// Held by nobody who waits for storage.
    fn newest(&self) -> MutexGuard<'_, Option<u64>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What cannot be deleted goes with the [sweep](super::CheckpointStore::sweep) of the next owner.
    fn delete(&self, checkpoint: u64) {
        let note = layout::given(&self.job, checkpoint);
        if let Err(error) = self.storage.delete(&note) {
            tracing::warn!(job = %self.job, checkpoint, %error, "a note of its id is left behind");
        }
    }
}

/// The note, path and contents, with which ids stay given in a copy of a job's checkpoints, if `next`
/// is what its log would give next.
pub(crate) fn note_for_copy(
    storage: &dyn Storage,
    job: &JobId,
    next: u64,
) -> Result<Option<(String, &'static [u8])>> {
    let begun = checkpoint_folders(storage, job)?.into_iter().max();
    let given = begun.filter(|begun| *begun >= next);
    Ok(given.map(|given| (layout::given(job, given), NOTE)))
}
