//! Rows in the order in which segments hold them.

use crate::offline::{KeyedEntry, OfflineOptions};
use alluvium_state_api::{KeyGroup, KeyGroupRange, Result};
use std::collections::BTreeMap;

/// What names a row: group, place of the state, key, namespace, user key.
type Name = (KeyGroup, usize, Vec<u8>, Vec<u8>, Vec<u8>);

/// Rows of the keyed states of one operator.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<Name, Vec<u8>>,
    held: u64,
}

/// What to do with a row whose name is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Refuse,
    /// Of list state: its elements follow.
    Append,
}

impl Rows {
    /// Adds a row; whether it was, which depends on `again`.
    pub(super) fn add(&mut self, state: usize, entry: KeyedEntry, again: Again) -> bool {
        let length = entry.length();
        let KeyedEntry {
            group,
            key,
            namespace,
            user_key,
            value,
        } = entry;
        let name = (group, state, key, namespace, user_key);
        match self.rows.get_mut(&name) {
            Some(_) if again == Again::Refuse => return false,
            Some(there) => {
                self.held += value.len() as u64;
                there.extend_from_slice(&value);
            }
            None => {
                self.held += length;
                self.rows.insert(name, value);
            }
        }
        true
    }

    /// Checks that they do not take too much memory.
    pub(super) fn check(
        &self,
        options: OfflineOptions,
        what: impl std::fmt::Display,
    ) -> Result<()> {
        options.check(self.held, what)
    }

    pub(super) const fn held(&self) -> u64 {
        self.held
    }

    /// Gives up the rows of about the upper half of the groups; the first group that it gave up, or
    /// `None` if all are of one.
    pub(super) fn give_up_half(&mut self) -> Option<KeyGroup> {
        let first = self.rows.first_key_value()?.0.0.0;
        let last = self.rows.last_key_value()?.0.0.0;
        if first == last {
            return None;
        }
        let bound = KeyGroup(first + (last - first) / 2 + 1);
        let upper = self.rows.split_off(&start_of(bound));
        let given_up = upper.iter().map(|(name, value)| length(name, value));
        self.held -= given_up.sum::<u64>();
        Some(bound)
    }

    /// The rows of `groups`, in order, with the place of their state.
    pub(super) fn of_groups(
        &self,
        groups: KeyGroupRange,
    ) -> impl Iterator<Item = (KeyGroup, usize, RowParts<'_>)> {
        let first = start_of(groups.first().unwrap_or(KeyGroup(0)));
        let rows = self.rows.range(first..);
        rows.take_while(move |(name, _)| groups.contains(name.0))
            .map(|((group, state, key, namespace, user_key), value)| {
                let parts = RowParts {
                    key,
                    namespace,
                    user_key,
                    value,
                };
                (*group, *state, parts)
            })
    }
}

/// A row without its group.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowParts<'r> {
    pub(super) key: &'r [u8],
    pub(super) namespace: &'r [u8],
    pub(super) user_key: &'r [u8],
    pub(super) value: &'r [u8],
}

const fn start_of(group: KeyGroup) -> Name {
    (group, 0, Vec::new(), Vec::new(), Vec::new())
}

fn length((_, _, key, namespace, user_key): &Name, value: &[u8]) -> u64 {
    (key.len() + namespace.len() + user_key.len() + value.len()) as u64
}
