//! Putting a savepoint together and storing it.

use super::OperatorWriter;
use super::kept::Kept;
use super::segments::Target;
use crate::files::{SnapshotFolder, check_metadata_size};
use crate::increment::{SnapshotFileOptions, write_rest};
use crate::metadata::METADATA;
use crate::offline::snapshot::missing;
use crate::offline::{OfflineOptions, OfflineSnapshot};
use crate::savepoint::mark_savepoint;
use crate::storage::{Created, Storage};
use crate::subtask::CheckpointMetadata;
use alluvium_state_api::{CheckpointId, MaxParallelism, Result, StateError};
use std::sync::Arc;

/// Writes a savepoint without the program that it is for: made of rows, or of another snapshot that
/// is changed on the way, or of both.
///
/// A program starts from what was written as from any savepoint. Nothing of it can be seen before
/// all of it is stored, and no snapshot is ever overwritten.
///
/// ```
/// use alluvium_checkpoint::{MemoryStorage, OfflineSnapshot, OperatorWriter, SavepointWriter};
/// use alluvium_state_api::{MaxParallelism, ValueDescriptor};
/// use std::sync::Arc;
/// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
/// let mut words = OperatorWriter::new("words", MaxParallelism::new(128)?, 1)?;
/// words.put(&COUNT, &7u64, &(), &1)?;
/// let mut first = SavepointWriter::new("words");
/// first.add(words)?;
/// let first = OfflineSnapshot::from(first.into_metadata()?);
///
/// let mut second = SavepointWriter::from_snapshot(&first)?;
/// second.rename_operator("words", "terms")?;
/// second.set_max_parallelism("terms", MaxParallelism::new(256)?)?;
/// let storage = Arc::new(MemoryStorage::new());
/// second.write(storage.clone(), "savepoints/terms")?;
/// assert!(storage.paths().contains(&"savepoints/terms/_metadata".to_owned()));
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Debug)]
pub struct SavepointWriter<'s> {
    head: CheckpointMetadata,
    parts: Vec<Part<'s>>,
    max_metadata: u64,
}

#[derive(Debug)]
enum Part<'s> {
    Made(OperatorWriter),
    Kept(Kept<'s>),
}

impl Part<'_> {
    fn uid(&self) -> &str {
        match self {
            Self::Made(operator) => operator.uid(),
            Self::Kept(operator) => &operator.uid,
        }
    }
}

impl<'s> SavepointWriter<'s> {
    /// An empty savepoint of a job called `job_name`. It stands as checkpoint 1 of the time 0.
    pub fn new(job_name: &str) -> Self {
        Self {
            head: CheckpointMetadata::new(CheckpointId(1), 0, job_name, job_name),
            parts: Vec::new(),
            max_metadata: OfflineOptions::default().stored.max_metadata,
        }
    }

    /// A savepoint with all that is in `snapshot`, within the same bounds.
    ///
    /// # Errors
    /// As [`OfflineSnapshot::operator`].
    pub fn from_snapshot(snapshot: &'s OfflineSnapshot) -> Result<Self> {
        let options = snapshot.options();
        let operators = snapshot.operators()?.into_iter();
        let old = snapshot.metadata();
        let mut head =
            CheckpointMetadata::new(old.checkpoint, old.timestamp, &old.job_id, &old.job_name);
        head.is_final = old.is_final;
        head.properties.clone_from(&old.properties);
        Ok(Self {
            head,
            parts: operators
                .map(|one| Part::Kept(Kept::new(one, options)))
                .collect(),
            max_metadata: options.stored.max_metadata,
        })
    }

    /// The same with the id of a job, which is otherwise its name.
    pub fn with_job_id(mut self, job_id: &str) -> Self {
        job_id.clone_into(&mut self.head.job_id);
        self
    }

    /// The same, with metadata of at most so many bytes. Default: 1 GiB, or what the snapshot was
    /// opened with. Whoever reads it needs the same in `execution.checkpointing.max-metadata-size`.
    pub const fn with_max_metadata(mut self, bytes: u64) -> Self {
        self.max_metadata = bytes;
        self
    }

    /// The same with a time, in milliseconds since the Unix epoch.
    pub const fn with_timestamp(mut self, timestamp: u64) -> Self {
        self.head.timestamp = timestamp;
        self
    }

    /// The uids of the operators that it has so far.
    pub fn uids(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(Part::uid)
    }

    /// Adds an operator.
    ///
    /// # Errors
    /// `Misuse` if there is one with its uid.
    pub fn add(&mut self, operator: OperatorWriter) -> Result<()> {
        self.check_free(operator.uid())?;
        self.parts.push(Part::Made(operator));
        Ok(())
    }

    /// Gives an operator of the snapshot another uid.
    ///
    /// # Errors
    /// `Misuse` if the snapshot has no operator `from`, or there is one called `to`, or that is
    /// empty.
    pub fn rename_operator(&mut self, from: &str, to: &str) -> Result<()> {
        self.kept(from)?;
        if to.is_empty() {
            return Err(StateError::misuse(
                "an operator needs a uid, found an empty one",
            ));
        }
        self.check_free(to)?;
        to.clone_into(&mut self.kept(from)?.uid);
        Ok(())
    }

    /// Leaves an operator out.
    ///
    /// # Errors
    /// `Misuse` if there is none.
    pub fn remove_operator(&mut self, uid: &str) -> Result<()> {
        match self.parts.iter().position(|part| part.uid() == uid) {
            Some(place) => {
                self.parts.remove(place);
                Ok(())
            }
            None => Err(missing("the savepoint", "operator", uid, self.uids())),
        }
    }

    /// Gives an operator of the snapshot another number of key groups: every key is hashed again
    /// and goes to the group, and with it the subtask, where a program will look for it.
    ///
    /// # Errors
    /// `Misuse` if the snapshot has no such operator; `Incompatible` if it has raw keyed state, in
    /// which nobody but the operator can find keys, or more subtasks than groups. Writing fails with
    /// `Incompatible` if the type of the keys turns out to have a hash of its own.
    pub fn set_max_parallelism(&mut self, uid: &str, max: MaxParallelism) -> Result<()> {
        self.kept(uid)?.set_max_parallelism(max)
    }

    fn kept(&mut self, uid: &str) -> Result<&mut Kept<'s>> {
        let place = self.parts.iter().position(|part| part.uid() == uid);
        let part = place.and_then(|place| self.parts.get_mut(place));
        match part {
            Some(Part::Kept(kept)) => Ok(kept),
            Some(Part::Made(_)) => Err(StateError::misuse(format!(
                "operator '{uid}' is made of rows: make it as it is to be"
            ))),
            None => Err(StateError::misuse(format!(
                "the snapshot has no operator '{uid}'"
            ))),
        }
    }

    fn check_free(&self, uid: &str) -> Result<()> {
        if self.uids().any(|there| there == uid) {
            return Err(StateError::misuse(format!(
                "the savepoint has an operator '{uid}' already"
            )));
        }
        Ok(())
    }

    /// The savepoint as metadata that holds everything itself.
    ///
    /// # Errors
    /// `Incompatible` as [`set_max_parallelism`](Self::set_max_parallelism) says; `LimitExceeded` if
    /// one key group is larger than memory may be; `Corrupt` or `Storage` if the other snapshot
    /// cannot be read.
    pub fn into_metadata(self) -> Result<CheckpointMetadata> {
        self.finish(None)
    }

    fn finish(self, files: Option<(&SnapshotFolder, u64)>) -> Result<CheckpointMetadata> {
        let checkpoint = self.head.checkpoint;
        let target = Target { checkpoint, files };
        let mut operators = Vec::new();
        for part in self.parts {
            let mut operator = match part {
                Part::Made(operator) => operator.finish(target)?,
                Part::Kept(operator) => operator.finish(target)?,
            };
            if let Some((folder, threshold)) = files {
                for subtask in &mut operator.subtasks {
                    write_rest(subtask, folder, threshold)?;
                }
            }
            operators.push(operator);
        }
        let mut metadata = CheckpointMetadata {
            operators,
            ..self.head
        };
        mark_savepoint(&mut metadata);
        Ok(metadata)
    }

    /// Stores the savepoint in `folder`, in which there must be nothing. State of more than 20 KiB
    /// goes into files; `_metadata` is stored last.
    ///
    /// # Errors
    /// As [`into_metadata`](Self::into_metadata); `LimitExceeded` if the metadata is longer than
    /// [`with_max_metadata`](Self::with_max_metadata) allows; `Misuse` if there is something in
    /// `folder`; `Storage`.
    pub fn write(self, storage: Arc<dyn Storage>, folder: &str) -> Result<()> {
        let path = format!("{folder}/{METADATA}");
        let place = storage.locate(&path);
        let taken = || StateError::misuse(format!("'{place}': nothing is overwritten"));
        if !storage.list(folder)?.is_empty() {
            return Err(taken());
        }
        let files = SnapshotFolder::savepoint(Arc::clone(&storage), folder)?;
        let threshold = SnapshotFileOptions::default().inline_threshold;
        let most = self.max_metadata;
        let bytes = self.finish(Some((&files, threshold)))?.to_bytes()?;
        check_metadata_size(&place, bytes.len() as u64, most)?;
        let created = storage.create(&path, &bytes);
        if !matches!(created, Ok(Created::Exists)) {
            // After a failure it may be there all the same.
            files.keep();
        }
        match created? {
            Created::New => Ok(()),
            Created::Exists => Err(taken()),
        }
    }
}
