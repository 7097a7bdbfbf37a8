//! A task from its start to its end.

use super::body::Body;
use super::cut::Cutter;
use super::report::{Control, Report, Reporter};
use crate::executor::clock::Clock;
use crate::executor::job::{Restore, WriterHandle};
use crate::executor::link::{Event, Opening};
use crate::executor::source::Rate;
use alluvium::checkpoint::CheckpointMode;
use alluvium::{AnyStateBackend, ErrorKind, Result, StateError};
use crossbeam_channel::Receiver;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// What all tasks of a run have in common.
#[derive(Clone)]
pub(crate) struct TaskSettings {
    pub(crate) backend: AnyStateBackend,
    pub(crate) mode: CheckpointMode,
    pub(crate) max_raw: u64,
    pub(crate) batch: usize,
    /// A source asks for a checkpoint after so many records.
    pub(crate) checkpoint_every: Option<u64>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// One task.
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) body: Body,
    pub(crate) settings: TaskSettings,
    pub(crate) restore: Option<Arc<Restore>>,
    pub(crate) control: Receiver<Control>,
    pub(crate) reporter: Reporter,
    pub(crate) writers: WriterHandle,
    /// Sources only.
    pub(crate) rate: Option<Rate>,
    /// Counts the records that the sources of the run have read.
    pub(crate) records: Arc<AtomicU64>,
}

/// How a task has ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// All is done.
    Finished,
    /// It was told to stop.
    Stopped,
}

impl Task {
    /// Runs the task and tells the job how it ended.
    pub(crate) fn run(self) {
        let (name, reporter) = (self.name.clone(), self.reporter.clone());
        let outcome = catch_unwind(AssertUnwindSafe(|| self.work()));
        reporter.tell(match outcome {
            Ok(Ok(Ended::Finished)) => Report::Finished,
            Ok(Ok(Ended::Stopped)) => Report::Stopped,
            // A neighbour has gone, and its failure is the cause that counts.
            Ok(Err(error)) if error.kind() == ErrorKind::Cancelled => Report::Stopped,
            Ok(Err(error)) => Report::Failed(error),
            Err(panic) => Report::Failed(panicked(&name, &*panic)),
        });
    }

    fn work(mut self) -> Result<Ended> {
        let records_before = self.open()?;
        self.reporter.tell(Report::Opened { records_before });
        match self.control.recv() {
            Ok(Control::Begin) => self.body.control(&mut Event::Begin)?,
            Ok(_) => return Err(too_early()),
            Err(_) => return Ok(Ended::Stopped),
        }
        self.reporter.tell(Report::Begun);
        match self.control.recv() {
            Ok(Control::Start) => {}
            Ok(_) => return Err(too_early()),
            Err(_) => return Ok(Ended::Stopped),
        }
        let cutter = Cutter::new(&self);
        match self.body {
            Body::Source(source) => super::source::SourceLoop {
                source,
                cutter,
                control: self.control,
                settings: self.settings,
                rate: self.rate,
                records: self.records,
            }
            .run(),
            Body::Receiver(receiver) => {
                super::receiver::ReceiverLoop::new(receiver, cutter, self.control, self.settings)
                    .run()
            }
        }
    }

    /// Opens all operators; the number of records read in earlier runs, if there is a source.
    fn open(&mut self) -> Result<u64> {
        let Some(restore) = self.restore.take() else {
            return Err(StateError::misuse("a task was opened twice"));
        };
        let opening = Opening {
            backend: &self.settings.backend,
            restore: &restore,
        };
        self.body.control(&mut Event::Open(&opening))?;
        Ok(match &self.body {
            Body::Source(source) => source.records_before(),
            Body::Receiver(_) => 0,
        })
    }
}

fn too_early() -> StateError {
    StateError::misuse("a task was told something before to start")
}

/// A panic as an error.
pub(crate) fn panicked(what: &str, panic: &(dyn Any + Send)) -> StateError {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    StateError::misuse(format!("{what} panicked: {message}"))
}
