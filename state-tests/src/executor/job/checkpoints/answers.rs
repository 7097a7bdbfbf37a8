//! What those hear who have asked for a checkpoint, and the job whose checkpoints fail.

use super::{Checkpoints, Order};
use crate::executor::job::request::{Owed, Then};
use crate::executor::job::savepoints::Asked;
use crate::executor::job::unrecoverable;
use crate::executor::task::TaskId;
use alluvium::checkpoint::{FailureCause, RequestId, RequestOutcome};
use alluvium::{ErrorKind, StateError};

impl Checkpoints<'_> {
    /// Answers a request.
    pub(super) fn reply(&mut self, request: RequestId, outcome: &RequestOutcome<TaskId>) {
        let Some(asked) = self.savepoints.answer(request) else {
            return;
        };
        let failed = |what: &str| match outcome {
            RequestOutcome::Completed(_) => None,
            RequestOutcome::Aborted(id, reason) => {
                let kind = reason
                    .error()
                    .map_or(ErrorKind::Cancelled, |error| error.kind());
                let text = format!("{what} {id} was given up: {reason}");
                Some(StateError::new(kind, text))
            }
            RequestOutcome::Refused(why) => {
                let text = format!("no {what} was begun: {why}");
                Some(StateError::new(ErrorKind::Cancelled, text))
            }
        };
        match asked {
            Asked::BySource { task, has_begun } => {
                if !has_begun {
                    self.orders.push(Order::Refuse(task));
                }
            }
            Asked::Checkpoint { reply, .. } => reply.send(match failed("checkpoint") {
                Some(error) => Err(error),
                None => self.subject.report.last_checkpoint.ok_or_else(|| {
                    StateError::misuse("a checkpoint was completed that nobody has heard of")
                }),
            }),
            Asked::Savepoint {
                folder,
                then,
                reply,
            } => match failed("savepoint") {
                Some(error) => self.savepoints.fail(folder, error, reply),
                None if then == Then::GoOn => reply.send(Ok(folder.location().clone())),
                None => {
                    let path = folder.location().clone();
                    *self.subject.owed = Some(Owed { path, reply });
                }
            },
        }
    }
}

/// The cause of a failure as the job tells it.
pub(super) fn failure(cause: &FailureCause<TaskId>) -> StateError {
    let below = match cause {
        FailureCause::Task { error, .. }
        | FailureCause::StoreUnknown { error, .. }
        | FailureCause::Superseded { error, .. } => Some(error),
        FailureCause::Checkpoints { reason, .. } => reason.error(),
        _ => None,
    };
    let kind = below.map_or(ErrorKind::Cancelled, |error| error.kind());
    let error = StateError::new(kind, cause.to_string());
    match cause {
        // To restart would be to take the job back.
        FailureCause::Superseded { .. } => unrecoverable(error),
        _ => error,
    }
}
