//! The checkpoints of one run: drives the coordinator and does what it says.

mod answers;
mod begin;
mod completion;

use super::attempt::Outcome;
use super::origin::Origin;
use super::patience::Patience;
use super::request::{Owed, Request};
use super::retained::{Keeper, NotPublished, Retained};
use super::savepoints::{Asked, Savepoints};
use super::stored::Stored;
use super::{JobReport, JobSettings};
use crate::executor::barrier::Barrier;
use crate::executor::graph::Plan;
use crate::executor::task::{Control, Report, TaskId};
use alluvium::checkpoint::{
    Action, CheckpointKind, Coordinator, Event, JobStart, RequestId, RequestKind, SubtaskSnapshot,
    Timestamp,
};
use alluvium::{CheckpointId, Result, StateError};
use answers::failure;
use completion::FileSizes;
use crossbeam_channel::{Receiver, unbounded};
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
    /// Tell a source that no checkpoint begins that it has asked for.
    Refuse(TaskId),
    /// The run has failed.
    Fail(StateError),
    /// The job is to be cancelled: its savepoint stands.
    Cancel,
}

/// What a run takes checkpoints of.
pub(super) struct Subject<'a> {
    pub(super) settings: &'a JobSettings,
    pub(super) plan: &'a Plan,
    pub(super) tasks: Vec<TaskId>,
    pub(super) retained: &'a mut Retained,
    pub(super) origin: &'a mut Origin,
    pub(super) report: &'a mut JobReport,
    pub(super) owed: &'a mut Option<Owed>,
}

/// A checkpoint that is not finished.
struct Begun {
    kind: CheckpointKind,
    timestamp: Timestamp,
    request: Option<RequestId>,
    at: Duration,
    /// Those of the files that it names, once it has been put together.
    files: FileSizes,
    /// Its size in bytes, if it is a savepoint that was written, but is not in the log yet.
    written: Option<u64>,
}

/// The coordinator and what it works with.
pub(super) struct Checkpoints<'a> {
    subject: Subject<'a>,
    coordinator: Coordinator<TaskId, Handle>,
    keeper: Keeper,
    savepoints: Savepoints,
    /// What storage has come to.
    stored: Receiver<Stored>,
    begun: BTreeMap<u64, Begun>,
    /// The newest that was sent through the tasks: none that is older may follow.
    triggered: u64,
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
        let counting = subject.origin.counting(retained);
        let start = JobStart::new(tasks, counting, retained.next())?;
        let now = Timestamp::from_millis(settings.clock.millis());
        let coordinator = Coordinator::new(settings.checkpoints.clone(), start, now)?;
        // What waits in it is bounded by the checkpoints that have begun, each with a few messages.
        let (tell, stored) = unbounded();
        let most = settings.checkpoints.max_concurrent_savepoints;
        let savepoints = Savepoints::new(tell.clone(), most, retained.given_ids());
        Ok(Self {
            coordinator,
            keeper: Keeper::start(subject.retained, tell)?,
            subject,
            savepoints,
            stored,
            begun: BTreeMap::new(),
            triggered: 0,
            last: None,
            input: Input::Read,
            orders: Vec::new(),
        })
    }

    /// Tells what storage has come to; [`stored`](Self::stored) takes it in.
    pub(super) const fn hear(&self) -> &Receiver<Stored> {
        &self.stored
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
                let has_begun = false;
                let request = self.savepoints.ask(Asked::BySource { task, has_begun });
                let kind = RequestKind::Checkpoint;
                self.handle(Event::Requested { request, kind })
            }
            Report::Acknowledged {
                checkpoint,
                snapshots,
            } => {
                let settings = self.subject.settings;
                let now = settings.clock.millis();
                settings.status.acknowledged(checkpoint, now);
                self.handle(Event::Acknowledged {
                    checkpoint: checkpoint.0,
                    task,
                    handle: snapshots,
                })
            }
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
            Request::Checkpoint { .. } if !self.subject.settings.checkpointing() => {
                request.refuse(StateError::misuse(
                    "checkpointing is not enabled for this job ('execution.checkpointing.interval'): \
                     it can have savepoints, but no checkpoints",
                ));
                Vec::new()
            }
            Request::Checkpoint { full, reply } => {
                let request = self.savepoints.ask(Asked::Checkpoint { full, reply });
                let kind = RequestKind::Checkpoint;
                self.handle(Event::Requested { request, kind })
            }
            Request::Savepoint(request) => {
                self.savepoints.wait_for_savepoint(request);
                self.tick()
            }
        }
    }

    /// Takes in what storage has come to.
    pub(super) fn stored(&mut self, stored: Stored) -> Vec<Order> {
        match stored {
            Stored::Begun { checkpoint, result } => {
                // That it has become too late is to be known before its barriers are sent.
                let event = self.overtaken(checkpoint);
                let mut orders = self.handle(event.unwrap_or(Event::Started { checkpoint }));
                if let Err(error) = result.and_then(|()| self.start(checkpoint)) {
                    self.orders.push(Order::Fail(error));
                }
                orders.append(&mut self.orders);
                orders
            }
            Stored::Prepared(folder) => match self.savepoints.prepared(folder) {
                Some((request, kind)) => self.handle(Event::Requested { request, kind }),
                // Another one may be next.
                None => self.tick(),
            },
            Stored::Published { checkpoint, result } => {
                let result = result.and_then(|size| self.published(checkpoint, size));
                self.concluded(checkpoint, result)
            }
            Stored::Written { checkpoint, result } => {
                let result = result.map_err(NotPublished::surely);
                match result.and_then(|snapshot| self.written(checkpoint, snapshot)) {
                    Ok(true) => self.concluded(checkpoint, Ok(())),
                    Ok(false) => Vec::new(),
                    Err(error) => self.concluded(checkpoint, Err(error)),
                }
            }
        }
    }

    fn concluded(&mut self, checkpoint: u64, result: Result<(), NotPublished>) -> Vec<Order> {
        self.handle(match result {
            Ok(()) => Event::Published { checkpoint },
            Err(error) => error.of(checkpoint),
        })
    }

    /// The end of the run: what has begun is given up, unless it is being published.
    pub(super) fn end(&mut self, outcome: &Outcome) {
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
    }

    /// Behind the [end](Self::end): waits until all is published that was to be, answers all who
    /// still wait, and gives back the checkpoints of the job.
    pub(super) fn close(mut self, patience: &mut Patience) {
        while self.coordinator.is_publishing()
            && let Some(Ok(stored)) = patience.wait(&self.stored)
        {
            self.stored(stored);
        }
        self.savepoints.close(patience);
        let next = self.coordinator.next_checkpoint();
        if let Some(mut retained) = self.keeper.give_back(patience) {
            retained.used(next);
            *self.subject.retained = retained;
        }
    }

    fn handle(&mut self, event: Event<TaskId, Handle>) -> Vec<Order> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = Timestamp::from_millis(self.subject.settings.clock.millis());
            for action in self.coordinator.handle(now, event) {
                events.extend(self.act(action));
            }
        }
        self.savepoints.prepare_next(self.subject.settings);
        if self.input == Input::Over && self.savepoints.is_idle() {
            self.input = Input::Left;
            self.orders.push(Order::Tell(Control::End));
        }
        std::mem::take(&mut self.orders)
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
            } => return self.begin(checkpoint, kind, timestamp, request),
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
            Action::Retire { checkpoints } => {
                self.subject.settings.status.discarded(&checkpoints);
                self.keeper.retire(checkpoints);
            }
            Action::FailJob { cause } => self.orders.push(Order::Fail(failure(&cause))),
            Action::FinishJob { .. } => self.keeper.finish(),
            Action::Reply { request, outcome } => self.reply(request, &outcome),
            Action::CancelJob { .. } => self.orders.push(Order::Cancel),
            Action::Discard { checkpoint, .. } => self.keeper.discard(checkpoint),
            // The tasks know that this was the last.
            Action::StopJob { .. } => {}
        }
        None
    }
}
