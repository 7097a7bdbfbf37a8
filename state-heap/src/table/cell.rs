//! One small hash table under the directory.

use hashbrown::HashTable;
use std::sync::Arc;

/// The greatest number of entries of a small table: as many as hashbrown puts into 512 buckets.
pub const MAX_ENTRIES: usize = 448;

/// One entry, with the epoch of its last change.
#[derive(Clone, Debug)]
pub(super) struct Slot<KS, VS> {
    pub(super) key: KS,
    pub(super) value: VS,
    pub(super) stamp: u32,
}

pub(super) type Small<KS, VS> = HashTable<Slot<KS, VS>>;

/// A small table: owned and written in place, or shared with a snapshot.
#[derive(Debug)]
enum Held<KS, VS> {
    Owned(Small<KS, VS>),
    Frozen(Arc<Small<KS, VS>>),
}

/// A small table in its place under the directory.
#[derive(Debug)]
pub(super) struct Cell<KS, VS> {
    held: Held<KS, VS>,
    /// The greatest stamp among the entries, or one that was: never too low.
    pub(super) newest: u32,
    /// How many directory bits all its entries share.
    pub(super) depth: u8,
}

impl<KS: Clone, VS: Clone> Cell<KS, VS> {
    pub(super) const fn new(table: Small<KS, VS>, newest: u32, depth: u8) -> Self {
        Self {
            held: Held::Owned(table),
            newest,
            depth,
        }
    }

    #[inline]
    pub(super) fn table(&self) -> &Small<KS, VS> {
        match &self.held {
            Held::Owned(table) => table,
            Held::Frozen(table) => table,
        }
    }

    /// The table to write to: taken back from a snapshot that is gone, or copied.
    #[inline]
    pub(super) fn table_mut(&mut self) -> &mut Small<KS, VS> {
        if let Held::Frozen(_) = &self.held {
            self.thaw();
        }
        match &mut self.held {
            Held::Owned(table) => table,
            Held::Frozen(table) => Arc::make_mut(table),
        }
    }

    #[cold]
    #[inline(never)]
    fn thaw(&mut self) {
        let held = std::mem::replace(&mut self.held, Held::Owned(HashTable::new()));
        self.held = Held::Owned(match held {
            Held::Owned(table) => table,
            Held::Frozen(table) => {
                Arc::try_unwrap(table).unwrap_or_else(|shared| (*shared).clone())
            }
        });
    }

    /// Shares the table with a snapshot.
    pub(super) fn freeze(&mut self) -> Arc<Small<KS, VS>> {
        let table = match std::mem::replace(&mut self.held, Held::Owned(HashTable::new())) {
            Held::Owned(table) => Arc::new(table),
            Held::Frozen(table) => table,
        };
        self.held = Held::Frozen(Arc::clone(&table));
        table
    }
}
