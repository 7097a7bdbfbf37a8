//! The loop of a task that receives from others.

use super::body::{Receiver as Input, Step};
use super::cut::Cutter;
use super::report::{Control, Report};
use super::run::{Ended, TaskSettings};
use crate::executor::barrier::{AbortReason, Alignment, Outcome};
use crate::executor::link::Event;
use alluvium::Result;
use alluvium::checkpoint::DeclineReason;
use crossbeam_channel::{Receiver, Select, TryRecvError};

/// Takes messages from all channels in turn, and listens to the job in between.
pub(super) struct ReceiverLoop {
    input: Box<dyn Input>,
    alignment: Alignment,
    cutter: Cutter,
    control: Receiver<Control>,
}

impl ReceiverLoop {
    pub(super) fn new(
        input: Box<dyn Input>,
        cutter: Cutter,
        control: Receiver<Control>,
        settings: TaskSettings,
    ) -> Self {
        Self {
            alignment: Alignment::new(settings.mode, input.channels()),
            input,
            cutter,
            control,
        }
    }

    pub(super) fn run(mut self) -> Result<Ended> {
        loop {
            match self.control.try_recv() {
                Ok(control) => {
                    if self.hear(control)? {
                        return Ok(Ended::Finished);
                    }
                    continue;
                }
                Err(TryRecvError::Disconnected) => return Ok(Ended::Stopped),
                Err(TryRecvError::Empty) => {}
            }
            let mut idle = true;
            for channel in 0..self.input.channels() {
                if self.alignment.is_blocked(channel) {
                    continue;
                }
                match self.input.step(channel)? {
                    Step::Empty => continue,
                    // Before its end, a sender goes only because it was stopped or has failed.
                    Step::Gone if !self.cutter.has_ended() => return Ok(Ended::Stopped),
                    step => self.take(channel, step)?,
                }
                idle = false;
            }
            // A task that has ended at a barrier hears later that it may go.
            if self.alignment.all_closed() && !self.cutter.has_ended() {
                let input = &mut self.input;
                self.cutter.end(|event| input.control(event))?;
                return Ok(Ended::Finished);
            }
            if idle {
                self.input.control(&mut Event::Flush)?;
                self.wait();
            }
        }
    }

    /// Waits until a channel that is not blocked or the job has something to say.
    fn wait(&self) {
        let mut select = Select::new();
        select.recv(&self.control);
        for channel in 0..self.input.channels() {
            if !self.alignment.is_blocked(channel) {
                self.input.watch(channel, &mut select);
            }
        }
        select.ready();
    }

    fn take(&mut self, channel: usize, step: Step) -> Result<()> {
        let outcome = match step {
            Step::Empty | Step::Records => return Ok(()),
            Step::Barrier(barrier) => self.alignment.barrier(channel, barrier),
            Step::Cancel(checkpoint) => self.alignment.cancel(checkpoint),
            Step::End | Step::Gone => self.alignment.close(channel),
        };
        self.follow(outcome)
    }

    fn follow(&mut self, outcome: Outcome) -> Result<()> {
        if let Some((checkpoint, why)) = outcome.aborted {
            self.input.control(&mut Event::Cancel(checkpoint))?;
            let reason = match why {
                AbortReason::Overtaken => DeclineReason::Overtaken,
                AbortReason::Cancelled => DeclineReason::Cancelled,
            };
            let declined = Report::Declined { checkpoint, reason };
            self.cutter.reporter.tell(declined);
        }
        if let Some(barrier) = outcome.complete {
            let input = &mut self.input;
            self.cutter.cut(barrier, |event| input.control(event))?;
        }
        Ok(())
    }

    /// Does what the job says; whether the task has come to its end.
    fn hear(&mut self, control: Control) -> Result<bool> {
        match control {
            Control::Begin
            | Control::Start
            | Control::Trigger(_)
            | Control::Refused
            | Control::End => Ok(false),
            Control::Complete { checkpoint, last } => {
                self.input.control(&mut Event::Complete(checkpoint))?;
                Ok(last)
            }
            Control::Detach(savepoint) => {
                self.input.control(&mut Event::Detach(savepoint))?;
                Ok(false)
            }
            Control::Aborted(checkpoint) => {
                self.alignment.give_up(checkpoint);
                self.input.control(&mut Event::Aborted(checkpoint))?;
                Ok(false)
            }
        }
    }
}
