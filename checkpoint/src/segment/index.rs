//! The index: which sections there are, and where.

use crate::wire::{MUST_UNDERSTAND, Reader};
use alluvium_state_api::{
    Content, KeyGroup, Result, Section, SnapshotHeader, StateError,
    wire::{write_count, write_varint},
};

/// The kind of sections that hold the entries of one key group of one state.
const ENTRIES: u8 = 1 | MUST_UNDERSTAND;
const DELTA: u8 = 1;
const SORTED: u8 = 2;

/// A section and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub section: Section,
    /// Where its first block begins.
    pub offset: u64,
    /// The length of its blocks.
    pub length: u64,
    pub entries: u64,
}

impl Located {
    /// Where its last block ends.
    pub(super) const fn end(&self) -> u64 {
        self.offset + self.length
    }
}

/// The sections of one state, of [sorted](sort) ones.
pub(super) fn of_state(sorted: &[Located], state: usize) -> &[Located] {
    let first = sorted.partition_point(|located| located.section.state < state);
    let last = sorted.partition_point(|located| located.section.state <= state);
    sorted.get(first..last).unwrap_or_default()
}

/// Puts sections in the order in which they are looked up: state, group, place.
pub(super) fn sort(sections: &mut [Located]) {
    sections.sort_by_key(|located| {
        let Section { state, group, .. } = located.section;
        (state, group, located.offset)
    });
}

/// The first pair of neighbours, in [sorted](sort) order, that hold the same group of the same
/// state although one of them claims to hold all of it.
pub(super) fn find_clash(sorted: &[Located]) -> Option<Section> {
    let same = |a: &Section, b: &Section| (a.state, a.group) == (b.state, b.group);
    sorted.windows(2).find_map(|pair| match pair {
        [a, b] if same(&a.section, &b.section) => [a.section, b.section]
            .into_iter()
            .find(|section| section.content == Content::Full),
        _ => None,
    })
}

/// Appends what the index and the section itself say about it.
pub(super) fn encode_section(section: Section, out: &mut Vec<u8>) {
    write_varint(section.state as u64, out);
    write_varint(u64::from(section.group.0), out);
    let delta = if section.content == Content::Delta {
        DELTA
    } else {
        0
    };
    out.push(delta | if section.sorted { SORTED } else { 0 });
}

/// Takes what [`encode_section`] appended; the section must be possible under `header`.
pub(super) fn decode_section(reader: &mut Reader<'_>, header: &SnapshotHeader) -> Result<Section> {
    let before = *reader;
    let states = header.states.len() as u64;
    let state = reader.varint("state")?;
    let group = KeyGroup(reader.varint_up_to(u64::from(u16::MAX), "key group")? as u16);
    let bits = reader.byte("section bits")?;
    let section = Section {
        group,
        state: usize::try_from(state).unwrap_or(usize::MAX),
        content: if bits & DELTA == 0 {
            Content::Full
        } else {
            Content::Delta
        },
        sorted: bits & SORTED != 0,
    };
    if bits & !(DELTA | SORTED) != 0 || state >= states {
        let expected = format_args!("known bits and one of {states} states");
        return Err(before.corrupt("section", expected, format_args!("{bits:#04x} of {state}")));
    }
    check_section(section, header).map_err(|error| before.corrupt("section", "sense", error))?;
    Ok(section)
}

/// Checks a section against the header that it stands under.
pub(super) fn check_section(section: Section, header: &SnapshotHeader) -> Result<(), String> {
    let Section { group, state, .. } = section;
    if state >= header.states.len() {
        let states = header.states.len();
        return Err(format!("state {state} of a header with {states} states"));
    }
    if !header.groups.contains(group) {
        return Err(format!(
            "key group {group} outside the range {}",
            header.groups
        ));
    }
    if section.content == Content::Delta && header.base.is_none() {
        return Err("a delta in a snapshot without a base".to_owned());
    }
    Ok(())
}

/// The encoding of an index of sections in the order in which they lie.
pub(super) fn encode(sections: &[Located]) -> Vec<u8> {
    let (mut out, mut detail) = (Vec::new(), Vec::new());
    for located in sections {
        out.push(ENTRIES);
        write_varint(located.length, &mut out);
        detail.clear();
        encode_section(located.section, &mut detail);
        write_varint(located.entries, &mut detail);
        write_count(detail.len(), &mut out);
        out.extend_from_slice(&detail);
    }
    out
}

/// Reads an index: the sections, [sorted](sort), fill the segment from `start` to `end`.
///
/// # Errors
/// `Corrupt`; `Incompatible` if there are sections that must be understood and are not known here.
pub(super) fn decode(
    bytes: &[u8],
    header: &SnapshotHeader,
    start: u64,
    end: u64,
) -> Result<Vec<Located>> {
    let mut reader = Reader::new(bytes, 0);
    let (mut sections, mut offset) = (Vec::new(), start);
    while !reader.is_empty() {
        let kind = reader.byte("section kind")?;
        let length = reader.varint_up_to(end - offset, "section length")?;
        let mut detail = reader.part("section")?;
        if kind == ENTRIES {
            let section = decode_section(&mut detail, header)?;
            let entries = detail.varint("number of entries")?;
            detail.finish("section")?;
            sections.push(Located {
                section,
                offset,
                length,
                entries,
            });
        } else if kind & MUST_UNDERSTAND != 0 {
            return Err(StateError::incompatible(format!(
                "the section at offset {offset} is of kind {kind:#04x}, which must be understood \
                 and is not known to this version"
            )));
        }
        offset += length;
    }
    if offset != end {
        return Err(reader.corrupt("sections", format_args!("an end at {end}"), offset));
    }
    sort(&mut sections);
    if let Some(section) = find_clash(&sections) {
        return Err(StateError::corrupt(format!(
            "the index holds key group {} of state {} whole and once more",
            section.group, section.state
        )));
    }
    Ok(sections)
}
