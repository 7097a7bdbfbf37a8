//! The layers of a chain laid over one another.

use super::OfflineOptions;
use alluvium_state_api::{
    Change, Content, Entry, KeyGroup, KeyGroupRange, Result, SnapshotChain, SnapshotEvent,
    StateError,
};
use std::collections::BTreeMap;

/// One entry of keyed state, all its parts encoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyedEntry {
    /// The key group of the key.
    pub group: KeyGroup,
    /// The key, in its order-preserving encoding.
    pub key: Vec<u8>,
    /// The namespace, likewise; empty for `()`.
    pub namespace: Vec<u8>,
    /// The user key, likewise; empty for all but map state.
    pub user_key: Vec<u8>,
    /// The value; of list state all elements, each behind its length as a varint.
    pub value: Vec<u8>,
}

impl KeyedEntry {
    /// The bytes of key, namespace, user key and value together.
    pub fn length(&self) -> u64 {
        (self.key.len() + self.namespace.len() + self.user_key.len() + self.value.len()) as u64
    }
}

/// What names an entry: group, key, namespace, user key.
pub(super) type Name = (KeyGroup, Vec<u8>, Vec<u8>, Vec<u8>);

/// The entries of some key groups of one state.
pub(super) struct Merged<'o> {
    entries: BTreeMap<Name, Vec<u8>>,
    held: u64,
    options: &'o OfflineOptions,
}

impl<'o> Merged<'o> {
    /// Lays the layers of `chains` over one another, as far as they hold `groups` of the state
    /// called `state`.
    pub(super) fn read(
        chains: &mut [SnapshotChain],
        state: &str,
        groups: KeyGroupRange,
        options: &'o OfflineOptions,
    ) -> Result<Self> {
        let mut merged = Self {
            entries: BTreeMap::new(),
            held: 0,
            options,
        };
        for chain in chains {
            for layer in chain {
                let header = layer.header();
                let inside = header.groups.intersection(groups);
                let Some(place) = header.state_index(state).filter(|_| !inside.is_empty()) else {
                    continue;
                };
                let mut group = None;
                layer.read(place, inside, &mut |event| match event {
                    SnapshotEvent::Section(section) => {
                        group = Some(section.group);
                        if section.content == Content::Full {
                            merged.void(section.group);
                        }
                        Ok(())
                    }
                    SnapshotEvent::Entry(entry) => {
                        let group = group.ok_or_else(no_section)?;
                        merged.apply(group, &entry)
                    }
                })?;
            }
        }
        Ok(merged)
    }

    /// Removes what was read of `group`.
    fn void(&mut self, group: KeyGroup) {
        let first = (group, Vec::new(), Vec::new(), Vec::new());
        let mut of_group = self.entries.split_off(&first);
        let rest = group.0.checked_add(1).map(|next| {
            let next = (KeyGroup(next), Vec::new(), Vec::new(), Vec::new());
            of_group.split_off(&next)
        });
        self.held -= of_group
            .iter()
            .map(|(name, value)| length(name, value))
            .sum::<u64>();
        self.entries.append(&mut rest.unwrap_or_default());
    }

    fn apply(&mut self, group: KeyGroup, entry: &Entry<'_>) -> Result<()> {
        let owned = |part: &[u8]| part.to_vec();
        let (key, namespace) = (owned(entry.key), owned(entry.namespace));
        let name = (group, key, namespace, owned(entry.user_key));
        match entry.change {
            Change::Put(value) => {
                self.held += length(&name, value);
                if let Some(before) = self.entries.get(&name) {
                    self.held -= length(&name, before);
                }
                self.entries.insert(name, value.to_vec());
            }
            Change::Append(elements) => {
                if !self.entries.contains_key(&name) {
                    self.held += length(&name, &[]);
                }
                self.held += elements.len() as u64;
                self.entries
                    .entry(name)
                    .or_default()
                    .extend_from_slice(elements);
            }
            Change::Delete => {
                if let Some(before) = self.entries.remove(&name) {
                    self.held -= length(&name, &before);
                }
            }
        }
        self.options.check(
            self.held,
            format_args!("what is read of key group {group} and those with it"),
        )
    }

    /// The entries, ascending by group, key, namespace and user key.
    pub(super) fn into_entries(self) -> impl Iterator<Item = KeyedEntry> + use<> {
        let entries = self.entries.into_iter();
        entries.map(|((group, key, namespace, user_key), value)| KeyedEntry {
            group,
            key,
            namespace,
            user_key,
            value,
        })
    }
}

fn length((_, key, namespace, user_key): &Name, value: &[u8]) -> u64 {
    (key.len() + namespace.len() + user_key.len() + value.len()) as u64
}

#[cold]
fn no_section() -> StateError {
    StateError::corrupt("an entry came before any section")
}

#[cfg(test)]
mod tests;
