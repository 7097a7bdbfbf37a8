//! What the coordinator is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};

/// The greatest id that numbering may begin with: no process lives to count through the rest.
pub(crate) const LAST_FIRST_ID: u64 = u64::MAX / 2;

/// The number of a request for a checkpoint or savepoint, chosen by whoever asks; a number that is
/// already being worked on is not served twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What somebody asks for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// A checkpoint now: it need not wait for the interval or the pause, only for a free place.
    Checkpoint,
    /// A savepoint: starts at once, is never overtaken, retired or used to recover from.
    Savepoint,
    /// A savepoint with which the job stops: no record is read after its barrier, and what it
    /// covers is committed. Meanwhile nothing else begins. If it fails once its barriers are sent,
    /// the job fails over.
    Stop {
        /// Whether the input ends with it: all that operators hold back is emitted ahead of it.
        drain: bool,
    },
    /// A savepoint after which the job is cancelled: records are read after its barrier, and what
    /// they led to is void. Meanwhile nothing else begins. If it fails, the job goes on.
    Cancel,
}

/// Why a checkpoint is taken, and with that what rules it follows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckpointKind {
    /// The interval had passed.
    Periodic,
    /// Somebody asked.
    Requested,
    /// The last one: every task has finished, and it covers all that they did.
    Final,
    /// A savepoint: it belongs to whoever asked for it.
    Savepoint,
    /// A savepoint with which the job stops. It is published in the log of the job as well, since
    /// what it covers is committed.
    Stop {
        /// Whether the input ends with it.
        drain: bool,
    },
    /// A savepoint after which the job is cancelled.
    Cancel,
}

impl CheckpointKind {
    /// Whether it belongs to the job alone: takes one of its places, can be overtaken, and is
    /// counted when it fails.
    pub fn is_of_the_job(self) -> bool {
        match self {
            Self::Periodic | Self::Requested | Self::Final => true,
            Self::Savepoint | Self::Stop { .. } | Self::Cancel => false,
        }
    }

    /// Whether it goes to a target of its own, self-contained.
    pub fn is_savepoint(self) -> bool {
        !self.is_of_the_job()
    }

    /// Whether it is published in the log of the job, retained there, recovered from, and
    /// committed by sinks.
    pub fn is_recorded(self) -> bool {
        self.is_of_the_job() || self.is_stop()
    }

    /// Whether the sources read nothing behind its barrier.
    pub fn is_stop(self) -> bool {
        matches!(self, Self::Stop { .. })
    }

    /// Whether the input ends at its barrier: operators emit what they hold back ahead of it.
    pub fn ends_input(self) -> bool {
        matches!(self, Self::Final | Self::Stop { drain: true })
    }

    /// Whether the job ends with it.
    pub fn ends_job(self) -> bool {
        matches!(self, Self::Final | Self::Stop { .. } | Self::Cancel)
    }
}

/// Why a task does not take part in a checkpoint.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum DeclineReason {
    /// Taking or writing the snapshot failed. The one reason that counts as a failed checkpoint.
    Failed(Arc<StateError>),
    /// The task does not run yet.
    NotReady,
    /// The task is about to end.
    Closing,
    /// A barrier of a newer checkpoint came before this one was aligned.
    Overtaken,
    /// A task before it gave the checkpoint up.
    Cancelled,
    /// An input ended while the checkpoint was being aligned.
    EndOfInput,
}

impl DeclineReason {
    /// A snapshot that failed with `error`.
    pub fn failed(error: StateError) -> Self {
        Self::Failed(Arc::new(error))
    }
}

/// What is known about a publication that returned an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreOutcome {
    /// The log does not name the checkpoint and never will: its files may go.
    NotPublished,
    /// The same, because files that the checkpoint builds on are lost: the next one is whole. To
    /// fail the job over would be to restore it from the same files.
    LacksFiles,
    /// It may stand in the log or come to stand there: its files must stay, and the job must
    /// recover from what the log says.
    Unknown,
    /// Another owner has taken over: the checkpoint is not published, its files are that owner's to
    /// remove, and this process must stop.
    Superseded,
}

/// The tasks of a (re)started job, and where its numbering stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStart<T> {
    pub(super) tasks: BTreeSet<T>,
    pub(super) retained: Vec<u64>,
    pub(super) next_checkpoint: u64,
}

impl<T: Ord> JobStart<T> {
    /// A job of `tasks`, whose completed checkpoints `retained` are still kept (the one it was
    /// restored from among them), and whose next checkpoint is `next_checkpoint`, or a later one.
    ///
    /// # Errors
    /// `Misuse` without any task; if a task is named twice; if `next_checkpoint` is 0, not above
    /// every retained checkpoint, or above 2⁶³ − 1.
    pub fn new(
        tasks: impl IntoIterator<Item = T>,
        retained: impl IntoIterator<Item = u64>,
        next_checkpoint: u64,
    ) -> Result<Self> {
        let mut set = BTreeSet::new();
        for task in tasks {
            if !set.insert(task) {
                return Err(StateError::misuse("a task of the job is named twice"));
            }
        }
        if set.is_empty() {
            return Err(StateError::misuse("a job needs at least one task"));
        }
        let mut retained: Vec<u64> = retained.into_iter().collect();
        retained.sort_unstable();
        retained.dedup();
        let least = retained.last().map_or(1, |last| last.saturating_add(1));
        if !(least..=LAST_FIRST_ID).contains(&next_checkpoint) {
            return Err(StateError::misuse(format!(
                "the next checkpoint id must be in {least}..={LAST_FIRST_ID}, \
                 found {next_checkpoint}"
            )));
        }
        Ok(Self {
            tasks: set,
            retained,
            next_checkpoint,
        })
    }
}

/// Something that happened. Events that speak of checkpoints, tasks or requests that the machine
/// does not know, or knows no longer, never fail and change nothing else.
#[derive(Debug)]
pub enum Event<T, H> {
    /// Time has passed. Due at [`Coordinator::next_deadline`](super::Coordinator::next_deadline);
    /// more often does no harm, and any other event does as well.
    Tick,
    /// Somebody asks for a checkpoint or savepoint. Answered by exactly one
    /// [`Action::Reply`](super::Action::Reply).
    Requested {
        /// Whom to answer.
        request: RequestId,
        /// What is asked for.
        kind: RequestKind,
    },
    /// The barriers of a checkpoint that has just been started wait: the store has yet to note it.
    /// Unsaid, they count as sent when [`Action::StartCheckpoint`](super::Action::StartCheckpoint)
    /// is returned.
    StartDelayed {
        /// The checkpoint.
        checkpoint: u64,
    },
    /// The barriers of a checkpoint whose start was delayed are sent.
    Started {
        /// The checkpoint.
        checkpoint: u64,
    },
    /// `task` has taken and written its snapshot.
    Acknowledged {
        /// The checkpoint.
        checkpoint: u64,
        /// The task.
        task: T,
        /// Where its snapshot is.
        handle: H,
    },
    /// `task` takes no part in a checkpoint, which ends it.
    Declined {
        /// The checkpoint.
        checkpoint: u64,
        /// The task.
        task: T,
        /// Why.
        reason: DeclineReason,
    },
    /// `task` has seen the end of all its input and sent on all its output. It lives on and
    /// acknowledges checkpoints until the machine says [`Action::FinishJob`](super::Action::FinishJob).
    TaskFinished {
        /// The task.
        task: T,
    },
    /// `task` has died.
    TaskFailed {
        /// The task.
        task: T,
        /// What it died of.
        error: StateError,
    },
    /// The answer to [`Action::Complete`](super::Action::Complete): the metadata is durable and
    /// the log names the checkpoint, if its kind [is recorded](CheckpointKind::is_recorded), and
    /// it stands at its target, if it is a savepoint.
    Published {
        /// The checkpoint.
        checkpoint: u64,
    },
    /// The other answer to [`Action::Complete`](super::Action::Complete); also when the place for
    /// a checkpoint that has just started cannot be prepared, whose barriers are then not sent.
    StoreFailed {
        /// The checkpoint.
        checkpoint: u64,
        /// What went wrong.
        error: StateError,
        /// Whether it may be published all the same.
        outcome: StoreOutcome,
    },
    /// The job runs again after [`Action::FailJob`](super::Action::FailJob). The driver must have
    /// answered every [`Action::Complete`](super::Action::Complete) before it chose what to
    /// restore from.
    Restarted(JobStart<T>),
    /// The job is being stopped for good; nothing is started any more.
    Stop,
}
