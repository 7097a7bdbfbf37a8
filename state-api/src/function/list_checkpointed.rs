//! The interface with a list.

use crate::data::NativeData;
use crate::error::Result;
use crate::snapshot::CheckpointId;

/// A function whose whole state is a list, dealt out evenly when the parallelism changes.
///
/// State that is not a list is a list of one element.
pub trait ListCheckpointed {
    /// The elements.
    type Item: NativeData;

    /// The state at checkpoint `checkpoint`, triggered at `timestamp` (milliseconds since the
    /// epoch of the engine's clock).
    ///
    /// # Errors
    /// Whatever the function returns: the task fails.
    fn snapshot_state(
        &mut self,
        checkpoint: CheckpointId,
        timestamp: i64,
    ) -> Result<Vec<Self::Item>>;

    /// Takes the subtask's share of the restored elements; called before any record of a restored
    /// run, with none if none fell to the subtask.
    ///
    /// # Errors
    /// Whatever the function returns: the task fails.
    fn restore_state(&mut self, items: Vec<Self::Item>) -> Result<()>;
}
