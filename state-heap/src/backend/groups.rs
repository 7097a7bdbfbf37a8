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
    /// Deltas since an epoch before this one would lack tombstones: the group is written whole.
    whole_before: u32,
}

impl<KS: Clone, VS: Clone> Group<KS, VS> {
    const fn new() -> Self {
        Self {
            table: Table::new(),
            tombstones: VecDeque::new(),
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
        if stamp.tombstones {
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
        }
        let gone: usize = self.tombstones.iter().map(|(_, gone)| gone.len()).sum();
        if gone > MIN_TOMBSTONES && gone > self.table.len() {
            // Writing the group whole is cheaper than saying what is gone, and bounds the memory.
            self.tombstones.clear();
            self.whole_before = epoch + 1;
        }
    }

    /// Drops tombstones that no delta upon `base` or a later snapshot needs.
    fn confirm(&mut self, base: u32) {
        while self
            .tombstones
            .front()
            .is_some_and(|(epoch, _)| *epoch <= base)
        {
            self.tombstones.pop_front();
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
