//! The operator of a function with state.

use super::{Control, Event, Freezing, FrozenKeyed, FrozenOperator, Link, Opening, Output, by_uid};
use crate::executor::Record;
use crate::executor::function::{Access, Context, OpenContext, Process};
use crate::executor::job::has_ended;
use alluvium::checkpoint::ChainHistory;
use alluvium::{
    AnyBackend, Budget, CheckpointId, FreezeRequest, HeapOperatorState, KeyScope, KeyedBackend,
    OperatorStateStore, OrderedKey, RawKeyedWriter, RawOperatorWriter, Result, SnapshotContext,
    SnapshotMode, StateBackend, StateError, SubtaskInfo,
};
use std::sync::Arc;

/// Takes the key out of a record; `None` for a record of an input that is not keyed.
pub(crate) type KeyOf<K, I> = Arc<dyn Fn(&I) -> Option<K> + Send + Sync>;

/// The work that a backend may do between two batches.
const MAINTENANCE: Budget = Budget { entries: 64 };

/// A function with its state, as one subtask runs it.
pub(crate) struct Operator<K: OrderedKey, I, O, F> {
    uid: Arc<str>,
    subtask: SubtaskInfo,
    function: F,
    /// `None` if the operator is not keyed.
    key_of: Option<KeyOf<K, I>>,
    backend: Option<AnyBackend<K>>,
    /// What has been written of the keyed state, if it goes into files.
    history: Option<ChainHistory>,
    state: HeapOperatorState,
    output: Output<O>,
}

impl<K: OrderedKey, I, O: Record, F: Process<K, I, O>> Operator<K, I, O, F> {
    pub(crate) fn new(
        uid: Arc<str>,
        subtask: SubtaskInfo,
        function: F,
        key_of: Option<KeyOf<K, I>>,
        output: Output<O>,
    ) -> Self {
        Self {
            uid,
            subtask,
            function,
            key_of,
            backend: None,
            history: None,
            state: HeapOperatorState::new(),
            output,
        }
    }

    /// Names the operator in an error of its own; one from behind names its operator already.
    fn own<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(error) if !self.output.has_failed() => Err(self.named(error)),
            result => result,
        }
    }

    #[cold]
    fn named(&self, error: StateError) -> StateError {
        error.context(&self.subtask)
    }

    /// Calls a hook of the function that may see all keys and emit.
    fn hook(
        &mut self,
        call: impl FnOnce(&mut F, &mut Context<'_, K, O>) -> Result<()>,
    ) -> Result<()> {
        let access = self.backend.as_mut().map_or(Access::None, Access::All);
        let mut context = Context::new(access, &mut self.state, &self.subtask, &mut self.output);
        let result = call(&mut self.function, &mut context);
        self.own(result)
    }

    /// Lets the backend do a little of the work that may wait.
    fn maintain(&mut self) -> Result<()> {
        if let Some(backend) = &mut self.backend {
            backend.maintain(MAINTENANCE)?;
        }
        Ok(())
    }

    fn open(&mut self, opening: &Opening<'_>) -> Result<()> {
        let mut restored = opening.restore.subtask(&self.uid, self.subtask.index)?;
        // Whatever fails in here is told with the operator already.
        restored.keyed.operator = None;
        if self.key_of.is_some() {
            self.backend = Some(opening.backend.open(restored.keyed)?);
            let files = opening.backend.file_options();
            self.history = files.map(|options| ChainHistory::new(*options));
        }
        self.state = HeapOperatorState::restore(restored.operator_state);
        let mut context: OpenContext<'_, K> = alluvium::InitializationContext {
            subtask: &self.subtask,
            restored_from: opening.restore.checkpoint(),
            begins: opening.restore.begins(),
            keyed_state: self.backend.as_mut(),
            operator_state: &mut self.state,
            raw_keyed: &restored.raw_keyed,
            raw_operator: &restored.raw_operator,
        };
        self.function.open(&mut context)
    }

    /// Has the function put its state in order, then freezes it.
    fn snapshot(&mut self, freezing: &mut Freezing) -> Result<()> {
        let checkpoint = freezing.barrier.checkpoint;
        let range = self.backend.as_ref().map(KeyedBackend::key_groups);
        let mut raw_keyed = range.map(|range| RawKeyedWriter::new(range, freezing.max_raw));
        let mut raw_operator = RawOperatorWriter::new(freezing.max_raw);
        self.function.snapshot(&mut SnapshotContext {
            subtask: &self.subtask,
            checkpoint,
            timestamp: freezing.barrier.timestamp,
            keyed_state: self.backend.as_mut(),
            operator_state: &mut self.state,
            raw_keyed: raw_keyed.as_mut(),
            raw_operator: &mut raw_operator,
        })?;
        if freezing.refused.is_some() {
            return Ok(());
        }
        match (self.freeze_keyed(freezing), self.state.freeze()) {
            (Ok(keyed), Ok(operator)) => freezing.frozen.push(FrozenOperator {
                uid: Arc::clone(&self.uid),
                subtask: self.subtask.clone(),
                keyed,
                operator,
                raw_keyed: raw_keyed.map(RawKeyedWriter::finish).unwrap_or_default(),
                raw_operator: raw_operator.finish(),
            }),
            (Err(error), _) | (_, Err(error)) => freezing.refused = Some(self.named(error)),
        }
        Ok(())
    }
}

impl<K: OrderedKey, I, O, F> Operator<K, I, O, F> {
    fn freeze_keyed(&mut self, freezing: &Freezing) -> Result<Option<FrozenKeyed>> {
        let Some(backend) = &mut self.backend else {
            return Ok(None);
        };
        let (checkpoint, history) = (freezing.barrier.checkpoint, &self.history);
        // Without files there is nothing that a delta could be put upon.
        let mode = match history {
            Some(history) => match &freezing.bases {
                Some(bases) => history.mode(freezing.mode, bases),
                None => return Err(has_ended(checkpoint, "frozen")),
            },
            None => SnapshotMode::Full,
        };
        let job = backend.freeze(FreezeRequest { checkpoint, mode })?;
        let base = history.as_ref().map(|history| history.begin(job.header()));
        let base = base.transpose()?;
        Ok(Some(FrozenKeyed { job, base }))
    }

    /// Tells those who build on snapshots.
    fn confirm(&mut self, checkpoint: CheckpointId) {
        if let Some(backend) = &mut self.backend {
            backend.confirm(checkpoint);
        }
        if let Some(history) = &self.history {
            history.confirm(checkpoint);
        }
    }

    fn abort(&mut self, checkpoint: CheckpointId) {
        if let Some(backend) = &mut self.backend {
            backend.abort(checkpoint);
        }
        if let Some(history) = &self.history {
            history.abort(checkpoint);
        }
    }
}

impl<K: OrderedKey, I, O: Record, F: Process<K, I, O>> Control for Operator<K, I, O, F> {
    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        match event {
            Event::Open(opening) => {
                let result = self.open(opening);
                let told = |error| by_uid(&self.uid, &self.subtask, error);
                self.own(result.map_err(told))?;
            }
            Event::Begin => {
                let result = self.function.begin();
                self.own(result)?;
            }
            Event::EndOfInput => self.hook(Process::end_of_input)?,
            Event::BeforeBarrier(barrier) => {
                let checkpoint = barrier.checkpoint;
                self.hook(|function, cx| function.before_barrier(checkpoint, cx))?;
            }
            Event::Snapshot(freezing) => {
                let result = self.snapshot(freezing);
                self.own(result)?;
            }
            Event::Complete(checkpoint) => {
                self.confirm(*checkpoint);
                let result = self.function.checkpoint_complete(*checkpoint);
                self.own(result)?;
            }
            Event::Aborted(checkpoint) => {
                self.abort(*checkpoint);
                let result = self.function.checkpoint_aborted(*checkpoint);
                self.own(result)?;
            }
            Event::Detach(savepoint) => self.abort(*savepoint),
            Event::End => {
                let result = self.function.finish();
                self.own(result)?;
            }
            // The task has nothing else to do.
            Event::Flush => self.maintain()?,
            Event::Barrier(_) | Event::Cancel(_) => {}
        }
        self.output.control(event)
    }
}

impl<K: OrderedKey, I, O: Record, F: Process<K, I, O>> Link<I> for Operator<K, I, O, F>
where
    I: Send,
{
    #[inline]
    fn record(&mut self, record: I) -> Result<()> {
        let key = self.key_of.as_ref().and_then(|key_of| key_of(&record));
        let access = match (&key, &mut self.backend) {
            (Some(key), Some(backend)) => Access::Key(KeyScope::new(backend, key)?),
            (None, Some(backend)) => Access::All(backend),
            (_, None) => Access::None,
        };
        let mut context = Context::new(access, &mut self.state, &self.subtask, &mut self.output);
        let result = self.function.process(record, &mut context);
        self.own(result)
    }

    fn batch(&mut self, records: &mut Vec<I>) -> Result<()> {
        for record in records.drain(..) {
            self.record(record)?;
        }
        self.maintain()
    }
}
