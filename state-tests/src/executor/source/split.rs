//! What a source is.

use crate::executor::Record;
use alluvium::{NativeData, Result};

/// Input that can be read again, cut into splits that can be read independently.
///
/// The splits are asked for once, when a job starts from nothing, and dealt out to the subtasks.
/// From then on each split and the offset reached in it are operator state: after a failure, or at
/// another parallelism, reading goes on where the checkpoint was taken.
pub trait SplitSource: Send + Sync + 'static {
    /// The records.
    type Record: Record;

    /// What names a split: stored in checkpoints.
    type Split: NativeData;

    /// What reads a split.
    type Reader: SplitReader<Self::Record>;

    /// All splits, in the same order whenever it is called.
    ///
    /// # Errors
    /// What keeps the input from being read.
    fn splits(&self) -> Result<Vec<Self::Split>>;

    /// Opens `split` at `offset`: 0 at its start, else what
    /// [`SplitReader::read`] once returned.
    ///
    /// # Errors
    /// What keeps the input from being read.
    fn open(&self, split: &Self::Split, offset: u64) -> Result<Self::Reader>;
}

/// How far a read has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadStep {
    /// Where to go on: [`SplitSource::open`] at this offset yields the record after the last one.
    pub offset: u64,
    /// Whether the split has ended.
    pub ended: bool,
}

/// Reads one split.
pub trait SplitReader<T>: Send {
    /// Appends the next records to `records`, at most `max` of them. Must append at least one
    /// unless the split has ended.
    ///
    /// # Errors
    /// What keeps the input from being read; the task fails.
    fn read(&mut self, max: usize, records: &mut Vec<T>) -> Result<ReadStep>;
}
