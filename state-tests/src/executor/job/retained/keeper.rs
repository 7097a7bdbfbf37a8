//! The thread that keeps the checkpoints of a run: storage may be slow, and the job does not wait
//! for it.

use super::{Folders, NotPublished, Retained};
use crate::executor::job::claimed::Claimed;
use crate::executor::job::patience::Patience;
use crate::executor::job::stored::{Stored, guarded};
use alluvium::checkpoint::{CheckpointMetadata, SnapshotFiles, StoreOutcome};
use alluvium::{CheckpointId, ErrorKind, Result, StateError};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much may wait for the store before no checkpoint begins any more.
const BACKLOG: usize = 64;

/// What is done, for those who are told that it has panicked.
const WHAT: &str = "the keeping of checkpoints";

/// What is to be done, in the order in which it was asked for: what a checkpoint may build on
/// depends on which were retired before it began.
enum Work {
    Begin(u64),
    Discard(u64),
    Publish(Box<(CheckpointMetadata, SnapshotFiles)>),
    Retire(Vec<u64>),
    Dispose(Box<Claimed>),
    Finish,
}

/// Has the checkpoints of a job while it runs.
pub(in crate::executor::job) struct Keeper {
    /// Not bounded itself: beside what [`BACKLOG`] bounds, each checkpoint that has begun brings
    /// no more than its end and what retires with it.
    work: Sender<Work>,
    /// Those that have begun and not ended.
    begun: BTreeSet<u64>,
    back: Receiver<Retained>,
    folders: Folders,
    /// Raised when nobody waits any more: what has not been begun is left.
    left_alone: Arc<AtomicBool>,
}

impl Keeper {
    /// Takes the checkpoints away from `retained`, until they are [given back](Self::give_back).
    /// What is done is told through `tell`.
    pub(in crate::executor::job) fn start(
        retained: &mut Retained,
        tell: Sender<Stored>,
    ) -> Result<Self> {
        let (work, asked) = unbounded();
        let (give_back, back) = bounded(1);
        let left_alone = Arc::new(AtomicBool::new(false));
        let folders = retained.folders();
        let mut taken = retained.take();
        let left = Arc::clone(&left_alone);
        let keep = move || {
            for work in asked {
                if left.load(Ordering::Relaxed) {
                    break;
                }
                if let Some(done) = taken.do_work(work) {
                    // Nobody listens at the end.
                    let _: Result<(), _> = tell.send(done);
                }
            }
            let _: Result<(), _> = give_back.send(taken);
        };
        let thread = std::thread::Builder::new().name("checkpoint-keeper".to_owned());
        thread.spawn(keep).map_err(|error| {
            StateError::storage("cannot start the thread that keeps checkpoints").with_source(error)
        })?;
        Ok(Self {
            work,
            begun: BTreeSet::new(),
            back,
            folders,
            left_alone,
        })
    }

    /// Where the files of unfinished checkpoints go.
    pub(in crate::executor::job) const fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Notes that a checkpoint begins; [`Stored::Begun`] follows.
    pub(in crate::executor::job) fn begin(&mut self, checkpoint: u64) -> Result<()> {
        if self.work.len() >= BACKLOG {
            return Err(StateError::new(
                ErrorKind::LimitExceeded,
                format!(
                    "the store of checkpoints is behind: {BACKLOG} changes wait to be written to it"
                ),
            ));
        }
        self.begun.insert(checkpoint);
        self.ask(Work::Begin(checkpoint));
        Ok(())
    }

    /// Notes that a checkpoint will not be complete. Whoever writes its files is told at once.
    pub(in crate::executor::job) fn discard(&mut self, checkpoint: u64) {
        if let Some(folder) = self.folders.end(CheckpointId(checkpoint)) {
            folder.cancel();
        }
        if self.begun.remove(&checkpoint) {
            self.ask(Work::Discard(checkpoint));
        }
    }

    /// Keeps a checkpoint; [`Stored::Published`] follows.
    pub(in crate::executor::job) fn publish(
        &mut self,
        metadata: CheckpointMetadata,
        files: SnapshotFiles,
    ) {
        self.begun.remove(&metadata.checkpoint.0);
        self.ask(Work::Publish(Box::new((metadata, files))));
    }

    pub(in crate::executor::job) fn retire(&self, checkpoints: Vec<u64>) {
        self.ask(Work::Retire(checkpoints));
    }

    /// Deletes a savepoint that the job has claimed and needs no more.
    pub(in crate::executor::job) fn dispose(&self, claimed: Claimed) {
        self.ask(Work::Dispose(Box::new(claimed)));
    }

    /// Records that the job has finished.
    pub(in crate::executor::job) fn finish(&self) {
        self.ask(Work::Finish);
    }

    fn ask(&self, work: Work) {
        // The thread takes in everything for as long as this sender lives.
        let _: Result<(), _> = self.work.send(work);
    }

    /// The checkpoints, once all that was asked is done; `None` if `patience` ends before.
    pub(in crate::executor::job) fn give_back(self, patience: &mut Patience) -> Option<Retained> {
        let Self {
            work,
            back,
            left_alone,
            ..
        } = self;
        drop(work);
        let back = patience.wait(&back);
        if back.is_none() {
            left_alone.store(true, Ordering::Relaxed);
        }
        back?.ok()
    }
}

impl Retained {
    /// Does what is asked; what the job is to be told of it.
    fn do_work(&mut self, work: Work) -> Option<Stored> {
        match work {
            Work::Begin(checkpoint) => {
                let result = guarded(WHAT, || self.begin(checkpoint)).and_then(|begun| begun);
                return Some(Stored::Begun { checkpoint, result });
            }
            Work::Publish(publication) => {
                let (metadata, files) = *publication;
                let checkpoint = metadata.checkpoint.0;
                let result =
                    guarded(WHAT, || self.publish(metadata, files)).unwrap_or_else(|error| {
                        let outcome = StoreOutcome::Unknown;
                        Err(NotPublished { error, outcome })
                    });
                return Some(Stored::Published { checkpoint, result });
            }
            Work::Discard(checkpoint) => warn(guarded(WHAT, || self.discard(checkpoint))),
            Work::Retire(checkpoints) => warn(guarded(WHAT, || self.retire(&checkpoints))),
            Work::Dispose(claimed) => warn(guarded(WHAT, || claimed.dispose())),
            Work::Finish => warn(guarded(WHAT, || self.finish())),
        }
        None
    }
}

fn warn(done: Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "checkpoints could not be tidied");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_checkpoint_begins_while_the_store_is_far_behind() {
        let (work, behind) = unbounded();
        let mut keeper = Keeper {
            work,
            begun: BTreeSet::new(),
            back: bounded(0).1,
            folders: Folders::default(),
            left_alone: Arc::default(),
        };
        (0..BACKLOG as u64).for_each(|id| keeper.begin(id).unwrap());
        let error = keeper.begin(BACKLOG as u64).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert_eq!(behind.len(), BACKLOG);
        // What has not begun need not end, and what has must come to its end all the same.
        keeper.discard(BACKLOG as u64);
        keeper.discard(0);
        keeper.discard(0);
        assert_eq!(behind.len(), BACKLOG + 1);
        assert!(matches!(behind.recv(), Ok(Work::Begin(0))));
        assert!(matches!(behind.try_iter().last(), Some(Work::Discard(0))));
        keeper.begin(BACKLOG as u64).unwrap();
    }
}
