//! Two-phase commit: what a checkpoint covers becomes visible once, whatever fails.
//!
//! What is written between two barriers is one transaction. At the barrier it is made durable but
//! not visible, and what is needed to commit it goes into the checkpoint. It is committed when the
//! checkpoint is complete, or, if that news is lost in a crash, when the job is restored from it.
//!
//! Savepoints are checkpoints like others here, with one difference: the completion of a savepoint
//! commits nothing, as in Flink since 1.15, since the job does not recover from it. What it made
//! durable is committed with the next checkpoint, or by whichever job is restored from it. Only a
//! savepoint that the job stops with commits at once.

use crate::executor::function::{BarrierContext, Context, OpenContext, Process};
use alluvium::{
    CheckpointId, HeapOperatorState, NativeData, OperatorListDescriptor, OperatorListHandle,
    OperatorStateStore, Result, StateError, SubtaskInfo,
};
use std::collections::BTreeMap;

/// A sink whose output is exactly-once.
#[expect(
    clippy::missing_errors_doc,
    reason = "an error fails the task, and the job restarts"
)]
pub trait TwoPhaseSink<T>: Send + 'static {
    /// What is being written.
    type Transaction: Send;

    /// What commits a transaction, also after a restart.
    type Committable: NativeData;

    /// Called once per run, before anything else, and before it is known whether the run will begin:
    /// looks whether [`open`](Self::open), and the commit of what is `due`, can be done, without changing
    /// anything. Then [`roll_back`](Self::roll_back) will be called if the run starts from a snapshot,
    /// and [`start_over`](Self::start_over) if the job begins with it. The default looks at nothing.
    fn check(
        &mut self,
        due: &[Self::Committable],
        restored_from: Option<CheckpointId>,
        begins: bool,
    ) -> Result<()> {
        let _ = (due, restored_from, begins);
        Ok(())
    }

    /// Called once per run, when all of the job has been restored and no subtask of the run has begun a
    /// transaction yet. `due` are the committables of *all* subtasks that the restored checkpoint
    /// covers: they are committed, each by one subtask. Anything else that earlier runs have left
    /// behind may be removed.
    fn open(&mut self, subtask: &SubtaskInfo, due: &[Self::Committable]) -> Result<()>;

    /// Called once per run, before [`open`](Self::open), if the run starts from a checkpoint or
    /// savepoint. Whatever was committed for a later checkpoint than `restored_from` was written by
    /// an execution that is being taken back, and may be removed: the job writes it once more.
    /// Without a restore from an older snapshot there is no such thing. The default keeps it.
    fn roll_back(&mut self, restored_from: CheckpointId) -> Result<()> {
        let _ = restored_from;
        Ok(())
    }

    /// Called once per run, before [`open`](Self::open), if the job begins: from nothing, or from a
    /// snapshot that it was told to start from, and not from a checkpoint of its own. The default
    /// keeps whatever earlier executions have committed.
    fn start_over(&mut self) -> Result<()> {
        Ok(())
    }

    /// Begins a transaction; called before the first record of each.
    fn begin(&mut self) -> Result<Self::Transaction>;

    /// Writes a record.
    fn write(&mut self, transaction: &mut Self::Transaction, record: T) -> Result<()>;

    /// Makes the transaction durable at the barrier of `checkpoint`, not yet visible.
    fn pre_commit(
        &mut self,
        transaction: Self::Transaction,
        checkpoint: CheckpointId,
    ) -> Result<Self::Committable>;

    /// Makes it visible. May be called again for what is committed already.
    fn commit(&mut self, committable: &Self::Committable) -> Result<()>;

    /// Gives up a transaction that was not pre-committed.
    fn abort(&mut self, transaction: Self::Transaction) -> Result<()>;
}

/// The name of the operator state that holds what is to be committed.
const STATE: &str = "committables";

/// A two-phase sink as a function.
pub(crate) struct TwoPhase<T, S: TwoPhaseSink<T>> {
    sink: S,
    transaction: Option<S::Transaction>,
    /// Pre-committed, by checkpoint. One that was aborted waits for the next, which covers it.
    pending: BTreeMap<CheckpointId, Vec<S::Committable>>,
    /// The newest checkpoint seen, for names of what no checkpoint covers.
    newest: CheckpointId,
    handle: Option<OperatorListHandle<S::Committable>>,
    opened: Option<Opened<S::Committable>>,
}

/// What the sink was opened with, until it begins.
struct Opened<C> {
    subtask: SubtaskInfo,
    due: Vec<C>,
    restored_from: Option<CheckpointId>,
    begins: bool,
}

impl<T, S: TwoPhaseSink<T>> TwoPhase<T, S> {
    pub(crate) const fn new(sink: S) -> Self {
        Self {
            sink,
            transaction: None,
            pending: BTreeMap::new(),
            newest: CheckpointId(0),
            handle: None,
            opened: None,
        }
    }

    /// Commits all that the checkpoints up to `checkpoint` cover; what fails stays pending.
    fn commit_up_to(&mut self, checkpoint: CheckpointId) -> Result<()> {
        while let Some(entry) = self.pending.first_entry() {
            if *entry.key() > checkpoint {
                break;
            }
            for committable in entry.get() {
                self.sink.commit(committable)?;
            }
            entry.remove();
        }
        Ok(())
    }

    fn pre_commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.newest = checkpoint;
        if let Some(transaction) = self.transaction.take() {
            let committable = self.sink.pre_commit(transaction, checkpoint)?;
            self.pending
                .entry(checkpoint)
                .or_default()
                .push(committable);
        }
        Ok(())
    }

    fn store(&self, state: &mut HeapOperatorState) -> Result<()> {
        let handle = self
            .handle
            .ok_or_else(|| StateError::misuse("a barrier came before the sink was opened"))?;
        let due = self.pending.values().flatten().cloned().collect();
        state.list_set(handle, due)
    }
}

impl<T: Send + 'static, S: TwoPhaseSink<T>> Process<(), T, ()> for TwoPhase<T, S> {
    fn open(&mut self, context: &mut OpenContext<'_, ()>) -> Result<()> {
        let store = context.operator();
        // A union, so that every subtask knows what may not be removed.
        let handle = store.register_list(&OperatorListDescriptor::union(STATE))?;
        let due = store.list_get(handle)?;
        store.list_clear(handle)?;
        self.handle = Some(handle);
        self.sink
            .check(&due, context.restored_from, context.begins)?;
        self.opened = Some(Opened {
            subtask: context.subtask.clone(),
            due,
            restored_from: context.restored_from,
            begins: context.begins,
        });
        Ok(())
    }

    /// What is taken back or committed here stays so: a start that is refused must not come so far.
    fn begin(&mut self) -> Result<()> {
        let Some(opened) = self.opened.take() else {
            return Err(StateError::misuse("a sink began before it was opened"));
        };
        if let Some(restored_from) = opened.restored_from {
            self.newest = restored_from;
            self.sink.roll_back(restored_from)?;
        }
        if opened.begins {
            self.sink.start_over()?;
        }
        let Opened { subtask, due, .. } = opened;
        self.sink.open(&subtask, &due)?;
        let (index, step) = (subtask.index as usize, subtask.parallelism as usize);
        due.iter()
            .skip(index)
            .step_by(step.max(1))
            .try_for_each(|committable| self.sink.commit(committable))
    }

    #[inline]
    fn process(&mut self, record: T, _cx: &mut Context<'_, (), ()>) -> Result<()> {
        let transaction = match &mut self.transaction {
            Some(transaction) => transaction,
            none => none.insert(self.sink.begin()?),
        };
        self.sink.write(transaction, record)
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, ()>) -> Result<()> {
        self.pre_commit(context.checkpoint)?;
        self.store(context.operator())
    }

    fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.commit_up_to(checkpoint)
    }

    fn finish(&mut self) -> Result<()> {
        let last = CheckpointId(self.newest.0 + 1);
        self.pre_commit(last)?;
        self.commit_up_to(last)
    }
}

/// What was not pre-committed when a run ends is void.
impl<T, S: TwoPhaseSink<T>> Drop for TwoPhase<T, S> {
    fn drop(&mut self) {
        if let Some(transaction) = self.transaction.take()
            && let Err(error) = self.sink.abort(transaction)
        {
            tracing::warn!(%error, "a transaction could not be aborted; the next run removes it");
        }
    }
}
