//! The segments of each subtask.

use super::rows::Rows;
use crate::files::{FilePlace, SnapshotFolder, SpillOutput};
use crate::segment::{SegmentOptions, SegmentOutput, SegmentSink};
use crate::subtask::{KeyedChain, KeyedSegment};
use alluvium_state_api::{
    Change, CheckpointId, Content, Entry, KeyGroupRange, MaxParallelism, Result, Schema, Section,
    SnapshotHeader, SnapshotSink, StateMeta,
};

/// Where what is written goes.
#[derive(Clone, Copy)]
pub(super) struct Target<'f> {
    pub(super) checkpoint: CheckpointId,
    /// The files, and how large a segment may be inside the metadata; `None` keeps all there.
    pub(super) files: Option<(&'f SnapshotFolder, u64)>,
}

/// The keyed state of all subtasks of one operator, on its way into segments.
pub(super) struct Segments<'o> {
    pub(super) target: Target<'o>,
    pub(super) max_parallelism: MaxParallelism,
    pub(super) parallelism: u32,
    pub(super) key: &'o Schema,
    pub(super) states: &'o [StateMeta],
    /// What each subtask has, in their order.
    pub(super) written: Vec<Vec<KeyedSegment>>,
}

impl Segments<'_> {
    /// Writes the rows of `groups`, a segment for each subtask that has a part in them.
    pub(super) fn write(&mut self, rows: &Rows, groups: KeyGroupRange) -> Result<()> {
        self.written
            .resize_with(self.parallelism as usize, Vec::new);
        for subtask in 0..self.parallelism {
            let range = self.max_parallelism.range_of(subtask, self.parallelism)?;
            let part = range.intersection(groups);
            if !part.is_empty() {
                let segment = self.segment(rows, range, part)?;
                if let Some(segments) = self.written.get_mut(subtask as usize) {
                    segments.push(segment);
                }
            }
        }
        Ok(())
    }

    /// One segment of the subtask with `range`, of its groups in `part`.
    fn segment(
        &self,
        rows: &Rows,
        range: KeyGroupRange,
        part: KeyGroupRange,
    ) -> Result<KeyedSegment> {
        let Some((folder, threshold)) = self.target.files else {
            let bytes = self.write_into(Vec::new(), rows, range, part)?;
            return Ok(KeyedSegment::Inline(bytes.into()));
        };
        let output = SpillOutput::new(folder, FilePlace::Own, threshold);
        self.write_into(output, rows, range, part)?.finish()
    }

    fn write_into<O: SegmentOutput>(
        &self,
        output: O,
        rows: &Rows,
        range: KeyGroupRange,
        part: KeyGroupRange,
    ) -> Result<O> {
        let mut sink = SegmentSink::new(output, SegmentOptions::default());
        sink.begin(&SnapshotHeader {
            checkpoint: self.target.checkpoint,
            base: None,
            max_parallelism: self.max_parallelism,
            groups: range,
            key: self.key.clone(),
            states: self.states.to_vec(),
        })?;
        let mut begun = None;
        for (group, state, row) in rows.of_groups(part) {
            if begun.replace((group, state)) != Some((group, state)) {
                sink.section(Section {
                    group,
                    state,
                    content: Content::Full,
                    sorted: true,
                })?;
            }
            sink.entry(Entry {
                key: row.key,
                namespace: row.namespace,
                user_key: row.user_key,
                change: Change::Put(row.value),
            })?;
        }
        Ok(sink.finish()?.output)
    }

    /// The chains of each subtask, in their order.
    pub(super) fn into_chains(self) -> impl Iterator<Item = Vec<KeyedChain>> {
        self.written
            .into_iter()
            .map(|layers| vec![KeyedChain { layers }])
    }
}
