//! A job that runs in the background.

use super::{Driver, JobControl, JobReport, JobStatus};
use alluvium::checkpoint::storage::Location;
use alluvium::{Result, StateError};
use std::thread::JoinHandle;

/// A job that runs in the background. Dropping the handle leaves it running.
///
/// Calls that ask the job for something wait for the answer; [`control`](Self::control) has the
/// same without waiting, and can be cloned.
#[derive(Debug)]
pub struct JobHandle {
    control: JobControl,
    thread: JoinHandle<Result<JobReport>>,
}

impl JobHandle {
    pub(crate) fn spawn(driver: Driver, control: JobControl) -> Result<Self> {
        let thread = std::thread::Builder::new()
            .name(format!("job-{}", driver.settings.name))
            .spawn(move || driver.run())
            .map_err(|error| {
                StateError::storage("cannot start the thread of a job").with_source(error)
            })?;
        Ok(Self { control, thread })
    }

    /// What asks things of the job without waiting.
    pub fn control(&self) -> JobControl {
        self.control.clone()
    }

    /// How the job does.
    pub fn status(&self) -> JobStatus {
        self.control.status()
    }

    /// Takes a savepoint in a new folder in `target`, or in the default directory; its path.
    ///
    /// # Errors
    /// `Misuse` if there is neither; `Storage` if it cannot be written there; `LimitExceeded` if
    /// too many wait, or the savepoint is larger than the backend allows; `Cancelled` if the job
    /// fails or ends meanwhile. The job goes on, and nothing is left behind.
    pub fn savepoint(&self, target: Option<&Location>) -> Result<Location> {
        self.control.savepoint(target)?.wait()
    }

    /// Stops the job with a savepoint; its path. See [`JobControl::stop`].
    ///
    /// # Errors
    /// As [`savepoint`](Self::savepoint): the job goes on.
    pub fn stop(&self, target: Option<&Location>, drain: bool) -> Result<Location> {
        self.control.stop(target, drain)?.wait()
    }

    /// Takes a savepoint and cancels the job once it stands; its path. See
    /// [`JobControl::cancel_with_savepoint`].
    ///
    /// # Errors
    /// As [`savepoint`](Self::savepoint): the job goes on.
    pub fn cancel_with_savepoint(&self, target: Option<&Location>) -> Result<Location> {
        self.control.cancel_with_savepoint(target)?.wait()
    }

    /// Asks the job to stop where it is; whether its checkpoints stay is a matter of
    /// [`retention`](alluvium::checkpoint::CheckpointOptions::retention). [`wait`](Self::wait) then
    /// returns `Cancelled`, unless the job has ended before.
    pub fn cancel(&self) {
        self.control.cancel();
    }

    /// Waits until the job has ended.
    ///
    /// # Errors
    /// The first cause of its failure; `Cancelled` if it was cancelled or suspended.
    pub fn wait(self) -> Result<JobReport> {
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => Err(crate::executor::task::panicked("the job", &*panic)),
        }
    }
}
