//! Rich functions.

use super::Context;
use crate::executor::Record;
use alluvium::{
    AnyBackend, CheckpointId, HeapOperatorState, InitializationContext, OrderedKey, Result,
    SnapshotContext,
};

/// What a function is opened with.
pub type OpenContext<'a, K> = InitializationContext<'a, AnyBackend<K>, HeapOperatorState>;

/// What a function is given at a snapshot.
pub type BarrierContext<'a, K> = SnapshotContext<'a, AnyBackend<K>, HeapOperatorState>;

/// A function with state: takes records of type `I`, emits records of type `O`. `K` is the type of
/// keys, `()` behind a stream that is not keyed.
///
/// The order of calls is: [`open`](Self::open) once, and [`begin`](Self::begin); then [`process`](Self::process) for every
/// record, and at each barrier [`before_barrier`](Self::before_barrier) and
/// [`snapshot`](Self::snapshot), with no record in between; at the end of the input
/// [`end_of_input`](Self::end_of_input), followed by one last barrier if checkpointing is on, else
/// by [`finish`](Self::finish). An error of any of them fails the task, and the job falls back to
/// the latest checkpoint.
#[expect(
    unused_variables,
    reason = "hooks that do nothing have names for what they are given"
)]
#[expect(clippy::missing_errors_doc, reason = "told once, above")]
pub trait Process<K: OrderedKey, I, O: Record>: Send + 'static {
    /// Registers states, and takes from them what a restore has brought.
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        Ok(())
    }

    /// All functions of the job have been opened: it runs from what they were given. What must not
    /// happen if it is refused has its place here. No record is handled before all have begun.
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    /// Handles one record.
    fn process(&mut self, record: I, cx: &mut Context<'_, K, O>) -> Result<()>;

    /// Emits what has to be ahead of the barrier of `checkpoint`.
    fn before_barrier(
        &mut self,
        checkpoint: CheckpointId,
        cx: &mut Context<'_, K, O>,
    ) -> Result<()> {
        Ok(())
    }

    /// Puts what the function holds in fields into state.
    fn snapshot(&mut self, context: &mut BarrierContext<'_, K>) -> Result<()> {
        Ok(())
    }

    /// Emits what is left, when no record comes any more.
    fn end_of_input(&mut self, cx: &mut Context<'_, K, O>) -> Result<()> {
        Ok(())
    }

    /// The checkpoint is complete. Comes once for each or not at all: a later one covers it.
    fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
        Ok(())
    }

    /// The checkpoint will never be complete. Likewise.
    fn checkpoint_aborted(&mut self, checkpoint: CheckpointId) -> Result<()> {
        Ok(())
    }

    /// The job ends, and checkpointing is off: nothing will cover what was not made final yet.
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
