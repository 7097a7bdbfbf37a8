//! A closure that takes a value and panics leaves no empty entry.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alluvium_state_api::{
    KeyedBackendExt, MapDescriptor, NativeData, OpenRequest, OrderedKey, ValueDescriptor,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

fn take_and_panic<V>(value: &mut Option<V>) {
    drop(value.take());
    resume_unwind(Box::new("half way"));
}

fn open<K: OrderedKey>() -> HeapKeyedBackend<K> {
    HeapKeyedBackend::open(OpenRequest::fresh(0, 1), HeapOptions::default()).unwrap()
}

/// What is listed, counted and read agree after a panic, and the entry can be written again.
fn take_from_value<V: NativeData + PartialEq + Debug>(value: V) {
    let mut backend = open::<u64>();
    let state = backend.register(&ValueDescriptor::new("value")).unwrap();
    backend
        .key(&1)
        .unwrap()
        .value(state)
        .set(value.clone())
        .unwrap();
    let mut update = || {
        backend
            .key(&1)
            .unwrap()
            .value(state)
            .update(take_and_panic::<V>)
    };
    assert!(catch_unwind(AssertUnwindSafe(&mut update)).is_err());

    let present = backend.key(&1).unwrap().get(state).unwrap().is_some();
    let listed = backend.keys(state, &()).unwrap().len();
    assert_eq!(listed, usize::from(present));
    assert_eq!(backend.entries(state).unwrap(), u64::from(present));
    backend
        .key(&1)
        .unwrap()
        .value(state)
        .set(value.clone())
        .unwrap();
    let read = backend
        .key(&1)
        .unwrap()
        .get(state)
        .unwrap()
        .unwrap()
        .into_owned();
    assert_eq!(read, value);
    assert_eq!(backend.entries(state).unwrap(), 1);
}

fn take_from_map<V: NativeData + PartialEq + Debug>(value: V) {
    let mut backend = open::<u64>();
    let state = backend
        .register(&MapDescriptor::<u64, V>::new("map"))
        .unwrap();
    backend
        .key(&1)
        .unwrap()
        .map(state)
        .put(5, value.clone())
        .unwrap();
    let mut update = || {
        backend
            .key(&1)
            .unwrap()
            .map(state)
            .update(&5, take_and_panic::<V>)
    };
    assert!(catch_unwind(AssertUnwindSafe(&mut update)).is_err());

    let entries = backend.key(&1).unwrap().map(state).entries().unwrap();
    let empty = backend.key(&1).unwrap().map(state).is_empty().unwrap();
    assert_eq!(entries.is_empty(), empty);
    assert_eq!(backend.entries(state).unwrap(), entries.len() as u64);
    assert_eq!(backend.keys(state, &()).unwrap().len(), entries.len());
    backend
        .key(&1)
        .unwrap()
        .map(state)
        .put(5, value.clone())
        .unwrap();
    assert_eq!(
        backend.key(&1).unwrap().map(state).entries().unwrap(),
        [(5, value)]
    );
}

#[test]
fn values_that_own_memory() {
    take_from_value("text".to_owned());
    take_from_map("text".to_owned());
}

#[test]
fn small_values() {
    take_from_value(7u64);
    take_from_map(7u64);
}

#[test]
fn large_values_without_memory_of_their_own() {
    take_from_value([7u64; 32]);
    take_from_map([7u64; 32]);
}
