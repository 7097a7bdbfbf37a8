//! Barriers, and how a task with several channels waits for them.

mod alignment;

pub use alignment::{AbortReason, Alignment, Outcome};

use alluvium::checkpoint::CheckpointKind;
use alluvium::{CheckpointId, SnapshotMode};

/// The cut of a checkpoint on its way through the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// When it was triggered: milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// What it is for: at some, the input ends or the sources stop.
    pub kind: CheckpointKind,
    /// How much of the state the snapshot holds.
    pub mode: SnapshotMode,
}
