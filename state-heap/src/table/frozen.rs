//! The table that a snapshot reads.

use super::address::Addresses;
use super::cell::Cell;
use super::chunked::FrozenChunks;
use super::slots::Tag;
use std::sync::Arc;

/// A table as it was when it was frozen. Cheap to clone, readable from any thread.
#[derive(Debug)]
pub struct FrozenTable<KS, VS> {
    inner: Arc<Inner<KS, VS>>,
}

#[derive(Debug)]
struct Inner<KS, VS> {
    addresses: Addresses,
    cells: FrozenChunks<Cell<KS, VS>>,
    len: usize,
}

impl<KS, VS> Clone for FrozenTable<KS, VS> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<KS, VS> FrozenTable<KS, VS> {
    pub(super) fn new(addresses: Addresses, cells: FrozenChunks<Cell<KS, VS>>, len: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                addresses,
                cells,
                len,
            }),
        }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.inner.len
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was held for the key with this hash.
    pub fn get(&self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<&VS> {
        let inner = &*self.inner;
        let tag = Tag::of(hash);
        let cell = inner.cells.get(inner.addresses.cell(tag))?;
        cell.find(tag, eq).map(|slot| &slot.value)
    }

    /// Every entry: key, value, stamp; in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&KS, &VS, u32)> {
        self.since(None)
    }

    /// The entries that changed after the epoch `since`: key, value, stamp; all if it is `None`.
    /// Small tables without any are passed over whole.
    pub fn since(&self, since: Option<u32>) -> impl Iterator<Item = (&KS, &VS, u32)> {
        let after = move |stamp: u32| since.is_none_or(|since| stamp > since);
        let cells = self.inner.cells.iter();
        cells
            .filter(move |cell| after(cell.newest()))
            .flat_map(Cell::iter)
            .filter(move |slot| after(slot.stamp))
            .map(|s| (&s.key, &s.value, s.stamp))
    }
}
