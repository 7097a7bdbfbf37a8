//! What the hooks are given.

use crate::backend::KeyedBackend;
use crate::error::{Result, StateError};
use crate::operator::OperatorStateStore;
use crate::raw::{RawKeyedState, RawKeyedWriter, RawOperatorState, RawOperatorWriter};
use crate::snapshot::CheckpointId;
use std::fmt;

/// The subtask that a function runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtaskInfo {
    /// The operator's name or uid.
    pub operator: String,
    /// The subtask, below `parallelism`.
    pub index: u32,
    /// The number of subtasks.
    pub parallelism: u32,
}

/// As messages call it: `operator 'count', subtask 1`.
impl fmt::Display for SubtaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operator '{}', subtask {}", self.operator, self.index)
    }
}

fn not_keyed(operator: &str) -> StateError {
    StateError::misuse(format!(
        "operator '{operator}' asks for keyed state, but its input is not keyed: put key_by before it"
    ))
}

/// What a function is given before the first record.
#[derive(Debug)]
pub struct InitializationContext<'a, B, O> {
    /// The subtask.
    pub subtask: &'a SubtaskInfo,
    /// The checkpoint that the run was restored from.
    pub restored_from: Option<CheckpointId>,
    /// Whether the job begins: from nothing, or from a snapshot that it was told to start from. Not
    /// if it goes on from a checkpoint of its own, after a failure or in another process.
    pub begins: bool,
    /// The keyed state; `None` if the operator's input is not keyed.
    pub keyed_state: Option<&'a mut B>,
    /// The operator state.
    pub operator_state: &'a mut O,
    /// The restored raw keyed state of the subtask's key groups.
    pub raw_keyed: &'a RawKeyedState,
    /// The restored raw operator state of the subtask.
    pub raw_operator: &'a RawOperatorState,
}

impl<B: KeyedBackend, O: OperatorStateStore> InitializationContext<'_, B, O> {
    /// Whether the run was restored from a checkpoint or savepoint.
    pub const fn is_restored(&self) -> bool {
        self.restored_from.is_some()
    }

    /// The keyed state.
    ///
    /// # Errors
    /// `Misuse` naming the operator if its input is not keyed.
    pub fn keyed(&mut self) -> Result<&mut B> {
        self.keyed_state
            .as_deref_mut()
            .ok_or_else(|| not_keyed(&self.subtask.operator))
    }

    /// The operator state.
    pub const fn operator(&mut self) -> &mut O {
        self.operator_state
    }
}

/// What a function is given at a snapshot.
#[derive(Debug)]
pub struct SnapshotContext<'a, B, O> {
    /// The subtask.
    pub subtask: &'a SubtaskInfo,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// When it was triggered: milliseconds since the epoch of the engine's clock.
    pub timestamp: i64,
    /// The keyed state; `None` if the operator's input is not keyed.
    pub keyed_state: Option<&'a mut B>,
    /// The operator state.
    pub operator_state: &'a mut O,
    /// Takes raw keyed state; `None` if the operator's input is not keyed.
    pub raw_keyed: Option<&'a mut RawKeyedWriter>,
    /// Takes raw operator state.
    pub raw_operator: &'a mut RawOperatorWriter,
}

impl<B: KeyedBackend, O: OperatorStateStore> SnapshotContext<'_, B, O> {
    /// The keyed state.
    ///
    /// # Errors
    /// `Misuse` naming the operator if its input is not keyed.
    pub fn keyed(&mut self) -> Result<&mut B> {
        self.keyed_state
            .as_deref_mut()
            .ok_or_else(|| not_keyed(&self.subtask.operator))
    }

    /// The operator state.
    pub const fn operator(&mut self) -> &mut O {
        self.operator_state
    }

    /// The stream of raw keyed state.
    ///
    /// # Errors
    /// `Misuse` naming the operator if its input is not keyed.
    pub fn raw_keyed(&mut self) -> Result<&mut RawKeyedWriter> {
        self.raw_keyed
            .as_deref_mut()
            .ok_or_else(|| not_keyed(&self.subtask.operator))
    }
}
