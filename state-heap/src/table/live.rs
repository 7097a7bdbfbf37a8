//! The table that a task reads and writes.

use super::address::Addresses;
use super::cell::{Cell, Slot};
use super::chunked::Chunked;
use super::frozen::FrozenTable;
use super::hold::Hold;
use super::small;
use hashbrown::HashTable;

/// Entries for each cell: with more, a cell is divided. A cell that waits for its turn comes to
/// hold twice as many, and seldom more than the 448 that fit into 512 buckets.
const LOAD: usize = 192;

/// With less than this part of [`LOAD`] for each, two cells are merged.
const MERGE_PART: usize = 4;

/// The entries of one key group of one state.
///
/// Keys are looked up by a hash and an equality, so that no key need be built for a lookup; the
/// hash must be spread over all 64 bits, and the same for equal keys. Writes take a `rehash`, which
/// yields the hash of a held key: hashes are not stored.
#[derive(Debug)]
pub struct Table<KS, VS> {
    addresses: Addresses,
    cells: Chunked<Cell<KS, VS>>,
    len: usize,
    /// The bytes allocated for small tables.
    small_bytes: usize,
}

impl<KS: Clone, VS: Clone> Default for Table<KS, VS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<KS: Clone, VS: Clone> Table<KS, VS> {
    /// An empty table; allocates nothing.
    pub const fn new() -> Self {
        Self {
            addresses: Addresses::new(0),
            cells: Chunked::new(),
            len: 0,
            small_bytes: 0,
        }
    }

    /// The number of entries.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is held for the key with this hash.
    #[inline(always)]
    pub fn get(&self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<&VS> {
        let cell = self.cells.get(self.addresses.cell(hash))?;
        cell.table()
            .find(hash, |slot| eq(&slot.key))
            .map(|slot| &slot.value)
    }

    /// The held key and what is held for it.
    #[inline(always)]
    pub fn get_key_value(&self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<(&KS, &VS)> {
        let cell = self.cells.get(self.addresses.cell(hash))?;
        cell.table()
            .find(hash, |slot| eq(&slot.key))
            .map(|slot| (&slot.key, &slot.value))
    }

    /// What is held for the key with this hash, for writing: stamped, and in no snapshot's sight.
    #[inline(always)]
    pub fn get_mut(&mut self, hash: u64, eq: impl Fn(&KS) -> bool, stamp: u32) -> Option<&mut VS> {
        let cell = self.cells.get_mut(self.addresses.cell(hash))?;
        let (table, newest) = cell.write();
        let slot = table.find_mut(hash, |slot| eq(&slot.key))?;
        if *newest < stamp {
            *newest = stamp;
        }
        slot.stamp = stamp;
        Some(&mut slot.value)
    }

    /// Adds an entry whose key is not there yet.
    ///
    /// Moves the entries of two small tables at most: a few hundred, unless hashes are alike.
    #[inline]
    pub fn insert_new(
        &mut self,
        hash: u64,
        key: KS,
        value: VS,
        stamp: u32,
        rehash: impl Fn(&KS) -> u64,
    ) {
        if self.len >= self.cells.len() * LOAD {
            self.divide(&rehash);
        }
        let Some(cell) = self.cells.get_mut(self.addresses.cell(hash)) else {
            return;
        };
        let (table, newest) = cell.write();
        if table.len() == table.capacity() {
            self.small_bytes -= table.allocation_size();
            small::grow(table, |slot| rehash(&slot.key));
            self.small_bytes += table.allocation_size();
        }
        *newest = stamp.max(*newest);
        table.insert_unique(hash, Slot { key, value, stamp }, |slot| rehash(&slot.key));
        self.len += 1;
    }

    /// Removes the entry of the key; returns its key and value. What is left takes no more memory
    /// than it needs, and none if nothing is left.
    #[inline]
    pub fn remove(
        &mut self,
        hash: u64,
        eq: impl Fn(&KS) -> bool,
        rehash: impl Fn(&KS) -> u64,
    ) -> Option<(KS, VS)> {
        let cell = self.cells.get_mut(self.addresses.cell(hash))?;
        // Looked for first: an absent key must not copy a table that a snapshot shares.
        if cell.is_shared() {
            cell.table().find(hash, |slot| eq(&slot.key))?;
        }
        let (table, _) = cell.write();
        let (slot, _) = table.find_entry(hash, |slot| eq(&slot.key)).ok()?.remove();
        self.len -= 1;
        if small::is_sparse(table) {
            self.small_bytes -= table.allocation_size();
            small::shrink(table, |slot| rehash(&slot.key));
            self.small_bytes += table.allocation_size();
        }
        if self.len * MERGE_PART < self.cells.len() * LOAD {
            self.merge(&rehash);
        }
        Some((slot.key, slot.value))
    }

    /// Every entry: key, value, stamp; in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&KS, &VS, u32)> {
        self.cells
            .iter()
            .flat_map(Cell::table)
            .map(|s| (&s.key, &s.value, s.stamp))
    }

    /// A copy that shares all small tables with this one and never changes.
    ///
    /// Takes time proportional to the number of small tables; no entry is touched.
    pub fn freeze(&mut self) -> FrozenTable<KS, VS> {
        let mut cells = Vec::with_capacity(self.cells.len());
        cells.extend(
            self.cells
                .iter_mut()
                .map(|cell| (cell.freeze(), cell.newest)),
        );
        FrozenTable::new(self.addresses, cells, self.len)
    }

    /// The bytes allocated for the small tables and the list of them, without what keys and values
    /// own, and without what only snapshots still hold.
    pub fn allocated(&self) -> usize {
        self.small_bytes + self.cells.allocated_bytes()
    }

    /// Adds a cell, which takes its part of the entries of the one that is divided for it.
    #[cold]
    #[inline(never)]
    fn divide(&mut self, rehash: &impl Fn(&KS) -> u64) {
        let mut new = Cell::new(HashTable::new(), 0);
        if let Some(cell) = self.cells.get_mut(self.addresses.next_split()) {
            let table = cell.take();
            self.small_bytes -= table.allocation_size();
            let bit = self.addresses.split_bit();
            let (low, high) = small::split(table, bit, |slot| rehash(&slot.key));
            self.small_bytes += low.allocation_size() + high.allocation_size();
            let newest = cell.newest;
            *cell = Cell::new(low, newest);
            new = Cell::new(high, newest);
        }
        self.cells.push(new);
        self.addresses = Addresses::new(self.cells.len());
    }

    /// Removes the last cell and gives its entries back to the one that was divided for it.
    #[cold]
    #[inline(never)]
    fn merge(&mut self, rehash: &impl Fn(&KS) -> u64) {
        if self.len == 0 {
            *self = Self::new();
            return;
        }
        if self.cells.len() == 1 {
            return;
        }
        let Some(mut last) = self.cells.pop() else {
            return;
        };
        self.addresses = Addresses::new(self.cells.len());
        if let Some(cell) = self.cells.get_mut(self.addresses.next_split()) {
            let from = last.take();
            let (table, newest) = cell.write();
            *newest = last.newest.max(*newest);
            self.small_bytes -= table.allocation_size() + from.allocation_size();
            small::absorb(table, from, |slot| rehash(&slot.key));
            self.small_bytes += table.allocation_size();
        }
    }
}

impl<KS: Clone, VS: Clone> Table<KS, VS> {
    /// Replaces the value of a key, or adds it.
    #[inline]
    pub fn set<V>(
        &mut self,
        hash: u64,
        eq: impl Fn(&KS) -> bool,
        key: impl FnOnce() -> KS,
        value: V,
        stamp: u32,
        rehash: impl Fn(&KS) -> u64,
    ) where
        VS: Hold<V>,
    {
        match self.get_mut(hash, eq, stamp) {
            Some(held) => held.set(value),
            None => self.insert_new(hash, key(), VS::new(value), stamp, rehash),
        }
    }
}
