//! Functions that take part in checkpoints through the interfaces of the contract.

use super::{BarrierContext, Context, OpenContext, Process};
use crate::executor::Record;
use alluvium::{
    AnyBackend, CheckpointId, CheckpointedFunction, HeapOperatorState, ListCheckpointed,
    OperatorListDescriptor, OperatorListHandle, OperatorStateStore, OrderedKey, Result,
};

/// Calls the hooks of a [`CheckpointedFunction`] beside those of [`Process`]:
/// `stream.process(|| Checkpointed(MyFunction::default()))`.
#[derive(Clone, Debug, Default)]
pub struct Checkpointed<F>(pub F);

/// Keeps the list of a [`ListCheckpointed`] function in operator state:
/// `stream.process(|| ListState::new(MyFunction::default()))`.
#[derive(Debug)]
pub struct ListState<F: ListCheckpointed> {
    function: F,
    list: Option<OperatorListHandle<F::Item>>,
}

impl<F: ListCheckpointed> ListState<F> {
    /// The name of the operator state.
    pub const STATE: &str = "list-checkpointed";

    /// Keeps the list of `function`.
    pub const fn new(function: F) -> Self {
        Self {
            function,
            list: None,
        }
    }
}

/// The hooks that both adapters hand on as they are.
macro_rules! hand_on {
    ($field:tt) => {
        fn begin(&mut self) -> Result<()> {
            self.$field.begin()
        }

        #[inline]
        fn process(&mut self, record: I, cx: &mut Context<'_, K, O>) -> Result<()> {
            self.$field.process(record, cx)
        }

        fn before_barrier(
            &mut self,
            checkpoint: CheckpointId,
            cx: &mut Context<'_, K, O>,
        ) -> Result<()> {
            self.$field.before_barrier(checkpoint, cx)
        }

        fn end_of_input(&mut self, cx: &mut Context<'_, K, O>) -> Result<()> {
            self.$field.end_of_input(cx)
        }

        fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
            self.$field.checkpoint_complete(checkpoint)
        }

        fn checkpoint_aborted(&mut self, checkpoint: CheckpointId) -> Result<()> {
            self.$field.checkpoint_aborted(checkpoint)
        }

        fn finish(&mut self) -> Result<()> {
            self.$field.finish()
        }
    };
}

#[deny(clippy::missing_trait_methods)]
impl<K, I, O, F> Process<K, I, O> for Checkpointed<F>
where
    K: OrderedKey,
    O: Record,
    F: Process<K, I, O> + CheckpointedFunction<AnyBackend<K>, HeapOperatorState>,
{
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        self.0.open(context)?;
        self.0.initialize_state(context)
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, K>) -> Result<()> {
        self.0.snapshot_state(context)?;
        self.0.snapshot(context)
    }

    hand_on!(0);
}

#[deny(clippy::missing_trait_methods)]
impl<K, I, O, F> Process<K, I, O> for ListState<F>
where
    K: OrderedKey,
    O: Record,
    F: Process<K, I, O> + ListCheckpointed,
{
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        self.function.open(context)?;
        let restored = context.is_restored();
        let store = context.operator();
        let list = store.register_list(&OperatorListDescriptor::split(Self::STATE))?;
        self.list = Some(list);
        if restored {
            self.function.restore_state(store.list_get(list)?)?;
        }
        Ok(())
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, K>) -> Result<()> {
        let items = self
            .function
            .snapshot_state(context.checkpoint, context.timestamp)?;
        if let Some(list) = self.list {
            context.operator().list_set(list, items)?;
        }
        self.function.snapshot(context)
    }

    hand_on!(function);
}
