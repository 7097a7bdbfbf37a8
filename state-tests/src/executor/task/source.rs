//! The loop of a task that reads a source.

use super::cut::Cutter;
use super::report::{Control, Report};
use super::run::{Ended, TaskSettings};
use crate::executor::link::Event;
use crate::executor::source::{Rate, SourceLink};
use alluvium::Result;
use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Reads batches, and listens to the job in between.
pub(super) struct SourceLoop {
    pub(super) source: Box<dyn SourceLink>,
    pub(super) cutter: Cutter,
    pub(super) control: Receiver<Control>,
    pub(super) settings: TaskSettings,
    pub(super) rate: Option<Rate>,
    pub(super) records: Arc<AtomicU64>,
}

/// What keeps a source from reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Nothing.
    No,
    /// Its rate, until the clock says so.
    Until(Duration),
    /// It has asked for a checkpoint.
    Checkpoint,
    /// There is nothing left to read, or the job stops here.
    End,
}

/// What came of listening.
enum Heard {
    Nothing,
    Control(Control),
    /// There is nobody to listen to: stop.
    Gone,
}

impl SourceLoop {
    pub(super) fn run(mut self) -> Result<Ended> {
        let start = self.settings.clock.elapsed();
        let mut wait = Wait::No;
        // Records until the next checkpoint is asked for.
        let mut left = self.settings.checkpoint_every;
        loop {
            match self.listen(&mut wait)? {
                Heard::Nothing => {}
                Heard::Control(Control::Complete { last: true, .. }) => return Ok(Ended::Finished),
                Heard::Control(Control::End) => {
                    let source = &mut self.source;
                    self.cutter.end(|event| source.control(event))?;
                    return Ok(Ended::Finished);
                }
                Heard::Control(_) => continue,
                Heard::Gone => return Ok(Ended::Stopped),
            }
            let max = self.max_read(left);
            let step = self.source.read(max)?;
            self.records
                .fetch_add(step.records as u64, Ordering::Relaxed);
            if let Some(left) = &mut left {
                *left = left.saturating_sub(step.records as u64);
            }
            if let Some(rate) = &mut self.rate {
                rate.add(step.records);
                let now = self.settings.clock.elapsed();
                let pause = rate.wait(now.saturating_sub(start));
                wait = if pause.is_zero() {
                    Wait::No
                } else {
                    Wait::Until(now + pause)
                };
            }
            if step.exhausted {
                self.cutter.reporter.tell(Report::Exhausted);
                wait = Wait::End;
            } else if left == Some(0) {
                left = self.settings.checkpoint_every;
                self.cutter.reporter.tell(Report::WantsCheckpoint);
                wait = Wait::Checkpoint;
            }
        }
    }

    fn max_read(&self, left: Option<u64>) -> usize {
        let at_once = self.rate.map_or(usize::MAX, |rate| rate.at_once());
        let left = left.map_or(usize::MAX, |left| left.max(1) as usize);
        self.settings.batch.min(at_once).min(left)
    }

    /// Hears the next thing that the job says, if it says something before the wait is over.
    fn listen(&mut self, wait: &mut Wait) -> Result<Heard> {
        if *wait != Wait::No {
            self.source.control(&mut Event::Flush)?;
        }
        let heard = match *wait {
            Wait::No => match self.control.try_recv() {
                Ok(control) => Heard::Control(control),
                Err(TryRecvError::Empty) => Heard::Nothing,
                Err(TryRecvError::Disconnected) => Heard::Gone,
            },
            Wait::Until(due) => {
                let pause = due.saturating_sub(self.settings.clock.elapsed());
                match self.control.recv_timeout(pause) {
                    Ok(control) => Heard::Control(control),
                    Err(RecvTimeoutError::Timeout) => Heard::Nothing,
                    Err(RecvTimeoutError::Disconnected) => Heard::Gone,
                }
            }
            Wait::Checkpoint | Wait::End => match self.control.recv() {
                Ok(control) => Heard::Control(control),
                Err(_) => Heard::Gone,
            },
        };
        if let Heard::Control(control) = heard {
            self.follow(control)?;
            match control {
                Control::Trigger(barrier) if barrier.kind.is_stop() => *wait = Wait::End,
                Control::Trigger(_) | Control::Refused if *wait == Wait::Checkpoint => {
                    *wait = Wait::No;
                }
                _ => {}
            }
        }
        Ok(heard)
    }

    fn follow(&mut self, control: Control) -> Result<()> {
        let source = &mut self.source;
        match control {
            Control::Trigger(barrier) => self.cutter.cut(barrier, |event| source.control(event)),
            Control::Complete { checkpoint, .. } => {
                source.control(&mut Event::Complete(checkpoint))
            }
            Control::Aborted(checkpoint) => source.control(&mut Event::Aborted(checkpoint)),
            Control::Detach(savepoint) => source.control(&mut Event::Detach(savepoint)),
            Control::Begin | Control::Start | Control::Refused | Control::End => Ok(()),
        }
    }
}
