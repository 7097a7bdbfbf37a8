//! Asking things of a job that runs in the background.

use super::request::{EndNow, Reply, Request, SavepointRequest, Then};
use super::status::SharedStatus;
use super::{CheckpointStats, JobStatus, Pending};
use alluvium::checkpoint::storage::Location;
use alluvium::{Result, StateError};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

/// How many requests may wait until the job takes them in: one that restarts takes in none.
const WAITING: usize = 64;

/// What a job listens to.
pub(crate) struct Listening {
    pub(crate) end: Receiver<EndNow>,
    pub(crate) requests: Receiver<Request>,
    /// Keeps the channels open, so that listening never fails.
    _control: JobControl,
    /// Dropped with this, which tells all who wait for an answer.
    _ended: Sender<()>,
}

/// What asks things of a job and tells how it does; as many clones as there are who ask.
///
/// Every call returns at once. A job that is not running yet, or restarts, answers when it runs
/// again; up to 64 requests wait until then.
#[derive(Clone, Debug)]
pub struct JobControl {
    end: Sender<EndNow>,
    requests: Sender<Request>,
    /// Disconnected once the job has ended.
    ended: Receiver<()>,
    status: SharedStatus,
}

impl JobControl {
    pub(crate) fn new(status: SharedStatus) -> (Self, Listening) {
        let (end, end_receiver) = bounded(1);
        let (requests, request_receiver) = bounded(WAITING);
        let (end_sender, ended) = bounded(0);
        let control = Self {
            end,
            requests,
            ended,
            status,
        };
        let listening = Listening {
            end: end_receiver,
            requests: request_receiver,
            _control: control.clone(),
            _ended: end_sender,
        };
        (control, listening)
    }

    /// How the job does.
    pub fn status(&self) -> JobStatus {
        self.status.get()
    }

    /// Asks for a checkpoint, now. A job without checkpointing answers with `Misuse`.
    ///
    /// # Errors
    /// `LimitExceeded` if too many requests wait; `Cancelled` if the job has ended.
    pub fn checkpoint(&self) -> Result<Pending<CheckpointStats>> {
        self.ask_for_checkpoint(false)
    }

    /// Asks for a checkpoint that builds on no other, also if they are incremental.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn full_checkpoint(&self) -> Result<Pending<CheckpointStats>> {
        self.ask_for_checkpoint(true)
    }

    fn ask_for_checkpoint(&self, full: bool) -> Result<Pending<CheckpointStats>> {
        let (reply, pending) = Reply::new(self.ended.clone());
        self.ask(Request::Checkpoint { full, reply })?;
        Ok(pending)
    }

    /// Asks for a savepoint in a new folder in `target`, or in the
    /// [default directory](super::super::Environment::set_savepoint_dir); the answer is its path.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn savepoint(&self, target: Option<&Location>) -> Result<Pending<Location>> {
        self.ask_for_savepoint(target, Then::GoOn)
    }

    /// Asks the job to stop with a savepoint: nothing is read behind it, and what it covers is
    /// committed. To `drain` is to end the input for good: operators emit all that they hold back,
    /// ahead of the savepoint.
    ///
    /// If the savepoint begins and fails, the job goes on from its newest checkpoint, as sources may
    /// have stopped already; one without checkpoints fails, unless its restart strategy lets it begin
    /// anew.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn stop(&self, target: Option<&Location>, drain: bool) -> Result<Pending<Location>> {
        self.ask_for_savepoint(target, Then::Stop { drain })
    }

    /// Asks the job to be cancelled as soon as a savepoint stands. Records are read behind it; what
    /// they lead to is void. If the savepoint fails, the job goes on.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn cancel_with_savepoint(&self, target: Option<&Location>) -> Result<Pending<Location>> {
        self.ask_for_savepoint(target, Then::Cancel)
    }

    /// Cancels the job where it is. Its checkpoints stay or go as
    /// [`retention`](alluvium::checkpoint::CheckpointOptions::retention) says.
    pub fn cancel(&self) {
        self.end(EndNow::Cancel);
    }

    /// Stops the job where it is, so that another process can go on with it. Its checkpoints stay
    /// or go as [`retention`](alluvium::checkpoint::CheckpointOptions::retention) says.
    pub fn suspend(&self) {
        self.end(EndNow::Suspend);
    }

    fn end(&self, end: EndNow) {
        // Full means that it was asked before.
        let _: Result<(), _> = self.end.try_send(end);
    }

    fn ask_for_savepoint(
        &self,
        target: Option<&Location>,
        then: Then,
    ) -> Result<Pending<Location>> {
        let (reply, pending) = Reply::new(self.ended.clone());
        self.ask(Request::Savepoint(SavepointRequest {
            then,
            target: target.cloned(),
            reply,
        }))?;
        Ok(pending)
    }

    fn ask(&self, request: Request) -> Result<()> {
        self.requests
            .try_send(request)
            .map_err(|error| match error {
                TrySendError::Full(_) => StateError::new(
                    alluvium::ErrorKind::LimitExceeded,
                    format!("{WAITING} requests wait already for the job to take them in"),
                ),
                TrySendError::Disconnected(_) => StateError::cancelled("the job has ended"),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::JobControl;
    use crate::executor::job::status::SharedStatus;
    use alluvium::{ErrorKind, StateError};

    #[test]
    fn what_a_job_has_not_taken_in_when_it_ends_is_answered() {
        let (control, listening) = JobControl::new(SharedStatus::new("id", "name", 0));
        let waiting = control.savepoint(None).unwrap();
        let polled = control.checkpoint().unwrap();
        assert!(polled.poll().is_none());
        drop(listening);
        let error = waiting.wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(polled.poll().is_some_and(|answer| answer.is_err()));
        assert!(control.checkpoint().is_err());
    }

    #[test]
    fn what_was_answered_before_the_end_stays_answered() {
        let (control, listening) = JobControl::new(SharedStatus::new("id", "name", 0));
        let waiting = control.savepoint(None).unwrap();
        let refused = StateError::misuse("because");
        listening.requests.recv().unwrap().refuse(refused);
        drop(listening);
        assert_eq!(waiting.wait().unwrap_err().kind(), ErrorKind::Misuse);
    }
}
