//! Reading a segment.

use super::block::{BlockKind, FROM_BEFORE, GOES_ON, SECTION};
use super::frame::{PREAMBLE, TRAILER, Trailer, read_preamble};
use super::index::{self, Located};
use super::pack::{self, Block};
use super::sink::misfit;
use super::{SegmentInput, entry, header};
use crate::wire::Reader;
use alluvium_state_api::{
    KeyGroupRange, Result, Section, SnapshotEvent, SnapshotHeader, SnapshotSource, StateError,
    StateKind,
};

/// Reads a segment back, a block at a time, and only the key groups and states asked for.
///
/// Everything is checked before it is used: a damaged segment gives an error, never wrong entries.
pub struct SegmentSource<I> {
    input: I,
    label: String,
    header: SnapshotHeader,
    sections: Vec<Located>,
    scratch: Vec<u8>,
    /// An entry that goes on over several blocks.
    long: Vec<u8>,
}

impl<I: SegmentInput> SegmentSource<I> {
    /// Opens a segment; `label` says in errors which one it is, such as a path.
    ///
    /// # Errors
    /// `Corrupt` if what says where things are is damaged; `Incompatible` if a later version
    /// wrote it; `Storage` if it cannot be read.
    pub fn open(input: I, label: impl Into<String>) -> Result<Self> {
        let label = label.into();
        let (header, sections) = open(&input).map_err(|error| error.context(&label))?;
        Ok(Self {
            input,
            label,
            header,
            sections,
            scratch: Vec::new(),
            long: Vec::new(),
        })
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

    /// Reads everything once, to see that it can be read.
    ///
    /// # Errors
    /// As [`read`](SnapshotSource::read).
    pub fn verify(&mut self) -> Result<()> {
        (0..self.header.states.len())
            .try_for_each(|state| self.read(state, self.header.groups, &mut |_| Ok(())))
    }
}

fn open(input: &impl SegmentInput) -> Result<(SnapshotHeader, Vec<Located>)> {
    let length = input.length();
    let mut scratch = Vec::new();
    if length < (PREAMBLE + TRAILER) as u64 {
        return Err(StateError::corrupt(format!(
            "a segment has at least {} bytes, found {length}",
            PREAMBLE + TRAILER
        )));
    }
    read_preamble(input.read_at(0, PREAMBLE, &mut scratch)?)?;
    let end = length - TRAILER as u64;
    let trailer = Trailer::read(input.read_at(end, TRAILER, &mut scratch)?, length)?;
    let at = |what: &'static str| move |error: StateError| error.context(what);
    let bytes = pack::read_run(input, BlockKind::Header, PREAMBLE as u64, trailer.sections)
        .map_err(at("header"))?;
    let header = header::decode(&bytes).map_err(at("header"))?;
    let bytes = pack::read_run(input, BlockKind::Index, trailer.index, end).map_err(at("index"))?;
    let sections =
        index::decode(&bytes, &header, trailer.sections, trailer.index).map_err(at("index"))?;
    Ok((header, sections))
}

impl<I: SegmentInput> SnapshotSource for SegmentSource<I> {
    fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()> {
        let first = self
            .sections
            .partition_point(|located| located.section.state < state);
        let mut reading = Reading {
            input: &self.input,
            label: &self.label,
            header: &self.header,
            scratch: &mut self.scratch,
            long: &mut self.long,
        };
        for located in self.sections.iter().skip(first) {
            if located.section.state != state {
                break;
            }
            if groups.contains(located.section.group) {
                visit(SnapshotEvent::Section(located.section))?;
                reading.section(located, visit)?;
            }
        }
        Ok(())
    }
}

/// What reading one section needs of the source.
struct Reading<'s, I> {
    input: &'s I,
    label: &'s str,
    header: &'s SnapshotHeader,
    scratch: &'s mut Vec<u8>,
    long: &'s mut Vec<u8>,
}

type Visit<'v> = dyn FnMut(SnapshotEvent<'_>) -> Result<()> + 'v;

impl<I: SegmentInput> Reading<'_, I> {
    fn section(&mut self, located: &Located, visit: &mut Visit<'_>) -> Result<()> {
        let label = self.label;
        let labelled = |error: StateError| error.context(label);
        let state = self.header.states.get(located.section.state);
        let kind = state.map_or(StateKind::Value, |state| state.kind);
        let (mut offset, end) = (located.offset, located.offset + located.length);
        let (mut entries, mut before) = (0, None);
        self.long.clear();
        while offset < end || before.is_none() {
            let block = pack::read_block(self.input, BlockKind::Entries, offset, end, self.scratch)
                .map_err(labelled)?;
            check_order(before, &block).map_err(labelled)?;
            let mut reader = Reader::new(block.payload, block.offset);
            if block.flags & SECTION != 0 {
                check_head(&mut reader, self.header, located).map_err(labelled)?;
            }
            (offset, before) = (block.end(), Some(block.flags));
            if block.flags & (FROM_BEFORE | GOES_ON) != 0 {
                self.long.extend_from_slice(block.payload);
                if block.flags & GOES_ON != 0 {
                    continue;
                }
                reader = Reader::new(self.long, offset - self.long.len() as u64);
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
    Err(pack::out_of_order(block.offset, block.flags))
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
    let end = located.offset + located.length;
    if let Some(flags) = last.filter(|flags| flags & GOES_ON != 0) {
        return Err(pack::out_of_order(end, flags));
    }
    if entries == located.entries {
        return Ok(());
    }
    Err(StateError::corrupt(format!(
        "section that ends at offset {end}: expected {} entries, found {entries}",
        located.entries
    )))
}
