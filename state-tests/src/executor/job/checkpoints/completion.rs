//! What becomes of a checkpoint: published, written as a savepoint, or given up.

use super::{Checkpoints, Handle, Order};
use crate::executor::graph::{Plan, PlannedNode};
use crate::executor::job::CheckpointProgress;
use crate::executor::job::listener::{CheckpointStats, JobEvent};
use crate::executor::job::retained::NotPublished;
use crate::executor::job::stored::WrittenSnapshot;
use crate::executor::task::{Control, TaskId};
use alluvium::checkpoint::storage::Location;
use alluvium::checkpoint::{
    CheckpointKind, CheckpointMetadata, Event, FileRef, OperatorSnapshot, Phase, SnapshotFiles,
    Timestamp,
};
use alluvium::{CheckpointId, Result, StateError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

impl Checkpoints<'_> {
    pub(super) fn aborted(&mut self, checkpoint: u64, reason: &str) {
        let begun = self.begun.remove(&checkpoint);
        let is_savepoint = begun.is_some_and(|begun| begun.kind.is_savepoint());
        self.keeper.discard(checkpoint);
        self.subject.report.failed_checkpoints += 1;
        let checkpoint = CheckpointId(checkpoint);
        let settings = self.subject.settings;
        let progress = CheckpointProgress::Failed {
            reason: reason.to_owned(),
        };
        let now = settings.clock.millis();
        settings.status.came_to(checkpoint, progress, now);
        settings.tell(&JobEvent::CheckpointFailed {
            checkpoint,
            is_savepoint,
            reason,
        });
        self.orders.push(Order::Tell(Control::Aborted(checkpoint)));
    }

    /// Puts a checkpoint together and has it published; a savepoint is written first.
    pub(super) fn complete(
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
        metadata.operators = operators(handles, self.subject.plan);
        if kind.is_savepoint() {
            let error = self.savepoints.write(settings, metadata, kind).err()?;
            return Some(NotPublished::surely(error).of(checkpoint));
        }
        self.subject.origin.note(&mut metadata);
        if let Some(begun) = self.begun.get_mut(&checkpoint) {
            begun.files = FileSizes::of(&metadata);
        }
        self.keeper.publish(metadata, SnapshotFiles::none());
        None
    }

    /// A checkpoint is in the log, with this size in bytes.
    pub(super) fn published(&mut self, checkpoint: u64, size: u64) -> Result<(), NotPublished> {
        let begun = self.begun.get(&checkpoint);
        for claimed in self.subject.origin.completed() {
            self.keeper.dispose(claimed);
        }
        if let Some(size) = begun.and_then(|begun| begun.written) {
            let path = self.savepoint(checkpoint).map_err(NotPublished::surely)?;
            self.subject.report.stopped_with = Some(path.clone());
            self.last = Some(checkpoint);
            self.savepoint_completed(checkpoint, path, size);
            return Ok(());
        }
        let path = self.subject.settings.checkpoint_folder(checkpoint);
        let (kind, duration) = self.ended(checkpoint, size, path);
        let stats = CheckpointStats {
            checkpoint: CheckpointId(checkpoint),
            size,
            duration,
            last: kind == Some(CheckpointKind::Final),
        };
        if stats.last {
            self.last = Some(checkpoint);
        }
        self.subject.report.checkpoints += 1;
        self.subject.report.last_checkpoint = Some(stats);
        let event = JobEvent::CheckpointCompleted(stats);
        self.subject.settings.tell(&event);
        Ok(())
    }

    /// A savepoint has been written; whether that is all. One that the job stops with goes into
    /// the log, which is the moment from which the job has stopped.
    pub(super) fn written(
        &mut self,
        checkpoint: u64,
        WrittenSnapshot { size, copy }: WrittenSnapshot,
    ) -> Result<bool, NotPublished> {
        let begun = self.begun.get_mut(&checkpoint);
        let ends_job = begun.as_ref().is_some_and(|begun| begun.kind.ends_job());
        if ends_job && self.coordinator.phase() != Phase::Running {
            let error = StateError::cancelled("the job has ended otherwise");
            return Err(NotPublished::surely(error));
        }
        if let (Some(mut copy), Some(begun)) = (copy, begun) {
            begun.written = Some(size);
            self.subject.origin.note(&mut copy);
            let folder = self.savepoints.folder(checkpoint);
            let files = folder.map_err(NotPublished::surely)?.files().files();
            self.keeper.publish(copy, files);
            return Ok(false);
        }
        let path = self.savepoint(checkpoint).map_err(NotPublished::surely)?;
        let id = CheckpointId(checkpoint);
        self.keeper.folders().end(id);
        // Its files are not the job's: nothing may build on them.
        self.orders.push(Order::Tell(Control::Detach(id)));
        self.savepoint_completed(checkpoint, path, size);
        Ok(true)
    }

    /// Where a savepoint is that has begun.
    fn savepoint(&self, checkpoint: u64) -> Result<Location> {
        let folder = self.savepoints.folder(checkpoint)?;
        Ok(folder.location().clone())
    }

    fn savepoint_completed(&mut self, checkpoint: u64, path: Location, size: u64) {
        let (_, duration) = self.ended(checkpoint, size, Some(path.clone()));
        self.subject.report.savepoints += 1;
        self.subject.settings.tell(&JobEvent::SavepointCompleted {
            checkpoint: CheckpointId(checkpoint),
            path: &path,
            size,
            duration,
        });
    }

    /// A checkpoint or savepoint is complete, of this size without the files of a checkpoint; its
    /// kind, and how long it took.
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
        let files = begun.as_ref().map(|begun| begun.files).unwrap_or_default();
        let progress = CheckpointProgress::Completed {
            size: size.saturating_add(files.all),
            written: size.saturating_add(files.written),
            duration,
            path,
        };
        let now = settings.clock.millis();
        let status = &settings.status;
        status.came_to(CheckpointId(checkpoint), progress, now);
        (begun.map(|begun| begun.kind), duration)
    }
}

/// The sizes of the files of a checkpoint, in bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct FileSizes {
    /// Of all that it names.
    all: u64,
    /// Of those that were written for it.
    written: u64,
}

impl FileSizes {
    fn of(metadata: &CheckpointMetadata) -> Self {
        let files: BTreeSet<&FileRef> = metadata.files().collect();
        let mut sizes = Self::default();
        for file in files {
            sizes.all = sizes.all.saturating_add(file.length);
            if file.written_for() == Some(metadata.checkpoint) {
                sizes.written = sizes.written.saturating_add(file.length);
            }
        }
        sizes
    }
}

/// The snapshots of all tasks, by operator.
fn operators(handles: &[(TaskId, Handle)], plan: &Plan) -> Vec<OperatorSnapshot> {
    let empty = |node: &PlannedNode| OperatorSnapshot {
        uid: node.uid.to_string(),
        max_parallelism: node.max_parallelism,
        parallelism: node.parallelism,
        subtasks: Vec::new(),
    };
    let nodes = plan.nodes.iter();
    let mut operators: BTreeMap<&str, OperatorSnapshot> =
        nodes.map(|node| (&*node.uid, empty(node))).collect();
    for snapshot in handles.iter().flat_map(|(_, snapshots)| snapshots.iter()) {
        if let Some(operator) = operators.get_mut(&*snapshot.operator) {
            operator.subtasks.push(snapshot.clone());
        }
    }
    operators
        .into_values()
        .filter(|operator| !operator.subtasks.is_empty())
        .collect()
}
