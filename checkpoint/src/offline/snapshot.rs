//! What is in a checkpoint or savepoint.

use super::{OfflineOperator, OfflineOptions};
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
    metadata: Arc<CheckpointMetadata>,
    options: OfflineOptions,
}

impl From<CheckpointMetadata> for OfflineSnapshot {
    fn from(metadata: CheckpointMetadata) -> Self {
        Self {
            metadata: Arc::new(metadata),
            options: OfflineOptions::default(),
        }
    }
}

impl OfflineSnapshot {
    /// The same, within other bounds.
    pub const fn with_options(mut self, options: OfflineOptions) -> Self {
        self.options = options;
        self
    }

    /// What the metadata says.
    pub fn metadata(&self) -> &CheckpointMetadata {
        &self.metadata
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
        let operators = self.metadata.operators.iter();
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
        match self.metadata.operator(uid) {
            Some(operator) => OfflineOperator::open(self, operator),
            None => {
                let uids = self.metadata.operators.iter().map(|one| one.uid.as_str());
                Err(missing("the snapshot", "operator", uid, uids))
            }
        }
    }
}

/// Opens the keyed state of a subtask: chains of layers.
pub(super) fn open_chains(
    operator: &OperatorSnapshot,
    subtask: &SubtaskSnapshot,
) -> Result<Vec<SnapshotChain>> {
    let chains = subtask.keyed.iter().map(|segment| {
        let source = operator.open(subtask, segment)?;
        Ok(vec![Box::new(source) as _])
    });
    chains.collect()
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
