//! What can be asked of a running job, and the answers.

use super::CheckpointStats;
use alluvium::checkpoint::storage::Location;
use alluvium::{Result, StateError};
use crossbeam_channel::{Receiver, Sender, bounded, select};
use std::time::Duration;

/// How a job is to end at once, without a savepoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndNow {
    Cancel,
    Suspend,
}

/// Something asked of a running job.
#[derive(Debug)]
pub(crate) enum Request {
    Checkpoint {
        /// Whether it is to build on no other.
        full: bool,
        reply: Reply<CheckpointStats>,
    },
    Savepoint(SavepointRequest),
}

/// A savepoint that somebody wants.
#[derive(Debug)]
pub(crate) struct SavepointRequest {
    pub(crate) then: Then,
    /// `None` is the default of the job.
    pub(crate) target: Option<Location>,
    pub(crate) reply: Reply<Location>,
}

/// What the job does once the savepoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    Stop { drain: bool },
    Cancel,
}

/// Through which a request is answered. One that is dropped tells that the job has ended.
#[derive(Debug)]
pub(crate) struct Reply<T>(Sender<Result<T>>);

impl<T> Reply<T> {
    /// The reply of a job that has ended once `ended` is disconnected.
    pub(crate) fn new(ended: Receiver<()>) -> (Self, Pending<T>) {
        let (sender, answer) = bounded(1);
        (Self(sender), Pending { answer, ended })
    }

    /// Answers. Whoever has asked may care no longer.
    pub(crate) fn send(self, answer: Result<T>) {
        let _: Result<(), _> = self.0.try_send(answer);
    }
}

/// An answer that waits until the job has ended with its savepoint.
#[derive(Debug)]
pub(crate) struct Owed {
    pub(crate) path: Location,
    pub(crate) reply: Reply<Location>,
}

impl Owed {
    /// The job has ended; with an error, if it failed.
    pub(crate) fn tell(self, failure: Option<&StateError>) {
        let Self { path, reply } = self;
        reply.send(match failure {
            None => Ok(path),
            Some(error) => Err(StateError::new(
                error.kind(),
                format!(
                    "savepoint '{path}' stands, but the job failed before all was committed: \
                     {error}"
                ),
            )),
        });
    }
}

impl Request {
    /// Turns the request down.
    pub(crate) fn refuse(self, error: StateError) {
        match self {
            Self::Checkpoint { reply, .. } => reply.send(Err(error)),
            Self::Savepoint(request) => request.reply.send(Err(error)),
        }
    }
}

/// An answer that a job still owes. Dropping it gives up on the answer, not on what was asked for.
#[derive(Debug)]
#[must_use]
pub struct Pending<T> {
    answer: Receiver<Result<T>>,
    /// Disconnected once the job has ended: a request that it has not taken in lies where it is for
    /// as long as somebody can ask.
    ended: Receiver<()>,
}

impl<T> Pending<T> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// What kept the job from doing it; `Cancelled` if the job has ended before.
    pub fn wait(self) -> Result<T> {
        select! {
            recv(self.answer) -> answer => answer.unwrap_or_else(|_| Err(ended())),
            recv(self.ended) -> _ => self.last_answer(),
        }
    }

    /// Waits for the answer, at most so long; `None` if there is none yet.
    pub fn wait_for(&self, timeout: Duration) -> Option<Result<T>> {
        select! {
            recv(self.answer) -> answer => Some(answer.unwrap_or_else(|_| Err(ended()))),
            recv(self.ended) -> _ => Some(self.last_answer()),
            default(timeout) => None,
        }
    }

    /// The answer, if there is one. It is given once.
    pub fn poll(&self) -> Option<Result<T>> {
        self.wait_for(Duration::ZERO)
    }

    /// The answer of a job that has ended; it may have come just before.
    fn last_answer(&self) -> Result<T> {
        self.answer.try_recv().unwrap_or_else(|_| Err(ended()))
    }
}

fn ended() -> StateError {
    StateError::cancelled("the job has ended before it could answer")
}
