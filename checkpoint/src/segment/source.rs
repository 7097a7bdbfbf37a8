//! Reading a segment.

use super::block::{BlockKind, FROM_BEFORE, GOES_ON, SECTION};
use super::encoder::misfit;
use super::frame::{self, PREAMBLE, TRAILER, Trailer, read_preamble};
use super::index::{self, Located};
use super::unpack::{self, Block, BlockReader};
use super::{SegmentInput, entry, header};
use crate::wire::Reader;
use alluvium_state_api::{
    KeyGroup, KeyGroupRange, Result, Section, SnapshotEvent, SnapshotHeader, SnapshotSource,
    StateError, StateKind,
};
use std::sync::Arc;

/// Reads a segment back, and only the key groups and states asked for.
///
/// Everything is checked before it is used: a damaged segment gives an error, never wrong entries.
///
/// In memory it holds the [stretch](Self::with_read_size) that it read last, unless the input lends
/// its bytes; a block; an entry, if it goes on over several; and some 50 bytes a section. What a
/// hostile segment can make it hold is bounded by 256 times its length.
///
/// A clone is cheap: it shares input and index, so that several threads can each read their key
/// groups.
pub struct SegmentSource<I> {
    opened: Arc<Opened<I>>,
    /// The sections that are shown, in the order of the index.
    sections: Arc<[Located]>,
    blocks: BlockReader,
    /// An entry that goes on over several blocks.
    long: Vec<u8>,
}

/// What clones share.
struct Opened<I> {
    input: I,
    label: String,
    header: SnapshotHeader,
}

impl<I> Clone for SegmentSource<I> {
    fn clone(&self) -> Self {
        Self {
            opened: Arc::clone(&self.opened),
            sections: Arc::clone(&self.sections),
            blocks: BlockReader::new(self.blocks.zstd(), self.blocks.read_size()),
            long: Vec::new(),
        }
    }
}

impl<I: SegmentInput> SegmentSource<I> {
    /// How much is read at once unless told otherwise: 1 MiB.
    pub const DEFAULT_READ_SIZE: usize = 1 << 20;

    /// Opens a segment; `label` says in errors which one it is, such as a path.
    ///
    /// # Errors
    /// `Corrupt` if what says where things are is damaged; `Incompatible` if a later version
    /// wrote it; `Storage` if it cannot be read.
    pub fn open(input: I, label: impl Into<String>) -> Result<Self> {
        let label = label.into();
        let (header, sections, zstd) = open(&input).map_err(|error| error.context(&label))?;
        Ok(Self {
            opened: Arc::new(Opened {
                input,
                label,
                header,
            }),
            sections: sections.into(),
            blocks: BlockReader::new(zstd, Self::DEFAULT_READ_SIZE),
            long: Vec::new(),
        })
    }

    /// The same, reading up to `bytes` at once where so much is wanted: more is better the longer
    /// it takes the input to answer, such as 8 MiB from an object store. Nothing is read ahead of
    /// what was asked for.
    ///
    /// # Errors
    /// `Misuse` if `bytes` is 0 or above 64 MiB.
    pub fn with_read_size(mut self, bytes: usize) -> Result<Self> {
        const MOST: usize = 64 << 20;
        if !(1..=MOST).contains(&bytes) {
            return Err(StateError::misuse(format!(
                "the read size of a segment must lie within 1 and {MOST}, found {bytes}"
            )));
        }
        self.blocks = BlockReader::new(self.blocks.zstd(), bytes);
        Ok(self)
    }

    /// The number of entries of all sections.
    pub fn entry_count(&self) -> u64 {
        self.sections.iter().map(|located| located.entries).sum()
    }

    /// The sections with their numbers of entries, in order of states and groups.
    pub fn sections(&self) -> impl Iterator<Item = (Section, u64)> {
        let sections = self.sections.iter();
        sections.map(|located| (located.section, located.entries))
    }

    /// How many bytes of the segment hold the entries of `groups`: what a restore of them reads.
    pub fn stored_length(&self, groups: KeyGroupRange) -> u64 {
        let sections = self.sections.iter();
        sections
            .filter(|located| groups.contains(located.section.group))
            .map(|located| located.length)
            .sum()
    }

    /// Shows only the sections that `keep` says; clones made before show what they did.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(Section) -> bool) {
        let sections = self.sections.iter().copied();
        self.sections = sections.filter(|located| keep(located.section)).collect();
    }

    /// Reads everything once, to see that it can be read.
    ///
    /// # Errors
    /// As [`read`](SnapshotSource::read).
    pub fn verify(&mut self) -> Result<()> {
        let (states, groups) = (self.opened.header.states.len(), self.opened.header.groups);
        (0..states).try_for_each(|state| self.read(state, groups, &mut |_| Ok(())))
    }
}

/// Room is made for no more entries than a section could hold if each took so many bytes: what the
/// index says of their number is believed only once they have been read.
const LEAST_ENTRY: u64 = 8;

fn open<I: SegmentInput>(input: &I) -> Result<(SnapshotHeader, Vec<Located>, bool)> {
    let length = input.length();
    if length < (PREAMBLE + TRAILER) as u64 {
        return Err(StateError::corrupt(format!(
            "a segment has at least {} bytes, found {length}",
            PREAMBLE + TRAILER
        )));
    }
    let (mut preamble, mut trailer) = ([0; PREAMBLE], [0; TRAILER]);
    input.read_at(0, &mut preamble)?;
    let zstd = read_preamble(&preamble)? & frame::ZSTD != 0;
    let end = length - TRAILER as u64;
    input.read_at(end, &mut trailer)?;
    let trailer = Trailer::read(&trailer, length)?;
    let at = |what: &'static str| move |error: StateError| error.context(what);
    let mut blocks = BlockReader::new(zstd, SegmentSource::<I>::DEFAULT_READ_SIZE);
    let mut run = |kind, start, end| blocks.run(input, kind, start, end);
    let bytes = run(BlockKind::Header, PREAMBLE as u64, trailer.sections).map_err(at("header"))?;
    let header = header::decode(&bytes).map_err(at("header"))?;
    let bytes = run(BlockKind::Index, trailer.index, end).map_err(at("index"))?;
    let sections =
        index::decode(&bytes, &header, trailer.sections, trailer.index).map_err(at("index"))?;
    Ok((header, sections, zstd))
}

impl<I: SegmentInput> SnapshotSource for SegmentSource<I> {
    fn header(&self) -> &SnapshotHeader {
        &self.opened.header
    }

    fn expected_entries(&self, state: usize, group: KeyGroup) -> u64 {
        let sections = index::of_state(&self.sections, state).iter();
        sections
            .filter(|located| located.section.group == group)
            .map(|located| located.entries.min(located.length / LEAST_ENTRY))
            .sum()
    }

    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()> {
        let sections = index::of_state(&self.sections, state);
        let mut wanted = sections
            .iter()
            .filter(|located| groups.contains(located.section.group))
            .peekable();
        let mut reading = Reading {
            opened: &self.opened,
            blocks: &mut self.blocks,
            long: &mut self.long,
            ahead: 0,
        };
        // What is wanted without a gap, as far as it was looked at.
        let (mut run, mut later) = (0..0, wanted.clone());
        while let Some(located) = wanted.next() {
            if !run.contains(&located.offset) {
                (run, later) = (located.offset..located.end(), wanted.clone());
            }
            let enough = located.end() + reading.blocks.read_size() as u64;
            while run.end < enough
                && let Some(next) = later.next_if(|next| next.offset == run.end)
            {
                run.end = next.end();
            }
            reading.ahead = run.end;
            visit(SnapshotEvent::Section(located.section))?;
            reading.section(located, visit)?;
        }
        Ok(())
    }
}

/// What reading one section needs of the source.
struct Reading<'s, I> {
    opened: &'s Opened<I>,
    blocks: &'s mut BlockReader,
    long: &'s mut Vec<u8>,
    /// The end of what is wanted without a gap.
    ahead: u64,
}

type Visit<'v> = dyn FnMut(SnapshotEvent<'_>) -> Result<()> + 'v;

impl<I: SegmentInput> Reading<'_, I> {
    fn section(&mut self, located: &Located, visit: &mut Visit<'_>) -> Result<()> {
        let Opened {
            input,
            label,
            header,
        } = self.opened;
        let labelled = |error: StateError| error.context(label);
        let state = header.states.get(located.section.state);
        let kind = state.map_or(StateKind::Value, |state| state.kind);
        let (mut offset, end) = (located.offset, located.end());
        let (mut entries, mut before) = (0, None);
        self.long.clear();
        while offset < end || before.is_none() {
            let block = self
                .blocks
                .block(input, BlockKind::Entries, offset, end, self.ahead)
                .map_err(labelled)?;
            check_order(before, &block).map_err(labelled)?;
            let mut reader = Reader::new(block.payload, block.offset);
            if block.flags & SECTION != 0 {
                check_head(&mut reader, header, located).map_err(labelled)?;
            }
            before = Some(block.flags);
            offset = block.end;
            if block.flags & (FROM_BEFORE | GOES_ON) != 0 {
                self.long.extend_from_slice(block.payload);
                if block.flags & GOES_ON != 0 {
                    continue;
                }
                reader = Reader::new(self.long, offset.saturating_sub(self.long.len() as u64));
            }
            while !reader.is_empty() {
                let at = reader;
                let entry = entry::decode(&mut reader).map_err(labelled)?;
                if let Some(problem) = misfit(located.section.content, kind, &entry) {
                    return Err(labelled(at.corrupt("entry", "one that fits", problem)));
                }
                entries += 1;
                visit(SnapshotEvent::Entry(entry))?;
            }
            self.long.clear();
        }
        check_end(located, entries, before).map_err(labelled)
    }
}

/// Checks that `block` may follow one with the flags `before`; the first of a section has none.
fn check_order(before: Option<u8>, block: &Block<'_>) -> Result<()> {
    let goes_on = before.is_some_and(|flags| flags & GOES_ON != 0);
    let fits = match before {
        None => block.flags == SECTION,
        Some(_) => block.flags & SECTION == 0 && (block.flags & FROM_BEFORE != 0) == goes_on,
    };
    if fits {
        return Ok(());
    }
    Err(unpack::out_of_order(block.offset, block.flags))
}

fn check_head(reader: &mut Reader<'_>, header: &SnapshotHeader, located: &Located) -> Result<()> {
    let before = *reader;
    let found = index::decode_section(reader, header)?;
    if found == located.section {
        return Ok(());
    }
    let (expected, found) = (format!("{:?}", located.section), format!("{found:?}"));
    Err(before.corrupt("section head", expected, found))
}

fn check_end(located: &Located, entries: u64, last: Option<u8>) -> Result<()> {
    let end = located.end();
    if let Some(flags) = last.filter(|flags| flags & GOES_ON != 0) {
        return Err(unpack::out_of_order(end, flags));
    }
    if entries == located.entries {
        return Ok(());
    }
    Err(StateError::corrupt(format!(
        "section that ends at offset {end}: expected {} entries, found {entries}",
        located.entries
    )))
}
