//! Functions with two inputs.

use super::{BarrierContext, Context, OpenContext, Process};
use crate::executor::Record;
use alluvium::{CheckpointId, OrderedKey, Result};

/// A function of two inputs that share state; otherwise as [`Process`].
///
/// If both inputs are keyed, or one is and the other is broadcast, the state of a key is there for
/// records of the keyed inputs; for those of the broadcast one all keys are
/// ([`Context::backend`]), and operator state always is.
#[expect(
    unused_variables,
    reason = "hooks that do nothing have names for what they are given"
)]
#[expect(clippy::missing_errors_doc, reason = "as Process")]
pub trait TwoInputs<K: OrderedKey, A, B, O: Record>: Send + 'static {
    /// As [`Process::open`].
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        Ok(())
    }

    /// As [`Process::begin`].
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    /// Handles a record of the first input.
    fn process_first(&mut self, record: A, cx: &mut Context<'_, K, O>) -> Result<()>;

    /// Handles a record of the second input.
    fn process_second(&mut self, record: B, cx: &mut Context<'_, K, O>) -> Result<()>;

    /// As [`Process::before_barrier`].
    fn before_barrier(
        &mut self,
        checkpoint: CheckpointId,
        cx: &mut Context<'_, K, O>,
    ) -> Result<()> {
        Ok(())
    }

    /// As [`Process::snapshot`].
    fn snapshot(&mut self, context: &mut BarrierContext<'_, K>) -> Result<()> {
        Ok(())
    }

    /// As [`Process::end_of_input`]; both inputs have ended.
    fn end_of_input(&mut self, cx: &mut Context<'_, K, O>) -> Result<()> {
        Ok(())
    }

    /// As [`Process::checkpoint_complete`].
    fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
        Ok(())
    }

    /// As [`Process::checkpoint_aborted`].
    fn checkpoint_aborted(&mut self, checkpoint: CheckpointId) -> Result<()> {
        Ok(())
    }
}

/// A record of one of two inputs.
#[derive(Clone)]
pub(crate) enum Either<A, B> {
    First(A),
    Second(B),
}

/// A function of two inputs as one of their union.
pub(crate) struct Two<F>(pub(crate) F);

impl<K, A, B, O, F> Process<K, Either<A, B>, O> for Two<F>
where
    K: OrderedKey,
    O: Record,
    F: TwoInputs<K, A, B, O>,
{
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        self.0.open(context)
    }

    fn begin(&mut self) -> Result<()> {
        self.0.begin()
    }

    #[inline]
    fn process(&mut self, record: Either<A, B>, cx: &mut Context<'_, K, O>) -> Result<()> {
        match record {
            Either::First(record) => self.0.process_first(record, cx),
            Either::Second(record) => self.0.process_second(record, cx),
        }
    }

    fn before_barrier(
        &mut self,
        checkpoint: CheckpointId,
        cx: &mut Context<'_, K, O>,
    ) -> Result<()> {
        self.0.before_barrier(checkpoint, cx)
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, K>) -> Result<()> {
        self.0.snapshot(context)
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, K, O>) -> Result<()> {
        self.0.end_of_input(cx)
    }

    fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.0.checkpoint_complete(checkpoint)
    }

    fn checkpoint_aborted(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.0.checkpoint_aborted(checkpoint)
    }
}
