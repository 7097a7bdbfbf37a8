//! What a task does when a barrier has come, and when its input has ended.

use super::report::{Report, Reporter};
use super::run::{Task, TaskSettings};
use crate::executor::barrier::Barrier;
use crate::executor::job::{WriteJob, WriterHandle};
use crate::executor::link::{Event, Freezing};
use alluvium::Result;
use alluvium::checkpoint::DeclineReason;

/// Cuts the stream of one task.
pub(super) struct Cutter {
    pub(super) reporter: Reporter,
    writers: WriterHandle,
    settings: TaskSettings,
    /// Whether the operators know that their input has ended.
    ended: bool,
    /// Whether the job stops at a barrier that has passed.
    stopped: bool,
}

impl Cutter {
    pub(super) fn new(task: &Task) -> Self {
        Self {
            reporter: task.reporter.clone(),
            writers: task.writers.clone(),
            settings: task.settings.clone(),
            ended: false,
            stopped: false,
        }
    }

    /// Whether no records come any more.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended || self.stopped
    }

    /// Takes part in a checkpoint: what the operators emit ahead of the barrier, the barrier, the
    /// state. The snapshot is written and acknowledged elsewhere.
    pub(super) fn cut(
        &mut self,
        barrier: Barrier,
        mut chain: impl FnMut(&mut Event<'_>) -> Result<()>,
    ) -> Result<()> {
        self.stopped |= barrier.kind.is_stop();
        if barrier.kind.ends_input() && !self.ended {
            self.ended = true;
            chain(&mut Event::EndOfInput)?;
        }
        chain(&mut Event::BeforeBarrier(barrier))?;
        chain(&mut Event::Barrier(barrier))?;
        let mut freezing = Freezing {
            barrier,
            mode: barrier.mode,
            max_raw: self.settings.max_raw,
            bases: self.writers.bases(barrier.checkpoint),
            frozen: Vec::new(),
            refused: None,
        };
        chain(&mut Event::Snapshot(&mut freezing))?;
        let checkpoint = barrier.checkpoint;
        if let Some(error) = freezing.refused {
            let reason = DeclineReason::failed(error);
            self.reporter.tell(Report::Declined { checkpoint, reason });
            return Ok(());
        }
        self.writers.write(WriteJob {
            checkpoint,
            kind: barrier.kind,
            frozen: freezing.frozen,
            reporter: self.reporter.clone(),
        })
    }

    /// Comes to the end without a checkpoint.
    pub(super) fn end(
        &mut self,
        mut chain: impl FnMut(&mut Event<'_>) -> Result<()>,
    ) -> Result<()> {
        self.ended = true;
        chain(&mut Event::EndOfInput)?;
        chain(&mut Event::End)
    }
}
