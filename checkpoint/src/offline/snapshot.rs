//! What is in a checkpoint or savepoint.

use super::{OfflineOperator, OfflineOptions};
use crate::files::StoredSnapshot;
use crate::savepoint::open_snapshot;
use crate::storage::{Location, Storage, StorageOptions};
use crate::subtask::{CheckpointMetadata, OperatorSnapshot, SubtaskSnapshot};
use alluvium_state_api::{Result, SnapshotChain, StateError};
use std::fmt;
use std::sync::Arc;

/// A checkpoint or savepoint, open to be read without the program that wrote it.
///
/// ```
/// use alluvium_checkpoint::{CheckpointMetadata, OfflineSnapshot};
/// use alluvium_state_api::CheckpointId;
/// let metadata = CheckpointMetadata::new(CheckpointId(7), 0, "job-1", "flights");
/// let snapshot = OfflineSnapshot::from(metadata);
/// assert_eq!(snapshot.metadata().job_name, "flights");
/// let error = snapshot.operator("count").unwrap_err();
/// assert_eq!(error.to_string(), "the snapshot has no operator 'count'; it has none");
/// ```
#[derive(Clone, Debug)]
pub struct OfflineSnapshot {
    stored: StoredSnapshot,
    options: OfflineOptions,
}

/// A snapshot that holds everything in its metadata.
impl From<CheckpointMetadata> for OfflineSnapshot {
    fn from(metadata: CheckpointMetadata) -> Self {
        StoredSnapshot::from(metadata).into()
    }
}

/// A snapshot that goes on being read with the options that it was opened with.
impl From<StoredSnapshot> for OfflineSnapshot {
    fn from(stored: StoredSnapshot) -> Self {
        Self {
            options: OfflineOptions::default().with_stored(stored.options()),
            stored,
        }
    }
}

impl OfflineSnapshot {
    /// Opens the snapshot at `place`: a path, or the URL of a store, of the folder of a savepoint or
    /// checkpoint, or of the `_metadata` in it. With the defaults of all options; see
    /// [`open_with`](Self::open_with).
    ///
    /// ```
    /// use alluvium_checkpoint::{LocalStorage, OfflineSnapshot, OperatorWriter, SavepointWriter};
    /// use alluvium_state_api::{MaxParallelism, ValueDescriptor};
    /// use std::sync::Arc;
    ///
    /// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
    /// let directory = tempfile::tempdir().unwrap();
    /// let mut words = OperatorWriter::new("words", MaxParallelism::new(128)?, 1)?;
    /// words.put(&COUNT, &"hello".to_owned(), &(), &3)?;
    /// let mut savepoint = SavepointWriter::new("word count");
    /// savepoint.add(words)?;
    /// savepoint.write(Arc::new(LocalStorage::open(directory.path())?), "savepoint-1")?;
    ///
    /// let path = directory.path().join("savepoint-1");
    /// let snapshot = OfflineSnapshot::open(&path)?;
    /// assert_eq!(snapshot.metadata().job_name, "word count");
    /// let mut counts = snapshot.operator("words")?.keyed("count")?;
    /// let found = counts.rows::<String, _>(&COUNT)?.collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!((found[0].key.as_str(), found[0].row), ("hello", 3));
    ///
    /// // As text, and by its metadata.
    /// let text = format!("file://{}/_metadata", path.display());
    /// assert_eq!(OfflineSnapshot::open(&*text)?.metadata().job_name, "word count");
    /// # Ok::<(), alluvium_state_api::StateError>(())
    /// ```
    ///
    /// # Errors
    /// As [`open_snapshot`]; `Misuse` if `place` is a malformed URL, or one of a store that this
    /// build lacks.
    pub fn open<L>(place: L) -> Result<Self>
    where
        L: TryInto<Location>,
        L::Error: fmt::Display,
    {
        Self::open_with(place, &StorageOptions::default(), OfflineOptions::default())
    }

    /// The same, with a store that is reached as `store` says, within these bounds.
    ///
    /// # Errors
    /// As [`open`](Self::open); `LimitExceeded` if the metadata is longer than `options` allow.
    pub fn open_with<L>(place: L, store: &StorageOptions, options: OfflineOptions) -> Result<Self>
    where
        L: TryInto<Location>,
        L::Error: fmt::Display,
    {
        let place = place
            .try_into()
            .map_err(|error| StateError::misuse(error.to_string()))?;
        let opened = open_snapshot(&place, store, options.stored)?;
        Ok(Self::from(opened.stored).with_options(options))
    }

    /// Opens the snapshot in `folder` of `storage`, the folder that holds `_metadata`, with the
    /// defaults of all options.
    ///
    /// # Errors
    /// As [`StoredSnapshot::load`].
    pub fn load(storage: Arc<dyn Storage>, folder: &str) -> Result<Self> {
        Self::load_with(storage, folder, OfflineOptions::default())
    }

    /// The same, within these bounds.
    ///
    /// # Errors
    /// As [`StoredSnapshot::load`].
    pub fn load_with(
        storage: Arc<dyn Storage>,
        folder: &str,
        options: OfflineOptions,
    ) -> Result<Self> {
        let stored = StoredSnapshot::load(storage, folder, options.stored)?;
        Ok(Self::from(stored).with_options(options))
    }

    /// The same, read on within other bounds. One out of its range is found when it is used.
    pub const fn with_options(mut self, options: OfflineOptions) -> Self {
        self.stored.read_with(options.stored);
        self.options = options;
        self
    }

    /// What the metadata says.
    pub fn metadata(&self) -> &CheckpointMetadata {
        self.stored.metadata()
    }

    /// The metadata and where the files lie.
    pub const fn stored(&self) -> &StoredSnapshot {
        &self.stored
    }

    /// The bounds.
    pub const fn options(&self) -> OfflineOptions {
        self.options
    }

    /// The operators, in the order of the metadata.
    ///
    /// # Errors
    /// As [`operator`](Self::operator).
    pub fn operators(&self) -> Result<Vec<OfflineOperator<'_>>> {
        let operators = self.metadata().operators.iter();
        operators
            .map(|operator| OfflineOperator::open(self, operator))
            .collect()
    }

    /// The operator with this uid.
    ///
    /// # Errors
    /// `Misuse` if there is none; `Corrupt`, `Incompatible` or `Storage` if what it says about its
    /// states cannot be read, or its subtasks contradict one another.
    pub fn operator(&self, uid: &str) -> Result<OfflineOperator<'_>> {
        match self.metadata().operator(uid) {
            Some(operator) => OfflineOperator::open(self, operator),
            None => {
                let uids = self.metadata().operators.iter().map(|one| one.uid.as_str());
                Err(missing("the snapshot", "operator", uid, uids))
            }
        }
    }

    /// Opens the keyed state of a subtask: chains of layers.
    pub(super) fn chains(
        &self,
        operator: &OperatorSnapshot,
        subtask: &SubtaskSnapshot,
    ) -> Result<Vec<SnapshotChain>> {
        let chains = subtask.keyed.iter();
        chains
            .map(|chain| self.stored.chain(operator, subtask, chain))
            .collect()
    }
}

/// The error of asking `whose` for something called `name` that is not among `names`.
#[cold]
pub(super) fn missing<'a>(
    whose: impl fmt::Display,
    what: &str,
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> StateError {
    let names: Vec<_> = names.map(|name| format!("'{name}'")).collect();
    let there = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    StateError::misuse(format!("{whose} has no {what} '{name}'; it has {there}"))
}
