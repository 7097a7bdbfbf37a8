//! Ids that are given to what the log knows nothing of.

use super::layout;
use crate::log::JobId;
use crate::storage::Storage;
use alluvium_state_api::Result;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

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

    /// Notes durably that this id has been given: whoever takes over gives none up to it. The note is
    /// a small object in the folder of that checkpoint, and goes once the log tells of a later one.
    ///
    /// # Errors
    /// `Storage`.
    pub fn note(&self, checkpoint: u64) -> Result<()> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.is_some_and(|newest| newest >= checkpoint) {
            return Ok(());
        }
        self.storage.create(&self.path(checkpoint), NOTE)?;
        if let Some(before) = newest.replace(checkpoint) {
            self.delete(before);
        }
        Ok(())
    }

    /// Deletes the note if the log tells by now that its id was given.
    pub(super) fn forget(&self, published: u64) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(noted) = newest.take_if(|noted| *noted <= published) {
            self.delete(noted);
        }
    }

    /// What cannot be deleted goes with the [sweep](super::CheckpointStore::sweep) of the next owner.
    fn delete(&self, checkpoint: u64) {
        if let Err(error) = self.storage.delete(&self.path(checkpoint)) {
            tracing::warn!(job = %self.job, checkpoint, %error, "a note of its id is left behind");
        }
    }

    fn path(&self, checkpoint: u64) -> String {
        layout::given(&self.job, checkpoint)
    }
}
