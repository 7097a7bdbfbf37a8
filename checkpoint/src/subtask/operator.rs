//! What one operator contributes to a checkpoint.

use super::{KeyedSegment, SubtaskSnapshot};
use crate::files::FileRef;
use crate::segment::SegmentSource;
use crate::wire::{MUST_UNDERSTAND, Put, Reader, count, framed_len, read_records, write_record};
use alluvium_state_api::{MaxParallelism, Result, SnapshotHeader, SnapshotSource, StateError};
use std::collections::BTreeSet;
use std::sync::Arc;

const IDENTITY: u8 = 1 | MUST_UNDERSTAND;
const SUBTASK: u8 = 2 | MUST_UNDERSTAND;

/// What one operator contributes to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSnapshot {
    /// The uid of the operator, by which a program finds its state again.
    pub uid: String,
    /// The number of key groups.
    pub max_parallelism: MaxParallelism,
    /// The number of subtasks.
    pub parallelism: u32,
    /// The snapshots of the subtasks, in any order.
    pub subtasks: Vec<SubtaskSnapshot>,
}

impl OperatorSnapshot {
    /// Whether there is [nothing](SubtaskSnapshot::is_empty) in any subtask.
    pub fn is_empty(&self) -> bool {
        self.subtasks.iter().all(SubtaskSnapshot::is_empty)
    }

    /// Whether all subtasks had reached the end of their input.
    pub fn is_finished(&self) -> bool {
        self.subtasks.len() == self.parallelism as usize
            && self.subtasks.iter().all(|subtask| subtask.finished)
    }

    /// Checks that the subtasks belong here, and each stands here once.
    pub(super) fn check(&self) -> Result<(), String> {
        let (uid, parallelism) = (&self.uid, self.parallelism);
        let max = self.max_parallelism;
        if parallelism == 0 || parallelism > max.get() {
            return Err(format!(
                "operator '{uid}' has parallelism {parallelism}, expected 1 to its max \
                 parallelism {max}"
            ));
        }
        let mut seen = BTreeSet::new();
        for subtask in &self.subtasks {
            if &subtask.operator != uid || subtask.parallelism != parallelism {
                return Err(format!(
                    "operator '{uid}' with parallelism {parallelism} holds {} with parallelism {}",
                    subtask.label(),
                    subtask.parallelism
                ));
            }
            if subtask.subtask >= parallelism || !seen.insert(subtask.subtask) {
                return Err(format!(
                    "operator '{uid}' holds subtask {} more than once, or beyond its parallelism \
                     {parallelism}",
                    subtask.subtask
                ));
            }
        }
        Ok(())
    }

    /// Checks that what stands in the metadata itself can be opened and is what the operator says.
    pub(super) fn check_segments(&self) -> Result<()> {
        for subtask in &self.subtasks {
            for chain in &subtask.keyed {
                let mut before: Option<SegmentSource<Arc<[u8]>>> = None;
                for segment in &chain.layers {
                    let KeyedSegment::Inline(bytes) = segment else {
                        // Nothing is known of what stands on a file without reading that.
                        before = None;
                        continue;
                    };
                    let source = SegmentSource::open(Arc::clone(bytes), subtask.label())?;
                    self.check_segment(subtask, source.header())?;
                    if let Some(before) = &before {
                        subtask.check_layer(Some(before.header()), source.header())?;
                    }
                    before = Some(source);
                }
            }
        }
        Ok(())
    }

    /// Checks that a segment is one of this operator and subtask.
    pub(crate) fn check_segment(
        &self,
        subtask: &SubtaskSnapshot,
        header: &SnapshotHeader,
    ) -> Result<()> {
        let groups = self
            .max_parallelism
            .range_of(subtask.subtask, self.parallelism)?;
        if header.max_parallelism == self.max_parallelism && header.groups == groups {
            return Ok(());
        }
        Err(StateError::corrupt(format!(
            "{}: expected a segment of key groups {groups} of {}, found one of {} of {}",
            subtask.label(),
            self.max_parallelism,
            header.groups,
            header.max_parallelism
        )))
    }

    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = &FileRef> {
        self.subtasks.iter().flat_map(SubtaskSnapshot::files)
    }

    /// The number of bytes that [`write`](Self::write) puts.
    pub(super) fn size(&self) -> Result<u64> {
        let mut size = count(|out| self.write_identity(out))?;
        for subtask in &self.subtasks {
            size += 1 + framed_len(subtask.size()? as usize) as u64;
        }
        Ok(size)
    }

    /// Puts the operator, its subtasks ascending.
    pub(super) fn write(&self, out: &mut dyn Put) -> Result<()> {
        self.write_identity(out)?;
        let mut subtasks: Vec<_> = self.subtasks.iter().collect();
        subtasks.sort_by_key(|subtask| subtask.subtask);
        for subtask in subtasks {
            // Not `write_record`: that would sum up the snapshot twice.
            let size = subtask.size()?;
            out.byte(SUBTASK)?;
            out.varint(size)?;
            subtask.put(out, size)?;
        }
        Ok(())
    }

    fn write_identity(&self, out: &mut dyn Put) -> Result<()> {
        write_record(IDENTITY, out, |out| {
            out.framed(self.uid.as_bytes())?;
            out.varint(u64::from(self.max_parallelism.get()))?;
            out.varint(u64::from(self.parallelism))
        })
    }

    /// Reads its part of metadata back.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        Self::read(Reader::new(bytes, 0))
    }

    /// Reads what [`write`](Self::write) put.
    pub(super) fn read(reader: Reader<'_>) -> Result<Self> {
        let (mut identity, mut subtasks) = (None, Vec::new());
        read_records(reader, "operator", |tag, mut body| {
            match tag {
                IDENTITY if identity.is_none() => identity = Some(read_identity(body)?),
                SUBTASK => {
                    let offset = body.offset();
                    let snapshot = SubtaskSnapshot::decode(body.take(body.left(), "subtask")?);
                    let context = format!("subtask snapshot at offset {offset}");
                    subtasks.push(snapshot.map_err(|error| error.context(context))?);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let Some((uid, max_parallelism, parallelism)) = identity else {
            return Err(reader.corrupt("operator", "a record of its identity", "none"));
        };
        let operator = Self {
            uid,
            max_parallelism,
            parallelism,
            subtasks,
        };
        operator.check().map_err(StateError::corrupt)?;
        Ok(operator)
    }
}

fn read_identity(mut body: Reader<'_>) -> Result<(String, MaxParallelism, u32)> {
    let uid = body.string("operator uid")?.to_owned();
    let max_parallelism = body.max_parallelism()?;
    let parallelism = body.varint_up_to(u64::from(max_parallelism.get()), "parallelism")?;
    body.finish("identity")?;
    Ok((uid, max_parallelism, parallelism as u32))
}
