//! The wrapper around snapshot jobs and their sinks.

use super::Fault;
use alluvium_state_api::{
    Change, Entry, Result, Section, SharedFile, SnapshotEstimate, SnapshotHeader, SnapshotJob,
    SnapshotReport, SnapshotSink, WholeFile,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// A value that was written after a freeze.
#[derive(Debug, Default)]
pub(super) struct Late {
    pub(super) state: String,
    pub(super) key: Vec<u8>,
    pub(super) namespace: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// What was written after one freeze.
pub(super) type LateWrites = Arc<Mutex<Vec<Late>>>;

/// A job with a fault.
pub(super) struct FaultyJob {
    inner: Box<dyn SnapshotJob>,
    fault: Fault,
    late: LateWrites,
    unclaimed: Arc<[String]>,
}

impl FaultyJob {
    pub(super) fn wrap(
        inner: Box<dyn SnapshotJob>,
        fault: Fault,
        late: LateWrites,
        unclaimed: Arc<[String]>,
    ) -> Box<dyn SnapshotJob> {
        Box::new(Self {
            inner,
            fault,
            late,
            unclaimed,
        })
    }
}

impl SnapshotJob for FaultyJob {
    fn header(&self) -> &SnapshotHeader {
        self.inner.header()
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        self.inner.estimate()
    }

    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob> {
        let Self {
            inner,
            fault,
            late,
            unclaimed,
        } = *self;
        Self::wrap(inner.into_whole(), fault, late, unclaimed)
    }

    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        let Self {
            inner,
            fault,
            late,
            unclaimed,
        } = *self;
        let parts = inner.split(parts).into_iter();
        parts
            .map(|part| Self::wrap(part, fault, Arc::clone(&late), Arc::clone(&unclaimed)))
            .collect()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        let names = self.inner.header().states.iter();
        let names = names.map(|state| state.name.clone()).collect();
        let mut sink = FaultySink {
            inner: sink,
            fault: self.fault,
            late: &self.late,
            unclaimed: &self.unclaimed,
            names,
            state: String::new(),
            done: false,
        };
        self.inner.run(&mut sink)
    }
}

struct FaultySink<'s> {
    inner: &'s mut dyn SnapshotSink,
    fault: Fault,
    late: &'s LateWrites,
    unclaimed: &'s [String],
    names: Vec<String>,
    /// The state of the current section.
    state: String,
    /// Whether what happens to one entry of a snapshot has happened.
    done: bool,
}

impl FaultySink<'_> {
    fn forgets(&self) -> bool {
        self.fault == Fault::ForgottenState && self.unclaimed.contains(&self.state)
    }

    fn aliased(&mut self, entry: Entry<'_>) -> Result<()> {
        let late = self.late.lock();
        let same = |late: &&Late| {
            late.state == self.state && late.key == entry.key && late.namespace == entry.namespace
        };
        let found = late.iter().rev().find(same);
        let change = found.map_or(entry.change, |late| Change::Put(&late.value));
        self.inner.entry(Entry { change, ..entry })
    }
}

impl SnapshotSink for FaultySink<'_> {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        self.inner.begin(header)
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.state.clone_from(&self.names[section.state]);
        if self.forgets() {
            return Ok(());
        }
        self.inner.section(section)
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        match self.fault {
            Fault::LostTombstone if entry.change == Change::Delete => Ok(()),
            Fault::TornSnapshot if !self.done => {
                self.done = true;
                Ok(())
            }
            Fault::DoubledEntry if !self.done && matches!(entry.change, Change::Put(_)) => {
                self.done = true;
                self.inner.entry(entry)?;
                self.inner.entry(entry)
            }
            Fault::ForgottenState if self.forgets() => Ok(()),
            Fault::Aliasing => self.aliased(entry),
            Fault::AppendReplaces => self.inner.entry(match entry.change {
                Change::Append(run) => Entry {
                    change: Change::Put(run),
                    ..entry
                },
                _ => entry,
            }),
            _ => self.inner.entry(entry),
        }
    }

    fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
        self.inner.file(file)
    }

    fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
        self.inner.shared(file)
    }
}
