//! How a job does, for those who watch it from outside.

use super::listener::{CheckpointStats, JobEvent};
use alluvium::CheckpointId;
use alluvium::checkpoint::CheckpointKind;
use alluvium::checkpoint::storage::Location;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How many checkpoints are remembered.
const HISTORY: usize = 10;

/// Where a job stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobState {
    /// Its tasks are not running yet.
    #[default]
    Created,
    /// It runs.
    Running,
    /// It has failed and will run again.
    Restarting,
    /// It has come to the end of its input, or was stopped with a savepoint.
    Finished,
    /// Somebody has cancelled it.
    Cancelled,
    /// It was stopped for another process to go on with.
    Suspended,
    /// It has failed for good.
    Failed,
}

impl JobState {
    /// Whether it has ended.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Created | Self::Running | Self::Restarting)
    }
}

/// What has become of a checkpoint or savepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointProgress {
    /// It is under way.
    InProgress,
    /// It is complete.
    Completed {
        /// The size in bytes of all that a restore from it reads: its metadata and its files.
        size: u64,
        /// How much of that was written for it; the rest is of earlier checkpoints.
        written: u64,
        /// From its start until it was complete.
        duration: Duration,
        /// Its folder; `None` if it is kept in memory.
        path: Option<Location>,
    },
    /// It was given up.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A checkpoint or savepoint of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRecord {
    /// Its id.
    pub checkpoint: CheckpointId,
    /// Why it was taken.
    pub kind: CheckpointKind,
    /// When it began: milliseconds since the Unix epoch.
    pub began: u64,
    /// The number of tasks that take part in it.
    pub tasks: u32,
    /// How many of them have acknowledged it.
    pub acknowledged: u32,
    /// When the last of those did, as [`began`](Self::began).
    pub last_acknowledged: Option<u64>,
    /// When it was complete or given up, likewise.
    pub ended: Option<u64>,
    /// What has become of it.
    pub progress: CheckpointProgress,
    /// Whether it was a complete checkpoint, and is kept no more.
    pub discarded: bool,
}

/// How a job does. Counts are those of this execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// The id of the job.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: JobState,
    /// When it was started: milliseconds since the Unix epoch.
    pub started: u64,
    /// When it ended, likewise.
    pub ended: Option<u64>,
    /// Why it failed, or failed last.
    pub cause: Option<String>,
    /// The number of restarts after failures.
    pub restarts: u32,
    /// The number of records read so far, those of earlier executions that still count included.
    pub records: u64,
    /// The checkpoint that the tasks were restored from when they last started.
    pub restored_from: Option<CheckpointId>,
    /// The number of checkpoints and savepoints completed.
    pub completed: u64,
    /// The number of those given up.
    pub failed: u64,
    /// The last of the completed checkpoints, savepoints not counted.
    pub last_checkpoint: Option<CheckpointStats>,
    /// Where the last of the completed savepoints is.
    pub last_savepoint: Option<Location>,
    /// The ten newest checkpoints and savepoints, oldest first.
    pub history: VecDeque<CheckpointRecord>,
}

impl JobStatus {
    /// A checkpoint of the history.
    fn record(&mut self, checkpoint: CheckpointId) -> Option<&mut CheckpointRecord> {
        let mut history = self.history.iter_mut().rev();
        history.find(|record| record.checkpoint == checkpoint)
    }
}

/// The status of a job, as the job itself and all who watch it see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedStatus(Arc<Mutex<JobStatus>>);

impl SharedStatus {
    pub(crate) fn new(id: &str, name: &str, started: u64) -> Self {
        let status = JobStatus {
            id: id.to_owned(),
            name: name.to_owned(),
            started,
            ..JobStatus::default()
        };
        Self(Arc::new(Mutex::new(status)))
    }

    pub(crate) fn get(&self) -> JobStatus {
        self.0.lock().clone()
    }

    pub(super) fn on_event(&self, event: &JobEvent<'_>) {
        let mut status = self.0.lock();
        match event {
            JobEvent::Started {
                restored_from,
                records_before,
                restarts,
            } => {
                status.state = JobState::Running;
                status.restored_from = *restored_from;
                status.records = *records_before;
                status.restarts = *restarts;
            }
            JobEvent::Progress { records } => status.records = *records,
            JobEvent::CheckpointCompleted(stats) => status.last_checkpoint = Some(*stats),
            JobEvent::SavepointCompleted { path, .. } => {
                status.last_savepoint = Some((*path).clone());
            }
            JobEvent::Restarting { cause, .. } => {
                status.state = JobState::Restarting;
                status.cause = Some(cause.to_string());
            }
            _ => {}
        }
    }

    /// A checkpoint of so many tasks has begun at this time, in milliseconds since the Unix epoch.
    pub(super) fn began(
        &self,
        checkpoint: CheckpointId,
        kind: CheckpointKind,
        began: u64,
        tasks: u32,
    ) {
        let history = &mut self.0.lock().history;
        if history.len() == HISTORY {
            history.pop_front();
        }
        history.push_back(CheckpointRecord {
            checkpoint,
            kind,
            began,
            tasks,
            acknowledged: 0,
            last_acknowledged: None,
            ended: None,
            progress: CheckpointProgress::InProgress,
            discarded: false,
        });
    }

    /// A task has acknowledged a checkpoint.
    pub(super) fn acknowledged(&self, checkpoint: CheckpointId, now: u64) {
        if let Some(record) = self.0.lock().record(checkpoint) {
            record.acknowledged += 1;
            record.last_acknowledged = Some(now);
        }
    }

    /// These checkpoints are kept no more.
    pub(super) fn discarded(&self, checkpoints: &[u64]) {
        let mut status = self.0.lock();
        for checkpoint in checkpoints {
            if let Some(record) = status.record(CheckpointId(*checkpoint)) {
                // Of a savepoint only the copy is kept here.
                record.discarded = !record.kind.is_savepoint();
            }
        }
    }

    pub(super) fn came_to(&self, checkpoint: CheckpointId, progress: CheckpointProgress, now: u64) {
        let mut status = self.0.lock();
        match progress {
            CheckpointProgress::InProgress => {}
            CheckpointProgress::Completed { .. } => status.completed += 1,
            CheckpointProgress::Failed { .. } => status.failed += 1,
        }
        if let Some(record) = status.record(checkpoint) {
            record.progress = progress;
            record.ended = Some(now);
        }
    }

    pub(super) fn ended(&self, state: JobState, cause: Option<String>, now: u64) {
        let mut status = self.0.lock();
        status.state = state;
        status.ended = Some(now);
        status.cause = cause;
        // Whatever was under way has ended with the job.
        for record in &mut status.history {
            if record.progress == CheckpointProgress::InProgress {
                record.progress = CheckpointProgress::Failed {
                    reason: "the job has ended".to_owned(),
                };
                record.ended = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_bounded_and_tells_what_became_of_each() {
        let status = SharedStatus::new("id", "name", 5);
        for id in 1..=25 {
            status.began(CheckpointId(id), CheckpointKind::Periodic, id, 2);
        }
        let failed = || CheckpointProgress::Failed {
            reason: "no".to_owned(),
        };
        status.came_to(CheckpointId(1), failed(), 7);
        status.acknowledged(CheckpointId(24), 6);
        status.came_to(CheckpointId(24), failed(), 8);
        status.discarded(&[2, 23]);
        let told = status.get();
        let ids: Vec<u64> = told
            .history
            .iter()
            .map(|record| record.checkpoint.0)
            .collect();
        assert_eq!(ids, (16..=25).collect::<Vec<_>>());
        let failed_one = &told.history[8];
        assert_eq!(failed_one.progress, failed());
        assert_eq!((failed_one.tasks, failed_one.acknowledged), (2, 1));
        assert_eq!(failed_one.last_acknowledged, Some(6));
        assert_eq!(failed_one.ended, Some(8));
        let discarded = told.history.iter().filter(|record| record.discarded);
        assert_eq!(
            discarded
                .map(|record| record.checkpoint.0)
                .collect::<Vec<_>>(),
            [23]
        );
        assert_eq!(told.failed, 2, "forgotten ones count");
        status.ended(JobState::Failed, Some("why".to_owned()), 9);
        let told = status.get();
        assert!(told.state.has_ended());
        assert_ne!(told.history[9].progress, CheckpointProgress::InProgress);
        assert_eq!(told.history[9].ended, Some(9));
    }
}
