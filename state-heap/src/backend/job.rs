//! The job that freezing returns.

use super::epochs::{Base, Token};
use alluvium_state_api::{
    ErrorKind, KeyGroup, KeyGroupRange, Result, SnapshotEstimate, SnapshotHeader, SnapshotJob,
    SnapshotReport, SnapshotSink, StateError,
};
use std::sync::Arc;

/// One frozen state.
pub(super) trait FrozenState: Send + Sync {
    /// Writes the entries of `group`, as state number `state`: all, or those that changed after
    /// the epoch `since`.
    fn write_group(
        &self,
        group: KeyGroup,
        state: usize,
        since: Option<u32>,
        sink: &mut dyn SnapshotSink,
    ) -> Result<SnapshotReport>;

    /// About how much that would be, from a sample; `None` if what must be read for it cannot be.
    fn estimate_group(&self, group: KeyGroup, since: Option<u32>) -> Option<SnapshotEstimate>;
}

/// All frozen states of a backend; cut into parts, each has a range of groups.
pub(super) struct HeapJob {
    header: Arc<SnapshotHeader>,
    states: Arc<[Box<dyn FrozenState>]>,
    groups: KeyGroupRange,
    since: Option<u32>,
    token: Token,
}

impl HeapJob {
    pub(super) fn new(
        header: SnapshotHeader,
        states: Vec<Box<dyn FrozenState>>,
        base: Option<Base>,
        token: Token,
    ) -> Self {
        Self {
            groups: header.groups,
            header: Arc::new(header),
            states: states.into(),
            since: base.map(|base| base.epoch),
            token,
        }
    }
}

impl HeapJob {
    /// Names the state whose value could not be encoded; what the sink refused stays as it is.
    fn place(&self, error: StateError, state: usize) -> StateError {
        match self.header.states.get(state) {
            Some(meta) if error.kind() == ErrorKind::Misuse => {
                error.context(format!("state '{}'", meta.name))
            }
            _ => error,
        }
    }
}

impl SnapshotJob for HeapJob {
    fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        let mut estimate = SnapshotEstimate::default();
        for state in &*self.states {
            for group in self.groups {
                estimate.add(state.estimate_group(group, self.since)?);
            }
        }
        Some(estimate)
    }

    fn into_whole(mut self: Box<Self>) -> Box<dyn SnapshotJob> {
        if self.header.base.is_some() {
            Arc::make_mut(&mut self.header).base = None;
        }
        self.since = None;
        self
    }

    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        if self.groups.is_empty() {
            return vec![self];
        }
        let part = |groups| {
            Box::new(Self {
                header: Arc::clone(&self.header),
                states: Arc::clone(&self.states),
                groups,
                since: self.since,
                token: Arc::clone(&self.token),
            }) as Box<dyn SnapshotJob>
        };
        self.groups.split(parts).into_iter().map(part).collect()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        let mut report = SnapshotReport::default();
        sink.begin(&self.header)?;
        for (index, state) in self.states.iter().enumerate() {
            for group in self.groups {
                let written = state.write_group(group, index, self.since, sink);
                report.add(written.map_err(|error| self.place(error, index))?);
            }
        }
        Ok(report)
    }
}
