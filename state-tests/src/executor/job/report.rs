//! What came of a job.

use super::CheckpointStats;
use alluvium::CheckpointId;
use alluvium::checkpoint::storage::Location;

/// What came of a job that has finished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobReport {
    /// The checkpoint that this execution began from.
    pub restored_from: Option<CheckpointId>,
    /// Newer checkpoints of which nothing could be restored, with what is wrong with each.
    pub passed_over: Vec<(CheckpointId, String)>,
    /// The number of records that earlier executions have read and that this checkpoint covers.
    pub records_before: u64,
    /// The number of records read by this execution, those read again after a failure counted
    /// once: together with `records_before` it is all of the input.
    pub records_read: u64,
    /// The same, those read again counted again.
    pub records_processed: u64,
    /// The number of restarts after failures.
    pub restarts: u32,
    /// The number of checkpoints completed.
    pub checkpoints: u64,
    /// The number of checkpoints and savepoints given up.
    pub failed_checkpoints: u64,
    /// The last of the completed checkpoints.
    pub last_checkpoint: Option<CheckpointStats>,
    /// The number of savepoints completed.
    pub savepoints: u64,
    /// The savepoint that the job was stopped with, before the end of its input.
    pub stopped_with: Option<Location>,
    /// Whether an earlier execution had finished the job: this one read nothing.
    pub already_finished: bool,
}
