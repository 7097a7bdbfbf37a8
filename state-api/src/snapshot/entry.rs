//! The one logical layout of keyed state in snapshots, the same on every backend.

use crate::group::KeyGroup;

/// What the entries of a section replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// The section holds all entries of its group and state; what a base said is void.
    Full,
    /// The section holds what changed since the base.
    Delta,
}

/// The start of the entries of one key group of one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Section {
    /// The key group.
    pub group: KeyGroup,
    /// The state, by its place in the header.
    pub state: usize,
    /// What the entries replace.
    pub content: Content,
    /// Whether the entries ascend by (key, namespace, user key).
    pub sorted: bool,
}

/// One change of one (key, namespace, user key).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key, in its order-preserving encoding.
    pub key: &'a [u8],
    /// The namespace, likewise; empty for `()`.
    pub namespace: &'a [u8],
    /// The user key, likewise; empty for all but map state.
    pub user_key: &'a [u8],
    /// What happened.
    pub change: Change<'a>,
}

impl Entry<'_> {
    /// The bytes of key, namespace, user key and value together.
    pub fn len(&self) -> usize {
        let value = match self.change {
            Change::Put(value) | Change::Append(value) => value.len(),
            Change::Delete => 0,
        };
        self.key.len() + self.namespace.len() + self.user_key.len() + value
    }

    /// Whether there is not a single byte in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What happened to an entry.
///
/// The value of a list is a run of elements, each behind its length as a LEB128 varint, with no
/// total count: a long list is a `Put` of its first elements followed by `Append`s of the others,
/// each bounded in size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The entry has this value now.
    Put(&'a [u8]),
    /// List state only: these elements came behind what the entry held.
    Append(&'a [u8]),
    /// The entry is gone.
    Delete,
}
