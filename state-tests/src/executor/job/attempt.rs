//! One run of a job: from the start of its tasks until they have all ended.

use super::checkpoints::{Checkpoints, Order, Subject};
use super::control::Listening;
use super::launch::{Launched, RunningTask, launch};
use super::listener::JobEvent;
use super::origin::Origin;
use super::patience::Patience;
use super::request::{EndNow, Owed, Request};
use super::retained::Retained;
use super::stored::Stored;
use super::unrecoverable::{is_unrecoverable, may_pass};
use super::writer::Writers;
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
    writers: Writers,
    reports: Receiver<(TaskId, Report)>,
    records: Arc<AtomicU64>,
    records_before: u64,
    /// Tasks that have ended well.
    finished: usize,
    exhausted: usize,
}

/// What is logged of a run that ends before all of its threads have.
const LEFT_BEHIND: &str = "the job has ended, but not all that it had begun: tasks or storage have \
                           not answered in time";

/// What came in, or why nothing did.
enum Heard {
    Report(TaskId, Report),
    Nothing,
    End(EndNow),
    Request(Request),
    Stored(Stored),
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
            writers,
            reports,
            records,
            records_before: 0,
            finished: 0,
            exhausted: 0,
        };
        let opened = running.open(&mut self);
        let began = opened.is_none();
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
        }
        let (outcome, patience) = match (opened, ended) {
            (None, None) => running.work(&mut self),
            (None, Some(_)) => running.end(Outcome::Finished),
            (Some(outcome), _) => running.end(outcome),
        };
        let records_before = running.records_before;
        let records = Arc::clone(&running.records);
        Ok(AttemptReport {
            outcome: running.stop(outcome, patience),
            restored_from,
            began,
            records_before,
            records: records.load(Ordering::Relaxed),
        })
    }
}

impl<'a> Running<'a> {
    /// Waits until every task has its state, and then has all of them begin; how the run ends if
    /// that fails.
    fn open(&mut self, attempt: &mut Attempt<'_>) -> Option<Outcome> {
        let restarts = attempt.report.restarts;
        if let Some(failed) = self.wait_for_all(restarts) {
            return Some(failed);
        }
        let noted = attempt.origin.note_start(attempt.retained, self.settings);
        if let Err(cause) = noted {
            return Some(not_opened(cause, restarts));
        }
        self.tell_all(Control::Begin);
        self.wait_for_all(restarts)
    }

    /// Waits until every task has opened, or has begun; how the run ends if one has not.
    fn wait_for_all(&mut self, restarts: u32) -> Option<Outcome> {
        let mut done = 0;
        while done < self.tasks.len() {
            match self.hear(Duration::from_secs(1), None) {
                Heard::Report(_, Report::Opened { records_before }) => {
                    done += 1;
                    self.records_before += records_before;
                }
                Heard::Report(_, Report::Begun) => done += 1,
                Heard::Report(_, Report::Failed(cause)) => {
                    return Some(not_opened(cause, restarts));
                }
                Heard::Report(..) | Heard::Nothing | Heard::Request(_) | Heard::Stored(_) => {}
                Heard::End(end) => return Some(end.into()),
                Heard::Gone => return Some(gone()),
            }
        }
        None
    }

    /// Runs the tasks to their end.
    fn work(&mut self, attempt: &mut Attempt<'a>) -> (Outcome, Patience) {
        let mut checkpoints = match self.checkpoints(attempt) {
            Ok(checkpoints) => checkpoints,
            Err(cause) => {
                let retry = false;
                return self.end(Outcome::Failed { cause, retry });
            }
        };
        self.tell_all(Control::Start);
        let outcome = self.run(&mut checkpoints);
        checkpoints.end(&outcome);
        let (outcome, mut patience) = self.end(outcome);
        checkpoints.close(&mut patience);
        (outcome, patience)
    }

    /// Tells the tasks that the run is over.
    fn end(&mut self, outcome: Outcome) -> (Outcome, Patience) {
        for task in &mut self.tasks {
            task.control = None;
        }
        let limit = self.settings.cancellation_timeout;
        let patience = Patience::new(&outcome, &self.listening.end, limit);
        (outcome, patience)
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
            let orders = match self.hear(pause, Some(checkpoints.hear())) {
                Heard::Report(task, report) => match self.take(task, report, checkpoints) {
                    Ok(orders) => orders,
                    Err(outcome) => return outcome,
                },
                Heard::Nothing => checkpoints.tick(),
                Heard::Request(request) => checkpoints.ask(request),
                Heard::Stored(stored) => checkpoints.stored(stored),
                Heard::End(end) => return end.into(),
                Heard::Gone => return gone(),
            };
            for order in orders {
                match order {
                    Order::Fail(cause) => {
                        let retry = !is_unrecoverable(&cause);
                        return Outcome::Failed { cause, retry };
                    }
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
            plan: attempt.plan,
            tasks: self.tasks.iter().map(|task| task.id).collect(),
            retained: attempt.retained,
            origin: attempt.origin,
            report: attempt.report,
            owed: attempt.owed,
        })
    }

    /// Hears what comes first; requests, and what storage has come to, only if `stored` is given:
    /// tasks that are not running yet can do nothing about them.
    fn hear(&self, pause: Duration, stored: Option<&Receiver<Stored>>) -> Heard {
        let (no_request, nothing_stored) = (never(), never());
        let (requests, stored) = match stored {
            Some(stored) => (&self.listening.requests, stored),
            None => (&no_request, &nothing_stored),
        };
        select! {
            recv(self.reports) -> report => match report {
                Ok((task, report)) => Heard::Report(task, report),
                Err(_) => Heard::Gone,
            },
            recv(self.listening.end) -> end => end.map_or(Heard::Nothing, Heard::End),
            recv(requests) -> request => request.map_or(Heard::Nothing, Heard::Request),
            recv(stored) -> stored => stored.map_or(Heard::Nothing, Heard::Stored),
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
            Report::Stopped | Report::Opened { .. } | Report::Begun => {}
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
            Order::Refuse(asked) => {
                if let Some(task) = self.tasks.iter().find(|task| task.id == asked) {
                    task.tell(Control::Refused);
                }
            }
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

    /// Waits for the threads of all tasks and of what they have had written; how the run ends.
    fn stop(self, outcome: Outcome, mut patience: Patience) -> Outcome {
        // The last of them closes the channel.
        while let Some(Ok(_)) = patience.wait(&self.reports) {}
        if patience.is_over() {
            let timeout = self.settings.cancellation_timeout;
            tracing::warn!(job = self.settings.name, ?timeout, "{LEFT_BEHIND}");
            return patience.outcome(outcome);
        }
        for task in self.tasks {
            // What a task panics with is caught within and reported.
            drop(task.thread.join());
        }
        self.writers.join();
        patience.outcome(outcome)
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

/// A job that has never run is not restarted: whoever starts it should hear at once what is wrong.
fn not_opened(cause: StateError, restarts: u32) -> Outcome {
    let retry = restarts > 0 && may_pass(&cause);
    Outcome::Failed { cause, retry }
}

fn gone() -> Outcome {
    Outcome::Failed {
        cause: StateError::misuse("the tasks of the job have gone without a word"),
        retry: true,
    }
}
