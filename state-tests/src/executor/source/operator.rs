//! The operator of a source: reads splits one after the other, and keeps how far it has come.

use super::{SplitReader, SplitSource};
use crate::executor::link::{Control, Event, Freezing, FrozenOperator, Link, Opening, by_uid};
use alluvium::{
    HeapOperatorState, OperatorListDescriptor, OperatorListHandle, OperatorStateStore,
    RawKeyedState, RawOperatorState, Result, StateError, SubtaskInfo,
};
use std::collections::VecDeque;
use std::sync::Arc;

/// Splits that are not read to their end: (split, (offset, records read)).
const OPEN_SPLITS: &str = "splits";
/// The number of records of the splits that are.
const ENDED_RECORDS: &str = "records-of-ended-splits";

/// The beginning of a chain.
pub(crate) trait SourceLink: Control {
    /// Reads and emits up to `max` records.
    fn read(&mut self, max: usize) -> Result<SourceStep>;

    /// The records read before, by earlier runs, up to the checkpoint that was restored.
    fn records_before(&self) -> u64;
}

/// What a read has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceStep {
    pub(crate) records: usize,
    /// Whether there is nothing left to read in this subtask.
    pub(crate) exhausted: bool,
}

struct OpenSplit<S> {
    split: S,
    offset: u64,
    records: u64,
}

struct Handles<S> {
    splits: OperatorListHandle<(S, (u64, u64))>,
    ended: OperatorListHandle<u64>,
}

/// One subtask of a source.
pub(crate) struct SourceOperator<S: SplitSource> {
    uid: Arc<str>,
    subtask: SubtaskInfo,
    source: Arc<S>,
    /// The first one is being read, if `reader` is there.
    splits: VecDeque<OpenSplit<S::Split>>,
    reader: Option<S::Reader>,
    ended_records: u64,
    records_before: u64,
    state: HeapOperatorState,
    handles: Option<Handles<S::Split>>,
    batch: Vec<S::Record>,
    output: Box<dyn Link<S::Record>>,
}

impl<S: SplitSource> SourceOperator<S> {
    pub(crate) fn new(
        uid: Arc<str>,
        subtask: SubtaskInfo,
        source: Arc<S>,
        output: Box<dyn Link<S::Record>>,
    ) -> Self {
        Self {
            uid,
            subtask,
            source,
            splits: VecDeque::new(),
            reader: None,
            ended_records: 0,
            records_before: 0,
            state: HeapOperatorState::new(),
            handles: None,
            batch: Vec::new(),
            output,
        }
    }

    fn named(&self, error: StateError) -> StateError {
        let SubtaskInfo {
            operator, index, ..
        } = &self.subtask;
        error.context(format_args!("source '{operator}', subtask {index}"))
    }

    fn open(&mut self, opening: &Opening<'_>) -> Result<()> {
        let SubtaskInfo {
            index, parallelism, ..
        } = self.subtask;
        let restored = opening.restore.subtask(&self.uid, index)?;
        self.state = HeapOperatorState::restore(restored.operator_state);
        let splits = self
            .state
            .register_list(&OperatorListDescriptor::split(OPEN_SPLITS))?;
        let ended = self
            .state
            .register_list(&OperatorListDescriptor::split(ENDED_RECORDS))?;
        if restored.is_restored {
            let open = self.state.list_get(splits)?;
            self.splits = open.into_iter().map(open_split).collect();
            self.ended_records = self.state.list_get(ended)?.iter().sum();
        } else {
            let all = self.source.splits()?.into_iter();
            let own = all
                .skip(index as usize)
                .step_by(parallelism.max(1) as usize);
            self.splits = own.map(|split| (split, (0, 0))).map(open_split).collect();
        }
        let in_open: u64 = self.splits.iter().map(|split| split.records).sum();
        self.records_before = self.ended_records + in_open;
        self.handles = Some(Handles { splits, ended });
        Ok(())
    }

    fn freeze(&mut self, freezing: &mut Freezing) -> Result<()> {
        let handles = self
            .handles
            .as_ref()
            .ok_or_else(|| StateError::misuse("a barrier came before the source was opened"))?;
        let open = self.splits.iter();
        let open = open.map(|open| (open.split.clone(), (open.offset, open.records)));
        self.state.list_set(handles.splits, open.collect())?;
        self.state
            .list_set(handles.ended, vec![self.ended_records])?;
        freezing.frozen.push(FrozenOperator {
            uid: Arc::clone(&self.uid),
            subtask: self.subtask.clone(),
            keyed: None,
            operator: self.state.freeze()?,
            raw_keyed: RawKeyedState::default(),
            raw_operator: RawOperatorState::default(),
        });
        Ok(())
    }

    /// Reads from the first split into the batch.
    fn fill(&mut self, max: usize) -> Result<SourceStep> {
        let Some(first) = self.splits.front_mut() else {
            return Ok(SourceStep {
                records: 0,
                exhausted: true,
            });
        };
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(self.source.open(&first.split, first.offset)?),
        };
        let step = reader.read(max, &mut self.batch)?;
        let records = self.batch.len();
        if records == 0 && !step.ended {
            return Err(StateError::misuse(
                "a reader has read nothing though its split has not ended",
            ));
        }
        first.offset = step.offset;
        first.records += records as u64;
        if step.ended {
            self.ended_records += first.records;
            self.splits.pop_front();
            self.reader = None;
        }
        Ok(SourceStep {
            records,
            exhausted: self.splits.is_empty(),
        })
    }
}

fn open_split<S>((split, (offset, records)): (S, (u64, u64))) -> OpenSplit<S> {
    OpenSplit {
        split,
        offset,
        records,
    }
}

impl<S: SplitSource> Control for SourceOperator<S> {
    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        match event {
            Event::Open(opening) => self.open(opening).map_err(|error| {
                let error = by_uid(&self.uid, &self.subtask, error);
                self.named(error)
            })?,
            Event::Snapshot(freezing) => {
                self.freeze(freezing).map_err(|error| self.named(error))?;
            }
            _ => {}
        }
        self.output.control(event)
    }
}

impl<S: SplitSource> SourceLink for SourceOperator<S> {
    fn read(&mut self, max: usize) -> Result<SourceStep> {
        let step = self.fill(max).map_err(|error| self.named(error))?;
        self.output.batch(&mut self.batch)?;
        Ok(step)
    }

    fn records_before(&self) -> u64 {
        self.records_before
    }
}
