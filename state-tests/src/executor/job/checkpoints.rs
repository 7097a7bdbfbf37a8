//! The checkpoints of one run: drives the coordinator and does what it says.

use super::listener::{CheckpointStats, JobEvent};
use super::retained::{NotPublished, Retained};
use super::{JobReport, JobSettings};
use crate::executor::barrier::Barrier;
use crate::executor::task::{Control, Report, TaskId};
use alluvium::checkpoint::{
    Action, CheckpointKind, CheckpointMetadata, Coordinator, Event, FailureCause, JobStart,
    OperatorSnapshot, RequestId, RequestKind, SubtaskSnapshot, Timestamp,
};
use alluvium::{CheckpointId, ErrorKind, MaxParallelism, Result, StateError};
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
}

/// The coordinator and what it works with.
pub(super) struct Checkpoints<'a> {
    settings: &'a JobSettings,
    max_parallelism: MaxParallelism,
    tasks: Vec<TaskId>,
    coordinator: Coordinator<TaskId, Handle>,
    retained: &'a mut Retained,
    report: &'a mut JobReport,
    requests: u64,
    /// When the unfinished checkpoints began.
    begun: BTreeMap<u64, Duration>,
    /// The checkpoint that covers the end of the input.
    last: Option<u64>,
    orders: Vec<Order>,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(
        settings: &'a JobSettings,
        max_parallelism: MaxParallelism,
        tasks: Vec<TaskId>,
        retained: &'a mut Retained,
        report: &'a mut JobReport,
    ) -> Result<Self> {
        let start = JobStart::new(tasks.iter().copied(), retained.ids(), retained.next())?;
        let now = Timestamp::from_millis(settings.clock.millis());
        Ok(Self {
            settings,
            max_parallelism,
            tasks,
            coordinator: Coordinator::new(settings.checkpoints.clone(), start, now)?,
            retained,
            report,
            requests: 0,
            begun: BTreeMap::new(),
            last: None,
            orders: Vec::new(),
        })
    }

    /// How long nothing is due.
    pub(super) fn due_in(&self) -> Duration {
        let Some(deadline) = self.coordinator.next_deadline() else {
            return Duration::MAX;
        };
        let now = self.settings.clock.millis();
        Duration::from_millis(deadline.as_millis().saturating_sub(now))
    }

    /// Does what time has made due.
    pub(super) fn tick(&mut self) -> Vec<Order> {
        self.handle(Event::Tick)
    }

    /// The input has ended: the next checkpoint is the last.
    pub(super) fn input_ended(&mut self) -> Vec<Order> {
        let tasks = self.tasks.clone();
        let events = tasks.into_iter().map(|task| Event::TaskFinished { task });
        events.flat_map(|event| self.handle(event)).collect()
    }

    /// Takes in what a task tells about checkpoints.
    pub(super) fn take(&mut self, task: TaskId, report: Report) -> Vec<Order> {
        match report {
            Report::WantsCheckpoint => {
                self.requests += 1;
                self.handle(Event::Requested {
                    request: RequestId(self.requests),
                    kind: RequestKind::Checkpoint,
                })
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

    fn handle(&mut self, event: Event<TaskId, Handle>) -> Vec<Order> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = Timestamp::from_millis(self.settings.clock.millis());
            let actions = self.coordinator.handle(now, event);
            self.retained.used(self.coordinator.next_checkpoint());
            for action in actions {
                events.extend(self.act(action));
            }
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
                ..
            } => {
                self.begun.insert(checkpoint, self.settings.clock.elapsed());
                if let Err(error) = self.retained.begin(checkpoint) {
                    self.orders.push(Order::Fail(error));
                    return None;
                }
                let event = JobEvent::CheckpointStarted(CheckpointId(checkpoint));
                self.settings.tell(&event);
                self.orders.push(Order::Trigger(Barrier {
                    checkpoint: CheckpointId(checkpoint),
                    timestamp: timestamp.as_millis() as i64,
                    last: kind == CheckpointKind::Final,
                }));
            }
            Action::Complete {
                checkpoint,
                kind,
                timestamp,
                handles,
            } => return Some(self.complete(checkpoint, kind, timestamp, &handles)),
            Action::NotifyComplete { checkpoint } => {
                self.orders.push(Order::Tell(Control::Complete {
                    checkpoint: CheckpointId(checkpoint),
                    last: self.last == Some(checkpoint),
                }));
            }
            Action::NotifyAborted {
                checkpoint, reason, ..
            } => self.aborted(checkpoint, &reason.to_string()),
            Action::Retire { checkpoints } => self.retained.retire(&checkpoints),
            Action::FailJob { cause } => self.orders.push(Order::Fail(failure(&cause))),
            Action::FinishJob { .. } => self.retained.finish(),
            Action::Discard { checkpoint, .. } => self.retained.discard(checkpoint),
            // Nobody waits for replies.
            Action::Reply { .. } => {}
        }
        None
    }

    fn aborted(&mut self, checkpoint: u64, reason: &str) {
        self.begun.remove(&checkpoint);
        self.retained.discard(checkpoint);
        self.report.failed_checkpoints += 1;
        let checkpoint = CheckpointId(checkpoint);
        self.settings
            .tell(&JobEvent::CheckpointFailed { checkpoint, reason });
        self.orders.push(Order::Tell(Control::Aborted(checkpoint)));
    }

    /// Puts a checkpoint together and publishes it.
    fn complete(
        &mut self,
        checkpoint: u64,
        kind: CheckpointKind,
        timestamp: Timestamp,
        handles: &[(TaskId, Handle)],
    ) -> Event<TaskId, Handle> {
        let last = kind == CheckpointKind::Final;
        let mut metadata = CheckpointMetadata::new(
            CheckpointId(checkpoint),
            timestamp.as_millis(),
            self.settings.job_id(),
            &self.settings.name,
        );
        metadata.is_final = last;
        metadata.operators = operators(handles, self.max_parallelism);
        match self.retained.publish(metadata) {
            Ok(size) => {
                self.published(checkpoint, size, last);
                Event::Published { checkpoint }
            }
            Err(NotPublished { error, outcome }) => Event::StoreFailed {
                checkpoint,
                error,
                outcome,
            },
        }
    }

    fn published(&mut self, checkpoint: u64, size: u64, last: bool) {
        let now = self.settings.clock.elapsed();
        let begun = self.begun.remove(&checkpoint).unwrap_or(now);
        let stats = CheckpointStats {
            checkpoint: CheckpointId(checkpoint),
            size,
            duration: now.saturating_sub(begun),
            last,
        };
        if last {
            self.last = Some(checkpoint);
        }
        self.report.checkpoints += 1;
        self.report.last_checkpoint = Some(stats);
        self.settings.tell(&JobEvent::CheckpointCompleted(stats));
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
