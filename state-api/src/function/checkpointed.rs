//! The interface with two hooks.

use super::{InitializationContext, SnapshotContext};
use crate::backend::KeyedBackend;
use crate::error::Result;
use crate::operator::OperatorStateStore;

/// A function that takes part in checkpoints: it registers and reads its state before the first
/// record, and puts what it holds in fields into state at every snapshot.
pub trait CheckpointedFunction<B: KeyedBackend, O: OperatorStateStore> {
    /// Called once per run, before any record, restored or not. Registers states, and takes from
    /// them what a restore has brought.
    ///
    /// # Errors
    /// Whatever the function or its state returns: the task fails.
    fn initialize_state(&mut self, context: &mut InitializationContext<'_, B, O>) -> Result<()>;

    /// Called at every checkpoint, between the last record before it and the first one after.
    ///
    /// # Errors
    /// Whatever the function or its state returns: the task fails.
    fn snapshot_state(&mut self, context: &mut SnapshotContext<'_, B, O>) -> Result<()>;
}
