//! The default recording: sections and entries as they came, in memory.

use super::{Recorder, Recording};
use alluvium_state_api::{
    Change, Entry, KeyGroup, KeyGroupRange, Result, Section, SharedFile, SnapshotEvent,
    SnapshotHeader, SnapshotSink, SnapshotSource, StateError, WholeFile,
};
use std::sync::Arc;

/// An entry that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedEntry {
    pub(crate) key: Vec<u8>,
    pub(crate) namespace: Vec<u8>,
    pub(crate) user_key: Vec<u8>,
    pub(crate) change: OwnedChange,
}

/// A change that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnedChange {
    Put(Vec<u8>),
    Append(Vec<u8>),
    Delete,
}

impl OwnedEntry {
    pub(crate) fn of(entry: Entry<'_>) -> Self {
        Self {
            key: entry.key.to_vec(),
            namespace: entry.namespace.to_vec(),
            user_key: entry.user_key.to_vec(),
            change: match entry.change {
                Change::Put(value) => OwnedChange::Put(value.to_vec()),
                Change::Append(value) => OwnedChange::Append(value.to_vec()),
                Change::Delete => OwnedChange::Delete,
            },
        }
    }

    pub(crate) fn lend(&self) -> Entry<'_> {
        Entry {
            key: &self.key,
            namespace: &self.namespace,
            user_key: &self.user_key,
            change: match &self.change {
                OwnedChange::Put(value) => Change::Put(value),
                OwnedChange::Append(value) => Change::Append(value),
                OwnedChange::Delete => Change::Delete,
            },
        }
    }
}

/// Records a snapshot in memory, and checks that the job keeps the order of calls.
#[derive(Debug, Default)]
pub struct LogicalRecorder {
    header: Option<SnapshotHeader>,
    sections: Vec<(Section, Vec<OwnedEntry>)>,
}

/// What a [`LogicalRecorder`] has recorded.
#[derive(Debug)]
struct LogicalSnapshot {
    header: SnapshotHeader,
    sections: Vec<(Section, Vec<OwnedEntry>)>,
}

fn out_of_order(what: &str) -> StateError {
    StateError::misuse(format!("a snapshot job wrote {what}"))
}

impl SnapshotSink for LogicalRecorder {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        if self.header.replace(header.clone()).is_some() {
            return Err(out_of_order("a second header"));
        }
        Ok(())
    }

    fn section(&mut self, section: Section) -> Result<()> {
        let Some(header) = &self.header else {
            return Err(out_of_order("a section before the header"));
        };
        if section.state >= header.states.len() {
            return Err(out_of_order("a section of a state that the header lacks"));
        }
        if !header.groups.contains(section.group) {
            return Err(out_of_order("a section of a group outside its range"));
        }
        self.sections.push((section, Vec::new()));
        Ok(())
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        let Some((_, entries)) = self.sections.last_mut() else {
            return Err(out_of_order("an entry before the first section"));
        };
        entries.push(OwnedEntry::of(entry));
        Ok(())
    }

    fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
        Err(out_of_order(&format!(
            "the file '{}' into a sink of entries",
            file.name
        )))
    }

    fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
        Err(out_of_order(&format!(
            "a reference to the file '{}' into a sink of entries",
            file.name
        )))
    }
}

impl Recorder for LogicalRecorder {
    fn finish(self: Box<Self>) -> Result<Arc<dyn Recording>> {
        let header = self.header.ok_or_else(|| out_of_order("no header"))?;
        let sections = self.sections;
        Ok(Arc::new(Logical(Arc::new(LogicalSnapshot {
            header,
            sections,
        }))))
    }
}

#[derive(Clone, Debug)]
struct Logical(Arc<LogicalSnapshot>);

impl Recording for Logical {
    fn source(&self) -> Box<dyn SnapshotSource> {
        Box::new(self.clone())
    }
}

impl SnapshotSource for Logical {
    fn header(&self) -> &SnapshotHeader {
        &self.0.header
    }

    fn expected_entries(&self, state: usize, group: KeyGroup) -> u64 {
        let sections = self.0.sections.iter();
        let here = sections.filter(|(section, _)| (section.state, section.group) == (state, group));
        here.map(|(_, entries)| entries.len() as u64).sum()
    }

    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()> {
        for (section, entries) in &self.0.sections {
            if section.state != state || !groups.contains(section.group) {
                continue;
            }
            visit(SnapshotEvent::Section(*section))?;
            for entry in entries {
                visit(SnapshotEvent::Entry(entry.lend()))?;
            }
        }
        Ok(())
    }
}

/// Several recordings of one snapshot's parts, read as one.
#[derive(Debug)]
pub(crate) struct Parts(pub(crate) Vec<Arc<dyn Recording>>);

impl Recording for Parts {
    fn source(&self) -> Box<dyn SnapshotSource> {
        Box::new(PartsSource(
            self.0.iter().map(|part| part.source()).collect(),
        ))
    }
}

struct PartsSource(Vec<Box<dyn SnapshotSource>>);

impl SnapshotSource for PartsSource {
    fn header(&self) -> &SnapshotHeader {
        self.0[0].header()
    }

    fn expected_entries(&self, state: usize, group: KeyGroup) -> u64 {
        let parts = self.0.iter();
        parts.map(|part| part.expected_entries(state, group)).sum()
    }

    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()> {
        self.0
            .iter_mut()
            .try_for_each(|part| part.read(state, groups, visit))
    }
}
