//! Looking at a store without owning it.

use std::sync::Arc;

use alluvium_state_api::{CheckpointId, Result, StateError};

use crate::log::{Entry, JobId, Log, OwnerId, PublishedCheckpoint};
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
    /// The owner begins its checkpoints with this one, or one above it.
    pub next_checkpoint: CheckpointId,
    /// Whether the job was [started over](super::OpenMode::StartOver) and has published nothing since:
    /// what it has put out with checkpoints below [the next](Self::next_checkpoint) is of before, and
    /// to be taken back.
    pub started_over: bool,
    /// The snapshot that the job was [told to start from](super::StoreOptions::origin), if it has
    /// published nothing since.
    pub origin: Option<String>,
    /// The published checkpoints, oldest first.
    pub checkpoints: Vec<PublishedCheckpoint>,
}

/// What [`check_log`] has found.
#[derive(Debug)]
pub struct LogCheck {
    /// How many entries were read.
    pub entries: u64,
    /// What is wrong with those that are damaged, or do not follow the one before, oldest first;
    /// each names its entry.
    pub problems: Vec<StateError>,
}

/// Checks all entries of the log of `job` that opening its store would read, which is the newest
/// [`verified_entries`](super::StoreOptions::verified_entries). Changes nothing, so it can be done
/// beside a running job.
///
/// # Errors
/// `Corrupt` if an entry is missing; `Storage`.
pub fn check_log(
    storage: Arc<dyn Storage>,
    job: &JobId,
    verified_entries: u64,
) -> Result<LogCheck> {
    let (entries, problems) = Log::new(storage, job.clone()).check(verified_entries)?;
    Ok(LogCheck { entries, problems })
}

/// What the log of `job` says, `None` if it has none. Changes nothing, so it can be done beside a
/// running job.
///
/// # Errors
/// `Corrupt` or `Incompatible` if the newest entry is damaged, of a later version, or of another
/// job; `Storage`.
pub fn inspect(storage: Arc<dyn Storage>, job: &JobId) -> Result<Option<Inspection>> {
    let log = Log::new(storage, job.clone());
    let newest = log.newest(0, 1);
    let newest = newest.map_err(|error| log.with_way_out(error))?;
    Ok(newest.map(|stored| Inspection::of(stored.entry)))
}

impl Inspection {
    /// What the newest entry says.
    pub(super) fn of(newest: Entry) -> Self {
        let state = newest.state;
        Self {
            generation: newest.generation,
            owner: newest.owner,
            finished: state.finished,
            next_checkpoint: CheckpointId(state.next_checkpoint),
            started_over: state.started_over,
            origin: state.origin,
            checkpoints: state.live,
        }
    }
}
