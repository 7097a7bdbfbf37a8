//! The tables of one state, one a key group, with what deltas need beside them.

use crate::table::{FrozenTable, Table};
use std::collections::VecDeque;
use std::hint::black_box;

/// How a write is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The epoch of the write.
    pub(super) epoch: u32,
    /// Whether a later delta may have to say that an entry is gone.
    pub(super) tombstones: bool,
    /// Changes up to this epoch need not be told apart any more.
    pub(super) settled: u32,
}

/// The keys removed in one epoch.
type Tombstones<KS> = (u32, Table<KS, ()>);

/// The entries of one key group.
#[derive(Debug)]
pub(super) struct Group<KS, VS> {
    pub(super) table: Table<KS, VS>,
    tombstones: VecDeque<Tombstones<KS>>,
    /// How many keys all of them have.
    gone: usize,
    /// Deltas since an epoch before this one would lack tombstones: the group is written whole.
    whole_before: u32,
}

impl<KS: Clone, VS: Clone> Group<KS, VS> {
    const fn new() -> Self {
        Self {
            table: Table::new(),
            tombstones: VecDeque::new(),
            gone: 0,
            whole_before: 0,
        }
    }

    /// Removes an entry, and notes that it is gone; returns what was held for it.
    pub(super) fn remove(
        &mut self,
        hash: u64,
        eq: impl Fn(&KS) -> bool,
        stamp: Stamp,
    ) -> Option<VS> {
        let (key, value) = self.table.remove(hash, &eq)?;
        // Deltas that would name it are those since before this epoch: whole already, after too many.
        if stamp.tombstones && stamp.epoch > self.whole_before {
            self.bury(hash, eq, key, stamp.epoch);
        }
        Some(value)
    }

    fn bury(&mut self, hash: u64, eq: impl Fn(&KS) -> bool, key: KS, epoch: u32) {
        if self
            .tombstones
            .back()
            .is_none_or(|(last, _)| *last != epoch)
        {
            self.tombstones.push_back((epoch, Table::new()));
        }
        if let Some((_, gone)) = self.tombstones.back_mut()
            && gone.get(hash, eq).is_none()
        {
            gone.insert_new(hash, key, (), epoch);
            self.gone += 1;
        }
        if self.gone > MIN_TOMBSTONES && self.gone > self.table.len() {
            // Writing the group whole is cheaper than saying what is gone, and bounds the memory.
            self.tombstones.clear();
            self.gone = 0;
            self.whole_before = epoch;
        }
    }

    /// Drops tombstones that no delta upon `base` or a later snapshot needs.
    fn confirm(&mut self, base: u32) {
        while let Some((_, gone)) = self.tombstones.pop_front_if(|(epoch, _)| *epoch <= base) {
            self.gone -= gone.len();
        }
    }

    fn freeze(&mut self) -> FrozenGroup<KS, VS> {
        let tombstones = self.tombstones.iter_mut();
        FrozenGroup {
            tombstones: tombstones
                .map(|(epoch, gone)| (*epoch, gone.freeze()))
                .collect(),
            table: self.table.freeze(),
            whole_before: self.whole_before,
        }
    }
}

/// Below this number, tombstones of a group are kept even if they outnumber its entries.
const MIN_TOMBSTONES: usize = 1_024;

/// Where an entry of a state is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// Its group, by its place in the range.
    pub(super) group: usize,
    pub(super) hash: u64,
}

/// All key groups of one state.
#[derive(Debug)]
pub(super) struct Groups<KS, VS>(Vec<Group<KS, VS>>);

impl<KS: Clone, VS: Clone> Groups<KS, VS> {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).map(|_| Group::new()).collect())
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&Group<KS, VS>> {
        self.0.get(index)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Group<KS, VS>> {
        self.0.get_mut(index)
    }

    /// Looks at the entries of `places`, so that they are there when they are wanted. Nothing waits
    /// for the entry before: the memory is asked for many at once.
    pub(super) fn touch(&self, places: &[Place]) {
        let is_there = |place: &&Place| {
            let group = self.get(place.group);
            group.is_some_and(|group| group.table.touch(place.hash))
        };
        black_box(places.iter().filter(is_there).count());
    }

    /// Shows what is held for those of `places` that are there, to be looked at likewise.
    pub(super) fn touch_held(&self, places: &[Place], mut touch: impl FnMut(&KS, &VS)) {
        for place in places {
            let group = self.get(place.group);
            let found = group.and_then(|group| group.table.get_key_value(place.hash, |_| true));
            if let Some((key, value)) = found {
                touch(key, value);
            }
        }
    }

    /// Empties a group whose entries, about `room` of them, are read anew.
    pub(super) fn reset(&mut self, index: usize, room: usize) {
        if let Some(group) = self.0.get_mut(index) {
            *group = Group::new();
            group.table = Table::with_room(room);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.0.iter().map(|group| group.table.len() as u64).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&KS, &VS)> {
        self.0
            .iter()
            .flat_map(|group| group.table.iter())
            .map(|(key, value, _)| (key, value))
    }

    /// The tables alone, frozen: what lookups need.
    pub(super) fn freeze_tables(&mut self) -> Vec<FrozenTable<KS, VS>> {
        self.0
            .iter_mut()
            .map(|group| group.table.freeze())
            .collect()
    }

    pub(super) fn confirm(&mut self, base: u32) {
        self.0.iter_mut().for_each(|group| group.confirm(base));
    }

    pub(super) fn freeze(&mut self) -> Vec<FrozenGroup<KS, VS>> {
        self.0.iter_mut().map(Group::freeze).collect()
    }
}

/// The entries of one key group as they were.
#[derive(Debug)]
pub(super) struct FrozenGroup<KS, VS> {
    pub(super) table: FrozenTable<KS, VS>,
    tombstones: Vec<(u32, FrozenTable<KS, ()>)>,
    whole_before: u32,
}

impl<KS, VS> FrozenGroup<KS, VS> {
    /// The epoch that a delta may be taken since, if one since `since` can be taken and is smaller
    /// than the group itself by `share`.
    pub(super) fn delta_since(&self, since: Option<u32>, share: f64) -> Option<u32> {
        let since = since.filter(|since| *since >= self.whole_before)?;
        let changes = self.table.since(Some(since)).count() + self.tombstones_since(since).count();
        let most = share * self.table.len() as f64;
        (changes == 0 || changes as f64 <= most).then_some(since)
    }

    /// The keys removed after the epoch `since`; some may have come back.
    pub(super) fn tombstones_since(&self, since: u32) -> impl Iterator<Item = &KS> {
        let after = self
            .tombstones
            .iter()
            .filter(move |(epoch, _)| *epoch > since);
        after
            .flat_map(|(_, gone)| gone.iter())
            .map(|(key, (), _)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Inline, KeyHold};
    use proptest::prelude::*;

    type Numbers = Group<Inline<u64>, ()>;

    const fn at(epoch: u32) -> Stamp {
        Stamp {
            epoch,
            tombstones: true,
            settled: 0,
        }
    }

    const fn hash(key: u64) -> u64 {
        key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn with_keys(keys: u64) -> Numbers {
        let mut group = Numbers::new();
        (0..keys).for_each(|key| put(&mut group, key));
        group
    }

    fn put(group: &mut Numbers, key: u64) {
        if group
            .table
            .get(hash(key), |held| *held.get() == key)
            .is_none()
        {
            group.table.insert_new(hash(key), Inline::new(key), (), 1);
        }
    }

    fn remove(group: &mut Numbers, key: u64, epoch: u32) {
        group.remove(hash(key), |held| *held.get() == key, at(epoch));
    }

    #[test]
    fn once_a_group_will_be_written_whole_removals_leave_nothing_behind() {
        let mut group = with_keys(10_000);
        (0..9_000).for_each(|key| remove(&mut group, key, 2));
        assert_eq!(group.tombstones.len(), 0);
        let frozen = group.freeze();
        assert_eq!(frozen.delta_since(Some(1), 1.0), None);

        remove(&mut group, 9_000, 3);
        let frozen = group.freeze();
        assert_eq!(frozen.delta_since(Some(1), 1.0), None);
        assert_eq!(frozen.delta_since(Some(2), 1.0), Some(2));
        assert_eq!(frozen.tombstones_since(2).count(), 1);
    }

    proptest! {
        #[test]
        fn tombstones_are_counted(
            steps in prop::collection::vec((0_u64..4_000, 0_u8..4, 1_usize..800), 1..40),
        ) {
            let mut group = with_keys(2_000);
            let mut epoch = 2;
            for (first, what, many) in steps {
                let keys = first..first + many as u64;
                match what {
                    0 => keys.for_each(|key| put(&mut group, key)),
                    1 | 2 => keys.for_each(|key| remove(&mut group, key, epoch)),
                    _ => group.confirm(epoch - (many as u32 % epoch)),
                }
                epoch += u32::from(first % 2 == 0);
                let counted: usize = group.tombstones.iter().map(|(_, gone)| gone.len()).sum();
                prop_assert_eq!(group.gone, counted);
                prop_assert!(counted <= MIN_TOMBSTONES.max(group.table.len()));
            }
        }
    }
}
