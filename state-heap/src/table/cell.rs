//! Cells: a small hash table that is owned, or shared with snapshots.

use super::slots::Slots;
use std::sync::Arc;

/// A small table: owned and written in place, or shared with a snapshot.
#[derive(Debug)]
enum Held<KS, VS> {
    Owned(Slots<KS, VS>),
    Frozen(Arc<Slots<KS, VS>>),
}

/// A small table in its place.
///
/// Without a snapshot the table is owned and written in place, with no atomic operation. Freezing
/// moves it into an `Arc`; the first write after that takes it back if no snapshot is left, and
/// copies this one table otherwise.
#[derive(Debug)]
pub(super) struct Cell<KS, VS> {
    held: Held<KS, VS>,
    /// The greatest stamp among the entries, or one that was: never too low.
    pub(super) newest: u32,
}

impl<KS: Clone, VS: Clone> Cell<KS, VS> {
    pub(super) const fn new(table: Slots<KS, VS>, newest: u32) -> Self {
        Self {
            held: Held::Owned(table),
            newest,
        }
    }

    #[inline(always)]
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.held, Held::Frozen(_))
    }

    #[inline(always)]
    pub(super) fn table(&self) -> &Slots<KS, VS> {
        match &self.held {
            Held::Owned(table) => table,
            Held::Frozen(table) => table,
        }
    }

    /// The table and its newest stamp, for writing: taken back from a snapshot that is gone, or
    /// copied.
    #[inline(always)]
    pub(super) fn write(&mut self) -> (&mut Slots<KS, VS>, &mut u32) {
        if self.is_shared() {
            self.thaw();
        }
        let table = match &mut self.held {
            Held::Owned(table) => table,
            // After `thaw` there is no such cell.
            Held::Frozen(table) => Arc::make_mut(table),
        };
        (table, &mut self.newest)
    }

    /// Takes the table out; the cell is to be given another one, or dropped.
    pub(super) fn take(&mut self) -> Slots<KS, VS> {
        std::mem::take(self.write().0)
    }

    /// Shares the table with a snapshot. An empty one is not worth it.
    pub(super) fn freeze(&mut self) -> Option<Arc<Slots<KS, VS>>> {
        match &mut self.held {
            Held::Frozen(table) => Some(Arc::clone(table)),
            Held::Owned(table) if table.is_empty() => None,
            Held::Owned(table) => {
                let shared = Arc::new(std::mem::take(table));
                self.held = Held::Frozen(Arc::clone(&shared));
                Some(shared)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn thaw(&mut self) {
        let held = std::mem::replace(&mut self.held, Held::Owned(Slots::default()));
        self.held = Held::Owned(match held {
            Held::Owned(table) => table,
            Held::Frozen(table) => {
                Arc::try_unwrap(table).unwrap_or_else(|shared| (*shared).clone())
            }
        });
    }
}
