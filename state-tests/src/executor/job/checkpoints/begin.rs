//! How a checkpoint begins: noted by the store, then sent through the tasks.

use super::completion::FileSizes;
use super::{Begun, Checkpoints, Handle, Order};
use crate::executor::barrier::Barrier;
use crate::executor::job::listener::JobEvent;
use crate::executor::job::retained::NotPublished;
use crate::executor::task::TaskId;
use alluvium::checkpoint::{CheckpointKind, DeclineReason, Event, RequestId, Timestamp};
use alluvium::{CheckpointId, Result, SnapshotMode};
use std::sync::Arc;

impl Checkpoints<'_> {
    /// Begins a checkpoint; one that the log is to have starts once the store knows of it.
    pub(super) fn begin(
        &mut self,
        checkpoint: u64,
        kind: CheckpointKind,
        timestamp: Timestamp,
        request: Option<RequestId>,
    ) -> Option<Event<TaskId, Handle>> {
        let settings = self.subject.settings;
        let begun = Begun {
            kind,
            timestamp,
            request,
            at: settings.clock.elapsed(),
            files: FileSizes::default(),
            written: None,
        };
        self.begun.insert(checkpoint, begun);
        if let Some(request) = request.filter(|_| kind.is_savepoint()) {
            self.savepoints.began(checkpoint, request);
        }
        let id = CheckpointId(checkpoint);
        let tasks = self.subject.tasks.len() as u32;
        settings
            .status
            .began(id, kind, timestamp.as_millis(), tasks);
        settings.tell(&JobEvent::CheckpointStarted(id));
        let recorded = kind.is_recorded();
        let started = if recorded {
            self.keeper.begin(checkpoint)
        } else {
            self.start(checkpoint)
        };
        match started {
            Ok(()) => recorded.then_some(Event::StartDelayed { checkpoint }),
            Err(error) => Some(NotPublished::surely(error).of(checkpoint)),
        }
    }

    /// That a checkpoint cannot start any more, because the barriers of a savepoint that began behind
    /// it have not waited for the store.
    pub(super) fn overtaken(&self, checkpoint: u64) -> Option<Event<TaskId, Handle>> {
        let is_late = checkpoint < self.triggered && self.begun.contains_key(&checkpoint);
        let task = self.subject.tasks.first().filter(|_| is_late)?;
        Some(Event::Declined {
            checkpoint,
            task: *task,
            reason: DeclineReason::Overtaken,
        })
    }

    /// Sends the barriers of a checkpoint, unless it was given up since it began, or overtaken.
    pub(super) fn start(&mut self, checkpoint: u64) -> Result<()> {
        let begun = self.begun.get(&checkpoint);
        let Some(begun) = begun.filter(|_| checkpoint > self.triggered) else {
            return Ok(());
        };
        let id = CheckpointId(checkpoint);
        let (kind, timestamp) = (begun.kind, begun.timestamp.as_millis());
        let mut is_asked_full = false;
        if let Some(request) = begun.request {
            is_asked_full = self.savepoints.wants_full(request);
            self.savepoints.started(request);
        }
        self.triggered = checkpoint;
        if kind.is_savepoint() {
            // A savepoint that the job stops with is copied into the folder of a checkpoint.
            let folders = self.keeper.folders();
            self.savepoints.copy_to(checkpoint, folders.end(id));
            let folder = self.savepoints.folder(checkpoint)?;
            folders.begin(id, Arc::clone(folder.files()));
        }
        // What a savepoint is made of must not depend on anything of the job.
        let full = kind.is_savepoint() || is_asked_full || self.subject.origin.wants_full();
        self.orders.push(Order::Trigger(Barrier {
            checkpoint: id,
            timestamp: timestamp as i64,
            kind,
            mode: if full {
                SnapshotMode::Full
            } else {
                self.subject.settings.snapshot_mode
            },
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
