//! What the coordinator says is to be done.

use std::fmt;
use std::sync::Arc;

use alluvium_state_api::StateError;

use super::event::{CheckpointKind, DeclineReason, RequestId};
use super::time::Timestamp;

/// Something for the driver to do. Exhaustive on purpose: a driver that does not know what to do
/// about a new action should not compile.
#[derive(Clone, Debug)]
pub enum Action<T, H> {
    /// Begin a checkpoint at the sources; each of `tasks` has to acknowledge or decline it.
    StartCheckpoint {
        /// Its id, above that of every checkpoint before, also across restarts.
        checkpoint: u64,
        /// Why it is taken.
        kind: CheckpointKind,
        /// When it began. Never earlier than that of the checkpoint before.
        timestamp: Timestamp,
        /// Who asked for it, if somebody did.
        request: Option<RequestId>,
        /// All tasks of the job.
        tasks: Vec<T>,
    },
    /// Every task has acknowledged: write the metadata, publish, and report
    /// [`Published`](super::Event::Published) or [`StoreFailed`](super::Event::StoreFailed). Of
    /// those that [are recorded](CheckpointKind::is_recorded) one at a time is under way here.
    Complete {
        /// The checkpoint.
        checkpoint: u64,
        /// Its kind, which says where it goes: into the log, to the target of a savepoint, or
        /// both, the log last.
        kind: CheckpointKind,
        /// When it began.
        timestamp: Timestamp,
        /// The snapshot of each task, in task order.
        handles: Vec<(T, H)>,
    },
    /// Tell every task that the checkpoint is complete. May be lost: the next one covers it.
    NotifyComplete {
        /// The checkpoint.
        checkpoint: u64,
    },
    /// Tell every task that the checkpoint will never be complete.
    NotifyAborted {
        /// The checkpoint.
        checkpoint: u64,
        /// The newest complete checkpoint, if there is one.
        latest_completed: Option<u64>,
        /// Why.
        reason: AbortReason<T>,
    },
    /// Delete these snapshots: no checkpoint names them or ever will.
    Discard {
        /// The checkpoint that they were taken for.
        checkpoint: u64,
        /// The snapshots.
        handles: Vec<(T, H)>,
    },
    /// Take these completed checkpoints out of the log, then delete them.
    Retire {
        /// Their ids, ascending.
        checkpoints: Vec<u64>,
    },
    /// Answer a request; exactly one answer each.
    Reply {
        /// The request.
        request: RequestId,
        /// What became of it.
        outcome: RequestOutcome<T>,
    },
    /// Fail the job over. The machine rests until [`Restarted`](super::Event::Restarted).
    FailJob {
        /// Why.
        cause: FailureCause<T>,
    },
    /// All is done and covered: record that the job has finished and let the tasks end.
    FinishJob {
        /// The checkpoint that covers everything; `None` without periodic checkpoints.
        final_checkpoint: Option<u64>,
    },
    /// The job has stopped with this savepoint, which covers all that it has done: let the tasks
    /// end. The machine rests for good.
    StopJob {
        /// The savepoint.
        savepoint: u64,
    },
    /// This savepoint stands: cancel the job. The machine rests for good.
    CancelJob {
        /// The savepoint.
        savepoint: u64,
    },
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum RequestOutcome<T> {
    /// The checkpoint or savepoint of this id is complete.
    Completed(u64),
    /// It was begun and given up.
    Aborted(u64, AbortReason<T>),
    /// It was never begun.
    Refused(Refusal),
}

/// Why a request was turned down.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The job does not run: it fails over, has stopped, or has finished.
    NotRunning,
    /// Its input has ended: there is nothing left to stop.
    InputEnded,
    /// It is being stopped, or cancelled, with a savepoint already.
    Stopping {
        /// With this one.
        savepoint: u64,
    },
    /// Too many requests are waiting or under way already.
    TooMany {
        /// How many there may be.
        limit: u32,
        /// The option that says so.
        option: &'static str,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning => f.write_str("the job is not running"),
            Self::InputEnded => {
                f.write_str("the input of the job has ended: it is about to finish")
            }
            Self::Stopping { savepoint } => {
                write!(f, "the job is being stopped with savepoint {savepoint}")
            }
            Self::TooMany { limit, option } => {
                write!(f, "over the limit of {limit} requests set by '{option}'")
            }
        }
    }
}

/// Why a checkpoint was given up.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum AbortReason<T> {
    /// A task declined.
    Declined {
        /// The task.
        task: T,
        /// Why.
        reason: DeclineReason,
    },
    /// It took longer than the time-out.
    Expired {
        /// How many tasks had not acknowledged.
        missing: usize,
    },
    /// Its barriers could not be sent within the time-out: the store had not noted it.
    NotStarted,
    /// A newer checkpoint was complete first.
    Subsumed {
        /// The newer one.
        by: u64,
    },
    /// It could not be stored.
    NotStored(Arc<StateError>),
    /// It builds on files that are lost, and on which those that begin now do not.
    LacksFiles(Arc<StateError>),
    /// The job fails over.
    JobFailed,
    /// The job is being stopped.
    Stopped,
}

impl<T> AbortReason<T> {
    /// Whether it counts against
    /// [`tolerable_failed`](super::CheckpointOptions::tolerable_failed).
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Declined { reason, .. } => matches!(reason, DeclineReason::Failed(_)),
            Self::Expired { .. } | Self::NotStarted | Self::NotStored(_) => true,
            Self::LacksFiles(_) | Self::Subsumed { .. } | Self::JobFailed | Self::Stopped => false,
        }
    }

    /// Whether it fails the job if it ends the savepoint that the job was to stop with, and whose
    /// barriers were sent.
    pub(super) fn fails_stop(&self) -> bool {
        match self {
            Self::Declined { .. }
            | Self::Expired { .. }
            | Self::NotStored(_)
            | Self::LacksFiles(_) => true,
            Self::NotStarted | Self::Subsumed { .. } | Self::JobFailed | Self::Stopped => false,
        }
    }

    /// The error below it, if there is one.
    pub fn error(&self) -> Option<&Arc<StateError>> {
        match self {
            Self::Declined {
                reason: DeclineReason::Failed(error),
                ..
            }
            | Self::NotStored(error)
            | Self::LacksFiles(error) => Some(error),
            _ => None,
        }
    }
}

impl<T: fmt::Display> fmt::Display for AbortReason<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined { task, reason } => match reason {
                DeclineReason::Failed(error) => {
                    write!(f, "task {task} failed to take part: {error}")
                }
                DeclineReason::NotReady => write!(f, "task {task} is not running yet"),
                DeclineReason::Closing => write!(f, "task {task} is about to end"),
                DeclineReason::Overtaken => write!(f, "task {task} saw a newer barrier first"),
                DeclineReason::Cancelled => write!(f, "cancelled before it reached task {task}"),
                DeclineReason::EndOfInput => write!(f, "an input of task {task} ended meanwhile"),
            },
            Self::Expired { missing } => {
                write!(f, "timed out with {missing} tasks not yet acknowledged")
            }
            Self::NotStarted => f.write_str(
                "timed out before its barriers were sent: the store had not noted it yet",
            ),
            Self::Subsumed { by } => write!(f, "checkpoint {by} was complete first"),
            Self::NotStored(error) => write!(f, "cannot be stored: {error}"),
            Self::LacksFiles(error) => write!(f, "lacks files: {error}"),
            Self::JobFailed => f.write_str("the job failed"),
            Self::Stopped => f.write_str("the job was stopped"),
        }
    }
}

/// Why the job has to fail over.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum FailureCause<T> {
    /// A task died.
    Task {
        /// The task.
        task: T,
        /// What it died of.
        error: Arc<StateError>,
    },
    /// More checkpoints failed in a row than are tolerated.
    Checkpoints {
        /// How many failed in a row.
        failed: u32,
        /// How many may.
        tolerable: u32,
        /// The last of them.
        checkpoint: u64,
        /// Why that one failed.
        reason: AbortReason<T>,
    },
    /// The savepoint with which the job was to stop failed, when sources may have stopped.
    Stop {
        /// The savepoint.
        savepoint: u64,
        /// Why it failed.
        reason: AbortReason<T>,
    },
    /// Another owner has taken the job over: this process must stop for good.
    Superseded {
        /// The checkpoint at which that came out.
        checkpoint: u64,
        /// What the store said.
        error: Arc<StateError>,
    },
    /// Nobody knows whether a checkpoint was published; the log has to be read again.
    StoreUnknown {
        /// The checkpoint.
        checkpoint: u64,
        /// What the store said.
        error: Arc<StateError>,
    },
}

impl<T: fmt::Display> fmt::Display for FailureCause<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task { task, error } => write!(f, "task {task} failed: {error}"),
            Self::Checkpoints {
                failed,
                tolerable,
                checkpoint,
                reason,
            } => write!(
                f,
                "{failed} checkpoints failed in a row, {tolerable} are tolerated \
                 ('execution.checkpointing.tolerable-failed-checkpoints'); \
                 the last, checkpoint {checkpoint}: {reason}"
            ),
            Self::Stop { savepoint, reason } => write!(
                f,
                "the job could not be stopped with savepoint {savepoint}: {reason}"
            ),
            Self::Superseded { checkpoint, error } => {
                write!(f, "checkpoint {checkpoint} cannot be published: {error}")
            }
            Self::StoreUnknown { checkpoint, error } => write!(
                f,
                "it is unknown whether checkpoint {checkpoint} was published: {error}"
            ),
        }
    }
}
