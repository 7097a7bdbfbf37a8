//! Writing a segment.

use super::block::{BlockKind, SECTION};
use super::entry;
use super::frame::{TRAILER, Trailer, write_preamble};
use super::header;
use super::index::{self, Located};
use super::pack::BlockWriter;
use super::{SegmentOptions, SegmentOutput, WrittenSegment};
use crate::wire::Put;
use alluvium_state_api::{
    Change, Content, Entry, Limit, Result, Section, SharedFile, SnapshotHeader, SnapshotSink,
    StateError, StateKind, WholeFile,
};

/// Writes what a snapshot job gives into one segment.
///
/// Beyond what the output keeps, it holds one block and some 50 bytes a section in memory, however
/// long the entries are.
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
    blocks: BlockWriter<O>,
    limit: Option<(Limit, String)>,
    header: Option<SnapshotHeader>,
    /// Where the sections begin.
    start: u64,
    current: Option<Open>,
    sections: Vec<Located>,
    entries: u64,
    failed: bool,
}

/// The section that entries come for.
struct Open {
    section: Section,
    kind: StateKind,
    offset: u64,
    entries: u64,
    /// What the next block is flagged with.
    flags: u8,
    /// Whether the head of the section is written: not before there is something to say.
    begun: bool,
}

impl SegmentSink<Vec<u8>> {
    /// A segment in memory, in blocks of the default size.
    pub fn in_memory() -> Self {
        Self::new(Vec::new(), SegmentOptions::default())
    }
}

impl<O: SegmentOutput> SegmentSink<O> {
    /// A segment that is written to `output`.
    pub fn new(output: O, options: SegmentOptions) -> Self {
        Self {
            blocks: BlockWriter::new(output, options.block_size()),
            limit: None,
            header: None,
            start: 0,
            current: None,
            sections: Vec::new(),
            entries: 0,
            failed: false,
        }
    }

    /// The same, given up with `LimitExceeded` as soon as the segment is sure to grow beyond
    /// `limit`; `what` says whose it is, such as "the snapshot of subtask 3 of operator 'count'".
    pub fn with_limit(mut self, limit: Limit, what: impl Into<String>) -> Self {
        self.limit = Some((limit, what.into()));
        self
    }

    /// Writes what comes after the last entry.
    ///
    /// # Errors
    /// `Misuse` if the sink was never begun, or if a call before has failed, or if a key group of
    /// a state was given in full and once more; else as [`entry`](SnapshotSink::entry).
    pub fn finish(mut self) -> Result<WrittenSegment<O>> {
        self.refuse_after_failure()?;
        if self.header.is_none() {
            return Err(StateError::misuse("a segment was finished but never begun"));
        }
        self.close_section()?;
        let encoded = index::encode(&self.sections);
        index::sort(&mut self.sections);
        if let Some(section) = index::find_clash(&self.sections) {
            return Err(StateError::misuse(format!(
                "key group {} of {} was written in full and once more",
                section.group,
                self.state_name(section.state)
            )));
        }
        let (sections, index) = (self.start, self.blocks.offset);
        self.blocks
            .run(BlockKind::Index, |out| out.bytes(&encoded))?;
        let mut trailer = Vec::with_capacity(TRAILER);
        Trailer { sections, index }.write(self.blocks.offset, &mut trailer);
        self.blocks.append(&trailer)?;
        self.check_limit()?;
        Ok(WrittenSegment {
            length: self.blocks.offset,
            entries: self.entries,
            output: self.blocks.output,
        })
    }

    fn try_begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        if self.header.is_some() {
            return Err(StateError::misuse("a segment was begun twice"));
        }
        let encoded = header::encode(header)?;
        let mut preamble = Vec::new();
        write_preamble(&mut preamble);
        self.blocks.append(&preamble)?;
        self.blocks
            .run(BlockKind::Header, |out| out.bytes(&encoded))?;
        self.start = self.blocks.offset;
        self.header = Some(header.clone());
        self.check_limit()
    }

    fn try_section(&mut self, section: Section) -> Result<()> {
        self.close_section()?;
        let Some(header) = &self.header else {
            return Err(StateError::misuse("a section came before the header"));
        };
        index::check_section(section, header).map_err(StateError::misuse)?;
        let kind = header.states.get(section.state).map(|state| state.kind);
        self.current = Some(Open {
            section,
            kind: kind.unwrap_or(StateKind::Value),
            offset: self.blocks.offset,
            entries: 0,
            flags: SECTION,
            begun: false,
        });
        Ok(())
    }

    fn try_entry(&mut self, entry: Entry<'_>) -> Result<()> {
        let Some(open) = &mut self.current else {
            return Err(StateError::misuse("an entry came before any section"));
        };
        if let Some(problem) = misfit(open.section.content, open.kind, &entry) {
            let state = open.section.state;
            return Err(StateError::misuse(format!(
                "{}: {problem}",
                self.state_name(state)
            )));
        }
        open.begin(&mut self.blocks);
        open.entries += 1;
        self.entries += 1;
        let length = entry::encoded_len(&entry);
        if length > self.blocks.room() {
            self.make_room(length, &entry)?;
        } else {
            entry::encode(&entry, self.blocks.payload())?;
        }
        self.check_limit()
    }

    /// Writes an entry that does not fit into the block: into the next, or into several of its own.
    #[cold]
    fn make_room(&mut self, length: usize, entry: &Entry<'_>) -> Result<()> {
        // What is sure to pass the limit is not even begun.
        self.check_size(self.blocks.end() + length as u64)?;
        self.flush_entries()?;
        if length <= self.blocks.room() {
            return entry::encode(entry, self.blocks.payload());
        }
        self.blocks
            .run(BlockKind::Entries, |out| entry::encode(entry, out))
    }

    fn flush_entries(&mut self) -> Result<()> {
        if let Some(open) = &mut self.current
            && !self.blocks.is_empty()
        {
            self.blocks.flush(BlockKind::Entries, open.flags)?;
            open.flags = 0;
        }
        Ok(())
    }

    fn close_section(&mut self) -> Result<()> {
        // An empty section says something only if it voids what the base holds.
        let upon_base = self
            .header
            .as_ref()
            .is_some_and(|header| header.base.is_some());
        if let Some(open) = &mut self.current
            && upon_base
            && open.section.content == Content::Full
        {
            open.begin(&mut self.blocks);
        }
        self.flush_entries()?;
        if let Some(open) = self.current.take().filter(|open| open.begun) {
            self.sections.push(Located {
                section: open.section,
                offset: open.offset,
                length: self.blocks.offset - open.offset,
                entries: open.entries,
            });
        }
        self.check_limit()
    }

    fn check_limit(&self) -> Result<()> {
        self.check_size(self.blocks.end())
    }

    fn check_size(&self, size: u64) -> Result<()> {
        match &self.limit {
            Some((limit, what)) => limit.check(what, size),
            None => Ok(()),
        }
    }

    fn state_name(&self, state: usize) -> String {
        let states = self.header.as_ref().map(|header| &header.states);
        match states.and_then(|states| states.get(state)) {
            Some(state) => format!("state '{}'", state.name),
            None => format!("state {state}"),
        }
    }

    fn refuse_after_failure(&self) -> Result<()> {
        if self.failed {
            return Err(StateError::misuse(
                "a segment was written to after a call on it had failed",
            ));
        }
        Ok(())
    }

    /// Runs one step; after a failure there is no other.
    fn step(&mut self, step: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.refuse_after_failure()?;
        let result = step(self);
        self.failed = result.is_err();
        result
    }
}

impl Open {
    /// Writes the head of the section, once.
    fn begin<O: SegmentOutput>(&mut self, blocks: &mut BlockWriter<O>) {
        if !self.begun {
            self.begun = true;
            index::encode_section(self.section, blocks.payload());
        }
    }
}

/// What is wrong with an entry in a section of this content and kind of state.
pub(super) fn misfit(content: Content, kind: StateKind, entry: &Entry<'_>) -> Option<&'static str> {
    match entry.change {
        Change::Append(_) if kind != StateKind::List => Some("only list state can be appended to"),
        Change::Delete if content == Content::Full => {
            Some("a section that holds all entries cannot delete any")
        }
        _ if !entry.user_key.is_empty() && kind != StateKind::Map => {
            Some("only map state has user keys")
        }
        _ => None,
    }
}

impl<O: SegmentOutput> SnapshotSink for SegmentSink<O> {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        self.step(|sink| sink.try_begin(header))
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.step(|sink| sink.try_section(section))
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        self.step(|sink| sink.try_entry(entry))
    }

    fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
        Err(refuse_file(file.name))
    }

    fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
        Err(refuse_file(file.name))
    }
}

#[cold]
fn refuse_file(name: &str) -> StateError {
    StateError::misuse(format!(
        "a segment holds entries only, it cannot take file '{name}'"
    ))
}
