//! Failures on purpose, for tests: which operator fails, where, and how.

use alluvium::{CheckpointId, StateError};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How something fails.
#[derive(Clone)]
pub enum Failure {
    /// The operator panics.
    Panic,
    /// The operator returns an error.
    Error,
    /// Something else happens, such as the death of the process. The operator goes on if the
    /// closure returns.
    Hook(Arc<dyn Fn() + Send + Sync>),
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Panic => "Panic",
            Self::Error => "Error",
            Self::Hook(_) => "Hook",
        })
    }
}

/// Where an operator fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailAt {
    /// Before it handles its record of this number, counted from 1 in each run of a subtask. For a
    /// source: before it emits it.
    Record(u64),
    /// Just ahead of the first barrier of this checkpoint or a later one.
    BeforeBarrier(u64),
    /// Just behind it: the state is frozen, the snapshot not yet acknowledged by all.
    AfterBarrier(u64),
    /// Its snapshot for the first checkpoint of this number or a later one fails: the checkpoint
    /// does, the task does not.
    Snapshot(u64),
    /// Before it hears that this checkpoint, or a later one, is complete.
    Complete(u64),
}

#[derive(Clone, Debug)]
struct Point {
    uid: String,
    subtask: Option<u32>,
    at: FailAt,
    failure: Failure,
    /// How often it still happens, over all runs of the job.
    left: Arc<AtomicU32>,
}

/// A list of failures. Each happens once in the life of the plan, over all restarts and clones,
/// unless [`times`](Self::times) says otherwise.
///
/// ```
/// use alluvium_state_tests::executor::{FailAt, Failure, FailurePlan};
/// let plan = FailurePlan::new()
///     .fail("count", Some(1), FailAt::Record(1_000), Failure::Panic)
///     .fail("sink", None, FailAt::AfterBarrier(3), Failure::Error);
/// ```
#[derive(Clone, Debug, Default)]
pub struct FailurePlan {
    points: Vec<Point>,
}

impl FailurePlan {
    /// No failures.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and the operator `uid` fails in `subtask`, or in whichever comes first.
    pub fn fail(mut self, uid: &str, subtask: Option<u32>, at: FailAt, failure: Failure) -> Self {
        self.points.push(Point {
            uid: uid.to_owned(),
            subtask,
            at,
            failure,
            left: Arc::new(AtomicU32::new(1)),
        });
        self
    }

    /// The same, and what was added last happens `times` times.
    pub fn times(self, times: u32) -> Self {
        if let Some(point) = self.points.last() {
            point.left.store(times, Ordering::Relaxed);
        }
        self
    }

    /// What concerns one subtask of one operator.
    pub(crate) fn of(&self, uid: &str, subtask: u32) -> Armed {
        let concerns =
            |point: &&Point| point.uid == uid && point.subtask.is_none_or(|only| only == subtask);
        Armed {
            name: format!("operator '{uid}', subtask {subtask}"),
            points: self.points.iter().filter(concerns).cloned().collect(),
        }
    }

    /// The operators that it names.
    pub(crate) fn uids(&self) -> impl Iterator<Item = &str> {
        self.points.iter().map(|point| &*point.uid)
    }
}

/// The failures of one subtask of one operator.
pub(crate) struct Armed {
    name: String,
    points: Vec<Point>,
}

impl Armed {
    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Fails if there is a point that `due` picks and that has not happened often enough.
    pub(crate) fn hit(&self, due: impl Fn(FailAt) -> bool) -> Result<(), StateError> {
        for point in self.points.iter().filter(|point| due(point.at)) {
            let taken = point
                .left
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                    left.checked_sub(1)
                });
            if taken.is_err() {
                continue;
            }
            let message = format!("{}: failure on purpose at {:?}", self.name, point.at);
            match &point.failure {
                Failure::Panic => panic_with(message),
                Failure::Error => return Err(StateError::storage(message)),
                Failure::Hook(hook) => hook(),
            }
        }
        Ok(())
    }

    pub(crate) fn hit_checkpoint(
        &self,
        checkpoint: CheckpointId,
        point: fn(FailAt) -> Option<u64>,
    ) -> Result<(), StateError> {
        self.hit(|at| point(at).is_some_and(|least| checkpoint.0 >= least))
    }
}

/// Unwinds without the noise of the panic hook: the failure is wanted.
fn panic_with(message: String) -> ! {
    std::panic::resume_unwind(Box::new(message))
}
