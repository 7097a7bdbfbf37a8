//! Looking at a store without owning it.

use std::sync::Arc;

use alluvium_state_api::Result;

use crate::log::{JobId, Log, OwnerId, PublishedCheckpoint};
use crate::storage::Storage;

/// What the log of a job says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// How many owners it has had.
    pub generation: u64,
    /// The newest of them.
    pub owner: OwnerId,
    /// Whether the job has finished.
    pub finished: bool,
    /// The published checkpoints, oldest first.
    pub checkpoints: Vec<PublishedCheckpoint>,
}

/// What the log of `job` says, `None` if it has none. Changes nothing, so it can be done beside a
/// running job.
///
/// # Errors
/// `Corrupt` or `Incompatible` if the newest entry is damaged, of a later version, or of another
/// job; `Storage`.
pub fn inspect(storage: Arc<dyn Storage>, job: &JobId) -> Result<Option<Inspection>> {
    let newest = Log::new(storage, job.clone()).newest(0, 1)?;
    Ok(newest.map(|stored| Inspection {
        generation: stored.entry.generation,
        owner: stored.entry.owner,
        finished: stored.entry.state.finished,
        checkpoints: stored.entry.state.live,
    }))
}
