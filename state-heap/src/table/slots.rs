//! Small hash tables: open addressing with linear probing, each entry beside a part of its hash.
//!
//! After Knuth, *The Art of Computer Programming* 3, 6.4, algorithms L and R. A lookup goes straight
//! to the place of its entry and so waits for one line of memory, where a table with control bytes
//! apart waits for two, one after the other. No key is looked at when entries move.

use std::num::NonZeroU32;

/// The part of a hash by which an entry is placed: the highest bits say where in a small table, the
/// lowest but one and those above it in which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(NonZeroU32);

impl Tag {
    #[inline(always)]
    pub(super) fn of(hash: u64) -> Self {
        Self(NonZeroU32::MIN | (hash >> 32) as u32)
    }

    /// The bits that say in which small table.
    #[inline(always)]
    pub(super) const fn table_bits(self) -> usize {
        (self.0.get() >> 1) as usize
    }

    /// Where among so many slots the search begins.
    #[inline(always)]
    const fn home(self, slots: usize) -> usize {
        ((self.0.get() as u64 * slots as u64) >> 32) as usize
    }
}

/// One entry, with the epoch of its last change.
#[derive(Clone, Debug)]
pub(super) struct Slot<KS, VS> {
    pub(super) key: KS,
    pub(super) value: VS,
    pub(super) stamp: u32,
    pub(super) tag: Tag,
}

/// A small table. At most three quarters of its slots are taken, so every search ends.
#[derive(Clone, Debug)]
pub(super) struct Slots<KS, VS> {
    slots: Box<[Option<Slot<KS, VS>>]>,
    len: u32,
}

impl<KS, VS> Default for Slots<KS, VS> {
    fn default() -> Self {
        Self {
            slots: Box::default(),
            len: 0,
        }
    }
}

impl<KS, VS> Slots<KS, VS> {
    /// An empty table with room for so many entries and some more.
    fn with_room(entries: usize) -> Self {
        let slots = match entries {
            0 => 0,
            entries => entries + entries * 2 / 3 + 1,
        };
        Self {
            slots: std::iter::repeat_with(|| None).take(slots).collect(),
            len: 0,
        }
    }

    #[inline(always)]
    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }

    #[inline(always)]
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes allocated for the slots.
    pub(super) const fn allocated(&self) -> usize {
        size_of_val(&*self.slots)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<KS, VS>> {
        self.slots.iter().flatten()
    }

    #[inline(always)]
    pub(super) fn find(&self, tag: Tag, eq: impl Fn(&KS) -> bool) -> Option<&Slot<KS, VS>> {
        let (before, from) = self.slots.split_at_checked(tag.home(self.slots.len()))?;
        for slot in from.iter().chain(before) {
            let slot = slot.as_ref()?;
            if slot.tag == tag && eq(&slot.key) {
                return Some(slot);
            }
        }
        None
    }

    #[inline(always)]
    pub(super) fn find_mut(
        &mut self,
        tag: Tag,
        eq: impl Fn(&KS) -> bool,
    ) -> Option<&mut Slot<KS, VS>> {
        let home = tag.home(self.slots.len());
        let (before, from) = self.slots.split_at_mut_checked(home)?;
        for slot in from.iter_mut().chain(before) {
            let slot = slot.as_mut()?;
            if slot.tag == tag && eq(&slot.key) {
                return Some(slot);
            }
        }
        None
    }

    /// Whether an insertion has to make room first.
    #[inline(always)]
    pub(super) const fn is_full(&self) -> bool {
        (self.len() + 1) * 4 > self.slots.len() * 3
    }

    /// Whether [`fit`](Self::fit) is worth while after removals: an entry has no more than
    /// `8 / 3` slots then.
    #[inline(always)]
    pub(super) const fn is_sparse(&self) -> bool {
        self.is_empty() || (self.len() * 8 < self.slots.len() * 3 && self.slots.len() > 4)
    }

    /// Moves the entries to as many slots as they need with one more, or to none.
    pub(super) fn fit(&mut self) {
        let room = if self.is_empty() { 0 } else { self.len() + 1 };
        self.move_to(room);
    }

    fn move_to(&mut self, room: usize) {
        let old = std::mem::replace(self, Self::with_room(room));
        old.drain().for_each(|slot| self.place(slot));
    }

    /// The entries, in the order of their places.
    fn drain(self) -> impl Iterator<Item = Slot<KS, VS>> {
        self.slots.into_iter().flatten()
    }

    /// Adds an entry whose key is not there yet.
    #[inline]
    pub(super) fn insert_new(&mut self, slot: Slot<KS, VS>) {
        if self.is_full() {
            self.move_to(self.len() + 1);
        }
        self.place(slot);
    }

    /// Adds an entry to a table that is not full.
    #[inline]
    fn place(&mut self, slot: Slot<KS, VS>) {
        let home = slot.tag.home(self.slots.len());
        if let Some((before, from)) = self.slots.split_at_mut_checked(home) {
            let mut slots = from.iter_mut().chain(before);
            if let Some(vacant) = slots.find(|slot| slot.is_none()) {
                *vacant = Some(slot);
                self.len += 1;
            }
        }
    }

    /// Takes an entry out, and moves those behind it to where a search finds them.
    pub(super) fn remove(&mut self, tag: Tag, eq: impl Fn(&KS) -> bool) -> Option<Slot<KS, VS>> {
        let slots = self.slots.len();
        let mut at = tag.home(slots);
        loop {
            let slot = self.slots.get(at)?.as_ref()?;
            if slot.tag == tag && eq(&slot.key) {
                break;
            }
            at = next(at, slots);
        }
        let removed = self.slots.get_mut(at)?.take();
        self.len -= 1;
        let (mut hole, mut at) = (at, next(at, slots));
        while let Some(Some(slot)) = self.slots.get(at) {
            let home = slot.tag.home(slots);
            if distance(home, at, slots) >= distance(hole, at, slots) {
                self.slots.swap(hole, at);
                hole = at;
            }
            at = next(at, slots);
        }
        removed
    }

    /// Splits the entries by a bit of their tags' [`table_bits`](Tag::table_bits): those without
    /// it and those with it.
    pub(super) fn split(self, bit: usize) -> (Self, Self) {
        let has_bit = |slot: &Slot<KS, VS>| slot.tag.table_bits() & bit != 0;
        let ones = self.iter().filter(|slot| has_bit(slot)).count();
        let mut low = Self::with_room(self.len() - ones);
        let mut high = Self::with_room(ones);
        for slot in self.drain() {
            if has_bit(&slot) {
                high.place(slot);
            } else {
                low.place(slot);
            }
        }
        (low, high)
    }

    /// Moves all entries of `from` here; it has none of the same key.
    pub(super) fn absorb(&mut self, from: Self) {
        self.move_to(self.len() + from.len());
        from.drain().for_each(|slot| self.place(slot));
    }
}

/// The slot behind `at`.
const fn next(at: usize, slots: usize) -> usize {
    if at + 1 == slots { 0 } else { at + 1 }
}

/// How far a search from `from` has come at `to`.
const fn distance(from: usize, to: usize, slots: usize) -> usize {
    if to >= from {
        to - from
    } else {
        to + slots - from
    }
}

#[cfg(test)]
mod tests {
    use super::{Slot, Slots, Tag};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Few places and tags, so that searches run into each other and past the end.
    fn tag(key: u8) -> Tag {
        Tag::of(u64::from(key / 3).wrapping_mul(0xd000_0001_0000_0000))
    }

    fn get(table: &Slots<u8, u32>, key: u8) -> Option<u32> {
        let found = table.find(tag(key), |held| *held == key);
        found.map(|slot| slot.value)
    }

    proptest! {
        #[test]
        fn is_a_map(steps in prop::collection::vec((any::<u8>(), 0_u8..3, any::<u32>()), 0..600)) {
            let (mut table, mut model) = (Slots::default(), BTreeMap::new());
            for (key, what, value) in steps {
                prop_assert_eq!(get(&table, key), model.get(&key).copied());
                match (what, table.find_mut(tag(key), |held| *held == key)) {
                    (0, _) => {
                        let removed = table.remove(tag(key), |held| *held == key);
                        prop_assert_eq!(removed.map(|slot| slot.value), model.remove(&key));
                        if table.is_sparse() {
                            table.fit();
                        }
                    }
                    (_, Some(slot)) => {
                        slot.value = value;
                        model.insert(key, value);
                    }
                    (_, None) => {
                        let (stamp, tag) = (0, tag(key));
                        table.insert_new(Slot { key, value, stamp, tag });
                        model.insert(key, value);
                    }
                }
                prop_assert_eq!(table.len(), model.len());
                let most = size_of::<Option<Slot<u8, u32>>>() * (model.len() * 8 / 3 + 4);
                prop_assert!(table.allocated() <= most || model.is_empty());
            }
            for key in 0..=u8::MAX {
                prop_assert_eq!(get(&table, key), model.get(&key).copied());
            }
            let (low, high) = table.clone().split(1);
            prop_assert!(low.iter().all(|slot| slot.tag.table_bits() & 1 == 0));
            prop_assert!(high.iter().all(|slot| slot.tag.table_bits() & 1 == 1));
            let mut joined = low;
            joined.absorb(high);
            let entries = joined.iter().map(|slot| (slot.key, slot.value));
            prop_assert_eq!(entries.collect::<BTreeMap<_, _>>(), model);
        }
    }

    #[test]
    fn an_entry_takes_no_room_for_being_absent() {
        assert_eq!(size_of::<Option<Slot<u64, u64>>>(), 24);
    }
}
