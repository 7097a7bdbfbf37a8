//! The checkpoints of one run: drives the coordinator and does what it says.

mod answers;
mod completion;

use super::attempt::Outcome;
use super::listener::JobEvent;
use super::origin::Origin;
use super::request::{Owed, Request};
use super::retained::{NotPublished, Retained};
use super::savepoints::{Asked, Savepoints, Written};
use super::{JobReport, JobSettings};
use crate::executor::barrier::Barrier;
use crate::executor::task::{Control, Report, TaskId};
use alluvium::checkpoint::{
    Action, CheckpointKind, Coordinator, Event, JobStart, RequestId, RequestKind, SubtaskSnapshot,
    Timestamp,
};
use alluvium::{CheckpointId, MaxParallelism, Result, SnapshotMode, StateError};
use answers::failure;
use crossbeam_channel::Receiver;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The snapshots of one task's operators.
type Handle = Arc<Vec<SubtaskSnapshot>>;

/// What is to be done with the tasks.
pub(super) enum Order {
    /// Tell the sources.
    Trigger(Barrier),
    /// Tell all tasks.
    Tell(Control),
    /// The run has failed.
    Fail(StateError),
    /// The job is to be cancelled: its savepoint stands.
    Cancel,
}

/// What a run takes checkpoints of.
pub(super) struct Subject<'a> {
    pub(super) settings: &'a JobSettings,
    pub(super) max_parallelism: MaxParallelism,
    pub(super) tasks: Vec<TaskId>,
    pub(super) retained: &'a mut Retained,
    pub(super) origin: &'a mut Origin,
    pub(super) report: &'a mut JobReport,
    pub(super) owed: &'a mut Option<Owed>,
}

/// A checkpoint that is not finished.
struct Begun {
    kind: CheckpointKind,
    at: Duration,
}

/// The coordinator and what it works with.
pub(super) struct Checkpoints<'a> {
    subject: Subject<'a>,
    coordinator: Coordinator<TaskId, Handle>,
    savepoints: Savepoints,
    begun: BTreeMap<u64, Begun>,
    /// The checkpoint that covers all that the job does.
    last: Option<u64>,
    input: Input,
    orders: Vec<Order>,
}

/// The input of a job without checkpoints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Read,
    /// All of it has been read, and the tasks wait to be told to end.
    Over,
    /// They have been told.
    Left,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(subject: Subject<'a>) -> Result<Self> {
        let (settings, retained) = (subject.settings, &subject.retained);
        let tasks = subject.tasks.iter().copied();
        let start = JobStart::new(tasks, retained.ids(), retained.next())?;
        let now = Timestamp::from_millis(settings.clock.millis());
        Ok(Self {
            coordinator: Coordinator::new(settings.checkpoints.clone(), start, now)?,
            subject,
            savepoints: Savepoints::new(),
            begun: BTreeMap::new(),
            last: None,
            input: Input::Read,
            orders: Vec::new(),
        })
    }

    /// Tells when a savepoint has been written.
    pub(super) const fn hear_written(&self) -> &Receiver<Written> {
        self.savepoints.hear()
    }

    /// How long nothing is due.
    pub(super) fn due_in(&self) -> Duration {
        let Some(deadline) = self.coordinator.next_deadline() else {
            return Duration::MAX;
        };
        let now = self.subject.settings.clock.millis();
        Duration::from_millis(deadline.as_millis().saturating_sub(now))
    }

    /// Does what time has made due.
    pub(super) fn tick(&mut self) -> Vec<Order> {
        self.handle(Event::Tick)
    }

    /// The input has ended: the next checkpoint is the last. Without checkpoints the tasks end, as
    /// soon as no savepoint needs them any more.
    pub(super) fn input_ended(&mut self) -> Vec<Order> {
        if !self.subject.settings.checkpointing() {
            self.input = Input::Over;
            return self.tick();
        }
        let tasks = self.subject.tasks.clone();
        let events = tasks.into_iter().map(|task| Event::TaskFinished { task });
        events.flat_map(|event| self.handle(event)).collect()
    }

    /// Takes in what a task tells about checkpoints.
    pub(super) fn take(&mut self, task: TaskId, report: Report) -> Vec<Order> {
        match report {
            Report::WantsCheckpoint => {
                let request = self.savepoints.ask(Asked::BySource);
                let kind = RequestKind::Checkpoint;
                self.handle(Event::Requested { request, kind })
            }
            Report::Acknowledged {
                checkpoint,
                snapshots,
            } => self.handle(Event::Acknowledged {
                checkpoint: checkpoint.0,
                task,
                handle: snapshots,
            }),
            Report::Declined { checkpoint, reason } => self.handle(Event::Declined {
                checkpoint: checkpoint.0,
                task,
                reason,
            }),
            _ => Vec::new(),
        }
    }

    /// Takes in what somebody asks for.
    pub(super) fn ask(&mut self, request: Request) -> Vec<Order> {
        if self.input == Input::Left {
            let why = "the job has come to the end of its input, and its tasks are ending";
            request.refuse(StateError::cancelled(why));
            return Vec::new();
        }
        match request {
            Request::Checkpoint(_) if !self.subject.settings.checkpointing() => {
                request.refuse(StateError::misuse(
                    "checkpointing is not enabled for this job ('execution.checkpointing.interval'): \
                     it can have savepoints, but no checkpoints",
                ));
                Vec::new()
            }
            Request::Checkpoint(reply) => {
                let request = self.savepoints.ask(Asked::Checkpoint(reply));
                let kind = RequestKind::Checkpoint;
                self.handle(Event::Requested { request, kind })
            }
            Request::Savepoint(request) => {
                self.savepoints.wait_for_savepoint(request);
                self.tick()
            }
        }
    }

    /// Takes in that a savepoint has been written, or could not be.
    pub(super) fn written(&mut self, written: Written) -> Vec<Order> {
        let checkpoint = written.checkpoint;
        let result = written.result.map_err(NotPublished::surely);
        let event = match result.and_then(|snapshot| self.settle(checkpoint, snapshot)) {
            Ok(()) => Event::Published { checkpoint },
            Err(error) => self.store_failed(checkpoint, error),
        };
        self.handle(event)
    }

    /// The end of the run: answers all who still wait.
    pub(super) fn close(&mut self, outcome: &Outcome) {
        self.savepoints.refuse_waiting();
        let task = self.subject.tasks.first().copied();
        let event = match (outcome, task) {
            (Outcome::Failed { cause, .. }, Some(task)) => {
                let error = StateError::new(cause.kind(), cause.to_string());
                Event::TaskFailed { task, error }
            }
            _ => Event::Stop,
        };
        self.handle(event);
        while self.coordinator.is_publishing()
            && let Ok(written) = self.savepoints.hear().recv()
        {
            self.written(written);
        }
    }

    fn handle(&mut self, event: Event<TaskId, Handle>) -> Vec<Order> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front().or_else(|| self.next_savepoint()) {
            let now = Timestamp::from_millis(self.subject.settings.clock.millis());
            let actions = self.coordinator.handle(now, event);
            self.subject
                .retained
                .used(self.coordinator.next_checkpoint());
            for action in actions {
                events.extend(self.act(action));
            }
        }
        if self.input == Input::Over && self.savepoints.is_idle() {
            self.input = Input::Left;
            self.orders.push(Order::Tell(Control::End));
        }
        std::mem::take(&mut self.orders)
    }

    fn next_savepoint(&mut self) -> Option<Event<TaskId, Handle>> {
        let next = self.savepoints.next_savepoint(self.subject.settings);
        next.map(|(request, kind)| Event::Requested { request, kind })
    }

    /// Does what the coordinator says; what it is to be told about that.
    fn act(&mut self, action: Action<TaskId, Handle>) -> Option<Event<TaskId, Handle>> {
        match action {
            Action::StartCheckpoint {
                checkpoint,
                kind,
                timestamp,
                request,
                ..
            } => {
                if let Err(error) = self.begin(checkpoint, kind, timestamp, request) {
                    self.orders.push(Order::Fail(error));
                }
            }
            Action::Complete {
                checkpoint,
                kind,
                timestamp,
                handles,
            } => return self.complete(checkpoint, kind, timestamp, &handles),
            Action::NotifyComplete { checkpoint } => {
                self.orders.push(Order::Tell(Control::Complete {
                    checkpoint: CheckpointId(checkpoint),
                    last: self.last == Some(checkpoint),
                }));
            }
            Action::NotifyAborted {
                checkpoint, reason, ..
            } => self.aborted(checkpoint, &reason.to_string()),
            Action::Retire { checkpoints } => self.subject.retained.retire(&checkpoints),
            Action::FailJob { cause } => self.orders.push(Order::Fail(failure(&cause))),
            Action::FinishJob { .. } => self.subject.retained.finish(),
            Action::Reply { request, outcome } => self.reply(request, &outcome),
            Action::CancelJob { .. } => self.orders.push(Order::Cancel),
            Action::Discard { checkpoint, .. } => self.subject.retained.discard(checkpoint),
            // The tasks know that this was the last.
            Action::StopJob { .. } => {}
        }
        None
    }

    fn begin(
        &mut self,
        checkpoint: u64,
        kind: CheckpointKind,
        timestamp: Timestamp,
        request: Option<RequestId>,
    ) -> Result<()> {
        let settings = self.subject.settings;
        let at = settings.clock.elapsed();
        self.begun.insert(checkpoint, Begun { kind, at });
        let id = CheckpointId(checkpoint);
        let (retained, savepoints) = (&mut self.subject.retained, &mut self.savepoints);
        if kind.is_recorded() {
            retained.begin(checkpoint)?;
        }
        if let Some(request) = request.filter(|_| kind.is_savepoint()) {
            // A savepoint that the job stops with is copied into the folder of a checkpoint.
            let copy = retained.folders().end(id);
            savepoints.began(checkpoint, request, copy);
            let folder = savepoints.folder(checkpoint)?;
            retained.folders().begin(id, Arc::clone(folder.files()));
        }
        settings.status.began(id, kind, timestamp.as_millis());
        settings.tell(&JobEvent::CheckpointStarted(id));
        // What a savepoint is made of must not depend on anything of the job.
        let full = kind.is_savepoint() || self.subject.origin.wants_full();
        self.orders.push(Order::Trigger(Barrier {
            checkpoint: id,
            timestamp: timestamp.as_millis() as i64,
            kind,
            mode: if full {
                SnapshotMode::Full
            } else {
                settings.snapshot_mode
            },
        }));
        Ok(())
    }
}
