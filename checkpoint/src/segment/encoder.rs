//! Turning sections and entries into blocks, wherever the blocks go.

use super::block::SECTION;
use super::cancel::CancelFlag;
use super::entry;
use super::index;
use super::pack::{BlockTarget, Filling};
use alluvium_state_api::{
    Change, Content, Entry, Result, Section, SharedFile, SnapshotHeader, StateError, StateKind,
    WholeFile,
};

/// Takes sections with their blocks.
pub(super) trait SectionTarget: BlockTarget {
    /// Starts the section that the next blocks belong to; it may yet remain without any, and is
    /// then as if it had never been.
    fn begin_section(&mut self, section: Section);

    /// Ends a section that has blocks.
    fn end_section(&mut self, entries: u64) -> Result<()>;
}

/// Encodes what a snapshot job gives.
pub(super) struct Encoder {
    pub(super) filling: Filling,
    current: Option<Open>,
    entries: u64,
    failed: bool,
    cancel: Option<CancelFlag>,
}

/// The section that entries come for.
struct Open {
    section: Section,
    kind: StateKind,
    entries: u64,
    /// What the next block is flagged with.
    flags: u8,
    /// Whether the head of the section is written: not before there is something to say.
    begun: bool,
}

impl Encoder {
    pub(super) const fn new(filling: Filling) -> Self {
        Self {
            filling,
            current: None,
            entries: 0,
            failed: false,
            cancel: None,
        }
    }

    /// The same, given up when the flag is raised.
    pub(super) fn with_cancel(mut self, cancel: CancelFlag) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// The number of entries so far.
    pub(super) const fn entries(&self) -> u64 {
        self.entries
    }

    /// Starts a section; `header` is there if the snapshot was begun.
    pub(super) fn section(
        &mut self,
        section: Section,
        header: Option<&SnapshotHeader>,
        target: &mut impl SectionTarget,
    ) -> Result<()> {
        let Some(header) = header else {
            return Err(StateError::misuse("a section came before the header"));
        };
        self.close(header, target)?;
        index::check_section(section, header).map_err(StateError::misuse)?;
        let kind = header.states.get(section.state).map(|state| state.kind);
        target.begin_section(section);
        self.current = Some(Open {
            section,
            kind: kind.unwrap_or(StateKind::Value),
            entries: 0,
            flags: SECTION,
            begun: false,
        });
        Ok(())
    }

    /// Takes an entry; `room` is asked before one that does not fit into the block, with what it
    /// takes.
    #[inline]
    pub(super) fn entry(
        &mut self,
        entry: Entry<'_>,
        header: Option<&SnapshotHeader>,
        target: &mut impl SectionTarget,
        room: impl FnOnce(&Filling, usize) -> Result<()>,
    ) -> Result<()> {
        let Some(open) = &mut self.current else {
            return Err(StateError::misuse("an entry came before any section"));
        };
        if let Some(problem) = misfit(open.section.content, open.kind, &entry) {
            let state = state_name(header, open.section.state);
            return Err(StateError::misuse(format!("{state}: {problem}")));
        }
        open.begin(&mut self.filling);
        open.entries += 1;
        self.entries += 1;
        let length = entry::encoded_len(&entry);
        if length <= self.filling.room() {
            return entry::encode(&entry, self.filling.payload());
        }
        room(&self.filling, length)?;
        self.make_room(length, &entry, target)
    }

    /// Writes an entry that does not fit into the block: into the next, or into several of its own.
    #[cold]
    fn make_room(
        &mut self,
        length: usize,
        entry: &Entry<'_>,
        target: &mut impl SectionTarget,
    ) -> Result<()> {
        self.flush(target)?;
        if length <= self.filling.room() {
            return entry::encode(entry, self.filling.payload());
        }
        let mut pieces = self.filling.pieces(target);
        entry::encode(entry, &mut pieces)?;
        pieces.finish()
    }

    fn flush(&mut self, target: &mut impl SectionTarget) -> Result<()> {
        if let Some(cancel) = &self.cancel {
            cancel.check()?;
        }
        if let Some(open) = &mut self.current
            && !self.filling.is_empty()
        {
            self.filling.flush(open.flags, target)?;
            open.flags = 0;
        }
        Ok(())
    }

    /// Ends the section, if one is open.
    pub(super) fn close(
        &mut self,
        header: &SnapshotHeader,
        target: &mut impl SectionTarget,
    ) -> Result<()> {
        // An empty section says something only if it voids what the base holds.
        if let Some(open) = &mut self.current
            && header.base.is_some()
            && open.section.content == Content::Full
        {
            open.begin(&mut self.filling);
        }
        self.flush(target)?;
        match self.current.take().filter(|open| open.begun) {
            Some(open) => target.end_section(open.entries),
            None => Ok(()),
        }
    }

    /// Checks that no step before has failed.
    pub(super) fn refuse_after_failure(&self) -> Result<()> {
        if self.failed {
            return Err(StateError::misuse(
                "a segment was written to after a call on it had failed",
            ));
        }
        Ok(())
    }

    /// Notes whether a step has failed: after a failure there is no other.
    #[inline]
    pub(super) const fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        self.failed |= result.is_err();
        result
    }
}

impl Open {
    /// Writes the head of the section, once.
    #[inline]
    fn begin(&mut self, filling: &mut Filling) {
        if !self.begun {
            self.begun = true;
            index::encode_section(self.section, filling.payload());
        }
    }
}

/// How errors call a state.
pub(super) fn state_name(header: Option<&SnapshotHeader>, state: usize) -> String {
    match header.and_then(|header| header.states.get(state)) {
        Some(state) => format!("state '{}'", state.name),
        None => format!("state {state}"),
    }
}

/// What is wrong with an entry in a section of this content and kind of state.
#[inline]
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

/// The errors of sinks that are offered files.
#[cold]
pub(super) fn refuse_whole(file: WholeFile<'_>) -> StateError {
    refuse_file(file.name)
}

/// The errors of sinks that are offered shared files.
#[cold]
pub(super) fn refuse_shared(file: SharedFile<'_>) -> StateError {
    refuse_file(file.name)
}

fn refuse_file(name: &str) -> StateError {
    StateError::misuse(format!(
        "a segment holds entries only, it cannot take file '{name}'"
    ))
}
