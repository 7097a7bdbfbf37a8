//! What a snapshot says about itself before its first entry.

use crate::error::{Result, StateError};
use crate::group::{KeyGroupRange, MaxParallelism};
use crate::schema::Schema;
use crate::state::StateMeta;
use std::fmt;

/// The number of a checkpoint: positive, strictly increasing over the life of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckpointId(pub u64);

impl fmt::Display for CheckpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How much of the state a snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotMode {
    /// Everything.
    Full,
    /// What changed since the newest confirmed snapshot, where the backend can tell; else
    /// everything.
    Incremental,
}

/// The keyed state of one subtask as a snapshot holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// The checkpoint that the snapshot belongs to.
    pub checkpoint: CheckpointId,
    /// The confirmed checkpoint that a delta builds on; `None` if the snapshot is whole.
    pub base: Option<CheckpointId>,
    /// The number of key groups of the operator.
    pub max_parallelism: MaxParallelism,
    /// The groups of the subtask.
    pub groups: KeyGroupRange,
    /// The shape of keys.
    pub key: Schema,
    /// The states; entries name them by their place in this list.
    pub states: Vec<StateMeta>,
}

impl SnapshotHeader {
    /// The place of the state called `name` in [`states`](Self::states).
    pub fn state_index(&self, name: &str) -> Option<usize> {
        self.states.iter().position(|state| state.name == name)
    }

    /// Checks that a backend with these keys and this max parallelism can restore the snapshot. The
    /// keys of a snapshot that names no state do not matter.
    ///
    /// # Errors
    /// `Incompatible` naming what differs and both sides.
    pub fn check_restorable(&self, key: &Schema, max_parallelism: MaxParallelism) -> Result<()> {
        if self.max_parallelism != max_parallelism {
            return Err(StateError::incompatible(format!(
                "Max parallelism mismatch: the snapshot was taken with {}, the program asks for \
                 {max_parallelism}",
                self.max_parallelism
            )));
        }
        if self.states.is_empty() {
            return Ok(());
        }
        self.key.check(key).map_err(|error| error.context("key"))
    }
}
