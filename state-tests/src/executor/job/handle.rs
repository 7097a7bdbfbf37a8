//! A job that runs in the background.

use super::{Driver, JobReport};
use alluvium::{Result, StateError};
use crossbeam_channel::Sender;
use std::thread::JoinHandle;

/// A job that runs in the background. Dropping the handle leaves it running.
#[derive(Debug)]
pub struct JobHandle {
    cancel: Sender<()>,
    thread: JoinHandle<Result<JobReport>>,
}

impl JobHandle {
    pub(crate) fn spawn(driver: Driver, cancel: Sender<()>) -> Result<Self> {
        let thread = std::thread::Builder::new()
            .name(format!("job-{}", driver.settings.name))
            .spawn(move || driver.run())
            .map_err(|error| {
                StateError::storage("cannot start the thread of a job").with_source(error)
            })?;
        Ok(Self { cancel, thread })
    }

    /// Asks the job to stop where it is; its checkpoints stay. [`wait`](Self::wait) then returns
    /// `Cancelled`, unless the job has ended before.
    pub fn cancel(&self) {
        // Full means that it was asked before.
        let _: Result<(), _> = self.cancel.try_send(());
    }

    /// Waits until the job has ended.
    ///
    /// # Errors
    /// The first cause of its failure; `Cancelled` if it was cancelled.
    pub fn wait(self) -> Result<JobReport> {
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => Err(crate::executor::task::panicked("the job", &*panic)),
        }
    }
}
