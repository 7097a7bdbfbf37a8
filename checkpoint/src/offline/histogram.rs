//! How entries spread over key groups.

use alluvium_state_api::KeyGroup;
use std::collections::BTreeMap;

/// What one key group holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupSize {
    /// The number of entries; of map state one for each user key.
    pub entries: u64,
    /// Their bytes: keys, namespaces, user keys and values.
    pub bytes: u64,
}

impl GroupSize {
    fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// What each key group holds; those without entries are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    groups: BTreeMap<KeyGroup, GroupSize>,
}

impl Histogram {
    /// Counts an entry of `bytes` bytes in `group`.
    pub fn add(&mut self, group: KeyGroup, bytes: u64) {
        self.groups
            .entry(group)
            .or_default()
            .add(GroupSize { entries: 1, bytes });
    }

    /// The key groups that hold something, ascending.
    pub fn groups(&self) -> impl Iterator<Item = (KeyGroup, GroupSize)> {
        self.groups.iter().map(|(group, size)| (*group, *size))
    }

    /// All key groups together.
    pub fn total(&self) -> GroupSize {
        let mut total = GroupSize::default();
        self.groups.values().for_each(|size| total.add(*size));
        total
    }

    /// Adjacent key groups taken together, `groups` in number, into at most `bars` runs of equal
    /// length: the first group of each run and what the run holds.
    pub fn runs(&self, groups: usize, bars: usize) -> Vec<(KeyGroup, GroupSize)> {
        let length = groups.div_ceil(bars.max(1)).max(1);
        let mut runs: Vec<_> = (0..groups)
            .step_by(length)
            .map(|first| (KeyGroup(first as u16), GroupSize::default()))
            .collect();
        for (group, size) in self.groups() {
            if let Some((_, run)) = runs.get_mut(usize::from(group.0) / length) {
                run.add(size);
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_taken_together() {
        let mut histogram = Histogram::default();
        for (group, bytes) in [(0, 5), (3, 1), (3, 2), (9, 7)] {
            histogram.add(KeyGroup(group), bytes);
        }
        let total = histogram.total();
        assert_eq!((total.entries, total.bytes), (4, 15));
        let runs = histogram.runs(10, 4);
        let entries: Vec<_> = runs
            .iter()
            .map(|(first, size)| (first.0, size.entries))
            .collect();
        assert_eq!(entries, [(0, 1), (3, 2), (6, 0), (9, 1)]);
        assert_eq!(histogram.runs(10, 100).len(), 10);
    }
}
