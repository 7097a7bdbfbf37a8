//! Restored states without types, held encoded until somebody registers them.

use super::job::FrozenState;
use super::list_wire::append_elements;
use super::restore::Shown;
use alluvium_state_api::{
    Change, Content, Entry, KeyGroup, KeyGroupRange, Result, Section, SnapshotEstimate,
    SnapshotEvent, SnapshotHeader, SnapshotReport, SnapshotSink, SnapshotSource, StateError,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Key, namespace and user key, encoded: their order is the order of sorted sections.
type Path = (Vec<u8>, Vec<u8>, Vec<u8>);

/// The entries of one state, by group.
#[derive(Debug, Default)]
pub(super) struct GatheredState {
    groups: BTreeMap<KeyGroup, BTreeMap<Path, Vec<u8>>>,
}

impl GatheredState {
    /// Applies what a snapshot says, in the order in which it says it.
    pub(super) fn apply(&mut self, section: Section, shown: Shown<'_>) {
        let group = self.groups.entry(section.group).or_default();
        let Shown::Entry(entry) = shown else {
            if section.content == Content::Full {
                group.clear();
            }
            return;
        };
        let path = (
            entry.key.to_vec(),
            entry.namespace.to_vec(),
            entry.user_key.to_vec(),
        );
        match entry.change {
            Change::Put(value) => {
                group.insert(path, value.to_vec());
            }
            Change::Append(items) => append_elements(group.entry(path).or_default(), items),
            Change::Delete => {
                group.remove(&path);
            }
        }
    }

    fn len(&self, group: KeyGroup) -> usize {
        self.groups.get(&group).map_or(0, BTreeMap::len)
    }

    fn entries(&self, group: KeyGroup) -> impl Iterator<Item = Entry<'_>> {
        self.groups
            .get(&group)
            .into_iter()
            .flatten()
            .map(|((key, namespace, user_key), value)| Entry {
                key,
                namespace,
                user_key,
                change: Change::Put(value),
            })
    }
}

/// All states that were left when the first snapshot was taken, by name.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) states: BTreeMap<String, GatheredState>,
}

/// Reads gathered states as if they lay in storage.
pub(super) struct GatheredSource {
    pub(super) header: SnapshotHeader,
    pub(super) gathered: Arc<Gathered>,
}

impl SnapshotSource for GatheredSource {
    fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn expected_entries(&self, state: usize, group: KeyGroup) -> u64 {
        let meta = self.header.states.get(state);
        let entries = meta.and_then(|meta| self.gathered.states.get(&meta.name));
        entries.map_or(0, |entries| entries.len(group) as u64)
    }

    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()> {
        let meta = self.header.states.get(state).ok_or_else(|| {
            let states = self.header.states.len();
            StateError::misuse(format!(
                "the snapshot has {states} states, asked for number {state}"
            ))
        })?;
        let Some(entries) = self.gathered.states.get(&meta.name) else {
            return Ok(());
        };
        for group in groups {
            visit(SnapshotEvent::Section(section(group, state)))?;
            entries
                .entries(group)
                .try_for_each(|entry| visit(SnapshotEvent::Entry(entry)))?;
        }
        Ok(())
    }
}

const fn section(group: KeyGroup, state: usize) -> Section {
    Section {
        group,
        state,
        content: Content::Full,
        sorted: true,
    }
}

/// One gathered state on its way into the next snapshot.
pub(super) struct FrozenGathered {
    pub(super) name: String,
    pub(super) gathered: Arc<Gathered>,
}

impl FrozenState for FrozenGathered {
    fn write_group(
        &self,
        group: KeyGroup,
        state: usize,
        _since: Option<u32>,
        sink: &mut dyn SnapshotSink,
    ) -> Result<SnapshotReport> {
        let mut report = SnapshotReport::default();
        let Some(entries) = self.gathered.states.get(&self.name) else {
            return Ok(report);
        };
        sink.section(section(group, state))?;
        for entry in entries.entries(group) {
            report.entries += 1;
            report.bytes += entry.len() as u64;
            sink.entry(entry)?;
        }
        Ok(report)
    }

    fn estimate_group(&self, group: KeyGroup, _since: Option<u32>) -> SnapshotEstimate {
        let state = self.gathered.states.get(&self.name);
        let entries = state.into_iter().flat_map(|state| state.entries(group));
        let bytes = entries.map(|entry| entry.len() as u64).sum();
        SnapshotEstimate {
            state: bytes,
            snapshot: bytes,
        }
    }
}
