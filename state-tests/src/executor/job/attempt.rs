//! One run of a job: from the start of its tasks until they have all ended.

use super::checkpoints::{Checkpoints, Order, Subject};
use super::control::Listening;
use super::launch::{Launched, RunningTask, launch};
use super::listener::JobEvent;
use super::origin::Origin;
use super::request::{EndNow, Owed, Request};
use super::retained::Retained;
use super::savepoints::Written;
use super::unrecoverable::{is_unrecoverable, may_pass};
use super::{JobReport, JobSettings, Restore};
use crate::executor::graph::{Plan, SharedGraph};
use crate::executor::task::{Control, Report, TaskId};
use alluvium::{CheckpointId, Result, StateError};
use crossbeam_channel::{Receiver, never, select};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How a run has ended.
pub(super) enum Outcome {
    /// All is done.
    Finished,
    /// It has failed; whether another one may help.
    Failed { cause: StateError, retry: bool },
    /// Somebody asked for it.
    Cancelled,
    /// Somebody asked for it; another process is to go on.
    Suspended,
}

/// What a run has done.
pub(super) struct AttemptReport {
    pub(super) outcome: Outcome,
    /// What it started from.
    pub(super) restored_from: Option<CheckpointId>,
    /// Whether its tasks have begun.
    pub(super) began: bool,
    /// Records that earlier runs have read and that still count.
    pub(super) records_before: u64,
    /// Records read.
    pub(super) records: u64,
}

/// Everything that a run needs.
pub(super) struct Attempt<'a> {
    pub(super) graph: &'a SharedGraph,
    pub(super) plan: &'a Plan,
    pub(super) settings: &'a JobSettings,
    pub(super) listening: &'a Listening,
    pub(super) retained: &'a mut Retained,
    pub(super) origin: &'a mut Origin,
    pub(super) report: &'a mut JobReport,
    /// What is owed to whoever had the job end.
    pub(super) owed: &'a mut Option<Owed>,
}

struct Running<'a> {
    settings: &'a JobSettings,
    listening: &'a Listening,
    tasks: Vec<RunningTask>,
    reports: Receiver<(TaskId, Report)>,
    records: Arc<AtomicU64>,
    records_before: u64,
    /// Tasks that have ended well.
    finished: usize,
    exhausted: usize,
}

/// What came in, or why nothing did.
enum Heard {
    Report(TaskId, Report),
    Nothing,
    End(EndNow),
    Request(Request),
    Written(Written),
    /// All tasks have gone without a word; they never do.
    Gone,
}

impl Attempt<'_> {
    /// Runs the job from `restore`; if its input has `ended` before, only what is due is done.
    pub(super) fn run(
        mut self,
        restore: Restore,
        ended: Option<CheckpointId>,
    ) -> Result<AttemptReport> {
        let restored_from = restore.checkpoint();
        let launched = launch(
            self.graph,
            self.plan,
            self.settings,
            restore,
            self.retained.folders(),
        )?;
        let Launched {
            tasks,
            writers,
            reports,
            records,
        } = launched;
        let mut running = Running {
            settings: self.settings,
            listening: self.listening,
            tasks,
            reports,
            records,
            records_before: 0,
            finished: 0,
            exhausted: 0,
        };
        let mut outcome = running.open(self.report.restarts);
        let began = outcome.is_none();
        if began {
            let event = match ended {
                Some(checkpoint) => JobEvent::AlreadyFinished { checkpoint },
                None => JobEvent::Started {
                    restored_from,
                    records_before: running.records_before,
                    restarts: self.report.restarts,
                },
            };
            self.settings.tell(&event);
            outcome = Some(match ended {
                Some(_) => Outcome::Finished,
                None => running.work(&mut self),
            });
        }
        let records_before = running.records_before;
        let records = Arc::clone(&running.records);
        running.stop();
        writers.join();
        Ok(AttemptReport {
            outcome: outcome.unwrap_or(Outcome::Cancelled),
            restored_from,
            began,
            records_before,
            records: records.load(Ordering::Relaxed),
        })
    }
}

impl<'a> Running<'a> {
    /// Waits until every task has its state; how the run ends if that fails. A job that has never
    /// run is not restarted: whoever starts it should hear at once what is wrong.
    fn open(&mut self, restarts: u32) -> Option<Outcome> {
        let mut opened = 0;
        while opened < self.tasks.len() {
            match self.hear(Duration::from_secs(1), None) {
                Heard::Report(_, Report::Opened { records_before }) => {
                    opened += 1;
                    self.records_before += records_before;
                }
                Heard::Report(_, Report::Failed(cause)) => {
                    let retry = restarts > 0 && may_pass(&cause);
                    return Some(Outcome::Failed { cause, retry });
                }
                Heard::Report(..) | Heard::Nothing | Heard::Request(_) | Heard::Written(_) => {}
                Heard::End(end) => return Some(end.into()),
                Heard::Gone => return Some(gone()),
            }
        }
        None
    }

    /// Runs the tasks to their end.
    fn work(&mut self, attempt: &mut Attempt<'a>) -> Outcome {
        let mut checkpoints = match self.checkpoints(attempt) {
            Ok(checkpoints) => checkpoints,
            Err(cause) => {
                let retry = false;
                return Outcome::Failed { cause, retry };
            }
        };
        self.tell_all(Control::Start);
        let outcome = self.run(&mut checkpoints);
        checkpoints.close(&outcome);
        outcome
    }

    fn run(&mut self, checkpoints: &mut Checkpoints<'_>) -> Outcome {
        let mut next_progress = Duration::ZERO;
        while self.finished < self.tasks.len() {
            let elapsed = self.settings.clock.elapsed();
            if elapsed >= next_progress {
                next_progress = elapsed + self.settings.progress_interval;
                self.tell_progress();
            }
            let progress_in = next_progress.saturating_sub(elapsed);
            let pause = progress_in.min(checkpoints.due_in());
            let written = checkpoints.hear_written().clone();
            let orders = match self.hear(pause, Some(&written)) {
                Heard::Report(task, report) => match self.take(task, report, checkpoints) {
                    Ok(orders) => orders,
                    Err(outcome) => return outcome,
                },
                Heard::Nothing => checkpoints.tick(),
                Heard::Request(request) => checkpoints.ask(request),
                Heard::Written(written) => checkpoints.written(written),
                Heard::End(end) => return end.into(),
                Heard::Gone => return gone(),
            };
            for order in orders {
                match order {
                    Order::Fail(cause) => return Outcome::Failed { cause, retry: true },
                    Order::Cancel => return Outcome::Cancelled,
                    order => self.follow(order),
                }
            }
        }
        self.tell_progress();
        Outcome::Finished
    }

    fn checkpoints<'r>(&self, attempt: &'r mut Attempt<'a>) -> Result<Checkpoints<'r>> {
        Checkpoints::new(Subject {
            settings: self.settings,
            max_parallelism: attempt.plan.max_parallelism,
            tasks: self.tasks.iter().map(|task| task.id).collect(),
            retained: attempt.retained,
            origin: attempt.origin,
            report: attempt.report,
            owed: attempt.owed,
        })
    }

    /// Hears what comes first; requests, and what was written, only if `written` is given: tasks
    /// that are not running yet can do nothing about them.
    fn hear(&self, pause: Duration, written: Option<&Receiver<Written>>) -> Heard {
        let (no_request, nothing_written) = (never(), never());
        let (requests, written) = match written {
            Some(written) => (&self.listening.requests, written),
            None => (&no_request, &nothing_written),
        };
        select! {
            recv(self.reports) -> report => match report {
                Ok((task, report)) => Heard::Report(task, report),
                Err(_) => Heard::Gone,
            },
            recv(self.listening.end) -> end => end.map_or(Heard::Nothing, Heard::End),
            recv(requests) -> request => request.map_or(Heard::Nothing, Heard::Request),
            recv(written) -> written => written.map_or(Heard::Nothing, Heard::Written),
            default(pause) => Heard::Nothing,
        }
    }

    /// Takes in what a task tells.
    fn take(
        &mut self,
        task: TaskId,
        report: Report,
        checkpoints: &mut Checkpoints<'_>,
    ) -> Result<Vec<Order>, Outcome> {
        match report {
            Report::Finished => self.finished += 1,
            Report::Failed(cause) => {
                let retry = !is_unrecoverable(&cause);
                return Err(Outcome::Failed { cause, retry });
            }
            Report::Exhausted => self.exhausted += 1,
            // Follows a failure elsewhere, whose report comes or has come.
            Report::Stopped | Report::Opened { .. } => {}
            Report::WantsCheckpoint | Report::Acknowledged { .. } | Report::Declined { .. } => {
                return Ok(checkpoints.take(task, report));
            }
        }
        let sources = self.tasks.iter().filter(|task| task.source).count();
        if self.exhausted == sources {
            self.exhausted = 0;
            return Ok(checkpoints.input_ended());
        }
        Ok(Vec::new())
    }

    fn follow(&mut self, order: Order) {
        match order {
            Order::Trigger(barrier) => {
                for task in self.tasks.iter().filter(|task| task.source) {
                    task.tell(Control::Trigger(barrier));
                }
            }
            Order::Tell(control) => self.tell_all(control),
            Order::Fail(_) | Order::Cancel => {}
        }
    }

    fn tell_all(&self, control: Control) {
        self.tasks.iter().for_each(|task| task.tell(control));
    }

    fn tell_progress(&self) {
        let records = self.records_before + self.records.load(Ordering::Relaxed);
        self.settings.tell(&JobEvent::Progress { records });
    }

    /// Stops all tasks and waits for their threads.
    fn stop(mut self) {
        for task in &mut self.tasks {
            task.control = None;
        }
        for task in self.tasks {
            // What a task panics with is caught within and reported.
            drop(task.thread.join());
        }
    }
}

impl From<EndNow> for Outcome {
    fn from(end: EndNow) -> Self {
        match end {
            EndNow::Cancel => Self::Cancelled,
            EndNow::Suspend => Self::Suspended,
        }
    }
}

impl RunningTask {
    /// Tells the task; one that has gone does not care.
    fn tell(&self, control: Control) {
        if let Some(sender) = &self.control {
            let _: Result<(), _> = sender.send(control);
        }
    }
}

fn gone() -> Outcome {
    Outcome::Failed {
        cause: StateError::misuse("the tasks of the job have gone without a word"),
        retry: true,
    }
}
