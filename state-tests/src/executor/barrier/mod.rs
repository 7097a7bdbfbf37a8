//! Barriers, and how a task with several channels waits for them.

mod alignment;

pub use alignment::{AbortReason, Alignment, Outcome};

use alluvium::CheckpointId;

/// The cut of a checkpoint on its way through the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// When it was triggered: milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Whether the input ends here: the checkpoint covers all that the job has done.
    pub last: bool,
}
