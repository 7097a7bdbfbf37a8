//! Writing snapshots off the threads of the tasks.

use super::retained::Folders;
use crate::executor::link::{FrozenKeyed, FrozenOperator};
use crate::executor::task::{Report, Reporter, panicked};
use alluvium::checkpoint::{
    CheckpointKind, DeclineReason, KeyedChain, SegmentSink, SnapshotBases, SnapshotFileOptions,
    SnapshotFolder, SubtaskSnapshot, write_keyed, write_rest,
};
use alluvium::{CheckpointId, ErrorKind, Result, SnapshotJob, SnapshotLimits, StateError};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The frozen state of a task, to be written and acknowledged.
pub(crate) struct WriteJob {
    pub(crate) checkpoint: CheckpointId,
    pub(crate) kind: CheckpointKind,
    pub(crate) frozen: Vec<FrozenOperator>,
    pub(crate) reporter: Reporter,
}

/// Where tasks hand in what is to be written. It takes a bounded number of jobs, and declines more:
/// a task never waits for storage. Savepoints go elsewhere than checkpoints, and do not wait for
/// their storage either.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    checkpoints: Sender<WriteJob>,
    savepoints: Sender<WriteJob>,
    queue: usize,
    folders: Folders,
}

impl WriterHandle {
    /// What a checkpoint may build on; `None` if it has ended, or has no files.
    pub(crate) fn bases(&self, checkpoint: CheckpointId) -> Option<SnapshotBases> {
        self.folders.bases(checkpoint)
    }

    pub(crate) fn write(&self, job: WriteJob) -> Result<()> {
        let jobs = if job.kind.is_savepoint() {
            &self.savepoints
        } else {
            &self.checkpoints
        };
        match jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(job)) => {
                let checkpoint = job.checkpoint;
                let error = StateError::new(
                    ErrorKind::LimitExceeded,
                    format!(
                        "storage is behind: the snapshots of {} tasks wait to be written already",
                        self.queue
                    ),
                );
                let reason = DeclineReason::failed(error);
                job.reporter.tell(Report::Declined { checkpoint, reason });
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(StateError::cancelled(
                "the writers of snapshots have stopped",
            )),
        }
    }
}

/// The threads that write; they end when no task can hand in anything any more.
pub(super) struct Writers {
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Starts `threads` threads for checkpoints and as many for savepoints, which take up to `queue`
    /// jobs each in advance.
    pub(super) fn start(
        threads: usize,
        queue: usize,
        writing: &Writing,
    ) -> Result<(Self, WriterHandle)> {
        let queue = queue.max(1);
        let mut writers = Self {
            threads: Vec::new(),
        };
        let mut start = |what| {
            let (jobs, taken) = bounded(queue);
            for number in 0..threads.max(1) {
                let (taken, writing) = (taken.clone(), writing.clone());
                let thread = std::thread::Builder::new().name(format!("{what}-writer-{number}"));
                let thread = thread.spawn(move || write_all(&taken, &writing));
                writers.threads.push(thread.map_err(|error| {
                    StateError::storage("cannot start a writer of snapshots").with_source(error)
                })?);
            }
            Result::Ok(jobs)
        };
        let handle = WriterHandle {
            checkpoints: start("checkpoint")?,
            savepoints: start("savepoint")?,
            queue,
            folders: writing.folders.clone(),
        };
        Ok((writers, handle))
    }

    pub(super) fn join(self) {
        for thread in self.threads {
            // What a job panics with is caught within.
            drop(thread.join());
        }
    }
}

fn write_all(jobs: &Receiver<WriteJob>, writing: &Writing) {
    for job in jobs {
        let WriteJob {
            checkpoint,
            kind,
            frozen,
            reporter,
        } = job;
        let last = kind == CheckpointKind::Final;
        let written = catch_unwind(AssertUnwindSafe(|| {
            let folder = writing.folder(checkpoint)?;
            let written = frozen
                .into_iter()
                .map(|frozen| writing.write(frozen, last, folder.as_deref()));
            written.collect::<Result<Vec<_>>>()
        }));
        let written =
            written.unwrap_or_else(|panic| Err(panicked("the writing of a snapshot", &*panic)));
        reporter.tell(match written {
            Ok(snapshots) => Report::Acknowledged {
                checkpoint,
                snapshots: Arc::new(snapshots),
            },
            Err(error) => Report::Declined {
                checkpoint,
                reason: DeclineReason::failed(error),
            },
        });
    }
}

/// That nothing is done any more for a checkpoint that has ended.
pub(crate) fn has_ended(checkpoint: CheckpointId, before: &str) -> StateError {
    StateError::cancelled(format!(
        "checkpoint {checkpoint} has ended before its state was {before}"
    ))
}

/// How snapshots are written.
#[derive(Clone)]
pub(super) struct Writing {
    pub(super) limits: SnapshotLimits,
    /// `None` if everything stays inside the metadata.
    pub(super) files: Option<SnapshotFileOptions>,
    pub(super) folders: Folders,
}

impl Writing {
    /// Where the files of a checkpoint go, if there are any.
    fn folder(&self, checkpoint: CheckpointId) -> Result<Option<Arc<SnapshotFolder>>> {
        if self.files.is_none() {
            return Ok(None);
        }
        match self.folders.get(checkpoint) {
            Some(folder) => Ok(Some(folder)),
            None => Err(has_ended(checkpoint, "written")),
        }
    }

    fn write(
        &self,
        frozen: FrozenOperator,
        last: bool,
        folder: Option<&SnapshotFolder>,
    ) -> Result<SubtaskSnapshot> {
        let (subtask, parallelism) = (frozen.subtask.index, frozen.subtask.parallelism);
        let mut snapshot = SubtaskSnapshot::new(&*frozen.uid, subtask, parallelism);
        snapshot.operator_state = frozen.operator.run()?;
        snapshot.raw_keyed = frozen.raw_keyed;
        snapshot.raw_operator = frozen.raw_operator;
        snapshot.finished = last;
        match (frozen.keyed, folder) {
            (Some(FrozenKeyed { job, base }), Some(folder)) => {
                let base = base.ok_or_else(|| {
                    StateError::misuse("keyed state was frozen without its history")
                })?;
                snapshot.keyed.push(write_keyed(job, base, folder)?);
            }
            (Some(FrozenKeyed { job, .. }), None) => {
                let segment = self.write_inline(job, &frozen.uid, subtask)?;
                snapshot.keyed.push(KeyedChain::inline(segment));
            }
            (None, _) => {}
        }
        if let (Some(files), Some(folder)) = (&self.files, folder) {
            write_rest(&mut snapshot, folder, files.inline_threshold)?;
        }
        snapshot.check_limit(&self.limits)?;
        Ok(snapshot)
    }

    fn write_inline(&self, job: Box<dyn SnapshotJob>, uid: &str, subtask: u32) -> Result<Vec<u8>> {
        let mut sink = SegmentSink::in_memory();
        if let Some(limit) = self.limits.subtask {
            let what = format!("the snapshot of subtask {subtask} of operator '{uid}'");
            sink = sink.with_limit(limit, what);
        }
        job.run(&mut sink)?;
        Ok(sink.finish()?.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::task::TaskId;
    use crossbeam_channel::unbounded;

    #[test]
    fn a_full_queue_declines_and_nobody_waits() {
        let ((checkpoints, taken), (savepoints, others)) = (bounded(1), bounded(1));
        let handle = WriterHandle {
            checkpoints,
            savepoints,
            queue: 1,
            folders: Folders::default(),
        };
        let (sender, reports) = unbounded();
        let write = |checkpoint, kind| {
            handle.write(WriteJob {
                checkpoint: CheckpointId(checkpoint),
                kind,
                frozen: Vec::new(),
                reporter: Reporter {
                    task: TaskId(7),
                    sender: sender.clone(),
                },
            })
        };
        write(1, CheckpointKind::Periodic).unwrap();
        write(2, CheckpointKind::Final).unwrap();
        let (task, report) = reports.try_recv().unwrap();
        let Report::Declined { checkpoint, reason } = report else {
            panic!("it is not declined");
        };
        assert_eq!((task, checkpoint), (TaskId(7), CheckpointId(2)));
        let said = format!("{reason:?}");
        assert!(said.contains("storage is behind"), "{said}");
        write(3, CheckpointKind::Savepoint).unwrap();
        assert_eq!((taken.len(), others.len()), (1, 1));
        drop(taken);
        let gone = write(4, CheckpointKind::Periodic).unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::Cancelled);
    }
}
