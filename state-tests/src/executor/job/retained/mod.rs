//! The completed checkpoints of a job: in memory, or in a directory.

mod directory;
mod folders;
mod keeper;
mod memory;

use super::JobSettings;
use alluvium::checkpoint::{
    CheckpointMetadata, Event, GivenIds, OpenMode, SnapshotFiles, Storage, StoreOutcome,
    StoredSnapshot,
};
use alluvium::{CheckpointId, Result, StateError};
use directory::Directory;
pub(crate) use folders::Folders;
pub(super) use keeper::Keeper;
use memory::Memory;
use std::sync::Arc;

/// The folder of a checkpoint, from the root of all checkpoints.
pub(super) fn checkpoint_folder(job: &str, checkpoint: u64) -> String {
    format!("{job}/chk-{checkpoint}")
}

/// A checkpoint that could not be published.
pub(super) struct NotPublished {
    pub(super) error: StateError,
    /// Whether it may be published all the same.
    pub(super) outcome: StoreOutcome,
}

impl NotPublished {
    /// One that never will be.
    pub(super) fn surely(error: StateError) -> Self {
        let outcome = StoreOutcome::NotPublished;
        Self { error, outcome }
    }

    /// What the coordinator is to be told of the one with this id.
    pub(super) fn of<T, H>(self, checkpoint: u64) -> Event<T, H> {
        let Self { error, outcome } = self;
        Event::StoreFailed {
            checkpoint,
            error,
            outcome,
        }
    }
}

/// The completed checkpoints of a job.
pub(super) struct Retained {
    place: Place,
    /// No checkpoint may have an id below.
    next: u64,
    folders: Folders,
}

enum Place {
    Memory(Memory),
    Directory(Box<Directory>),
    /// With the [`Keeper`] of a run, which may never give them back.
    Lent,
}

impl Retained {
    /// What the settings say, in `storage` if there is one.
    pub(super) fn open(settings: &JobSettings, storage: Option<Arc<dyn Storage>>) -> Result<Self> {
        Ok(match storage {
            None if settings.checkpointing() && settings.backend.file_options().is_some() => {
                return Err(StateError::misuse(
                    "the state backend writes its snapshots into files: it needs a checkpoint \
                     directory, and execution.checkpointing.dir is not set",
                ));
            }
            None => Self {
                place: Place::Memory(Memory::new(settings)),
                next: 1,
                folders: Folders::default(),
            },
            Some(storage) => {
                let directory = Directory::open(settings, storage)?;
                Self {
                    next: directory.next(),
                    place: Place::Directory(Box::new(directory)),
                    folders: Folders::default(),
                }
            }
        })
    }

    /// Takes the checkpoints away from here.
    fn take(&mut self) -> Self {
        Self {
            place: std::mem::replace(&mut self.place, Place::Lent),
            next: self.next,
            folders: self.folders.clone(),
        }
    }

    fn directory(&mut self) -> Option<&mut Directory> {
        match &mut self.place {
            Place::Directory(directory) => Some(directory),
            Place::Memory(_) | Place::Lent => None,
        }
    }

    /// Looks whether they are this process's still, and what has become of the last that was
    /// published. What a run before has begun ends with that.
    pub(super) fn look(&mut self) -> Result<()> {
        self.end_unfinished();
        match &mut self.place {
            Place::Memory(_) => Ok(()),
            Place::Directory(directory) => {
                directory.check_owner()?;
                self.next = self.next.max(directory.next());
                Ok(())
            }
            Place::Lent => Err(lent()),
        }
    }

    /// The newest, which a run has to start from; to be [looked](Self::look) for before.
    pub(super) fn latest(&mut self) -> Result<Option<StoredSnapshot>> {
        match &mut self.place {
            Place::Memory(memory) => Ok(memory.latest()),
            Place::Directory(directory) => directory.latest(),
            Place::Lent => Err(lent()),
        }
    }

    /// The newest that can be read, if the job is not going to start from it.
    pub(super) fn newest_readable(&self) -> Option<Arc<CheckpointMetadata>> {
        match &self.place {
            Place::Memory(memory) => {
                let latest = memory.latest();
                latest.map(|stored| Arc::clone(stored.metadata()))
            }
            Place::Directory(directory) => directory.newest_readable().map(Arc::new),
            Place::Lent => None,
        }
    }

    /// Whether the job has finished, as far as they say.
    pub(super) fn is_finished(&self) -> bool {
        match &self.place {
            Place::Directory(directory) => directory.is_finished(),
            Place::Memory(_) | Place::Lent => false,
        }
    }

    /// What an execution before was told to start from, if it has had no checkpoint since.
    pub(super) fn origin(&self) -> Option<&str> {
        match &self.place {
            Place::Directory(directory) => directory.origin(),
            Place::Memory(_) | Place::Lent => None,
        }
    }

    /// Has whoever comes next start from `origin`, too, until there is a checkpoint; `mode` says what
    /// becomes of those that are there.
    pub(super) fn start_from(&mut self, origin: Option<&str>, mode: OpenMode) -> Result<()> {
        if let Place::Directory(directory) = &mut self.place {
            directory.start_from(origin, mode, self.next)?;
            self.next = self.next.max(directory.next());
        }
        Ok(())
    }

    /// Whether they are within reach, and not another owner's by now.
    pub(super) fn is_ours(&self) -> bool {
        match &self.place {
            Place::Memory(_) => true,
            Place::Directory(directory) => directory.is_ours(),
            Place::Lent => false,
        }
    }

    /// What a run before has begun and not finished ends.
    pub(super) fn end_unfinished(&mut self) {
        for checkpoint in self.folders.all() {
            self.discard(checkpoint.0);
        }
    }

    /// The damaged checkpoints that are newer than the latest, with what is wrong.
    pub(super) fn passed_over(&self) -> Vec<(u64, String)> {
        match &self.place {
            Place::Memory(_) | Place::Lent => Vec::new(),
            Place::Directory(directory) => directory.passed_over().to_vec(),
        }
    }

    /// Passes over a checkpoint that turned out to be damaged, if there is an older one to start
    /// from and that is allowed.
    pub(super) fn distrust(&mut self, checkpoint: CheckpointId, error: &StateError) -> bool {
        self.directory()
            .is_some_and(|directory| directory.distrust(checkpoint.0, error))
    }

    /// The ids of all, ascending.
    pub(super) fn ids(&self) -> Vec<u64> {
        match &self.place {
            Place::Memory(memory) => memory.ids(),
            Place::Directory(directory) => directory.ids(),
            Place::Lent => Vec::new(),
        }
    }

    /// The id that the next checkpoint may have.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// Notes that ids below `next` have been used.
    pub(super) fn used(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// What keeps the ids of savepoints from being given again by another process.
    pub(super) fn given_ids(&self) -> Option<GivenIds> {
        match &self.place {
            Place::Directory(directory) => Some(directory.given_ids()),
            Place::Memory(_) | Place::Lent => None,
        }
    }

    /// Where the files of unfinished checkpoints go.
    pub(super) fn folders(&self) -> Folders {
        self.folders.clone()
    }

    /// Notes that a checkpoint has begun.
    pub(super) fn begin(&mut self, checkpoint: u64) -> Result<()> {
        if let Some(directory) = self.directory() {
            let folder = directory.begin(checkpoint)?;
            self.folders.begin(CheckpointId(checkpoint), folder);
        }
        Ok(())
    }

    /// Notes that a checkpoint will not be complete.
    pub(super) fn discard(&mut self, checkpoint: u64) {
        self.folders.end(CheckpointId(checkpoint));
        if let Some(directory) = self.directory() {
            directory.discard(checkpoint);
        }
    }

    /// Keeps `metadata`; its size in bytes. What is kept in memory finds its files in `files`, as
    /// it has no folder of its own.
    pub(super) fn publish(
        &mut self,
        metadata: CheckpointMetadata,
        files: SnapshotFiles,
    ) -> Result<u64, NotPublished> {
        self.folders.end(metadata.checkpoint);
        match &mut self.place {
            Place::Memory(memory) => {
                let snapshot = StoredSnapshot::new(metadata, files);
                memory.publish(snapshot).map_err(NotPublished::surely)
            }
            Place::Directory(directory) => directory.publish(&metadata),
            Place::Lent => Err(NotPublished::surely(lent())),
        }
    }

    /// Lets go of these. What cannot be removed now can be later: the job need not fail.
    pub(super) fn retire(&mut self, checkpoints: &[u64]) {
        match &mut self.place {
            Place::Memory(memory) => memory.retire(checkpoints),
            Place::Directory(directory) => directory.retire(checkpoints),
            Place::Lent => {}
        }
    }

    /// Lets go of all of them, for good. What cannot be removed now can be later.
    pub(super) fn discard_all(&mut self) {
        match &mut self.place {
            Place::Memory(memory) => memory.discard_all(),
            Place::Directory(directory) => directory.discard_all(),
            Place::Lent => {
                tracing::warn!("the checkpoints of the job are not discarded: their store is busy");
            }
        }
    }

    /// Records that the job has finished with its newest checkpoint.
    pub(super) fn finish(&mut self) {
        if let Some(directory) = self.directory() {
            directory.finish();
        }
    }
}

fn lent() -> StateError {
    StateError::misuse("the checkpoints of the job are still in use by its last run")
}
