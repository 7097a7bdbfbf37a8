//! A checkpoint between its start and its end.

use std::collections::{BTreeMap, BTreeSet};

use super::action::AbortReason;
use super::event::{CheckpointKind, RequestId};
use super::time::Timestamp;

/// How far a pending checkpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Acknowledgements are missing.
    Collecting,
    /// All are in; another checkpoint is being published.
    Waiting,
    /// Handed to the store: only its answer ends this.
    Publishing,
}

/// What an acknowledgement was to a pending checkpoint.
pub(super) enum Taken<H> {
    /// The first of its task.
    New,
    /// One more of the same task: the handle is the one that stands here already.
    Duplicate,
    /// Of a task that has no part in it.
    Foreign(H),
}

#[derive(Debug)]
pub(super) struct Pending<T, H> {
    pub(super) kind: CheckpointKind,
    pub(super) timestamp: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) request: Option<RequestId>,
    /// Which (re)start of the job it belongs to.
    pub(super) attempt: u64,
    pub(super) stage: Stage,
    /// Whether tasks may have seen its barriers.
    pub(super) sent: bool,
    missing: BTreeSet<T>,
    acked: BTreeMap<T, H>,
}

impl<T: Clone + Ord, H> Pending<T, H> {
    pub(super) fn new(
        kind: CheckpointKind,
        timestamp: Timestamp,
        expires: Timestamp,
        request: Option<RequestId>,
        attempt: u64,
        tasks: &BTreeSet<T>,
    ) -> Self {
        Self {
            kind,
            timestamp,
            expires,
            request,
            attempt,
            stage: Stage::Collecting,
            sent: true,
            missing: tasks.clone(),
            acked: BTreeMap::new(),
        }
    }

    pub(super) fn acknowledge(&mut self, task: T, handle: H) -> Taken<H> {
        self.sent = true;
        if self.missing.remove(&task) {
            self.acked.insert(task, handle);
            if self.missing.is_empty() {
                self.stage = Stage::Waiting;
            }
            Taken::New
        } else if self.acked.contains_key(&task) {
            Taken::Duplicate
        } else {
            Taken::Foreign(handle)
        }
    }

    pub(super) fn has_part(&self, task: &T) -> bool {
        self.missing.contains(task) || self.acked.contains_key(task)
    }

    /// Why it is given up when its time has run out.
    pub(super) fn why_expired(&self) -> AbortReason<T> {
        if self.sent {
            AbortReason::Expired {
                missing: self.missing.len(),
            }
        } else {
            AbortReason::NotStarted
        }
    }

    pub(super) fn acked(&self) -> &BTreeMap<T, H> {
        &self.acked
    }

    pub(super) fn into_acked(self) -> BTreeMap<T, H> {
        self.acked
    }
}
