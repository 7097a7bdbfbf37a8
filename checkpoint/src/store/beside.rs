//! Reading what a running job has published, and may retire before it is read.

use alluvium_state_api::{ErrorKind, Result, StateError};

use std::sync::Arc;

use super::Inspection;
use crate::coordinator::NUM_RETAINED;
use crate::log::{JobId, Log, PublishedCheckpoint, Stored};
use crate::storage::Storage;

/// How often it is tried in all.
const ATTEMPTS: u32 = 5;

/// What `read` makes of what `job` has published. If it fails with `Corrupt` or `Storage`, as what is
/// gone does, and the job has retired one of the checkpoints meanwhile, it is called again with what is
/// published then, five times in all.
///
/// ```
/// use alluvium_checkpoint::{CheckpointStore, JobId, MemoryStorage, OwnerId, StateError, Storage};
/// use alluvium_checkpoint::{StoreOptions, read_published};
/// use std::sync::Arc;
///
/// let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
/// let job = JobId::new("flights")?;
/// let options = StoreOptions::default();
/// let _store = CheckpointStore::open(storage.clone(), job.clone(), OwnerId([1; 16]), options)?;
/// let retained = read_published(&storage, &job, |found| Ok(found.checkpoints.len()))?;
/// assert_eq!(retained, 0);
/// # Ok::<(), StateError>(())
/// ```
///
/// # Errors
/// `Misuse` if the job has no log; `Storage` naming checkpoint and job if the job retires checkpoints
/// faster than they can be read, and what is missing of them is all that is wrong; all of
/// [`inspect`](super::inspect), and of `read`.
pub fn read_published<T>(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    mut read: impl FnMut(&Inspection) -> Result<T>,
) -> Result<T> {
    beside_job(storage, job, 1, |stored| {
        read(&Inspection::of(stored.entry.clone()))
    })
}

/// [`read_published`] for who needs the log entry, which is checked against so many before it.
pub(crate) fn beside_job<T>(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    verified: u64,
    mut read: impl FnMut(&Stored) -> Result<T>,
) -> Result<T> {
    let log = Log::new(Arc::clone(storage), job.clone());
    let newest = || {
        let none = || StateError::misuse(format!("job '{job}' has no log"));
        log.newest(0, verified)?.ok_or_else(none)
    };
    let mut found = newest()?;
    let mut attempt = 1;
    loop {
        let error = match read(&found) {
            Ok(out) => return Ok(out),
            Err(error) => error,
        };
        if !matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Storage) {
            return Err(error);
        }
        // That the log cannot be read any more is not what went wrong first.
        let Ok(now) = newest() else { return Err(error) };
        let mut live = found.entry.state.live.iter();
        let Some(retired) = live.find(|one| !now.entry.state.live.contains(one)) else {
            return Err(error);
        };
        if attempt == ATTEMPTS {
            // What a store refuses may have nothing to do with that.
            return Err(match error.kind() {
                ErrorKind::Corrupt => too_fast(job, retired.checkpoint, error),
                _ => error,
            });
        }
        attempt += 1;
        found = now;
    }
}

/// Whether `published` still is, according to the newest entry of the log of `job`. What cannot be
/// read of a checkpoint that is not is no damage: the job does not need it any more.
///
/// # Errors
/// As [`inspect`](super::inspect).
pub fn is_published(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    published: &PublishedCheckpoint,
) -> Result<bool> {
    let newest = Log::new(Arc::clone(storage), job.clone()).newest(0, 1)?;
    Ok(newest.is_some_and(|stored| stored.entry.state.live.contains(published)))
}

fn too_fast(job: &JobId, checkpoint: u64, cause: StateError) -> StateError {
    StateError::storage(format!(
        "checkpoint {checkpoint} of job '{job}', which runs, was retired before it was read, in the \
         last of {ATTEMPTS} attempts: let the job retain more ('{NUM_RETAINED}'), or take a savepoint"
    ))
    .with_source(cause)
}
