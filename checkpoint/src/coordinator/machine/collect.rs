//! What tasks say about checkpoints that are under way.

use std::sync::Arc;

use alluvium_state_api::StateError;

use super::{Coordinator, Phase};
use crate::coordinator::action::{AbortReason, Action, FailureCause};
use crate::coordinator::event::DeclineReason;
use crate::coordinator::pending::{Stage, Taken};

impl<T: Clone + Ord, H: Clone> Coordinator<T, H> {
    /// Whether the barriers of a checkpoint are on their way.
    pub(super) fn sent(&mut self, checkpoint: u64, sent: bool) {
        if let Some(pending) = self.pending.get_mut(&checkpoint) {
            pending.sent = sent;
        }
    }

    pub(super) fn acknowledged(
        &mut self,
        checkpoint: u64,
        task: T,
        handle: H,
        out: &mut Vec<Action<T, H>>,
    ) {
        let orphan = match self.pending.get_mut(&checkpoint) {
            Some(pending) => match pending.acknowledge(task.clone(), handle) {
                Taken::New | Taken::Duplicate => None,
                Taken::Foreign(handle) => Some(handle),
            },
            None => self.late(checkpoint, &task).then_some(handle),
        };
        if let Some(handle) = orphan {
            out.push(Action::Discard {
                checkpoint,
                handles: vec![(task, handle)],
            });
        }
    }

    /// Whether a handle that comes after its checkpoint has ended is to be discarded. One of a
    /// checkpoint that this machine has not begun may belong to another owner and stays; one of a
    /// complete checkpoint can only have come twice.
    fn late(&mut self, checkpoint: u64, task: &T) -> bool {
        let begun_here = (self.first_checkpoint..self.next_checkpoint).contains(&checkpoint);
        begun_here
            && self.recent.is_news(checkpoint, task)
            && !(self.retained.contains(&checkpoint) && self.tasks.contains(task))
    }

    pub(super) fn declined(
        &mut self,
        checkpoint: u64,
        task: T,
        reason: DeclineReason,
        out: &mut Vec<Action<T, H>>,
    ) {
        let counts = self
            .pending
            .get(&checkpoint)
            .is_some_and(|p| p.stage != Stage::Publishing && p.has_part(&task));
        if counts {
            self.abort(checkpoint, AbortReason::Declined { task, reason }, out);
        }
    }

    pub(super) fn task_finished(&mut self, task: T) {
        if self.phase == Phase::Running && self.tasks.contains(&task) {
            self.ended.insert(task);
        }
    }

    pub(super) fn task_failed(&mut self, task: T, error: StateError, out: &mut Vec<Action<T, H>>) {
        if self.phase == Phase::Running && self.tasks.contains(&task) {
            let error = Arc::new(error);
            self.fail_job(FailureCause::Task { task, error }, out);
        }
    }

    /// Gives up what has waited too long. What is being published is the store's to end.
    pub(super) fn expire(&mut self, out: &mut Vec<Action<T, H>>) {
        let expired: Vec<(u64, AbortReason<T>)> = self
            .pending
            .iter()
            .filter(|(_, p)| p.stage != Stage::Publishing && p.expires <= self.now)
            .map(|(&id, p)| (id, p.why_expired()))
            .collect();
        for (checkpoint, reason) in expired {
            self.abort(checkpoint, reason, out);
        }
    }
}
