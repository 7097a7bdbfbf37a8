//! The table that a task reads and writes.

use super::address::Addresses;
use super::cell::Cell;
use super::chunked::Chunked;
use super::frozen::FrozenTable;
use super::hold::Hold;
use super::slots::{OwnedSlots, Slot, Tag};

/// Entries for each cell: with more, a cell is divided. A cell that waits for its turn comes to
/// hold twice as many.
const LOAD: usize = 192;

/// With less than this part of [`LOAD`] for each, two cells are merged.
const MERGE_PART: usize = 4;

/// The entries of one key group of one state.
///
/// Keys are looked up by a hash and an equality, so that no key need be built for a lookup; the
/// hash must be spread over its upper 32 bits, which are kept, and the same for equal keys.
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

    /// An empty table with room for so many entries: as they are added, few are moved.
    pub fn with_room(entries: usize) -> Self {
        let addresses = Addresses::new(entries.div_ceil(LOAD));
        let mut table = Self {
            addresses,
            ..Self::new()
        };
        for cell in 0..entries.div_ceil(LOAD) {
            let small = OwnedSlots::with_room(entries / addresses.parts(cell));
            table.small_bytes += small.allocated();
            table.cells.push(Cell::Owned(small));
        }
        table
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
        let tag = Tag::of(hash);
        let cell = self.cells.get(self.addresses.cell(tag))?;
        cell.find(tag, eq).map(|slot| &slot.value)
    }

    /// Looks at where a search for this hash begins, so that it is there when it is wanted; whether
    /// an entry of such a hash is there.
    #[inline(always)]
    pub fn touch(&self, hash: u64) -> bool {
        let tag = Tag::of(hash);
        let cell = self.cells.get(self.addresses.cell(tag));
        cell.is_some_and(|cell| cell.is_at_home(tag))
    }

    /// The held key and what is held for it.
    #[inline(always)]
    pub fn get_key_value(&self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<(&KS, &VS)> {
        let tag = Tag::of(hash);
        let cell = self.cells.get(self.addresses.cell(tag))?;
        let found = cell.find(tag, eq);
        found.map(|slot| (&slot.key, &slot.value))
    }

    /// What is held for the key with this hash, for writing: stamped, and in no snapshot's sight.
    #[inline(always)]
    pub fn get_mut(&mut self, hash: u64, eq: impl Fn(&KS) -> bool, stamp: u32) -> Option<&mut VS> {
        let tag = Tag::of(hash);
        let cell = self.cells.get_mut(self.addresses.cell(tag))?;
        cell.write().write(tag, eq, stamp)
    }

    /// Adds an entry whose key is not there yet.
    ///
    /// Moves the entries of two small tables at most: a few hundred, unless hashes are alike.
    #[inline]
    pub fn insert_new(&mut self, hash: u64, key: KS, value: VS, stamp: u32) {
        if self.len >= self.cells.len() * LOAD {
            self.divide();
        }
        let tag = Tag::of(hash);
        let Some(cell) = self.cells.get_mut(self.addresses.cell(tag)) else {
            return;
        };
        let table = cell.write();
        self.small_bytes -= table.allocated();
        table.insert_new(Slot {
            tag,
            stamp,
            key,
            value,
        });
        self.small_bytes += table.allocated();
        self.len += 1;
    }

    /// Removes the entry of the key; returns its key and value. What is left takes no more memory
    /// than it needs, and none if nothing is left.
    #[inline]
    pub fn remove(&mut self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<(KS, VS)> {
        let tag = Tag::of(hash);
        let index = self.addresses.cell(tag);
        let cell = self.cells.get(index)?;
        // Looked for first: an absent key must not copy a table that a snapshot shares.
        if !cell.is_owned() {
            cell.find(tag, &eq)?;
        }
        let table = self.cells.get_mut(index)?.write();
        let slot = table.remove(tag, eq)?;
        self.len -= 1;
        if table.is_sparse() {
            self.small_bytes -= table.allocated();
            table.fit();
            self.small_bytes += table.allocated();
        }
        if self.len * MERGE_PART < self.cells.len() * LOAD {
            self.merge();
        }
        Some((slot.key, slot.value))
    }

    /// Every entry: key, value, stamp; in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&KS, &VS, u32)> {
        self.cells
            .iter()
            .flat_map(Cell::iter)
            .map(|s| (&s.key, &s.value, s.stamp))
    }

    /// A copy that shares all small tables with this one and never changes.
    ///
    /// Small tables are shared by the chunk, of up to a thousand; those in chunks that were written
    /// since the last time are marked as shared, one after the other. No entry is touched.
    pub fn freeze(&mut self) -> FrozenTable<KS, VS> {
        let cells = self.cells.freeze(Cell::share);
        FrozenTable::new(self.addresses, cells, self.len)
    }

    /// The bytes allocated for the small tables and the list of them, without what keys and values
    /// own, and without what only snapshots still hold.
    pub fn allocated(&self) -> usize {
        self.small_bytes + self.cells.allocated_bytes()
    }

    /// The entries of the greatest cell: half of what one insertion or removal moves at most.
    #[cfg(test)]
    pub(super) fn greatest_cell(&self) -> usize {
        let lengths = self.cells.iter().map(|cell| cell.iter().count());
        lengths.max().unwrap_or(0)
    }

    /// Adds a cell, which takes its part of the entries of the one that is divided for it.
    #[cold]
    #[inline(never)]
    fn divide(&mut self) {
        let mut new = Cell::Empty;
        if let Some(cell) = self.cells.get_mut(self.addresses.next_split()) {
            let table = cell.write();
            self.small_bytes -= table.allocated();
            let (low, high) = table.split(self.addresses.split_bit());
            self.small_bytes += low.allocated() + high.allocated();
            *table = low;
            new = Cell::Owned(high);
        }
        self.cells.push(new);
        self.addresses = Addresses::new(self.cells.len());
    }

    /// Removes the last cell and gives its entries back to the one that was divided for it.
    #[cold]
    #[inline(never)]
    fn merge(&mut self) {
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
            let (from, table) = (last.write(), cell.write());
            self.small_bytes -= table.allocated() + from.allocated();
            table.absorb(from);
            self.small_bytes += table.allocated();
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
    ) where
        VS: Hold<V>,
    {
        match self.get_mut(hash, eq, stamp) {
            Some(held) => held.set(value),
            None => self.insert_new(hash, key(), VS::new(value), stamp),
        }
    }
}
