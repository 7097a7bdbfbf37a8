//! The state of the machine and its dispatch; the transitions stand in the files beside it.

mod collect;
mod conclude;
mod trigger;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alluvium_state_api::Result;

use super::action::Action;
use super::event::{CheckpointKind, Event, JobStart, RequestId};
use super::failures::FailureCount;
use super::options::CheckpointOptions;
use super::pending::{Pending, Stage};
use super::recent::RecentlyEnded;
use super::time::Timestamp;

/// Whether checkpoints are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The job runs.
    Running,
    /// [`Action::FailJob`] was said; waiting for [`Event::Restarted`].
    Failed,
    /// [`Event::Stop`] came, or the job has ended with a savepoint.
    Stopped,
    /// [`Action::FinishJob`] was said.
    Finished,
}

/// The checkpoint coordinator of one job; see the [module](crate::coordinator) for how it is driven.
///
/// `T` names a task, `H` is the handle of a task's snapshot; both are cloned, so a heavy handle
/// belongs behind an `Arc`.
///
/// ```
/// use std::time::Duration;
/// use alluvium_checkpoint::{Action, CheckpointOptions, Coordinator, Event, JobStart, Timestamp};
///
/// let options = CheckpointOptions::every(Duration::from_secs(1));
/// let start = JobStart::new(["source", "sink"], [], 1)?;
/// let mut coordinator = Coordinator::new(options, start, Timestamp::from_millis(0))?;
///
/// let now = coordinator.next_deadline().unwrap();
/// let actions = coordinator.handle(now, Event::Tick);
/// assert!(matches!(actions[..], [Action::StartCheckpoint { checkpoint: 1, .. }]));
///
/// for (task, handle) in [("source", "file a"), ("sink", "file b")] {
///     let actions = coordinator.handle(now, Event::Acknowledged { checkpoint: 1, task, handle });
///     assert_eq!(matches!(actions[..], [Action::Complete { checkpoint: 1, .. }]), task == "sink");
/// }
/// // The driver writes the metadata, publishes, and says so.
/// let actions = coordinator.handle(now, Event::Published { checkpoint: 1 });
/// assert!(matches!(actions[..], [Action::NotifyComplete { checkpoint: 1 }]));
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
#[derive(Debug)]
pub struct Coordinator<T, H> {
    options: CheckpointOptions,
    now: Timestamp,
    phase: Phase,
    /// Counts (re)starts, so that nobody is told about a checkpoint of an earlier one.
    attempt: u64,
    tasks: BTreeSet<T>,
    ended: BTreeSet<T>,
    first_checkpoint: u64,
    next_checkpoint: u64,
    pending: BTreeMap<u64, Pending<T, H>>,
    /// Complete checkpoints that are kept, ascending; savepoints are not among them.
    retained: Vec<u64>,
    recent: RecentlyEnded<T>,
    failures: FailureCount,
    /// Requested checkpoints that wait for a place, oldest first.
    queue: VecDeque<RequestId>,
    next_periodic: Option<Timestamp>,
    pause_ends: Timestamp,
    /// Before this no final checkpoint is begun.
    final_after: Timestamp,
    final_checkpoint: Option<u64>,
}

impl<T: Clone + Ord, H: Clone> Coordinator<T, H> {
    /// The coordinator of a job that starts `now`.
    ///
    /// # Errors
    /// `Misuse` as [`CheckpointOptions::validate`] says.
    pub fn new(options: CheckpointOptions, start: JobStart<T>, now: Timestamp) -> Result<Self> {
        options.validate()?;
        let mut machine = Self {
            now,
            phase: Phase::Running,
            attempt: 0,
            tasks: BTreeSet::new(),
            ended: BTreeSet::new(),
            first_checkpoint: start.next_checkpoint,
            next_checkpoint: start.next_checkpoint,
            pending: BTreeMap::new(),
            retained: Vec::new(),
            recent: RecentlyEnded::new(),
            failures: FailureCount::new(options.tolerable_failed),
            queue: VecDeque::new(),
            next_periodic: None,
            pause_ends: Timestamp::default(),
            final_after: Timestamp::default(),
            final_checkpoint: None,
            options,
        };
        machine.begin(start);
        Ok(machine)
    }

    /// Takes in what happened and says what is to be done about it, in order. A clock that steps
    /// backwards is read as standing still.
    pub fn handle(&mut self, now: Timestamp, event: Event<T, H>) -> Vec<Action<T, H>> {
        let mut out = Vec::new();
        self.now = self.now.max(now);
        // A job that is being stopped is not to be failed over for what has just become late.
        if !matches!(event, Event::Stop) {
            self.expire(&mut out);
        }
        match event {
            Event::Tick => {}
            Event::Requested { request, kind } => self.requested(request, kind, &mut out),
            Event::StartDelayed { checkpoint } => self.sent(checkpoint, false),
            Event::Started { checkpoint } => self.sent(checkpoint, true),
            Event::Acknowledged {
                checkpoint,
                task,
                handle,
            } => self.acknowledged(checkpoint, task, handle, &mut out),
            Event::Declined {
                checkpoint,
                task,
                reason,
            } => self.declined(checkpoint, task, reason, &mut out),
            Event::TaskFinished { task } => self.task_finished(task),
            Event::TaskFailed { task, error } => self.task_failed(task, error, &mut out),
            Event::Published { checkpoint } => self.published(checkpoint, &mut out),
            Event::StoreFailed {
                checkpoint,
                error,
                outcome,
            } => self.store_failed(checkpoint, error, outcome, &mut out),
            Event::Restarted(start) => {
                if self.phase == Phase::Failed {
                    self.begin(start);
                }
            }
            Event::Stop => self.stop(&mut out),
        }
        self.advance(&mut out);
        out
    }

    fn begin(&mut self, start: JobStart<T>) {
        self.phase = Phase::Running;
        self.attempt += 1;
        self.tasks = start.tasks;
        self.ended.clear();
        self.retained = start.retained;
        self.next_checkpoint = self.next_checkpoint.max(start.next_checkpoint);
        self.next_periodic = self
            .options
            .interval
            .map(|interval| self.now.after(interval));
        self.final_after = self.now;
        self.final_checkpoint = None;
        self.failures.reset();
    }

    /// What follows from the state alone: publications, the end of the job, new checkpoints.
    fn advance(&mut self, out: &mut Vec<Action<T, H>>) {
        self.complete_next(out);
        if self.phase != Phase::Running || self.ending().is_some() {
            return;
        }
        if !self.all_ended() {
            self.start_due(out);
        } else if self.wants_final() {
            self.start_final(out);
        } else if self.pending.is_empty() {
            self.finish(out);
        }
    }

    fn all_ended(&self) -> bool {
        self.ended.len() == self.tasks.len()
    }

    /// Whether what the ended tasks did is still to be covered: without periodic checkpoints nobody
    /// waits for one.
    fn wants_final(&self) -> bool {
        self.options.interval.is_some() && self.final_checkpoint.is_none()
    }

    fn count_pending(&self, counts: impl Fn(CheckpointKind) -> bool) -> usize {
        let pending = self.pending.values();
        pending.filter(|pending| counts(pending.kind)).count()
    }

    fn has_place(&self) -> bool {
        self.count_pending(CheckpointKind::is_of_the_job) < self.options.places()
    }

    /// When [`handle`](Self::handle) is due again, if nothing else happens before; always later
    /// than the last time that it was given.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let expiry = self
            .pending
            .values()
            .filter(|pending| pending.stage != Stage::Publishing)
            .map(|pending| pending.expires)
            .min();
        let at_rest = self.phase != Phase::Running || self.ending().is_some();
        let start = if at_rest || !self.has_place() {
            None
        } else if !self.all_ended() {
            self.next_periodic.map(|due| due.max(self.pause_ends))
        } else if self.wants_final() && !self.final_is_pending() {
            Some(self.final_after)
        } else {
            None
        };
        [expiry, start].into_iter().flatten().min()
    }

    fn final_is_pending(&self) -> bool {
        self.pending
            .values()
            .any(|pending| pending.kind == CheckpointKind::Final)
    }

    /// Whether checkpoints are taken.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The options that it was made with.
    pub fn options(&self) -> &CheckpointOptions {
        &self.options
    }

    /// Checkpoints and savepoints that have begun and not ended, ascending.
    pub fn pending(&self) -> impl Iterator<Item = u64> + '_ {
        self.pending.keys().copied()
    }

    /// Whether an [`Action::Complete`] is still to be answered: what the log will say is open.
    pub fn is_publishing(&self) -> bool {
        self.pending
            .values()
            .any(|pending| pending.stage == Stage::Publishing)
    }

    /// Complete checkpoints that are kept, ascending.
    pub fn retained(&self) -> &[u64] {
        &self.retained
    }

    /// The newest complete checkpoint: what a failed job restores from.
    pub fn latest_completed(&self) -> Option<u64> {
        self.retained.last().copied()
    }

    /// The id of the next checkpoint or savepoint.
    pub fn next_checkpoint(&self) -> u64 {
        self.next_checkpoint
    }

    /// Checkpoints that have failed since the last success.
    pub fn failed_in_a_row(&self) -> u32 {
        self.failures.in_a_row()
    }
}
