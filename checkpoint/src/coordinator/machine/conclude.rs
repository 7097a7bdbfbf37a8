//! How checkpoints end, and what that does to the job.

use std::sync::Arc;

use alluvium_state_api::StateError;

use super::trigger::refuse;
use super::{Coordinator, Phase};
use crate::coordinator::action::{AbortReason, Action, FailureCause, Refusal, RequestOutcome};
use crate::coordinator::event::{CheckpointKind, StoreOutcome};
use crate::coordinator::pending::{Pending, Stage};

impl<T: Clone + Ord, H: Clone> Coordinator<T, H> {
    /// Hands fully acknowledged checkpoints to the store: savepoints at once, those of the log
    /// one after the other, oldest first, so that it never has to be appended out of order.
    pub(super) fn complete_next(&mut self, out: &mut Vec<Action<T, H>>) {
        let mut log_is_busy = self
            .pending
            .values()
            .any(|p| p.kind.is_recorded() && p.stage == Stage::Publishing);
        for (&checkpoint, pending) in &mut self.pending {
            let recorded = pending.kind.is_recorded();
            if pending.stage != Stage::Waiting || (recorded && log_is_busy) {
                continue;
            }
            log_is_busy |= recorded;
            pending.stage = Stage::Publishing;
            out.push(Action::Complete {
                checkpoint,
                kind: pending.kind,
                timestamp: pending.timestamp,
                handles: cloned(pending),
            });
        }
    }

    pub(super) fn published(&mut self, checkpoint: u64, out: &mut Vec<Action<T, H>>) {
        let Some(pending) = self.take_publishing(checkpoint) else {
            return;
        };
        self.failures.reset();
        self.pause_ends = self.now.after(self.options.min_pause);
        let current = self.is_current(&pending);
        let kind = pending.kind;
        if kind.is_recorded() {
            self.retain(checkpoint);
            if current {
                out.push(Action::NotifyComplete { checkpoint });
                if kind == CheckpointKind::Final {
                    self.final_checkpoint = Some(checkpoint);
                }
            }
            self.subsume_before(checkpoint, out);
            self.retire_surplus(out);
        }
        if let Some(request) = pending.request {
            let outcome = RequestOutcome::Completed(checkpoint);
            out.push(Action::Reply { request, outcome });
        }
        self.remember(checkpoint, pending);
        if current && kind.ends_job() && kind.is_savepoint() {
            self.end_with(checkpoint, kind, out);
        }
    }

    /// The savepoint with which the job was to end stands.
    fn end_with(&mut self, savepoint: u64, kind: CheckpointKind, out: &mut Vec<Action<T, H>>) {
        self.stop(out);
        out.push(if kind.is_stop() {
            Action::StopJob { savepoint }
        } else {
            Action::CancelJob { savepoint }
        });
    }

    pub(super) fn store_failed(
        &mut self,
        checkpoint: u64,
        error: StateError,
        outcome: StoreOutcome,
        out: &mut Vec<Action<T, H>>,
    ) {
        let error = Arc::new(error);
        let reason = self.why_not_stored(checkpoint, &error, outcome);
        // What was never handed to the store cannot have been published, whatever it says.
        let publishing = match outcome {
            StoreOutcome::Unknown | StoreOutcome::Superseded => self.take_publishing(checkpoint),
            StoreOutcome::NotPublished | StoreOutcome::LacksFiles => None,
        };
        let Some(pending) = publishing else {
            self.without_a_place(checkpoint);
            self.abort(checkpoint, reason, out);
            return;
        };
        if let Some(request) = pending.request {
            let outcome = RequestOutcome::Aborted(checkpoint, reason);
            out.push(Action::Reply { request, outcome });
        }
        let recorded = pending.kind.is_recorded();
        self.remember(checkpoint, pending);
        if recorded && self.phase == Phase::Running {
            self.fail_job(
                match outcome {
                    StoreOutcome::Superseded => FailureCause::Superseded { checkpoint, error },
                    _ => FailureCause::StoreUnknown { checkpoint, error },
                },
                out,
            );
        }
    }

    /// That files are lost may come out while others build on them: as many may fail for that as
    /// can be under way, and do not count.
    fn why_not_stored(
        &mut self,
        checkpoint: u64,
        error: &Arc<StateError>,
        outcome: StoreOutcome,
    ) -> AbortReason<T> {
        let lacks = outcome == StoreOutcome::LacksFiles && self.pending.contains_key(&checkpoint);
        if lacks && self.failures.excuse(self.options.places()) {
            AbortReason::LacksFiles(Arc::clone(error))
        } else {
            AbortReason::NotStored(Arc::clone(error))
        }
    }

    /// What the store turns down before it is acknowledged has no place, and so no barriers.
    fn without_a_place(&mut self, checkpoint: u64) {
        let pending = self.pending.get_mut(&checkpoint);
        if let Some(pending) = pending.filter(|p| p.acked().is_empty()) {
            pending.sent = false;
        }
    }

    fn take_publishing(&mut self, checkpoint: u64) -> Option<Pending<T, H>> {
        let publishing = self.pending.get(&checkpoint)?.stage == Stage::Publishing;
        if publishing {
            self.pending.remove(&checkpoint)
        } else {
            None
        }
    }

    /// Whether the tasks that took part are still there to be told.
    fn is_current(&self, pending: &Pending<T, H>) -> bool {
        self.phase == Phase::Running && pending.attempt == self.attempt
    }

    fn remember(&mut self, checkpoint: u64, ended: Pending<T, H>) {
        let settled = ended.into_acked().into_keys().collect();
        self.recent.push(checkpoint, settled);
    }

    fn retain(&mut self, checkpoint: u64) {
        if let Err(place) = self.retained.binary_search(&checkpoint) {
            self.retained.insert(place, checkpoint);
        }
    }

    fn subsume_before(&mut self, by: u64, out: &mut Vec<Action<T, H>>) {
        let older: Vec<u64> = self
            .pending
            .range(..by)
            .filter(|(_, pending)| pending.kind.is_of_the_job())
            .map(|(&id, _)| id)
            .collect();
        for checkpoint in older {
            self.abort(checkpoint, AbortReason::Subsumed { by }, out);
        }
    }

    fn retire_surplus(&mut self, out: &mut Vec<Action<T, H>>) {
        let kept = self.options.num_retained as usize;
        let surplus = self.retained.len().saturating_sub(kept);
        if surplus > 0 {
            let checkpoints = self.retained.drain(..surplus).collect();
            out.push(Action::Retire { checkpoints });
        }
    }

    /// Ends a pending checkpoint without success, in whatever stage it is.
    pub(super) fn abort(
        &mut self,
        checkpoint: u64,
        reason: AbortReason<T>,
        out: &mut Vec<Action<T, H>>,
    ) {
        let Some(pending) = self.pending.remove(&checkpoint) else {
            return;
        };
        let counted = reason.is_counted() && pending.kind.is_of_the_job();
        // Sources may have stopped at its barrier, and only a restart makes them go on.
        let fails_stop = pending.sent && pending.kind.is_stop() && reason.fails_stop();
        let current = self.is_current(&pending);
        if current {
            out.push(Action::NotifyAborted {
                checkpoint,
                latest_completed: self.latest_completed(),
                reason: reason.clone(),
            });
        }
        let handles = cloned(&pending);
        if !handles.is_empty() {
            out.push(Action::Discard {
                checkpoint,
                handles,
            });
        }
        if let Some(request) = pending.request {
            let outcome = RequestOutcome::Aborted(checkpoint, reason.clone());
            out.push(Action::Reply { request, outcome });
        }
        self.remember(checkpoint, pending);
        if fails_stop && current {
            let savepoint = checkpoint;
            self.fail_job(FailureCause::Stop { savepoint, reason }, out);
        } else if counted && current {
            self.count_failure(checkpoint, reason, out);
        }
    }

    fn count_failure(
        &mut self,
        checkpoint: u64,
        reason: AbortReason<T>,
        out: &mut Vec<Action<T, H>>,
    ) {
        if let Some(failed) = self.failures.failed() {
            let cause = FailureCause::Checkpoints {
                failed,
                tolerable: self.options.tolerable_failed,
                checkpoint,
                reason,
            };
            self.fail_job(cause, out);
        }
    }

    /// Gives up everything but what is being published, and asks for a failover.
    pub(super) fn fail_job(&mut self, cause: FailureCause<T>, out: &mut Vec<Action<T, H>>) {
        self.abort_all(&AbortReason::JobFailed, out);
        self.phase = Phase::Failed;
        out.push(Action::FailJob { cause });
    }

    pub(super) fn stop(&mut self, out: &mut Vec<Action<T, H>>) {
        if matches!(self.phase, Phase::Running | Phase::Failed) {
            self.abort_all(&AbortReason::Stopped, out);
            self.phase = Phase::Stopped;
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Action<T, H>>) {
        self.refuse_queued(out);
        self.phase = Phase::Finished;
        out.push(Action::FinishJob {
            final_checkpoint: self.final_checkpoint,
        });
    }

    fn abort_all(&mut self, reason: &AbortReason<T>, out: &mut Vec<Action<T, H>>) {
        let unpublished: Vec<u64> = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.stage != Stage::Publishing)
            .map(|(&id, _)| id)
            .collect();
        for checkpoint in unpublished {
            self.abort(checkpoint, reason.clone(), out);
        }
        self.refuse_queued(out);
    }

    fn refuse_queued(&mut self, out: &mut Vec<Action<T, H>>) {
        for request in self.queue.drain(..) {
            refuse(request, Refusal::NotRunning, out);
        }
    }
}

fn cloned<T: Clone + Ord, H: Clone>(pending: &Pending<T, H>) -> Vec<(T, H)> {
    pending
        .acked()
        .iter()
        .map(|(task, handle)| (task.clone(), handle.clone()))
        .collect()
}
