//! A program with every kind of state, as a savepoint is made for it and as it finds it.

use alluvium::checkpoint::{
    CheckpointMetadata, OperatorWriter, ProgramOperator, Unclaimed, plan_restore,
};
use alluvium::{
    AggregatingDescriptor, Aggregator, BroadcastDescriptor, HeapOperatorState, KeyedBackendExt,
    ListDescriptor, MapDescriptor, MaxParallelism, MemoryBackend, OperatorListDescriptor,
    OperatorStateStore, OrderedKey, Reducer, ReducingDescriptor, Result, StateBackend,
    ValueDescriptor,
};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::ControlFlow;

pub(crate) const UID: &str = "everything";

pub(crate) const VALUE: ValueDescriptor<String, u32> = ValueDescriptor::new("value");
pub(crate) const LIST: ListDescriptor<Option<i64>> = ListDescriptor::new("list");
pub(crate) const MAP: MapDescriptor<String, f64> = MapDescriptor::new("map");
pub(crate) const LEAST: ReducingDescriptor<Least> = ReducingDescriptor::new("least");
pub(crate) const MEAN: AggregatingDescriptor<Mean> = AggregatingDescriptor::new("mean");
pub(crate) const SPLIT: OperatorListDescriptor<u64> = OperatorListDescriptor::split("split");
pub(crate) const UNION: OperatorListDescriptor<String> = OperatorListDescriptor::union("union");
pub(crate) const BROADCAST: BroadcastDescriptor<u8, bool> = BroadcastDescriptor::new("broadcast");

pub(crate) struct Least;

impl Reducer for Least {
    type Value = i32;

    fn reduce(least: &mut i32, value: i32) {
        *least = value.min(*least);
    }
}

pub(crate) struct Mean;

impl Aggregator for Mean {
    type In = f64;
    type Acc = (f64, u64);
    type Out = f64;

    fn create() -> (f64, u64) {
        (0.0, 0)
    }

    fn add(acc: &mut (f64, u64), value: f64) {
        acc.0 += value;
        acc.1 += 1;
    }

    fn result(acc: &(f64, u64)) -> f64 {
        acc.0 / acc.1 as f64
    }

    fn merge(acc: &mut (f64, u64), other: (f64, u64)) {
        acc.0 += other.0;
        acc.1 += other.1;
    }
}

/// What one key has in all states.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Of {
    pub(crate) values: BTreeMap<u32, String>,
    pub(crate) list: Vec<Option<i64>>,
    pub(crate) map: BTreeMap<String, f64>,
    pub(crate) least: Option<i32>,
    pub(crate) mean: Option<(f64, u64)>,
}

/// What all keys have.
pub(crate) type All<K> = BTreeMap<K, Of>;

pub(crate) fn max(groups: u32) -> MaxParallelism {
    MaxParallelism::new(groups).unwrap()
}

/// Puts all rows of keyed state into a writer.
pub(crate) fn put_all<K: OrderedKey>(writer: &mut OperatorWriter, all: &All<K>) -> Result<()> {
    writer.describe::<K>(&VALUE)?;
    writer.describe::<K>(&LIST)?;
    writer.describe::<K>(&MAP)?;
    writer.describe::<K>(&LEAST)?;
    writer.describe::<K>(&MEAN)?;
    for (key, of) in all {
        for (namespace, value) in &of.values {
            writer.put(&VALUE, key, namespace, value)?;
        }
        writer.put(&LIST, key, &(), &of.list)?;
        for (user_key, value) in &of.map {
            writer.put(&MAP, key, &(), &(user_key.clone(), *value))?;
        }
        if let Some(least) = &of.least {
            writer.put(&LEAST, key, &(), least)?;
        }
        if let Some(mean) = &of.mean {
            writer.put(&MEAN, key, &(), mean)?;
        }
    }
    Ok(())
}

/// Restores the operator at `parallelism`, and gathers what its subtasks find. Each may only be
/// asked for keys of its own, so a key in the wrong place is an error or is missing.
pub(crate) fn restore_keyed<K: OrderedKey + Debug>(
    metadata: &CheckpointMetadata,
    uid: &str,
    parallelism: u32,
) -> Result<All<K>> {
    let program = ProgramOperator {
        uid: uid.into(),
        parallelism,
        max_parallelism: None,
    };
    let restore = plan_restore(&metadata.clone().into(), &[program], Unclaimed::Refuse)?.remove(0);
    let mut all: All<K> = BTreeMap::new();
    for index in 0..parallelism {
        let request = restore.subtask(index)?.keyed;
        let mut backend = MemoryBackend::default().open::<K>(request)?;
        let value = backend.register(&VALUE)?;
        let list = backend.register(&LIST)?;
        let map = backend.register(&MAP)?;
        let least = backend.register(&LEAST)?;
        let mean = backend.register(&MEAN)?;
        for (key, namespace) in backend.keys_and_namespaces(value)? {
            let found = backend
                .key(&key)?
                .get_in(value, &namespace)?
                .as_deref()
                .cloned();
            let of = all.entry(key).or_default();
            of.values.insert(namespace, found.unwrap());
        }
        for key in backend.keys(list, &())? {
            let found = backend.key(&key)?.list(list).get()?;
            all.entry(key).or_default().list = found;
        }
        for key in backend.keys(map, &())? {
            let found = backend.key(&key)?.map(map).entries()?;
            all.entry(key).or_default().map = found.into_iter().collect();
        }
        for key in backend.keys(least, &())? {
            let found = backend
                .key(&key)?
                .reducing(least)
                .get()?
                .as_deref()
                .copied();
            all.entry(key).or_default().least = found;
        }
        for key in backend.keys(mean, &())? {
            // Of one number only, so that the result tells the accumulator.
            let found = backend.key(&key)?.aggregating(mean).get()?;
            all.entry(key).or_default().mean = found.map(|mean| (mean, 1));
        }
    }
    Ok(all)
}

/// What the subtasks find of operator state: split and union lists, the broadcast map.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct OperatorState {
    pub(crate) split: Vec<Vec<u64>>,
    pub(crate) union: Vec<Vec<String>>,
    pub(crate) broadcast: Vec<Vec<(u8, bool)>>,
}

pub(crate) fn restore_operator(
    metadata: &CheckpointMetadata,
    uid: &str,
    parallelism: u32,
) -> Result<OperatorState> {
    let program = ProgramOperator {
        uid: uid.into(),
        parallelism,
        max_parallelism: None,
    };
    let restore = plan_restore(&metadata.clone().into(), &[program], Unclaimed::Refuse)?.remove(0);
    let mut found = OperatorState::default();
    for index in 0..parallelism {
        let images = restore.subtask(index)?.operator_state;
        let mut store = HeapOperatorState::restore(images);
        let split = store.register_list(&SPLIT)?;
        let union = store.register_list(&UNION)?;
        let broadcast = store.register_broadcast(&BROADCAST)?;
        found.split.push(store.list_get(split)?);
        found.union.push(store.list_get(union)?);
        let mut entries = Vec::new();
        store.broadcast_scan(broadcast, |key, value| {
            entries.push((*key, *value));
            ControlFlow::Continue(())
        })?;
        found.broadcast.push(entries);
    }
    Ok(found)
}
