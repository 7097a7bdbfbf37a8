//! Writing a segment.

use super::block::BlockKind;
use super::cancel::CancelFlag;
use super::codec::Packed;
use super::encoder::{self, Encoder, SectionTarget};
use super::frame::{TRAILER, Trailer, write_preamble};
use super::header;
use super::index::{self, Located};
use super::pack::{BlockTarget, BlockWriter, Filling};
use super::{SegmentOptions, SegmentOutput, WrittenSegment};
use alluvium_state_api::{
    Entry, Limit, Result, Section, SharedFile, SnapshotHeader, SnapshotSink, StateError, WholeFile,
};

/// Writes what a snapshot job gives into one segment.
///
/// Beyond what the output keeps, it holds one block and some 50 bytes a section in memory, however
/// long the entries are; if it compresses, also a compressed block and what zstd needs (1 MB at
/// level 1 in blocks of the default size).
///
/// ```
/// use alluvium_checkpoint::{SegmentSink, SegmentSource};
/// use alluvium_state_api::{
///     CheckpointId, MaxParallelism, Schema, SnapshotHeader, SnapshotSink, SnapshotSource,
/// };
/// let max = MaxParallelism::new(128)?;
/// let mut sink = SegmentSink::in_memory();
/// sink.begin(&SnapshotHeader {
///     checkpoint: CheckpointId(7),
///     base: None,
///     max_parallelism: max,
///     groups: max.all_groups(),
///     key: Schema::U64,
///     states: Vec::new(),
/// })?;
/// let segment = sink.finish()?;
/// let source = SegmentSource::open(std::sync::Arc::<[u8]>::from(segment.output), "example")?;
/// assert_eq!(source.header().checkpoint, CheckpointId(7));
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub struct SegmentSink<O> {
    encoder: Encoder,
    body: Body<O>,
    limit: Option<(Limit, String)>,
    header: Option<SnapshotHeader>,
}

/// The blocks that are written, and the sections that they make up.
pub(super) struct Body<O> {
    pub(super) writer: BlockWriter<O>,
    /// Where the sections begin.
    start: u64,
    current: Option<(Section, u64)>,
    pub(super) sections: Vec<Located>,
}

impl<O: SegmentOutput> Body<O> {
    pub(super) const fn new(output: O) -> Self {
        Self {
            writer: BlockWriter::new(output),
            start: 0,
            current: None,
            sections: Vec::new(),
        }
    }

    /// Writes what stands before the sections.
    ///
    /// # Errors
    /// `Misuse` if the header contradicts itself; else as the output.
    pub(super) fn begin(&mut self, header: &SnapshotHeader, filling: &mut Filling) -> Result<()> {
        let encoded = header::encode(header)?;
        let mut preamble = Vec::new();
        write_preamble(filling.required_features(), &mut preamble);
        self.writer.append(&preamble)?;
        filling.run(BlockKind::Header, &encoded, &mut self.writer)?;
        self.start = self.writer.offset;
        Ok(())
    }

    /// Writes what stands behind the sections.
    ///
    /// # Errors
    /// `Misuse` if a key group of a state was given in full and once more; else as the output.
    pub(super) fn finish(&mut self, header: &SnapshotHeader, filling: &mut Filling) -> Result<()> {
        let encoded = index::encode(&self.sections);
        index::sort(&mut self.sections);
        if let Some(section) = index::find_clash(&self.sections) {
            return Err(StateError::misuse(format!(
                "key group {} of {} was written in full and once more",
                section.group,
                encoder::state_name(Some(header), section.state)
            )));
        }
        let (sections, index) = (self.start, self.writer.offset);
        filling.run(BlockKind::Index, &encoded, &mut self.writer)?;
        let mut trailer = Vec::with_capacity(TRAILER);
        Trailer { sections, index }.write(self.writer.offset, &mut trailer);
        self.writer.append(&trailer)
    }
}

impl<O: SegmentOutput> BlockTarget for Body<O> {
    fn block(&mut self, flags: u8, payload: Packed<'_>) -> Result<()> {
        self.writer.block(BlockKind::Entries, flags, payload)
    }
}

impl<O: SegmentOutput> SectionTarget for Body<O> {
    fn begin_section(&mut self, section: Section) {
        self.current = Some((section, self.writer.offset));
    }

    fn end_section(&mut self, entries: u64) -> Result<()> {
        if let Some((section, offset)) = self.current.take() {
            self.sections.push(Located {
                section,
                offset,
                length: self.writer.offset - offset,
                entries,
            });
        }
        Ok(())
    }
}

impl SegmentSink<Vec<u8>> {
    /// A segment in memory, in blocks of the default size that are not compressed: its size is that
    /// of the state.
    pub fn in_memory() -> Self {
        Self::new(Vec::new(), SegmentOptions::plain())
    }
}

impl<O: SegmentOutput> SegmentSink<O> {
    /// A segment that is written to `output`.
    pub fn new(output: O, options: SegmentOptions) -> Self {
        Self {
            encoder: Encoder::new(Filling::new(options)),
            body: Body::new(output),
            limit: None,
            header: None,
        }
    }

    /// The same, given up with `LimitExceeded` as soon as the segment is sure to grow beyond
    /// `limit`; `what` says whose it is, such as "the snapshot of subtask 3 of operator 'count'".
    pub fn with_limit(mut self, limit: Limit, what: impl Into<String>) -> Self {
        self.limit = Some((limit, what.into()));
        self
    }

    /// The same, given up with `Cancelled` at the next block after the flag was raised.
    pub fn with_cancel(mut self, cancel: CancelFlag) -> Self {
        self.encoder = self.encoder.with_cancel(cancel);
        self
    }

    /// Writes what comes after the last entry.
    ///
    /// # Errors
    /// `Misuse` if the sink was never begun, or if a call before has failed, or if a key group of
    /// a state was given in full and once more; else as [`entry`](SnapshotSink::entry).
    pub fn finish(mut self) -> Result<WrittenSegment<O>> {
        self.encoder.refuse_after_failure()?;
        let Some(header) = &self.header else {
            return Err(StateError::misuse("a segment was finished but never begun"));
        };
        self.encoder.close(header, &mut self.body)?;
        self.body.finish(header, &mut self.encoder.filling)?;
        self.check_limit()?;
        Ok(WrittenSegment {
            length: self.body.writer.offset,
            entries: self.encoder.entries(),
            output: self.body.writer.output,
        })
    }

    fn try_begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        if self.header.is_some() {
            return Err(StateError::misuse("a segment was begun twice"));
        }
        self.body.begin(header, &mut self.encoder.filling)?;
        self.header = Some(header.clone());
        self.check_limit()
    }

    fn try_section(&mut self, section: Section) -> Result<()> {
        let header = self.header.as_ref();
        self.encoder.section(section, header, &mut self.body)?;
        self.check_limit()
    }

    #[inline]
    fn try_entry(&mut self, entry: Entry<'_>) -> Result<()> {
        let Self {
            encoder,
            body,
            limit,
            header,
        } = self;
        let written = body.writer.offset;
        encoder.entry(entry, header.as_ref(), body, |filling, length| {
            // What is sure to pass the limit is not even begun.
            check_size(limit.as_ref(), written + filling.waiting(length))
        })?;
        self.check_limit()
    }

    #[inline]
    fn check_limit(&self) -> Result<()> {
        let size = self.body.writer.offset + self.encoder.filling.waiting(0);
        check_size(self.limit.as_ref(), size)
    }
}

#[inline]
fn check_size(limit: Option<&(Limit, String)>, size: u64) -> Result<()> {
    match limit {
        Some((limit, what)) => limit.check(what, size),
        None => Ok(()),
    }
}

impl<O: SegmentOutput> SnapshotSink for SegmentSink<O> {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        self.encoder.refuse_after_failure()?;
        let result = self.try_begin(header);
        self.encoder.note(result)
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.encoder.refuse_after_failure()?;
        let result = self.try_section(section);
        self.encoder.note(result)
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        self.encoder.refuse_after_failure()?;
        let result = self.try_entry(entry);
        self.encoder.note(result)
    }

    fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
        Err(encoder::refuse_whole(file))
    }

    fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
        Err(encoder::refuse_shared(file))
    }
}
