//! Random changes to states of all five kinds.

use super::{Concat, Rng, Words};
use alluvium_state_api::{
    AggregatingDescriptor, AggregatingHandle, KeyScope, KeyedBackend, KeyedBackendExt,
    ListDescriptor, ListHandle, MapDescriptor, MapHandle, ReducingDescriptor, ReducingHandle,
    ValueDescriptor, ValueHandle,
};

/// The handles of the five states, each with namespaces `u8`.
pub(crate) struct Workload {
    value: ValueHandle<u64, u8>,
    list: ListHandle<u64, u8>,
    map: MapHandle<u16, u64, u8>,
    reducing: ReducingHandle<Concat, u8>,
    aggregating: AggregatingHandle<Words, u8>,
}

impl Workload {
    pub(crate) fn register<B: KeyedBackend>(backend: &mut B) -> Self {
        Self {
            value: backend.register(&ValueDescriptor::new("value")).unwrap(),
            list: backend.register(&ListDescriptor::new("list")).unwrap(),
            map: backend.register(&MapDescriptor::new("map")).unwrap(),
            reducing: backend
                .register(&ReducingDescriptor::new("reducing"))
                .unwrap(),
            aggregating: backend
                .register(&AggregatingDescriptor::new("aggregating"))
                .unwrap(),
        }
    }

    /// Makes `count` changes under random ones of `keys`.
    pub(crate) fn change<B: KeyedBackend<Key = i32>>(
        &self,
        backend: &mut B,
        rng: &mut Rng,
        keys: &[i32],
        count: usize,
    ) {
        for _ in 0..count {
            let key = keys[rng.below(keys.len() as u64) as usize];
            let mut scope = backend.key(&key).unwrap();
            self.change_one(&mut scope, rng);
        }
    }

    fn change_one<B: KeyedBackend>(&self, scope: &mut KeyScope<'_, B>, rng: &mut Rng) {
        let ns = rng.below(3) as u8;
        let number = rng.below(1 << 20);
        match rng.below(20) {
            0..4 => scope.value_in(self.value, &ns).set(number),
            4 => scope.value_in(self.value, &ns).clear(),
            5 => scope
                .value_in(self.value, &ns)
                .update(|slot| *slot = slot.map(|old| old ^ number)),
            6..8 => scope.list_in(self.list, &ns).add(number),
            8 => scope.list_in(self.list, &ns).set(0..number % 4),
            9 => scope.list_in(self.list, &ns).clear(),
            10 => scope
                .list_in(self.list, &ns)
                .merge_namespaces(&[(ns + 1) % 3, (ns + 2) % 3]),
            11..14 => scope.map_in(self.map, &ns).put(number as u16 % 16, number),
            14 => scope.map_in(self.map, &ns).remove(&(number as u16 % 16)),
            15 if number.is_multiple_of(4) => scope.map_in(self.map, &ns).clear(),
            15 | 16 => scope
                .reducing_in(self.reducing, &ns)
                .add(number.to_string()),
            17 => scope.reducing_in(self.reducing, &ns).clear(),
            18 => scope.aggregating_in(self.aggregating, &ns).add("x"),
            _ => scope
                .aggregating_in(self.aggregating, &ns)
                .merge_namespaces(&[(ns + 1) % 3]),
        }
        .unwrap();
    }
}
