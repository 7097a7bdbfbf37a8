//! A state that is larger than memory need be: its entries are made up as they are written.

use crate::gauge::{Given, Peak};
use alluvium_state_api::{
    Change, CheckpointId, Content, Entry, KeyGroupRange, MaxParallelism, Result, Schema, Section,
    SnapshotEstimate, SnapshotHeader, SnapshotJob, SnapshotReport, SnapshotSink, StateKind,
    StateMeta,
};
use std::sync::Arc;

const VALUE: usize = 4 << 10;

pub(crate) struct Endless {
    header: SnapshotHeader,
    groups: KeyGroupRange,
    /// Entries of each group.
    entries: usize,
    given: Arc<Given>,
    peak: Arc<Peak>,
}

impl Endless {
    /// A state of at least so many bytes in 32 key groups.
    pub(crate) fn new(bytes: usize, given: &Arc<Given>, peak: &Arc<Peak>) -> Self {
        let max_parallelism = MaxParallelism::new(32).unwrap();
        let groups = max_parallelism.all_groups();
        let header = SnapshotHeader {
            checkpoint: CheckpointId(1),
            base: None,
            max_parallelism,
            groups,
            key: Schema::U64,
            states: vec![StateMeta {
                name: "values".to_owned(),
                kind: StateKind::Value,
                namespace: Schema::Unit,
                user_key: None,
                value: Schema::Bytes,
            }],
        };
        Self {
            header,
            groups,
            entries: bytes.div_ceil(VALUE * 32),
            given: Arc::clone(given),
            peak: Arc::clone(peak),
        }
    }
}

impl SnapshotJob for Endless {
    fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        None
    }

    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob> {
        self
    }

    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        let part = |groups| {
            Box::new(Self {
                header: self.header.clone(),
                groups,
                entries: self.entries,
                given: Arc::clone(&self.given),
                peak: Arc::clone(&self.peak),
            }) as Box<dyn SnapshotJob>
        };
        self.groups.split(parts).into_iter().map(part).collect()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        let mut report = SnapshotReport::default();
        let (mut value, mut noise) = ([0_u8; VALUE], 1_u64);
        sink.begin(&self.header)?;
        for group in self.groups {
            sink.section(Section {
                group,
                state: 0,
                content: Content::Full,
                sorted: false,
            })?;
            for number in 0..self.entries {
                for word in value.chunks_exact_mut(8) {
                    noise ^= noise << 13;
                    noise ^= noise >> 7;
                    noise ^= noise << 17;
                    word.copy_from_slice(&noise.to_le_bytes());
                }
                let entry = Entry {
                    key: &(number as u64).to_le_bytes(),
                    namespace: &[],
                    user_key: &[],
                    change: Change::Put(&value),
                };
                report.entries += 1;
                report.bytes += entry.len() as u64;
                self.given.add(entry.len());
                sink.entry(entry)?;
                self.peak.look();
            }
        }
        Ok(report)
    }
}
