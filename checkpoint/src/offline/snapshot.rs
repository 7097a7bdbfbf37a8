//! What is in a checkpoint or savepoint.

use super::{OfflineOperator, OfflineOptions};
use crate::files::{StoredSnapshot, StoredSnapshotOptions};
use crate::storage::Storage;
use crate::subtask::{CheckpointMetadata, OperatorSnapshot, SubtaskSnapshot};
use alluvium_state_api::{Result, SnapshotChain, StateError};
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

impl From<StoredSnapshot> for OfflineSnapshot {
    fn from(stored: StoredSnapshot) -> Self {
        Self {
            stored,
            options: OfflineOptions::default(),
        }
    }
}

impl OfflineSnapshot {
    /// Opens the snapshot in `folder` of `storage`: the folder that holds `_metadata`.
    ///
    /// # Errors
    /// As [`StoredSnapshot::load`].
    pub fn load(storage: Arc<dyn Storage>, folder: &str) -> Result<Self> {
        let options = StoredSnapshotOptions::default();
        StoredSnapshot::load(storage, folder, options).map(Self::from)
    }

    /// The same, within other bounds.
    pub const fn with_options(mut self, options: OfflineOptions) -> Self {
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
    whose: impl std::fmt::Display,
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
