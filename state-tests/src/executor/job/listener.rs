//! Watching a job from outside.

use alluvium::checkpoint::storage::Location;
use alluvium::{CheckpointId, StateError};
use std::time::Duration;

/// A completed checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointStats {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// The size of its metadata in bytes, with the state that is kept inside; files are not counted.
    pub size: u64,
    /// From its start until it was published.
    pub duration: Duration,
    /// Whether it is the last one of the job.
    pub last: bool,
}

/// Something that happened to a job.
#[derive(Debug)]
#[non_exhaustive]
pub enum JobEvent<'a> {
    /// All tasks have their state, and begin.
    Started {
        /// The checkpoint that they were restored from.
        restored_from: Option<CheckpointId>,
        /// The number of records that the restored state covers.
        records_before: u64,
        /// The number of restarts so far.
        restarts: u32,
    },
    /// Comes every so often.
    Progress {
        /// The number of records read so far, those of earlier runs that still count included.
        records: u64,
    },
    /// A checkpoint or savepoint has begun.
    CheckpointStarted(CheckpointId),
    /// A checkpoint is complete and published.
    CheckpointCompleted(CheckpointStats),
    /// A savepoint is complete and stands at its target.
    SavepointCompleted {
        /// Its id: savepoints and checkpoints are numbered together.
        checkpoint: CheckpointId,
        /// Its folder.
        path: &'a Location,
        /// Its size in bytes.
        size: u64,
        /// From its start until it was complete.
        duration: Duration,
    },
    /// A checkpoint or savepoint was given up.
    CheckpointFailed {
        /// Its id.
        checkpoint: CheckpointId,
        /// Which of the two it was.
        is_savepoint: bool,
        /// Why.
        reason: &'a str,
    },
    /// The job has failed and will be restarted.
    Restarting {
        /// Why.
        cause: &'a StateError,
        /// After how long.
        delay: Duration,
    },
    /// The job had finished before; what its sinks had still to commit is committed.
    AlreadyFinished {
        /// The last checkpoint of the job.
        checkpoint: CheckpointId,
    },
}

/// Hears what happens to a job, on the thread that coordinates it: it should not take long.
pub trait JobListener: Send + Sync + 'static {
    /// Something has happened.
    fn on_event(&self, event: &JobEvent<'_>);
}

impl<F: Fn(&JobEvent<'_>) + Send + Sync + 'static> JobListener for F {
    fn on_event(&self, event: &JobEvent<'_>) {
        self(event);
    }
}
