//! Writing snapshots off the threads of the tasks.

use crate::executor::link::FrozenOperator;
use crate::executor::task::{Report, Reporter, panicked};
use alluvium::checkpoint::{DeclineReason, KeyedSegment, SegmentSink, SubtaskSnapshot};
use alluvium::{CheckpointId, Result, SnapshotLimits, StateError};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The frozen state of a task, to be written and acknowledged.
pub(crate) struct WriteJob {
    pub(crate) checkpoint: CheckpointId,
    pub(crate) last: bool,
    pub(crate) frozen: Vec<FrozenOperator>,
    pub(crate) reporter: Reporter,
}

/// Where tasks hand in what is to be written. It takes a bounded number of jobs; a task that comes
/// with more waits.
#[derive(Clone)]
pub(crate) struct WriterHandle(Sender<WriteJob>);

impl WriterHandle {
    pub(crate) fn write(&self, job: WriteJob) -> Result<()> {
        let sent = self.0.send(job);
        sent.map_err(|_| StateError::cancelled("the writers of snapshots have stopped"))
    }
}

/// The threads that write; they end when no task can hand in anything any more.
pub(super) struct Writers {
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Starts `threads` threads that take up to `queue` jobs in advance.
    pub(super) fn start(
        threads: usize,
        queue: usize,
        limits: SnapshotLimits,
    ) -> Result<(Self, WriterHandle)> {
        let (sender, receiver) = bounded(queue.max(1));
        let threads: Result<_> = (0..threads.max(1))
            .map(|number| {
                let receiver = receiver.clone();
                std::thread::Builder::new()
                    .name(format!("snapshot-writer-{number}"))
                    .spawn(move || write_all(&receiver, limits))
                    .map_err(|error| {
                        StateError::storage("cannot start a writer of snapshots").with_source(error)
                    })
            })
            .collect();
        Ok((Self { threads: threads? }, WriterHandle(sender)))
    }

    pub(super) fn join(self) {
        for thread in self.threads {
            // What a job panics with is caught within.
            drop(thread.join());
        }
    }
}

fn write_all(jobs: &Receiver<WriteJob>, limits: SnapshotLimits) {
    for job in jobs {
        let WriteJob {
            checkpoint,
            last,
            frozen,
            reporter,
        } = job;
        let written = catch_unwind(AssertUnwindSafe(|| {
            let written = frozen
                .into_iter()
                .map(|frozen| write(frozen, last, &limits));
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

fn write(frozen: FrozenOperator, last: bool, limits: &SnapshotLimits) -> Result<SubtaskSnapshot> {
    let (subtask, parallelism) = (frozen.subtask.index, frozen.subtask.parallelism);
    let mut snapshot = SubtaskSnapshot::new(&*frozen.uid, subtask, parallelism);
    if let Some(job) = frozen.keyed {
        let mut sink = SegmentSink::in_memory();
        if let Some(limit) = limits.subtask {
            let what = format!(
                "the snapshot of subtask {subtask} of operator '{}'",
                frozen.uid
            );
            sink = sink.with_limit(limit, what);
        }
        job.run(&mut sink)?;
        let segment = sink.finish()?.output;
        snapshot.keyed.push(KeyedSegment::Inline(segment.into()));
    }
    snapshot.operator_state = frozen.operator.run()?;
    snapshot.raw_keyed = frozen.raw_keyed;
    snapshot.raw_operator = frozen.raw_operator;
    snapshot.finished = last;
    snapshot.check_limit(limits)?;
    Ok(snapshot)
}
