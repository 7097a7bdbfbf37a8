//! What is done about savepoints on threads of their own, as storage may be slow: making their
//! folder, writing them, removing those that have failed.

use crate::executor::entropy::random_bytes;
use crate::executor::job::JobSettings;
use crate::executor::job::patience::Patience;
use crate::executor::job::request::Reply;
use crate::executor::job::stored::{Stored, WrittenSnapshot, guarded};
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{
    CheckpointMetadata, GivenIds, SavepointFolder, SnapshotFolder, copy_into,
};
use alluvium::{Result, SnapshotLimits, StateError};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::convert::Infallible;
use std::sync::Arc;

/// Where a savepoint is to go, and how that is reached.
pub(super) struct Target {
    place: Location,
    options: StorageOptions,
    max_metadata: u64,
    job: String,
}

impl Target {
    /// What was asked for, else the default.
    pub(super) fn new(settings: &JobSettings, place: Option<Location>) -> Result<Self> {
        let default = || settings.savepoint_dir().map(Option::<&Location>::cloned);
        let place = place.map_or_else(default, |place| Ok(Some(place)))?;
        let place = place.ok_or_else(|| {
            StateError::misuse(
                "no directory is given for the savepoint, and there is no default one \
                 ('execution.checkpointing.savepoint-dir')",
            )
        })?;
        Ok(Self {
            place,
            options: settings.storage.clone(),
            max_metadata: settings.store.max_metadata,
            job: settings.job_id().to_owned(),
        })
    }

    fn prepare(&self) -> Result<Arc<SavepointFolder>> {
        let random = random_bytes()?.iter().fold(0, |number: u64, byte| {
            number.rotate_left(8) ^ u64::from(*byte)
        });
        let folder = SavepointFolder::prepare(&self.place, &self.options, &self.job, random)?;
        Ok(Arc::new(folder.with_max_metadata(self.max_metadata)))
    }
}

/// A savepoint that is to be written.
pub(super) struct Writing {
    pub(super) metadata: CheckpointMetadata,
    pub(super) folder: Arc<SavepointFolder>,
    pub(super) limits: SnapshotLimits,
    /// Whether it is to be a checkpoint of the job, too.
    pub(super) is_stop: bool,
    /// Where the files of that go, if it is to have its own.
    pub(super) copy: Option<Arc<SnapshotFolder>>,
    /// Where its id is noted before there is a savepoint.
    pub(super) given: Option<GivenIds>,
}

impl Writing {
    fn write(self) -> Result<WrittenSnapshot> {
        let Self {
            metadata,
            folder,
            limits,
            is_stop,
            copy,
            given,
        } = self;
        let id = metadata.checkpoint.0;
        given.map_or(Ok(()), |given| given.note(id))?;
        let size = folder.write(&metadata, &limits)?;
        let copy = is_stop.then(|| match &copy {
            Some(copy) => copy_into(&metadata, &folder.files().files(), copy),
            None => Ok(metadata),
        });
        let copy = copy.transpose()?;
        Ok(WrittenSnapshot { size, copy })
    }
}

/// Starts the threads, a few at a time: one savepoint is under way at once.
pub(super) struct Work {
    tell: Sender<Stored>,
    /// Held by those who remove something; nothing is ever sent.
    removing: Sender<Infallible>,
    removed: Receiver<Infallible>,
}

impl Work {
    /// What is done is told through `tell`.
    pub(super) fn new(tell: Sender<Stored>) -> Self {
        let (removing, removed) = bounded(0);
        Self {
            tell,
            removing,
            removed,
        }
    }

    /// Makes the folder of a savepoint, if it can be written to; [`Stored::Prepared`] follows.
    pub(super) fn prepare(&self, target: Target) -> Result<()> {
        let tell = self.tell.clone();
        spawn("savepoint-folder", move || {
            // If nobody listens any more, the folder goes with the answer.
            let folder = guarded("the making of a savepoint's folder", || target.prepare());
            let folder = folder.and_then(|folder| folder);
            let _: Result<(), _> = tell.send(Stored::Prepared(folder));
        })
    }

    /// Writes a savepoint, and its copy for the log; [`Stored::Written`] follows.
    pub(super) fn write(&self, writing: Writing) -> Result<()> {
        let tell = self.tell.clone();
        let checkpoint = writing.metadata.checkpoint.0;
        let folder = Arc::clone(&writing.folder);
        spawn("savepoint", move || {
            let written = guarded("the writing of a savepoint", || writing.write());
            let result = written.and_then(|written| written);
            // If nobody listens any more, nobody will ever be told of it.
            let told = tell.send(Stored::Written { checkpoint, result });
            if told.is_err() {
                folder.discard();
            }
        })
    }

    /// Removes what there is of a savepoint that has failed, then answers.
    pub(super) fn remove(
        &self,
        folder: Arc<SavepointFolder>,
        error: StateError,
        reply: Reply<Location>,
    ) {
        let removing = self.removing.clone();
        let remove = move || {
            folder.discard();
            drop(folder);
            reply.send(Err(error));
            drop(removing);
        };
        if let Err(error) = spawn("savepoint-removal", remove) {
            tracing::warn!(%error, "what there is of a savepoint that has failed was not removed");
        }
    }

    /// Waits until all is removed that was to be.
    pub(super) fn close(self, patience: &mut Patience) {
        drop(self.removing);
        let _: Option<Result<Infallible, _>> = patience.wait(&self.removed);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let spawned = thread.spawn(work).map(drop);
    spawned.map_err(|error| {
        StateError::storage("cannot start a thread for a savepoint").with_source(error)
    })
}
