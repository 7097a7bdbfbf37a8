//! The checkpoints of one run: drives the coordinator and does what it says.

use super::attempt::Outcome;
use super::listener::{CheckpointStats, JobEvent};
use super::origin::Origin;
use super::request::{Owed, Request, Then};
use super::retained::{NotPublished, Retained};
use super::savepoints::{Asked, Savepoints, Written, WrittenSnapshot};
use super::{CheckpointProgress, JobReport, JobSettings};
use crate::executor::barrier::Barrier;
use crate::executor::task::{Control, Report, TaskId};
use alluvium::checkpoint::storage::Location;
use alluvium::checkpoint::{
    Action, CheckpointKind, CheckpointMetadata, Coordinator, Event, FailureCause, JobStart,
    OperatorSnapshot, Phase, RequestId, RequestKind, RequestOutcome, SubtaskSnapshot, Timestamp,
};
use alluvium::{CheckpointId, ErrorKind, MaxParallelism, Result, SnapshotMode, StateError};
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
    orders: Vec<Order>,
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

    /// The input has ended: the next checkpoint is the last.
    pub(super) fn input_ended(&mut self) -> Vec<Order> {
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
        match request {
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

    /// Answers a request.
    fn reply(&mut self, request: RequestId, outcome: &RequestOutcome<TaskId>) {
        let Some(asked) = self.savepoints.answer(request) else {
            return;
        };
        let failed = |what: &str| match outcome {
            RequestOutcome::Completed(_) => None,
            RequestOutcome::Aborted(id, reason) => {
                let kind = reason
                    .error()
                    .map_or(ErrorKind::Cancelled, |error| error.kind());
                let text = format!("{what} {id} was given up: {reason}");
                Some(StateError::new(kind, text))
            }
            RequestOutcome::Refused(why) => {
                let text = format!("no {what} was begun: {why}");
                Some(StateError::new(ErrorKind::Cancelled, text))
            }
        };
        match asked {
            Asked::BySource => {}
            Asked::Checkpoint(reply) => reply.send(match failed("checkpoint") {
                Some(error) => Err(error),
                None => self.subject.report.last_checkpoint.ok_or_else(|| {
                    StateError::misuse("a checkpoint was completed that nobody has heard of")
                }),
            }),
            Asked::Savepoint {
                folder,
                then,
                reply,
            } => match failed("savepoint") {
                Some(error) => reply.send(Err(error)),
                None if then == Then::GoOn => reply.send(Ok(folder.location().clone())),
                None => {
                    let path = folder.location().clone();
                    *self.subject.owed = Some(Owed { path, reply });
                }
            },
        }
    }

    fn aborted(&mut self, checkpoint: u64, reason: &str) {
        self.begun.remove(&checkpoint);
        self.subject.retained.discard(checkpoint);
        self.subject.report.failed_checkpoints += 1;
        let checkpoint = CheckpointId(checkpoint);
        let settings = self.subject.settings;
        let progress = CheckpointProgress::Failed {
            reason: reason.to_owned(),
        };
        settings.status.came_to(checkpoint, progress);
        settings.tell(&JobEvent::CheckpointFailed { checkpoint, reason });
        self.orders.push(Order::Tell(Control::Aborted(checkpoint)));
    }

    /// Puts a checkpoint together and publishes it; a savepoint is written first, elsewhere.
    fn complete(
        &mut self,
        checkpoint: u64,
        kind: CheckpointKind,
        timestamp: Timestamp,
        handles: &[(TaskId, Handle)],
    ) -> Option<Event<TaskId, Handle>> {
        let settings = self.subject.settings;
        let mut metadata = CheckpointMetadata::new(
            CheckpointId(checkpoint),
            timestamp.as_millis(),
            settings.job_id(),
            &settings.name,
        );
        metadata.is_final = kind == CheckpointKind::Final;
        metadata.operators = operators(handles, self.subject.max_parallelism);
        if kind.is_savepoint() {
            let error = self.savepoints.write(settings, metadata, kind).err()?;
            return Some(self.store_failed(checkpoint, NotPublished::surely(error)));
        }
        self.subject.origin.note(&mut metadata);
        Some(match self.subject.retained.publish(metadata) {
            Ok(size) => {
                self.published(checkpoint, size);
                Event::Published { checkpoint }
            }
            Err(error) => self.store_failed(checkpoint, error),
        })
    }

    fn store_failed(
        &self,
        checkpoint: u64,
        NotPublished { error, outcome }: NotPublished,
    ) -> Event<TaskId, Handle> {
        if let Ok(folder) = self.savepoints.folder(checkpoint) {
            folder.discard();
        }
        Event::StoreFailed {
            checkpoint,
            error,
            outcome,
        }
    }

    /// A checkpoint of the job is complete.
    fn published(&mut self, checkpoint: u64, size: u64) {
        let (kind, duration) = self.ended(checkpoint, size, None);
        let stats = CheckpointStats {
            checkpoint: CheckpointId(checkpoint),
            size,
            duration,
            last: kind == Some(CheckpointKind::Final),
        };
        if stats.last {
            self.last = Some(checkpoint);
        }
        self.subject.origin.completed();
        self.subject.report.checkpoints += 1;
        self.subject.report.last_checkpoint = Some(stats);
        let event = JobEvent::CheckpointCompleted(stats);
        self.subject.settings.tell(&event);
    }

    /// A savepoint has been written: the log gets the one that the job stops with, which is the
    /// moment from which the job has stopped.
    fn settle(
        &mut self,
        checkpoint: u64,
        WrittenSnapshot { size, copy }: WrittenSnapshot,
    ) -> Result<(), NotPublished> {
        let kind = self.begun.get(&checkpoint).map(|begun| begun.kind);
        let ends_job = kind.is_some_and(CheckpointKind::ends_job);
        if ends_job && self.coordinator.phase() != Phase::Running {
            let error = StateError::cancelled("the job has ended otherwise");
            return Err(NotPublished::surely(error));
        }
        let path = match self.savepoints.folder(checkpoint) {
            Ok(folder) => folder.location().clone(),
            Err(error) => return Err(NotPublished::surely(error)),
        };
        if let Some(mut copy) = copy {
            self.subject.origin.note(&mut copy);
            self.subject.retained.publish(copy)?;
            self.subject.origin.completed();
            self.subject.report.stopped_with = Some(path.clone());
            self.last = Some(checkpoint);
        } else {
            let id = CheckpointId(checkpoint);
            self.subject.retained.folders().end(id);
            // Its files are not the job's: nothing may build on them.
            self.orders.push(Order::Tell(Control::Detach(id)));
        }
        let (_, duration) = self.ended(checkpoint, size, Some(path.clone()));
        self.subject.report.savepoints += 1;
        self.subject.settings.tell(&JobEvent::SavepointCompleted {
            checkpoint: CheckpointId(checkpoint),
            path: &path,
            size,
            duration,
        });
        Ok(())
    }

    /// A checkpoint or savepoint is complete; its kind, and how long it took.
    fn ended(
        &mut self,
        checkpoint: u64,
        size: u64,
        path: Option<Location>,
    ) -> (Option<CheckpointKind>, Duration) {
        let settings = self.subject.settings;
        let now = settings.clock.elapsed();
        let begun = self.begun.remove(&checkpoint);
        let at = begun.as_ref().map_or(now, |begun| begun.at);
        let duration = now.saturating_sub(at);
        let progress = CheckpointProgress::Completed {
            size,
            duration,
            path,
        };
        settings.status.came_to(CheckpointId(checkpoint), progress);
        (begun.map(|begun| begun.kind), duration)
    }
}

/// The snapshots of all tasks, by operator.
fn operators(handles: &[(TaskId, Handle)], max: MaxParallelism) -> Vec<OperatorSnapshot> {
    let mut operators: BTreeMap<&str, OperatorSnapshot> = BTreeMap::new();
    for snapshot in handles.iter().flat_map(|(_, snapshots)| snapshots.iter()) {
        let operator = operators
            .entry(&snapshot.operator)
            .or_insert_with(|| OperatorSnapshot {
                uid: snapshot.operator.clone(),
                max_parallelism: max,
                parallelism: snapshot.parallelism,
                subtasks: Vec::new(),
            });
        operator.subtasks.push(snapshot.clone());
    }
    operators.into_values().collect()
}

/// The cause of a failure as the job tells it.
fn failure(cause: &FailureCause<TaskId>) -> StateError {
    let below = match cause {
        FailureCause::Task { error, .. } | FailureCause::StoreUnknown { error, .. } => Some(error),
        FailureCause::Checkpoints { reason, .. } => reason.error(),
        _ => None,
    };
    let kind = below.map_or(ErrorKind::Cancelled, |error| error.kind());
    StateError::new(kind, cause.to_string())
}
