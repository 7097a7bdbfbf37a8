//! A limit on live state: a step that would pass it changes nothing, and what counts is the outcome
//! of the whole step.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alluvium_state_api::{
    ErrorKind, KeyedBackendExt, Limit, ListDescriptor, MapDescriptor, OpenRequest, Reducer,
    ReducingDescriptor, Result, ValueDescriptor,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};

/// Joins texts.
struct Join;

impl Reducer for Join {
    type Value = String;

    fn reduce(accumulated: &mut String, value: String) {
        accumulated.push_str(&value);
    }
}

const TEXT: ValueDescriptor<String> = ValueDescriptor::new("text");
const OTHER: ValueDescriptor<String> = ValueDescriptor::new("other");
const NAMES: MapDescriptor<u64, String> = MapDescriptor::new("names");
const JOINED: ReducingDescriptor<Join, u64> = ReducingDescriptor::new("joined");
const LISTS: ListDescriptor<String, u64> = ListDescriptor::new("lists");

fn limited(bytes: u64) -> HeapKeyedBackend<u64> {
    let options = HeapOptions {
        live_limit: Some(Limit {
            bytes,
            option: "a.limit",
        }),
        ..HeapOptions::default()
    };
    HeapKeyedBackend::open(OpenRequest::fresh(0, 1), options).unwrap()
}

fn refused<T>(result: Result<T>) {
    let error = result.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.to_string().contains("a.limit"), "{error}");
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

/// The lengths of the values of the map.
fn lengths(backend: &mut HeapKeyedBackend<u64>) -> Vec<(u64, usize)> {
    let names = backend.register(&NAMES).unwrap();
    let entries = backend.key(&1).unwrap().map(names).entries().unwrap();
    let entries = entries.into_iter();
    entries.map(|(key, value)| (key, value.len())).collect()
}

#[test]
fn an_update_of_all_entries_is_made_or_not() {
    let mut backend = limited(1000);
    let names = backend.register(&NAMES).unwrap();
    let mut scope = backend.key(&1).unwrap();
    let mut map = scope.map(names);
    map.put_all((1..=4).map(|user_key| (user_key, text(100))))
        .unwrap();

    refused(map.update_all(|_, value| *value = Some(text(300))));
    let before = [(1, 100), (2, 100), (3, 100), (4, 100)];
    assert_eq!(lengths(&mut backend), before);

    // The first entries grow by more than there is room for, the last ones make it.
    let mut scope = backend.key(&1).unwrap();
    let mut map = scope.map(names);
    map.update_all(|user_key, value| *value = (*user_key < 3).then(|| text(400)))
        .unwrap();
    assert_eq!(lengths(&mut backend), [(1, 400), (2, 400)]);

    // What has been freed can be written again, and no more than that.
    let mut scope = backend.key(&1).unwrap();
    scope.map(names).clear().unwrap();
    scope.map(names).put(1, text(900)).unwrap();
    refused(scope.map(names).put(2, text(100)));
}

#[test]
fn merged_values_need_no_room_beside_their_sources() {
    let mut backend = limited(1000);
    let joined = backend.register(&JOINED).unwrap();
    let mut scope = backend.key(&1).unwrap();
    for namespace in 1..=3 {
        let mut state = scope.reducing_in(joined, &namespace);
        state.add(text(300)).unwrap();
    }
    let mut target = scope.reducing_in(joined, &1);
    target.merge_namespaces(&[2, 3]).unwrap();
    assert_eq!(target.get().unwrap().unwrap().len(), 900);
    assert!(scope.reducing_in(joined, &2).get().unwrap().is_none());
    assert_eq!(backend.entries(joined).unwrap(), 1);

    // The counts are right: there is room for about 70 bytes, and not for more.
    let mut scope = backend.key(&1).unwrap();
    refused(scope.reducing_in(joined, &2).add(text(100)));
    scope.reducing_in(joined, &2).add(text(40)).unwrap();
}

/// A reducer whose outcome is larger than what it is made of.
struct Swell;

impl Reducer for Swell {
    type Value = String;

    fn reduce(accumulated: &mut String, _: String) {
        *accumulated = text(2000);
    }
}

#[test]
fn a_merge_that_does_not_fit_changes_nothing() {
    const SWELLING: ReducingDescriptor<Swell, u64> = ReducingDescriptor::new("swelling");
    let mut backend = limited(1000);
    let swelling = backend.register(&SWELLING).unwrap();
    let mut scope = backend.key(&1).unwrap();
    for namespace in 1..=2 {
        let mut state = scope.reducing_in(swelling, &namespace);
        state.add(text(10)).unwrap();
    }
    refused(scope.reducing_in(swelling, &1).merge_namespaces(&[2]));
    for namespace in 1..=2 {
        let state = scope.reducing_in(swelling, &namespace);
        assert_eq!(state.get().unwrap().unwrap().len(), 10);
    }
}

#[test]
fn merged_lists_need_no_room_beside_their_sources() {
    let mut backend = limited(1000);
    let lists = backend.register(&LISTS).unwrap();
    let mut scope = backend.key(&1).unwrap();
    for namespace in 1..=3 {
        let mut list = scope.list_in(lists, &namespace);
        list.add_all([text(150), text(150)]).unwrap();
    }
    // The target is a list that is not there yet.
    let mut target = scope.list_in(lists, &4);
    target.merge_namespaces(&[3, 1, 2]).unwrap();
    assert_eq!(target.get().unwrap(), vec![text(150); 6]);
    assert!(scope.list_in(lists, &3).is_empty().unwrap());
    refused(scope.list_in(lists, &1).add(text(100)));
    scope.list_in(lists, &1).add(text(40)).unwrap();
}

#[test]
fn a_pair_counts_as_a_whole() {
    let mut backend = limited(1000);
    let (one, two) = (
        backend.register(&TEXT).unwrap(),
        backend.register(&OTHER).unwrap(),
    );
    let mut scope = backend.key(&1).unwrap();
    scope.value(two).set(text(800)).unwrap();
    // What the second gives up is there for the first.
    let swap = |first: &mut Option<String>, second: &mut Option<String>| {
        *first = second.take();
    };
    scope.update_pair(one, two, swap).unwrap();
    assert_eq!(scope.get(one).unwrap().unwrap().len(), 800);
    assert!(scope.get(two).unwrap().is_none());

    refused(scope.update_pair(one, two, |first, second| {
        *first = Some(text(10));
        *second = Some(text(2000));
    }));
    assert_eq!(scope.get(one).unwrap().unwrap().len(), 800);
    assert!(scope.get(two).unwrap().is_none());
    scope.value(two).set(text(150)).unwrap();
    refused(scope.value(one).set(text(900)));
}
