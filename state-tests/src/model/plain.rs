//! The model: what keyed state is, said as simply as possible.

use super::step::Change;
use crate::conformance::support::Folded;
use alluvium_state_api::{KeyGroup, MaxParallelism, NativeData, OrderedKey};
use std::collections::BTreeMap;

/// A key and a namespace.
pub(super) type At = (i32, u8);

/// One state of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    pub(super) value: BTreeMap<At, u64>,
    pub(super) list: BTreeMap<At, Vec<u64>>,
    pub(super) map: BTreeMap<At, BTreeMap<u16, u64>>,
    pub(super) reducing: BTreeMap<At, String>,
    pub(super) aggregating: BTreeMap<At, String>,
}

/// Folds `sources` into `target`, in the order given, and removes them.
fn merge<T>(
    state: &mut BTreeMap<At, T>,
    (key, target): At,
    sources: &[u8],
    fold: impl Fn(&mut T, T),
) {
    for source in sources.iter().filter(|source| **source != target) {
        let Some(from) = state.remove(&(key, *source)) else {
            continue;
        };
        match state.get_mut(&(key, target)) {
            Some(into) => fold(into, from),
            None => drop(state.insert((key, target), from)),
        }
    }
}

impl Plain {
    /// Makes one change.
    pub(super) fn change(&mut self, at: At, change: &Change) {
        match change {
            Change::Set(new) => drop(self.value.insert(at, *new)),
            Change::Add(more) => {
                self.value.entry(at).and_modify(|value| *value += more);
            }
            Change::Take | Change::Clear => drop(self.value.remove(&at)),
            Change::Append(item) => self.list.entry(at).or_default().push(*item),
            Change::Extend(items) => self.list.entry(at).or_default().extend(items),
            Change::SetList(items) => drop(self.list.insert(at, items.clone())),
            Change::ClearList => drop(self.list.remove(&at)),
            Change::MergeLists(sources) => merge(&mut self.list, at, sources, |into, from| {
                into.extend(from);
            }),
            Change::Put(uk, uv) => drop(self.map.entry(at).or_default().insert(*uk, *uv)),
            Change::PutAll(entries) => self.map.entry(at).or_default().extend(entries.clone()),
            Change::Remove(uk) => drop(self.map.entry(at).or_default().remove(uk)),
            Change::Bump(uk) => {
                let entry = self.map.entry(at).or_default().entry(*uk);
                entry.and_modify(|uv| *uv += 1);
            }
            Change::ClearMap => drop(self.map.remove(&at)),
            Change::Reduce(_) | Change::ClearReduced | Change::MergeReduced(_) => {
                self.reduce(at, change);
            }
            Change::Aggregate(_) | Change::ClearAggregated | Change::MergeAggregated(_) => {
                self.aggregate(at, change);
            }
        }
        // An empty collection is the same as none.
        self.list.retain(|_, items| !items.is_empty());
        self.map.retain(|_, entries| !entries.is_empty());
    }

    fn reduce(&mut self, at: At, change: &Change) {
        let fold = |into: &mut String, from: String| *into = format!("{into},{from}");
        match change {
            Change::Reduce(number) => {
                let new = number.to_string();
                match self.reducing.get_mut(&at) {
                    Some(old) => fold(old, new),
                    None => drop(self.reducing.insert(at, new)),
                }
            }
            Change::MergeReduced(sources) => merge(&mut self.reducing, at, sources, fold),
            _ => drop(self.reducing.remove(&at)),
        }
    }

    fn aggregate(&mut self, at: At, change: &Change) {
        match change {
            Change::Aggregate(word) => {
                let acc = self.aggregating.entry(at).or_insert_with(|| ">".to_owned());
                acc.push_str(super::system::word(*word));
            }
            Change::MergeAggregated(sources) => {
                merge(&mut self.aggregating, at, sources, |into, from| {
                    into.push_str(&from);
                });
            }
            _ => drop(self.aggregating.remove(&at)),
        }
    }

    /// The logical entries that a snapshot of this state must have.
    pub(super) fn entries(&self, max: MaxParallelism) -> Folded {
        let mut entries = Folded::new();
        let mut add = |state: &str, (key, namespace): At, uk: Vec<u8>, value: Vec<u8>| {
            let group: KeyGroup = max.group_of(key.key_hash());
            let at = (group, state.to_owned(), bytes(&key), bytes(&namespace), uk);
            entries.insert(at, value);
        };
        for (at, value) in &self.value {
            add("value", *at, Vec::new(), data(value));
        }
        for (at, items) in &self.list {
            // Eight bytes behind their length each.
            let framed = items.iter().map(|item| [vec![8], data(item)].concat());
            add("list", *at, Vec::new(), framed.collect::<Vec<_>>().concat());
        }
        for (at, map) in &self.map {
            for (uk, uv) in map {
                add("map", *at, bytes(uk), data(uv));
            }
        }
        for (at, text) in &self.reducing {
            add("reducing", *at, Vec::new(), data(text));
        }
        for (at, text) in &self.aggregating {
            add("aggregating", *at, Vec::new(), data(text));
        }
        entries
    }
}

fn bytes<K: OrderedKey>(key: &K) -> Vec<u8> {
    let mut out = Vec::new();
    key.encode_key(&mut out);
    out
}

fn data<V: NativeData>(value: &V) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    out
}
