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
}

/// What asks things of a job and tells how it does; as many clones as there are who ask.
///
/// Every call returns at once. A job that is not running yet, or restarts, answers when it runs
/// again; up to 64 requests wait until then.
#[derive(Clone, Debug)]
pub struct JobControl {
    end: Sender<EndNow>,
    requests: Sender<Request>,
    status: SharedStatus,
}

impl JobControl {
    pub(crate) fn new(status: SharedStatus) -> (Self, Listening) {
        let (end, end_receiver) = bounded(1);
        let (requests, request_receiver) = bounded(WAITING);
        let control = Self {
            end,
            requests,
            status,
        };
        let listening = Listening {
            end: end_receiver,
            requests: request_receiver,
            _control: control.clone(),
        };
        (control, listening)
    }

    /// How the job does.
    pub fn status(&self) -> JobStatus {
        self.status.get()
    }

    /// Asks for a checkpoint, now.
    ///
    /// # Errors
    /// `LimitExceeded` if too many requests wait; `Cancelled` if the job has ended.
    pub fn checkpoint(&self) -> Result<Pending<CheckpointStats>> {
        let (reply, pending) = Reply::new();
        self.ask(Request::Checkpoint(reply))?;
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
    /// If that fails, the job goes on, from its newest checkpoint if sources had stopped already.
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
        let (reply, pending) = Reply::new();
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
