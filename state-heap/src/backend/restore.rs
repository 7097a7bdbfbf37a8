//! What was restored and nobody has registered yet.

use super::gathered::{Gathered, GatheredSource, GatheredState};
use alluvium_state_api::{
    Entry, KeyGroupRange, MaxParallelism, Result, Schema, Section, SnapshotChain, SnapshotEvent,
    StateError, StateMeta,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The restored states by name, and the snapshots that they are read from.
pub(super) struct Restored {
    groups: KeyGroupRange,
    states: BTreeMap<String, StateMeta>,
    chains: Vec<SnapshotChain>,
    gathered: Option<Arc<Gathered>>,
}

/// A part of what a snapshot says.
pub(super) enum Shown<'a> {
    /// A section begins, of about so many entries; 0 is unknown.
    Start(u64),
    /// An entry of the section that began last.
    Entry(Entry<'a>),
}

impl Restored {
    /// Checks that all snapshots fit the program's keys and each other.
    pub(super) fn new(
        chains: Vec<SnapshotChain>,
        key: &Schema,
        max_parallelism: MaxParallelism,
        groups: KeyGroupRange,
    ) -> Result<Self> {
        let mut states: BTreeMap<String, StateMeta> = BTreeMap::new();
        for source in chains.iter().flatten() {
            source.header().check_restorable(key, max_parallelism)?;
            for meta in &source.header().states {
                let known = states
                    .entry(meta.name.clone())
                    .or_insert_with(|| meta.clone());
                if known != meta {
                    known.check_readable_as(meta)?;
                }
            }
        }
        Ok(Self {
            groups,
            states,
            chains,
            gathered: None,
        })
    }

    /// The states that are left.
    pub(super) fn metas(&self) -> impl Iterator<Item = &StateMeta> {
        self.states.values()
    }

    /// What the state called `name` was written as, if it was restored and is left.
    pub(super) fn meta(&self, name: &str) -> Option<&StateMeta> {
        self.states.get(name)
    }

    /// Shows all that the snapshots say about the state called `name`, oldest layer first.
    pub(super) fn read(
        &mut self,
        name: &str,
        visit: &mut dyn FnMut(Section, Shown<'_>) -> Result<()>,
    ) -> Result<()> {
        let groups = self.groups;
        for source in self.chains.iter_mut().flatten() {
            let Some(index) = source.header().state_index(name) else {
                continue;
            };
            let expected: Vec<_> = groups
                .into_iter()
                .map(|group| source.expected_entries(index, group))
                .collect();
            let mut section = None;
            source.read(index, groups, &mut |event| match event {
                SnapshotEvent::Section(next) => {
                    section = Some(next);
                    let place = groups.index_of(next.group);
                    let expected = place.and_then(|place| expected.get(place));
                    visit(next, Shown::Start(expected.copied().unwrap_or(0)))
                }
                SnapshotEvent::Entry(entry) => {
                    let section = section.ok_or_else(|| {
                        StateError::corrupt(format!("state '{name}' has entries before a section"))
                    })?;
                    visit(section, Shown::Entry(entry))
                }
            })?;
        }
        Ok(())
    }

    /// Notes that the state called `name` has been taken over.
    pub(super) fn claim(&mut self, name: &str) {
        self.states.remove(name);
        if self.states.is_empty() {
            self.chains.clear();
            self.gathered = None;
        }
    }

    /// Reads what is left into memory, once, so that the stored snapshots may go away; the copy is
    /// what later registrations read and what snapshots carry on.
    pub(super) fn gather(&mut self) -> Result<Option<Arc<Gathered>>> {
        if self.states.is_empty() {
            return Ok(None);
        }
        if self.gathered.is_none() {
            let names: Vec<_> = self.states.keys().cloned().collect();
            let mut entries = BTreeMap::new();
            for name in names {
                let mut state = GatheredState::default();
                self.read(&name, &mut |section, shown| {
                    state.apply(section, shown);
                    Ok(())
                })?;
                entries.insert(name, state);
            }
            self.take_over(entries);
        }
        Ok(self.gathered.clone())
    }

    fn take_over(&mut self, entries: BTreeMap<String, GatheredState>) {
        let Some(mut header) = self
            .chains
            .iter()
            .flatten()
            .map(|s| s.header().clone())
            .next()
        else {
            return;
        };
        header.base = None;
        header.groups = self.groups;
        header.states = self.states.values().cloned().collect();
        let gathered = Arc::new(Gathered { states: entries });
        let source = GatheredSource {
            header,
            gathered: Arc::clone(&gathered),
        };
        self.chains = vec![vec![Box::new(source)]];
        self.gathered = Some(gathered);
    }
}
