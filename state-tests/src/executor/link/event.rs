//! What happens to a chain beside records.

use crate::executor::barrier::Barrier;
use crate::executor::job::Restore;
use alluvium::checkpoint::{ChainBase, SnapshotBases};
use alluvium::{
    AnyStateBackend, CheckpointId, OperatorSnapshotJob, RawKeyedState, RawOperatorState,
    SnapshotJob, SnapshotMode, StateError, SubtaskInfo,
};
use std::sync::Arc;

/// Something that happens to all links of a task.
pub(crate) enum Event<'e> {
    /// State is made or restored; comes first, before any record.
    Open(&'e Opening<'e>),
    /// All tasks of the job are open; comes second, before any record.
    Begin,
    /// The task is about to wait: whatever is held back for a fuller batch is sent.
    Flush,
    /// The input has ended; records may be emitted.
    EndOfInput,
    /// The barrier comes next; records may be emitted.
    BeforeBarrier(Barrier),
    /// The barrier goes on to the tasks behind.
    Barrier(Barrier),
    /// State is frozen.
    Snapshot(&'e mut Freezing),
    /// The checkpoint was given up here or before; goes on to the tasks behind.
    Cancel(CheckpointId),
    /// The checkpoint is complete.
    Complete(CheckpointId),
    /// The checkpoint will never be complete.
    Aborted(CheckpointId),
    /// The savepoint is complete; its files are not the job's, so nothing may build on it.
    Detach(CheckpointId),
    /// The end without a checkpoint that covers it: what waits for one is done now.
    End,
}

/// What links are opened with.
pub(crate) struct Opening<'a> {
    pub(crate) backend: &'a AnyStateBackend,
    pub(crate) restore: &'a Restore,
}

/// A snapshot of a task in the making.
pub(crate) struct Freezing {
    pub(crate) barrier: Barrier,
    pub(crate) mode: SnapshotMode,
    /// The greatest size of one operator's raw state of each kind, in bytes.
    pub(crate) max_raw: u64,
    /// What the checkpoint may build on; `None` if it has ended, or has no files.
    pub(crate) bases: Option<SnapshotBases>,
    /// What the operators have frozen.
    pub(crate) frozen: Vec<FrozenOperator>,
    /// Why a backend refused to freeze: the checkpoint is declined, the task lives on.
    pub(crate) refused: Option<StateError>,
}

/// Frozen keyed state.
pub(crate) struct FrozenKeyed {
    pub(crate) job: Box<dyn SnapshotJob>,
    /// What it builds on, if it goes into files.
    pub(crate) base: Option<ChainBase>,
}

/// The frozen state of one operator's subtask.
pub(crate) struct FrozenOperator {
    pub(crate) uid: Arc<str>,
    pub(crate) subtask: SubtaskInfo,
    pub(crate) keyed: Option<FrozenKeyed>,
    pub(crate) operator: Box<dyn OperatorSnapshotJob>,
    pub(crate) raw_keyed: RawKeyedState,
    pub(crate) raw_operator: RawOperatorState,
}
