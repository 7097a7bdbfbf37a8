//! What a task and its job tell each other.

use crate::executor::barrier::Barrier;
use alluvium::checkpoint::{DeclineReason, SubtaskSnapshot};
use alluvium::{CheckpointId, StateError};
use crossbeam_channel::Sender;
use std::sync::Arc;

/// A task, by its place in the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(pub(crate) u32);

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What the job tells a task. That nobody tells anything any more means: stop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Control {
    /// All tasks are open: so are their functions to be told.
    Begin,
    /// All tasks have begun: go on with records.
    Start,
    /// Sources only: a checkpoint begins here.
    Trigger(Barrier),
    /// The checkpoint is complete; if it is the last, the task may end.
    Complete {
        checkpoint: CheckpointId,
        last: bool,
    },
    /// The checkpoint will never be complete.
    Aborted(CheckpointId),
    /// The savepoint is complete; its files are not the job's, so nothing may build on it.
    Detach(CheckpointId),
    /// Sources only: no checkpoint begins that the source has asked for.
    Refused,
    /// Sources only: end here, without a checkpoint.
    End,
}

/// What a task tells the job.
#[derive(Debug)]
pub(crate) enum Report {
    /// State is restored. The number of records that a source has read in earlier runs.
    Opened { records_before: u64 },
    /// All functions have begun.
    Begun,
    /// A source has nothing left to read.
    Exhausted,
    /// A source asks for a checkpoint.
    WantsCheckpoint,
    /// The snapshots of the task's operators are written.
    Acknowledged {
        checkpoint: CheckpointId,
        snapshots: Arc<Vec<SubtaskSnapshot>>,
    },
    /// The task takes no part in the checkpoint.
    Declined {
        checkpoint: CheckpointId,
        reason: DeclineReason,
    },
    /// The task has come to its end.
    Finished,
    /// The task has stopped because it was told to, or because a neighbour has.
    Stopped,
    /// The task has failed.
    Failed(StateError),
}

/// Through which a task tells.
#[derive(Clone)]
pub(crate) struct Reporter {
    pub(crate) task: TaskId,
    pub(crate) sender: Sender<(TaskId, Report)>,
}

impl Reporter {
    /// Tells the job. If nobody listens any more, the job is over and does not care.
    pub(crate) fn tell(&self, report: Report) {
        drop(self.sender.send((self.task, report)));
    }
}
