//! What travels through a channel between two subtasks.

use crate::executor::barrier::Barrier;
use alluvium::CheckpointId;

/// One message, in the order of the stream.
pub(crate) enum Message<T> {
    /// Records.
    Batch(Vec<T>),
    /// The cut of a checkpoint: what came before belongs to it.
    Barrier(Barrier),
    /// The cut of this checkpoint will not come: give it up.
    Cancel(CheckpointId),
    /// Nothing comes any more.
    End,
}
