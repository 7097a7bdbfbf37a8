//! Cells: a small hash table that is owned, or shared with snapshots.

use super::slots::{self, OwnedSlots, SharedSlots, Slot, Tag};

/// A small table in its place.
///
/// Without a snapshot the table is owned and written in place, with no atomic operation. Once it
/// has been [shared](Self::share), the first write takes it back if no snapshot is left, and copies
/// this one table otherwise.
#[derive(Debug)]
pub(super) enum Cell<KS, VS> {
    Empty,
    Owned(OwnedSlots<KS, VS>),
    Shared(SharedSlots<KS, VS>),
}

impl<KS, VS> Cell<KS, VS> {
    #[inline(always)]
    fn places(&self) -> &[Option<Slot<KS, VS>>] {
        match self {
            Self::Empty => &[],
            Self::Owned(table) => table.places(),
            Self::Shared(table) => table.places(),
        }
    }

    /// Whether the slot in which a search for this tag begins holds it.
    #[inline(always)]
    pub(super) fn is_at_home(&self, tag: Tag) -> bool {
        slots::is_at_home(self.places(), tag)
    }

    /// The entry with this tag and key.
    #[inline(always)]
    pub(super) fn find(&self, tag: Tag, eq: impl Fn(&KS) -> bool) -> Option<&Slot<KS, VS>> {
        slots::find(self.places(), tag, eq)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<KS, VS>> {
        self.places().iter().flatten()
    }

    #[inline(always)]
    pub(super) const fn is_owned(&self) -> bool {
        matches!(self, Self::Owned(_))
    }

    /// The greatest stamp among the entries, or one that was: never too low.
    pub(super) const fn newest(&self) -> u32 {
        match self {
            Self::Empty => 0,
            Self::Owned(table) => table.newest(),
            Self::Shared(table) => table.newest(),
        }
    }

    /// Lets clones share the table. Nothing is allocated, and the table itself is not looked at.
    pub(super) fn share(&mut self) {
        if let Self::Owned(table) = self {
            let has_room = table.allocated() > 0;
            *self = match std::mem::replace(self, Self::Empty) {
                Self::Owned(table) if has_room => Self::Shared(table.share()),
                _ => Self::Empty,
            };
        }
    }
}

impl<KS: Clone, VS: Clone> Cell<KS, VS> {
    /// The table, for writing: taken back from a snapshot that is gone, or copied.
    #[inline(always)]
    pub(super) fn write(&mut self) -> &mut OwnedSlots<KS, VS> {
        if !self.is_owned() {
            self.take_back();
        }
        match self {
            Self::Owned(table) => table,
            Self::Empty | Self::Shared(_) => unreachable!("was taken back"),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_back(&mut self) {
        *self = Self::Owned(match std::mem::replace(self, Self::Empty) {
            Self::Empty => OwnedSlots::with_room(0),
            Self::Owned(table) => table,
            Self::Shared(table) => table.take_back(),
        });
    }
}

impl<KS: Clone, VS: Clone> Clone for Cell<KS, VS> {
    /// Shares a table that is [shared](Self::share) already; copies one that is owned.
    fn clone(&self) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Owned(table) => Self::Owned(table.copy()),
            Self::Shared(table) => Self::Shared(table.clone()),
        }
    }
}
