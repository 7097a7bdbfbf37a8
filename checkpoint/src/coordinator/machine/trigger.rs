//! Beginning checkpoints: on request, by the interval, and at the end of input.

use super::{Coordinator, Phase};
use crate::coordinator::action::{Action, Refusal, RequestOutcome};
use crate::coordinator::event::{CheckpointKind, RequestId, RequestKind};
use crate::coordinator::options::key;
use crate::coordinator::pending::Pending;

impl<T: Clone + Ord, H: Clone> Coordinator<T, H> {
    pub(super) fn requested(
        &mut self,
        request: RequestId,
        kind: RequestKind,
        out: &mut Vec<Action<T, H>>,
    ) {
        let known = self.pending.values().any(|p| p.request == Some(request));
        if known || self.queue.contains(&request) {
            return;
        }
        if self.phase != Phase::Running || self.final_checkpoint.is_some() {
            refuse(request, Refusal::NotRunning, out);
            return;
        }
        if let Some(savepoint) = self.ending() {
            refuse(request, Refusal::Stopping { savepoint }, out);
            return;
        }
        match kind {
            RequestKind::Checkpoint => self.queue_up(request, out),
            RequestKind::Savepoint => self.start_savepoint(request, out),
            // With the last records covered by the final checkpoint, nothing is left to stop.
            RequestKind::Stop { .. } | RequestKind::Cancel if self.all_ended() => {
                refuse(request, Refusal::InputEnded, out);
            }
            RequestKind::Stop { drain } => {
                self.start(CheckpointKind::Stop { drain }, Some(request), out);
            }
            RequestKind::Cancel => self.start(CheckpointKind::Cancel, Some(request), out),
        }
    }

    /// The savepoint that the job is about to end with: nothing begins behind it.
    pub(super) fn ending(&self) -> Option<u64> {
        self.pending
            .iter()
            .find(|(_, p)| p.kind.is_savepoint() && p.kind.ends_job() && p.attempt == self.attempt)
            .map(|(&id, _)| id)
    }

    /// A request that finds a place does not wait: [`start_due`](Self::start_due) takes it up
    /// before the next event.
    fn queue_up(&mut self, request: RequestId, out: &mut Vec<Action<T, H>>) {
        let limit = self.options.max_queued_requests;
        let waits = self.all_ended() || !self.has_place();
        if waits && self.queue.len() >= limit as usize {
            let option = key::MAX_QUEUED;
            refuse(request, Refusal::TooMany { limit, option }, out);
        } else {
            self.queue.push_back(request);
        }
    }

    fn start_savepoint(&mut self, request: RequestId, out: &mut Vec<Action<T, H>>) {
        let limit = self.options.max_concurrent_savepoints;
        if self.count_pending(|kind| kind == CheckpointKind::Savepoint) >= limit as usize {
            let option = key::MAX_SAVEPOINTS;
            refuse(request, Refusal::TooMany { limit, option }, out);
        } else {
            self.start(CheckpointKind::Savepoint, Some(request), out);
        }
    }

    /// Begins what is due: requests before the interval. A periodic checkpoint that finds no place
    /// stays due; several intervals missed make one.
    pub(super) fn start_due(&mut self, out: &mut Vec<Action<T, H>>) {
        while self.has_place()
            && let Some(request) = self.queue.pop_front()
        {
            self.start(CheckpointKind::Requested, Some(request), out);
        }
        let (Some(interval), Some(due)) = (self.options.interval, self.next_periodic) else {
            return;
        };
        if due.max(self.pause_ends) > self.now || !self.has_place() {
            return;
        }
        let next = due.after(interval);
        self.next_periodic = Some(if next > self.now {
            next
        } else {
            self.now.after(interval)
        });
        self.start(CheckpointKind::Periodic, None, out);
    }

    /// Begins the checkpoint that covers the end of every task; after a failed one the next waits
    /// for an interval to pass.
    pub(super) fn start_final(&mut self, out: &mut Vec<Action<T, H>>) {
        if self.final_is_pending() || self.final_after > self.now || !self.has_place() {
            return;
        }
        if let Some(interval) = self.options.interval {
            self.final_after = self.now.after(interval);
        }
        self.start(CheckpointKind::Final, None, out);
    }

    fn start(
        &mut self,
        kind: CheckpointKind,
        request: Option<RequestId>,
        out: &mut Vec<Action<T, H>>,
    ) {
        let checkpoint = self.next_checkpoint;
        self.next_checkpoint += 1;
        let expires = self.now.after(self.options.timeout);
        self.pending.insert(
            checkpoint,
            Pending::new(kind, self.now, expires, request, self.attempt, &self.tasks),
        );
        out.push(Action::StartCheckpoint {
            checkpoint,
            kind,
            timestamp: self.now,
            request,
            tasks: self.tasks.iter().cloned().collect(),
        });
    }
}

pub(super) fn refuse<T, H>(request: RequestId, why: Refusal, out: &mut Vec<Action<T, H>>) {
    out.push(Action::Reply {
        request,
        outcome: RequestOutcome::Refused(why),
    });
}
