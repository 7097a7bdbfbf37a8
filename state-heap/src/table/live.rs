//! The table that a task reads and writes.

use super::cell::{Cell, MAX_ENTRIES, Slot, Small};
use super::directory::{Chunks, Directory, MAX_DEPTH};
use super::frozen::FrozenTable;
use super::hold::Hold;
use hashbrown::HashTable;

/// The entries of one key group of one state.
///
/// Keys are looked up by a hash and an equality, so that no key need be built for a lookup; the
/// hash must be spread over all 64 bits, and the same for equal keys. Writes take a `rehash`, which
/// yields the hash of a held key: hashes are not stored.
#[derive(Debug)]
pub struct Table<KS, VS> {
    directory: Directory,
    cells: Chunks<Cell<KS, VS>>,
    len: usize,
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
            directory: Directory::new(),
            cells: Chunks::new(),
            len: 0,
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
    #[inline]
    pub fn get(&self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<&VS> {
        let cell = self.cells.get(self.directory.cell(hash)?)?;
        cell.table()
            .find(hash, |slot| eq(&slot.key))
            .map(|slot| &slot.value)
    }

    /// The held key and what is held for it.
    #[inline]
    pub fn get_key_value(&self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<(&KS, &VS)> {
        let cell = self.cells.get(self.directory.cell(hash)?)?;
        cell.table()
            .find(hash, |slot| eq(&slot.key))
            .map(|slot| (&slot.key, &slot.value))
    }

    /// Lends what is held for the key to `f`, and stamps it; `None` if it is not there.
    #[inline]
    pub fn modify<R>(
        &mut self,
        hash: u64,
        eq: impl Fn(&KS) -> bool,
        stamp: u32,
        f: impl FnOnce(&mut VS) -> R,
    ) -> Option<R> {
        let cell = self.cells.get_mut(self.directory.cell(hash)?)?;
        cell.newest = cell.newest.max(stamp);
        let slot = cell.table_mut().find_mut(hash, |slot| eq(&slot.key))?;
        slot.stamp = stamp;
        Some(f(&mut slot.value))
    }

    /// Adds an entry whose key is not there yet.
    #[inline]
    pub fn insert_new(
        &mut self,
        hash: u64,
        key: KS,
        value: VS,
        stamp: u32,
        rehash: impl Fn(&KS) -> u64,
    ) {
        let room = self.room(hash, &rehash);
        if let Some(cell) = room {
            cell.newest = cell.newest.max(stamp);
            cell.table_mut()
                .insert_unique(hash, Slot { key, value, stamp }, |slot| rehash(&slot.key));
            self.len += 1;
        }
    }

    /// Removes the entry of the key; returns its key and value.
    #[inline]
    pub fn remove(&mut self, hash: u64, eq: impl Fn(&KS) -> bool) -> Option<(KS, VS)> {
        let cell = self.cells.get_mut(self.directory.cell(hash)?)?;
        // Looked for first: an absent key must not copy a table that a snapshot shares.
        cell.table().find(hash, |slot| eq(&slot.key))?;
        let table = cell.table_mut();
        let (slot, _) = table.find_entry(hash, |slot| eq(&slot.key)).ok()?.remove();
        self.len -= 1;
        if table.is_empty() {
            *table = HashTable::new();
        }
        if self.len == 0 {
            *self = Self::new();
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
        let cells = self
            .cells
            .iter_mut()
            .map(|cell| (cell.freeze(), cell.newest))
            .collect();
        FrozenTable::new(self.directory.clone(), cells, self.len)
    }

    /// The bytes allocated for small tables and directory, without what keys and values own.
    pub fn allocated(&self) -> usize {
        let cells = self
            .cells
            .iter()
            .map(|cell| size_of_val(cell) + cell.table().allocation_size());
        self.directory.allocated() + cells.sum::<usize>()
    }

    /// The cell of `hash`, with room for one more entry.
    #[inline]
    fn room(&mut self, hash: u64, rehash: &impl Fn(&KS) -> u64) -> Option<&mut Cell<KS, VS>> {
        loop {
            let Some(id) = self.directory.cell(hash) else {
                self.directory.start();
                self.cells.push(Cell::new(HashTable::new(), 0, 0));
                continue;
            };
            let cell = self.cells.get(id)?;
            // Entries that share all directory bits stay together, however many they are.
            if cell.table().len() < MAX_ENTRIES || cell.depth >= MAX_DEPTH {
                return self.cells.get_mut(id);
            }
            self.split(id, hash, rehash);
        }
    }

    /// Moves the entries of cell `id` whose next directory bit is set into a cell of their own.
    #[cold]
    #[inline(never)]
    fn split(&mut self, id: u32, hash: u64, rehash: &impl Fn(&KS) -> u64) {
        let Some(cell) = self.cells.get_mut(id) else {
            return;
        };
        let (depth, newest) = (cell.depth, cell.newest);
        let table = cell.table_mut();
        let moves = |slot: &Slot<KS, VS>| Directory::moves(rehash(&slot.key), depth);
        let count = table.iter().filter(|slot| moves(slot)).count();
        let mut moved: Small<KS, VS> = HashTable::with_capacity(count);
        for slot in table.extract_if(|slot| moves(slot)) {
            let hash = rehash(&slot.key);
            moved.insert_unique(hash, slot, |slot| rehash(&slot.key));
        }
        cell.depth = depth + 1;
        let new = self.cells.push(Cell::new(moved, newest, depth + 1));
        self.directory.split(hash, depth, new);
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
        let mut value = Some(value);
        let found = self.modify(hash, eq, stamp, |held| {
            if let Some(value) = value.take() {
                held.set(value);
            }
        });
        if let (None, Some(value)) = (found, value) {
            self.insert_new(hash, key(), VS::new(value), stamp, rehash);
        }
    }
}
