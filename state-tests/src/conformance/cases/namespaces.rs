//! Namespaces: the same key holds something else in each.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    Mean, Sum, aggregated_in, fold, fresh, list_in, map_in, reduced_in, restored, set_in, snapshot,
    sorted, value_in,
};
use alluvium_state_api::{
    AggregatingDescriptor, KeyedBackendExt, ListDescriptor, MapDescriptor, OrderedKey,
    ReducingDescriptor, ValueDescriptor,
};
use std::fmt::Debug;

fn apart<H: Harness, N: OrderedKey + Debug>(h: &H, namespaces: &[N]) {
    let descriptor = ValueDescriptor::<u64, N>::named("v");
    let mut b = fresh::<H, String>(h);
    let v = b.register(&descriptor).unwrap();
    let keys = ["", "a", "ab", "b"].map(str::to_owned);
    let mut number = 0;
    for key in &keys {
        for namespace in namespaces {
            assert_eq!(value_in(&mut b, key, v, namespace), None);
            set_in(&mut b, key, v, namespace, number);
            number += 1;
        }
    }
    let stored = snapshot(h, &mut b, 1);
    let mut again = restored::<H, String>(h, &stored);
    let w = again.register(&descriptor).unwrap();
    let mut number = 0;
    for key in &keys {
        for namespace in namespaces {
            assert_eq!(value_in(&mut b, key, v, namespace), Some(number));
            assert_eq!(value_in(&mut again, key, w, namespace), Some(number));
            number += 1;
        }
    }
    let listed = sorted(again.keys_and_namespaces(w).unwrap());
    assert_eq!(listed.len(), keys.len() * namespaces.len());
    let mut scope = again.key(&keys[1]).unwrap();
    scope.value_in(w, &namespaces[0]).clear().unwrap();
    let left = value_in(&mut again, &keys[1], w, &namespaces[1]);
    assert_eq!(left, Some(namespaces.len() as u64 + 1));
}

/// Namespaces are apart, also where one begins like another.
pub fn namespaces_are_apart<H: Harness>(h: &H) {
    apart(h, &["", "a", "ab", "b", "a\0", "a\0b"].map(str::to_owned));
    apart(h, &[(0i64, 10i64), (10, 20), (0, 20), (-10, 0)]);
}

/// Every kind of state keeps its namespaces apart; clearing one leaves the others.
pub fn namespaces_in_every_kind<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let list = ListDescriptor::<u64, u8>::new("list");
    let list = b.register(&list).unwrap();
    let map = MapDescriptor::<u16, u64, u8>::new("map");
    let map = b.register(&map).unwrap();
    let sum = ReducingDescriptor::<Sum, u8>::new("sum");
    let sum = b.register(&sum).unwrap();
    let mean = AggregatingDescriptor::<Mean, u8>::new("mean");
    let mean = b.register(&mean).unwrap();
    let mut scope = b.key(&1).unwrap();
    for ns in [1u8, 2, 255] {
        let number = u64::from(ns);
        scope.list_in(list, &ns).add_all([number, number]).unwrap();
        scope.map_in(map, &ns).put(0, number).unwrap();
        scope.reducing_in(sum, &ns).add(number).unwrap();
        scope.aggregating_in(mean, &ns).add(i64::from(ns)).unwrap();
    }
    scope.list_in(list, &2).clear().unwrap();
    scope.map_in(map, &2).clear().unwrap();
    scope.reducing_in(sum, &2).clear().unwrap();
    scope.aggregating_in(mean, &2).clear().unwrap();
    for ns in [1u8, 255] {
        let number = u64::from(ns);
        assert_eq!(list_in(&mut b, &1, list, &ns), [number, number]);
        assert_eq!(map_in(&mut b, &1, map, &ns), [(0, number)]);
        assert_eq!(reduced_in(&mut b, &1, sum, &ns), Some(number));
        assert_eq!(aggregated_in(&mut b, &1, mean, &ns), Some(i64::from(ns)));
    }
    assert!(list_in(&mut b, &1, list, &2).is_empty());
    assert!(map_in(&mut b, &1, map, &2).is_empty());
    assert_eq!(reduced_in(&mut b, &1, sum, &2), None);
    assert_eq!(aggregated_in(&mut b, &1, mean, &2), None);
    assert_eq!(fold(&snapshot(h, &mut b, 1)).len(), 8);
}

/// User keys, namespaces and keys do not run into each other, whatever bytes they consist of.
pub fn key_namespace_and_user_key_do_not_mix<H: Harness>(h: &H) {
    let descriptor = MapDescriptor::<String, u64, String>::new("m");
    let parts = ["", "a", "aa", "\0", "a\0", "\u{1}"].map(str::to_owned);
    let mut b = fresh::<H, String>(h);
    let m = b.register(&descriptor).unwrap();
    let triples = || {
        let pairs = parts
            .iter()
            .flat_map(|key| parts.iter().map(move |ns| (key, ns)));
        pairs.flat_map(|(key, ns)| parts.iter().map(move |uk| (key, ns, uk)))
    };
    for (number, (key, ns, uk)) in (0..).zip(triples()) {
        let mut scope = b.key(key).unwrap();
        scope.map_in(m, ns).put(uk.clone(), number).unwrap();
    }
    assert_eq!(b.entries(m).unwrap(), 216);
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, String>(h, &stored);
    let m = b.register(&descriptor).unwrap();
    for (number, (key, ns, uk)) in (0..).zip(triples()) {
        let mut scope = b.key(key).unwrap();
        let state = scope.map_in(m, ns);
        assert_eq!(state.get(uk).unwrap().as_deref(), Some(&number));
        assert_eq!(state.keys().unwrap().len(), parts.len());
    }
}
