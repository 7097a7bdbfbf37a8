//! The backends under test: as many as there are subtasks, with their checkpoints.

use super::plain::{At, Plain};
use super::step::{Change, KEYS, NAMESPACES};
use crate::conformance::Harness;
use crate::conformance::support::{
    Concat, Layers, Words, fold_all, fresh_subtask, record_parts, restored_subtask, same, sorted,
    try_freeze,
};
use crate::conformance::{Keyed, Recording};
use alluvium_state_api::{
    AggregatingDescriptor, CheckpointId, KeyScope, KeyedBackend, KeyedBackendExt, ListDescriptor,
    MapDescriptor, MaxParallelism, OrderedKey, ReducingDescriptor, SnapshotJob, SnapshotMode,
    StateRef, ValueDescriptor,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const VALUE: ValueDescriptor<u64, u8> = ValueDescriptor::new("value");
const LIST: ListDescriptor<u64, u8> = ListDescriptor::new("list");
const MAP: MapDescriptor<u16, u64, u8> = MapDescriptor::new("map");
const REDUCING: ReducingDescriptor<Concat, u8> = ReducingDescriptor::new("reducing");
const AGGREGATING: AggregatingDescriptor<Words, u8> = AggregatingDescriptor::new("aggregating");

pub(super) fn word(long: bool) -> &'static str {
    if long { "long " } else { "s" }
}

pub(super) fn groups() -> MaxParallelism {
    MaxParallelism::new(16).unwrap()
}

/// A layer by checkpoint and subtask.
type Stored = BTreeMap<(u64, u32), Arc<dyn Recording>>;

/// All subtasks of one operator.
pub struct System<H: Harness> {
    harness: H,
    subtasks: Vec<Keyed<H, i32>>,
    /// What each of the running subtasks was told to be complete.
    confirmed: Vec<BTreeSet<u64>>,
    pub(super) in_flight: Vec<(u64, Vec<Box<dyn SnapshotJob>>)>,
    layers: Stored,
    /// The parallelism at which each stored checkpoint was taken.
    pub(super) stored: Vec<(u64, u32)>,
}

impl<H: Harness> System<H> {
    pub(super) fn new(harness: H, parallelism: u32) -> Self {
        let open = |subtask| fresh_subtask(&harness, subtask, parallelism, groups());
        Self {
            subtasks: (0..parallelism).map(open).collect(),
            confirmed: vec![BTreeSet::new(); parallelism as usize],
            harness,
            in_flight: Vec::new(),
            layers: Stored::new(),
            stored: Vec::new(),
        }
    }

    fn owner(&mut self, key: i32) -> &mut Keyed<H, i32> {
        let group = groups().group_of(key.key_hash());
        let parallelism = self.subtasks.len() as u32;
        let subtask = groups().subtask_of(group, parallelism).unwrap();
        &mut self.subtasks[subtask as usize]
    }

    pub(super) fn change(&mut self, (key, namespace): At, change: &Change) {
        apply(self.owner(key), key, namespace, change);
    }

    pub(super) fn freeze(&mut self, checkpoint: u64, mode: SnapshotMode) {
        let subtasks = self.subtasks.iter_mut().zip(&self.confirmed);
        let jobs = subtasks.map(|(subtask, confirmed)| {
            let job = try_freeze(subtask, checkpoint, mode).unwrap();
            if let Some(base) = job.header().base {
                assert!(confirmed.contains(&base.0), "{base} was never confirmed");
            }
            job
        });
        self.in_flight.push((checkpoint, jobs.collect()));
    }

    pub(super) fn write(&mut self, index: usize, parts: usize) -> u64 {
        let (checkpoint, jobs) = self.in_flight.remove(index);
        self.stored.push((checkpoint, jobs.len() as u32));
        for (subtask, job) in (0..).zip(jobs) {
            let layer = record_parts(&self.harness, job, parts);
            self.layers.insert((checkpoint, subtask), layer);
        }
        checkpoint
    }

    pub(super) fn drop_unwritten(&mut self, index: usize) {
        let (checkpoint, jobs) = self.in_flight.remove(index);
        drop(jobs);
        for subtask in &mut self.subtasks {
            subtask.abort(CheckpointId(checkpoint));
        }
    }

    pub(super) fn confirm(&mut self, checkpoint: u64, heard: u8) {
        let subtasks = self.subtasks.iter_mut().zip(&mut self.confirmed);
        for (index, (subtask, confirmed)) in subtasks.enumerate() {
            if heard & (1 << index) != 0 {
                subtask.confirm(CheckpointId(checkpoint));
                confirmed.insert(checkpoint);
            }
        }
    }

    pub(super) fn abort(&mut self, checkpoint: u64, heard: u8) {
        for (index, subtask) in self.subtasks.iter_mut().enumerate() {
            if heard & (1 << index) != 0 {
                subtask.abort(CheckpointId(checkpoint));
            }
        }
    }

    fn chain(&self, checkpoint: u64, subtask: u32) -> Layers {
        let mut layers = Vec::new();
        let mut next = Some(checkpoint);
        while let Some(checkpoint) = next {
            let layer = Arc::clone(&self.layers[&(checkpoint, subtask)]);
            next = layer.source().header().base.map(|base| base.0);
            layers.insert(0, layer);
        }
        Layers(layers)
    }

    fn chains(&self, (checkpoint, parallelism): (u64, u32)) -> Vec<Layers> {
        let subtasks = 0..parallelism;
        subtasks
            .map(|subtask| self.chain(checkpoint, subtask))
            .collect()
    }

    /// Everything that is live is gone; the stored checkpoint comes back.
    pub(super) fn restore(&mut self, index: usize, parallelism: Option<u32>) {
        let stored = self.stored[index];
        let chains = self.chains(stored);
        self.in_flight.clear();
        self.subtasks.clear();
        let new = parallelism.unwrap_or(stored.1);
        for subtask in 0..new {
            let given = match parallelism {
                Some(_) => &chains[..],
                None => &chains[subtask as usize..=subtask as usize],
            };
            let backend = restored_subtask(&self.harness, given, subtask, new);
            self.subtasks.push(backend);
        }
        self.confirmed = vec![BTreeSet::new(); new as usize];
    }

    /// Checks that the checkpoint that was written last says what the model says.
    pub(super) fn check_stored(&self, model: &Plain) {
        let stored = self.stored.last().unwrap();
        let found = fold_all(&self.chains(*stored));
        same(
            &found,
            &model.entries(groups()),
            format!("checkpoint {}", stored.0),
        );
    }

    /// Checks every state under one key.
    pub(super) fn check_key(&mut self, key: i32, model: &Plain) {
        for namespace in 0..NAMESPACES {
            check_at(self.owner(key), (key, namespace), model);
        }
    }

    /// Checks everything that can be read, listed or counted.
    pub(super) fn check_all(&mut self, model: &Plain) {
        for key in 0..KEYS {
            self.check_key(key, model);
        }
        let mut found = [const { Vec::new() }; 5];
        let mut entries = 0;
        for subtask in &mut self.subtasks {
            let value = subtask.register(&VALUE).unwrap();
            let list = subtask.register(&LIST).unwrap();
            let map = subtask.register(&MAP).unwrap();
            let reducing = subtask.register(&REDUCING).unwrap();
            let aggregating = subtask.register(&AGGREGATING).unwrap();
            assert!(subtask.unclaimed().is_empty());
            found[0].extend(subtask.keys_and_namespaces(value).unwrap());
            found[1].extend(subtask.keys_and_namespaces(list).unwrap());
            found[2].extend(subtask.keys_and_namespaces(map).unwrap());
            found[3].extend(subtask.keys_and_namespaces(reducing).unwrap());
            found[4].extend(subtask.keys_and_namespaces(aggregating).unwrap());
            entries += subtask.entries(value).unwrap()
                + subtask.entries(list).unwrap()
                + subtask.entries(map).unwrap()
                + subtask.entries(reducing).unwrap()
                + subtask.entries(aggregating).unwrap();
        }
        let found = found.map(sorted);
        assert!(found[0].iter().eq(model.value.keys()), "values listed");
        assert!(found[1].iter().eq(model.list.keys()), "lists listed");
        assert!(found[2].iter().eq(model.map.keys()), "maps listed");
        assert!(found[3].iter().eq(model.reducing.keys()));
        assert!(found[4].iter().eq(model.aggregating.keys()));
        assert_eq!(entries, model.entries(groups()).len() as u64);
    }
}

fn check_at<B: KeyedBackend<Key = i32>>(backend: &mut B, at: At, model: &Plain) {
    let value = backend.register(&VALUE).unwrap();
    let list = backend.register(&LIST).unwrap();
    let map = backend.register(&MAP).unwrap();
    let reducing = backend.register(&REDUCING).unwrap().as_value();
    let aggregating = backend.register(&AGGREGATING).unwrap().as_value();
    let (key, namespace) = at;
    let mut scope = backend.key(&key).unwrap();
    let found = scope.get_in(value, &namespace).unwrap();
    assert_eq!(found.as_deref(), model.value.get(&at), "value at {at:?}");
    let found = scope.list_in(list, &namespace).get().unwrap();
    let expected = model.list.get(&at).map_or(&[][..], |items| items);
    assert_eq!(found, expected, "list at {at:?}");
    let found = scope.map_in(map, &namespace).entries().unwrap();
    let expected = model.map.get(&at).cloned().unwrap_or_default();
    assert!(
        found.iter().copied().eq(expected),
        "map at {at:?}: {found:?}"
    );
    let found = scope.get_in(reducing, &namespace).unwrap();
    let found = found.map(StateRef::into_owned);
    assert_eq!(found.as_ref(), model.reducing.get(&at), "reduced at {at:?}");
    let found = scope.get_in(aggregating, &namespace).unwrap();
    let found = found.map(StateRef::into_owned);
    let expected = model.aggregating.get(&at);
    assert_eq!(found.as_ref(), expected, "aggregated at {at:?}");
}

fn apply<B: KeyedBackend<Key = i32>>(backend: &mut B, key: i32, ns: u8, change: &Change) {
    match change {
        Change::Set(_) | Change::Add(_) | Change::Take | Change::Clear => {
            let handle = backend.register(&VALUE).unwrap();
            let mut scope = backend.key(&key).unwrap();
            let mut state = scope.value_in(handle, &ns);
            match change {
                Change::Set(new) => state.set(*new),
                Change::Add(more) => state.update(|slot| *slot = slot.map(|old| old + more)),
                Change::Take => state.take().map(drop),
                _ => state.clear(),
            }
        }
        Change::Append(_)
        | Change::Extend(_)
        | Change::SetList(_)
        | Change::ClearList
        | Change::MergeLists(_) => {
            let handle = backend.register(&LIST).unwrap();
            let mut scope = backend.key(&key).unwrap();
            let mut state = scope.list_in(handle, &ns);
            match change {
                Change::Append(item) => state.add(*item),
                Change::Extend(items) => state.add_all(items.iter().copied()),
                Change::SetList(items) => state.set(items.iter().copied()),
                Change::MergeLists(sources) => state.merge_namespaces(sources),
                _ => state.clear(),
            }
        }
        Change::Put(..)
        | Change::PutAll(_)
        | Change::Remove(_)
        | Change::Bump(_)
        | Change::ClearMap => {
            let handle = backend.register(&MAP).unwrap();
            let mut scope = backend.key(&key).unwrap();
            let mut state = scope.map_in(handle, &ns);
            match change {
                Change::Put(uk, uv) => state.put(*uk, *uv),
                Change::PutAll(entries) => state.put_all(entries.iter().copied()),
                Change::Remove(uk) => state.remove(uk),
                Change::Bump(uk) => state.update(uk, |slot| *slot = slot.map(|old| old + 1)),
                _ => state.clear(),
            }
        }
        Change::Reduce(_) | Change::ClearReduced | Change::MergeReduced(_) => {
            let handle = backend.register(&REDUCING).unwrap();
            let mut scope: KeyScope<'_, B> = backend.key(&key).unwrap();
            let mut state = scope.reducing_in(handle, &ns);
            match change {
                Change::Reduce(number) => state.add(number.to_string()),
                Change::MergeReduced(sources) => state.merge_namespaces(sources),
                _ => state.clear(),
            }
        }
        Change::Aggregate(_) | Change::ClearAggregated | Change::MergeAggregated(_) => {
            let handle = backend.register(&AGGREGATING).unwrap();
            let mut scope = backend.key(&key).unwrap();
            let mut state = scope.aggregating_in(handle, &ns);
            match change {
                Change::Aggregate(long) => state.add(word(*long)),
                Change::MergeAggregated(sources) => state.merge_namespaces(sources),
                _ => state.clear(),
            }
        }
    }
    .unwrap();
}
